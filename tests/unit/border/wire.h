/* SPDX-License-Identifier: Apache-2.0 */
/* A wire made of memory around one border: what is sent is kept until it is
 * taken, time is set by hand, random bytes come from a seed. A PBX of our own
 * stands inside: it knows users 200 to 219, answers users it does not know with
 * 404 (leaky on purpose), refuses a wrong password with 403, and takes any
 * credentials whose response is RIGHT. */
#ifndef BORDER_WIRE_H
#define BORDER_WIRE_H

#include "border/border.h"
#include "runner/test.h"

/* Port pairs of each side: 198.51.100.1:20000 on and 10.0.0.2:30000 on. Where settings allow more
 * calls than usual there are as many pairs as calls. */
enum { WIRE_PAIRS = 6, WIRE_CALLS = 8, WIRE_STREAMS = 4 }; /* streams: TCP ports of each side */
enum { WIRE_SPARE = 2 }; /* pairs for emergency calls, where there are such */

enum { WIRE_SENT_MAX = 512, WIRE_TEXT_MAX = 4096, WIRE_FACTS_MAX = 512 };

#define WIRE_RIGHT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define WIRE_WRONG "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct wire_sent {
	struct flow to;
	uint64_t at_us;
	unsigned number; /* counts what was sent */
	size_t len;
	bool is_taken;
	char text[WIRE_TEXT_MAX];
};

struct wire {
	struct border *border;
	struct border_settings *settings;
	struct border_ports ports;
	struct now now;
	struct verdict_table *verdicts;
	struct port_table *pairs;
	struct counters counters;
	uint64_t seed;
	unsigned sent_count, fact_count, order_count, record_count;
	unsigned pbx_registers,
		pbx_logins; /* what reached the PBX from phones: all, with credentials */
	unsigned pbx_binds; /* Contacts of one REGISTER that the PBX takes; 0: all */
	bool is_pbx_silent;
	uint64_t pbx_delay_us, pbx_refusal_us; /* before each answer; before a refusal beside it */
	char pbx_contact[256]; /* Contact that the PBX has for the last registration */
	struct fact facts[WIRE_FACTS_MAX];
	struct order orders[64];
	struct order_digits digits; /* the last that were ordered */
	unsigned digits_count;
	struct order_keys keys[64];
	struct order_shake shakes[16];
	uint32_t shake_count;
	struct order_bundle bundles[16];
	uint32_t bundle_count;
	unsigned keys_count;
	int hearing; /* ports of streams that listen */
	struct order_connect connects[16];
	unsigned connect_count;
	union record records[16];
	struct ask answers[16]; /* to commands */
	unsigned answer_count;
	struct cover_row covers[16]; /* that were asked for */
	unsigned cover_count;
	struct wire_sent sent[WIRE_SENT_MAX];
};

/* A border with one outside listener 198.51.100.1:5060, one inside 10.0.0.2:5060,
 * a PBX at 10.0.0.20:5060, probe user 299. Time runs until the probe is done. */
enum err wire_new(struct wire **ret) MUST_USE;
/* As wire_new, but `change` may change the settings first. */
enum err wire_new_with(void (*change)(struct border_settings *s), struct wire **ret) MUST_USE;
void wire_free(struct wire **w);
/* The worker dies and another takes up: tables are gone, the checkpoint stays. */
enum err wire_restart(struct wire *w) MUST_USE;

/* A flow outside: 203.0.113.HOST, that port. */
struct flow wire_outside(unsigned host, uint16_t port);
struct flow wire_inside(void);

/* A datagram comes; the PBX then answers whatever reached it. */
void wire_receive(struct wire *w, const struct flow *from, const char *text);
/* Time goes on, timers fire, the PBX answers. */
void wire_advance(struct wire *w, uint64_t us);

/* The next datagram to that flow that was not taken, or NULL. */
struct wire_sent *wire_take(struct wire *w, const struct flow *to);
/* The last REGISTER that the PBX heard, taken or not, or NULL. */
const struct wire_sent *wire_last_register(const struct wire *w);
unsigned wire_count_facts(const struct wire *w, enum fact_kind kind);
/* Whether the last of that kind is of that flow. */
bool wire_said_last(const struct wire *w, enum fact_kind kind, const struct flow *flow);

/* Text of a REGISTER as a phone writes it; `credentials` is the response= of an
 * answer to `challenge` (its WWW-Authenticate is read), or NULL for none. */
struct wire_register {
	const char *user;
	const char *call_id;
	unsigned cseq;
	const struct wire_sent *challenge;
	const char *credentials;
	const char *headers; /* further lines, or NULL */
	int expires_s;       /* 0: 3600 */
	bool ends;           /* Expires: 0 */
	const char *domain;  /* of the account; NULL: sip.example */
	const char *contact; /* value of Contact; NULL: the usual one, empty: none */
};
const char *wire_register_text(const struct wire_register *r, const struct flow *from);

/* Value of ;name= or name=" in a text, NUL-terminated in static storage; "" if absent. */
const char *wire_param(const char *text, const char *name);
bool wire_has(const struct wire_sent *sent, const char *part);

#endif
