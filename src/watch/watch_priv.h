/* SPDX-License-Identifier: Apache-2.0 */
/* The watch within: what its files ask of each other. */
#ifndef WATCH_WATCH_PRIV_H
#define WATCH_WATCH_PRIV_H

#include "sip/auth.h"
#include "sip/name_addr.h"
#include "watch/state_priv.h"

/* ---- reading.c: a message, understood as far as it goes ---- */

struct watch_reading {
	const struct watch_message *in;
	struct sip_msg *msg;
	struct flow flow; /* who asked, whom: turned round for a response */
	/* Empty where they cannot be read; in the message, or below. */
	const struct sip_name_addr *from, *to;
	const struct sip_uri *uri; /* of a request, likewise */
	struct sip_name_addr from_read, to_read;
	struct sip_uri uri_read;
	struct view branch;
	bool is_taken;             /* the parser took it */
	bool is_turned;            /* a response: its sender was asked */
	bool is_unasked;           /* a response whose request was not seen */
	uint64_t asker, asked;     /* hashes of the hosts */
	uint64_t asker_place;      /* of the asker's host and port, among the hosts */
	uint64_t asker_way;        /* of his flow, among those that are known */
	uint64_t call_id;          /* hash of it: four keys are made of it */
	uint64_t from_tag, to_tag; /* hashes, by the functions below */
	uint64_t transaction; /* the key of what it begins, answers or acknowledges; if taken */
	bool has_standing;    /* the two of its sender, once they were asked for */
	bool is_server;
	uint8_t standing;
};

/* Before the parser sees it: who it is between, so that what is known of them is at hand
 * when it is asked for. */
void watch_meet(struct watch *w, const struct watch_message *in, struct watch_reading *ret);
/* The same once it is parsed: now the rows are fetched of which there should be slots by now. */
void watch_approach(const struct watch *w, const struct watch_reading *r);
/* The rest, once is_taken is set. */
void watch_read(struct watch *w, struct watch_reading *ret);
/* Of the tags; 0 for none. Most messages are not asked for theirs. */
uint64_t watch_from_tag(const struct watch *w, struct watch_reading *r);
uint64_t watch_to_tag(const struct watch *w, struct watch_reading *r);
/* By the hash of the caller's tag. */
static inline uint64_t watch_call_key(const struct watch *w, const struct watch_reading *r,
                                      uint64_t tag)
{
	return watch_join(w, r->call_id, tag);
}
/* What every fact about this message has, into one that is all zeros yet; who it is about, and
 * the method, are not among it. */
void watch_fact_begin(const struct watch *w, const struct watch_reading *r, enum fact_kind kind,
                      struct fact *ret);
/* All that every fact about its sender has. */
struct fact watch_fact_of_sender(const struct watch *w, struct watch_reading *r,
                                 enum fact_kind kind);
void watch_say(struct watch *w, struct fact *fact);
uint16_t watch_agent(const struct watch *w, const struct sip_msg *msg); /* 0: none, or unknown */
/* Each of them once: FACT_ANOMALY. */
void watch_say_oddities(struct watch *w, struct watch_reading *r, uint64_t reasons);

/* ---- text.c ---- */

/* Copies into an array of zeros, cut, with control bytes made '?'. */
void watch_text(struct view text, char *ret, size_t size);
#define WATCH_TEXT(v, array)                                                                       \
	do {                                                                                       \
		memset((array), 0, sizeof(array));                                                 \
		watch_text((v), (array), sizeof(array));                                           \
	} while (0)
/* user@host, host in lower case, likewise. */
void watch_account(const struct sip_uri *uri, char *ret, size_t size);

/* ---- standing.c: who is who ---- */

bool watch_is_among(const struct addr_net *nets, size_t count, const struct addr *a);
static inline bool watch_is_inside(const struct watch *w, const struct addr *a)
{
	return w->settings.inside_count > 0 &&
	       watch_is_among(w->settings.inside, w->settings.inside_count, a);
}
/* As long as this is the same, nobody has become a server, nor ceased to be one. */
static inline uint64_t watch_standings(const struct watch *w)
{
	return 1 + w->hosts_changed + w->hosts.forgotten;
}
/* By the hashes of its host and of its place. */
bool watch_is_server(const struct watch *w, uint64_t host, uint64_t place);
bool watch_is_peer(const struct watch *w, const struct addr *a);
bool watch_is_asking(const struct watch *w, uint64_t host);
/* Others register there; what it asks itself need not pass here. */
bool watch_is_registrar(const struct watch *w, uint64_t host);
void watch_note_request(struct watch *w, const struct watch_reading *r);
enum fact_standing watch_standing(const struct watch *w, const struct flow *flow);
/* The same of who asks, whose keys are made already; and whether he is a server. */
enum fact_standing watch_standing_of_asker(const struct watch *w, const struct watch_reading *r,
                                           bool *ret_is_server);
/* Of a flow that is known, by its key: what it is if it wants to be that account. */
enum fact_standing watch_standing_as(const struct watch *w, uint64_t way, uint64_t account);
/* `asked` challenged `asker`, or let it in, who had asked. */
void watch_note_challenge(struct watch *w, const struct watch_transaction *t);
void watch_note_admission(struct watch *w, const struct watch_transaction *t);
/* A response of `asked` to what it was asked outside of a dialog. */
void watch_note_tag(struct watch *w, const struct watch_reading *r);
/* That only whom it answered can know the tags of that server's answers. */
bool watch_tags_prove(const struct watch *w, uint64_t server);
/* Returns the account's place, NULL for account 0; a borrow until the next change. */
struct watch_known_account *watch_make_known(struct watch *w, const struct flow *flow,
                                             uint64_t account, uint64_t term_s);
/* Whether who asks was that account with that nonce when it last was let in. */
bool watch_has_served(const struct watch *w, const struct watch_reading *r, uint64_t account,
                      uint64_t nonce);
void watch_make_stranger(struct watch *w, const struct flow *flow, uint64_t account);

bool watch_note_find(const struct watch *w, uint64_t hash, enum watch_note_state *ret);
void watch_note_put(struct watch *w, uint64_t hash, enum watch_note_state state);
/* What bears that hash went from one host to another, which alone may know it, or whom the
 * next one asked; else it is NOTE_SHARED from then on. */
void watch_note_give(struct watch *w, uint64_t hash, uint64_t from, uint64_t to);

/* ---- seen.c ---- */

/* NULL where there is none, or no more. */
struct watch_seen *watch_seen_find(struct watch *w, uint64_t key);
/* There is one, now the most recent. */
bool watch_seen_is_repeated(struct watch *w, uint64_t key);
/* A new one, all zeros; nothing has that key. Where all rows are taken, the quietest goes. */
struct watch_transaction *watch_transaction_add(struct watch *w, uint64_t key);
/* It was said: the whole goes, its timer with it; the row stays for a while. */
void watch_transaction_end(struct watch *w, struct watch_transaction *t);
/* The row goes too. */
void watch_transaction_drop(struct watch *w, struct watch_transaction *t);

/* ---- transaction.c ---- */

void watch_request(struct watch *w, struct watch_reading *r);
void watch_response(struct watch *w, struct watch_reading *r);
void watch_transaction_forget(void *watch, void *seen);

/* ---- outcome.c ---- */

/* Says what became of it; once. */
void watch_decide(struct watch *w, struct watch_transaction *t);
void watch_say_unacknowledged(struct watch *w, const struct watch_transaction *t);

/* ---- call.c ---- */

struct watch_dialog *watch_call_find(const struct watch *w, struct watch_reading *r);
void watch_call_invite(struct watch *w, struct watch_reading *r, struct watch_transaction *t);
void watch_call_response(struct watch *w, struct watch_reading *r, struct watch_transaction *t);
void watch_call_acknowledged(struct watch *w, struct watch_reading *r);
/* The call that the message is of, NULL: none. */
void watch_call_within(struct watch *w, struct watch_reading *r, struct watch_transaction *t,
                       struct watch_dialog *call);
void watch_call_cancelled(struct watch *w, struct watch_reading *r);
void watch_call_forget(void *watch, void *row);

/* ---- media.c, stream.c ---- */

/* The description in the message's body, if there is one, belongs to the call. */
void watch_media_read(struct watch *w, const struct watch_reading *r, struct watch_dialog *call);
const struct watch_place *watch_media_at(const struct watch *w, uint64_t place);
const struct watch_place *watch_media_find(const struct watch *w, const struct addr *to,
                                           const struct addr *from);
/* Codec and clock; clock_hz 0 and "" where nothing says. `place` may be NULL. True for events
 * and silence. */
bool watch_media_format(const struct watch_place *place, uint8_t payload_type,
                        struct watch_format *ret);
void watch_stream_packet(struct watch *w, const struct flow *flow, struct view payload);
void watch_stream_end(struct watch_flow_of_rtp *s);
void watch_stream_forget(void *watch, void *row);

/* ---- registration.c ---- */

/* A REGISTER was granted: says FACT_REGISTERED or FACT_UNREGISTERED. */
void watch_registration_granted(struct watch *w, const struct watch_transaction *t, bool is_open);
void watch_registration_forget(void *watch, void *row);
/* What the response grants to the Contact that was asked for. */
uint32_t watch_registration_term_s(const struct watch *w, const struct sip_msg *response,
                                   const struct watch_transaction *t);

#endif
