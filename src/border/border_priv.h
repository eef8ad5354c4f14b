/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of border share: the border itself, a message in hand, who is asked for what. */
#ifndef BORDER_BORDER_PRIV_H
#define BORDER_BORDER_PRIV_H

#include "base/now.h"
#include "base/wheel.h"
#include "border/border.h"
#include "border/checkpoint.h"
#include "border/extensions.h"
#include "border/known.h"
#include "border/party.h"
#include "border/purpose_priv.h"
#include "border/refused.h"
#include "border/registration.h"
#include "border/spending.h"
#include "event/refusal.h"
#include "guard/cookie.h"
#include "guard/door.h"
#include "guard/login.h"
#include "guard/refrain.h"
#include "guard/screen.h"
#include "sip/msg.h"
#include "sip/uri.h"
#include "ua/client.h"
#include "ua/name.h"
#include "ua/server.h"

struct calls;         /* calls.h: the call half */
struct registrar;     /* registrar.h: REGISTER on its way */
struct subscriptions; /* subscription.h */
struct probes;        /* probe.h: what is learnt of each PBX */
struct peers;         /* peers.h */
struct trunks;        /* trunk.h */
struct stays;         /* stay.h */
struct commands;      /* command.h */

/* The parent's keys by use (border_ports.keys). */
enum { KEY_COOKIES, KEY_NAMES, KEY_CONTACTS, KEY_TABLES };

struct border {
	struct border_settings settings, before; /* before: while new ones are put in force */
	struct border_ports ports;
	struct now now;    /* of the event in hand */
	uint64_t since_us; /* when it was made */
	uint64_t attested; /* account of the sender, where another worker knows him */
	bool is_draining;
	struct wheel wheel;
	struct ua *ua;
	uint64_t repeats_told; /* of what the transactions repeated: counted already */
	struct ua_namer namer;
	struct known_table known;
	struct registrations registrations;
	const struct registration *made; /* while it is said that it was made; else NULL */
	struct checkpoint checkpoint;
	struct guard_door *door;
	struct guard_bounds *bounds;
	struct guard_refrains *refrains;
	struct guard_bucket peer_budgets[MAX_PEERS];
	struct guard_bucket sample_budget;
	struct guard_logins *logins;
	struct guard_cookie_keys cookie_keys;
	struct registrar *registrar;
	struct probes *probes;
	struct peers *peers;
	struct trunks *trunks;
	struct stays *stays;
	struct spending spending;
	struct pool *exchanges;
	struct subscriptions *subscriptions;
	struct calls *calls;
	struct commands *commands;
	uint8_t media_fingerprints[MAX_MEDIA_WORKERS][MEDIA_FINGERPRINT_SIZE]; /* of certificates */
	unsigned media_told;           /* workers of media that told theirs: 1 << worker */
	struct header_counts *removed; /* headers.h: names kept out */
	struct refused refused;
	struct untrusted untrusted;
	struct sip_msg msg;         /* in hand; valid within border_receive */
	char out[MAX_DATAGRAM + 1]; /* being built; valid until the next build */
};

/* A message in hand and who sent it. */
struct inbound {
	const struct flow *flow;
	const struct sip_msg *msg;
	size_t size;                    /* of its datagram */
	const struct border_peer *peer; /* NULL: none */
	struct known_flow *known;       /* NULL: none */
	enum fact_standing standing;
	bool host_has_known;   /* any flow of its source is known; false for a peer */
	bool is_in_dialog;     /* its To has a tag */
	bool is_blocked;       /* the address is, this flow slipped through for a challenge */
	enum fact_proof proof; /* at least; a good cookie may raise it */
	const struct ua_request_key *key; /* of a request; NULL: nobody asked the transactions */
};

/* ---- ways of writing (reply.c) ---- */

struct ua_path path_of(const struct flow *flow);
struct flow flow_of(const struct ua_path *path);

enum { REPLY_TAG_SIZE = NAMES_HASH_LEN + 1 };
/* The To tag of an answer of ours: the same each time for the same Call-ID and
 * From, so that an answer without state repeats itself. */
void reply_to_tag(struct border *b, const struct inbound *in, char ret[REPLY_TAG_SIZE]);

/* Answers without state, once: for what opens no transaction. `headers` are
 * whole lines or empty. To an unproven stranger at most twice what he sent. */
void reply_stateless(struct border *b, const struct inbound *in, uint16_t status,
                     struct view headers);
/* 503 with Retry-After at random, without state; to strangers nothing. */
void reply_busy(struct border *b, const struct inbound *in);
void reply_retry_after(struct border *b, struct buffer *headers);
/* Opens a transaction and answers it: for what is refused here and now. */
void reply_at_once(struct border *b, const struct inbound *in, uint16_t status,
                   struct view headers);
/* The same, a code of refusal.def first; to a stranger without. */
void reply_refusal(struct border *b, const struct inbound *in, uint16_t status, enum refusal why,
                   struct view headers);
/* The Warning line alone, for who is known or a peer. */
void reply_warning(struct buffer *headers, enum refusal why);

/* Opens a server transaction for a request: as the RFC says for known flows,
 * peers and connections; one datagram for one and at most twice its bytes for
 * an unproven stranger. On failure it was counted and, where allowed, answered 503. */
enum err reply_open(struct border *b, const struct inbound *in, enum purpose purpose,
                    struct pool_handle object, struct pool_handle *ret) MUST_USE;

/* A final or provisional answer without body. `headers` as above. */
void reply_status(struct border *b, struct pool_handle server, uint16_t status, struct view to_tag,
                  struct view headers);

/* ---- requests of ours (request.c) ---- */

/* Writes request line and Via into b->out and draws the branch. Headers, CSeq
 * and body are the caller's; then request_send. */
struct request {
	struct buffer out;
	struct flow to;
	uint64_t serial;
};
struct request request_begin(struct border *b, const struct flow *to, struct view method,
                             struct view uri);
/* The same for one that came and goes on: its method, the mark by which it is known where it comes
 * back (spiral.h), one hop less (request_hops_left), its Max-Breadth. */
struct request request_forward(struct border *b, const struct inbound *in, const struct flow *to,
                               struct view uri);
/* For one that takes the place of `sent`, a request of ours that had gone on, with its mark.
 * Max-Forwards and Max-Breadth are the caller's. */
struct request request_again(struct border *b, const struct sip_msg *sent, const struct flow *to,
                             struct view uri);
/* The Via of a request of ours with that branch, without the header's name. */
void request_via(const struct border *b, const struct flow *to, uint64_t serial,
                 struct buffer *out);
/* A serial by which a request that begins something goes to a PBX: the same when it comes
 * again with credentials, since some PBXs (chan_sip) bind their challenge to the Call-ID. */
uint64_t request_serial(const struct border *b, const struct inbound *in);
/* The CSeq under which such a request goes: what came, which rises, or 1 where that is so
 * high that a dialog could not go on from there. */
uint32_t request_first_cseq(const struct inbound *in);
/* Max-Forwards of a request that goes on: one less than it came with, 70 at most;
 * NULL for one that is ours. */
uint32_t request_hops_left(const struct sip_msg *came);
/* The Contact by which the other end of a REGISTER shall reach that registration at us, and for
 * how long; 0 ends it. */
void request_contact(const struct border *b, struct request *r, const char *token,
                     uint32_t expires_s);
/* X-Ringfence-Source, where the peer is told of sources. */
void request_source(struct request *r, const struct border_peer *to, const struct flow *from);
/* Opens the client transaction and sends. What fails is counted. ERR_LIMIT,
 * ERR_FULL, the buffer's error. */
enum err request_send(struct border *b, const struct request *r, enum purpose purpose,
                      struct pool_handle object, struct pool_handle *ret) MUST_USE;

/* A fact about the message in hand: source, standing, proof, method, hashes. */
struct fact fact_of(const struct border *b, const struct inbound *in, enum fact_kind kind);
uint64_t fact_hash(const struct border *b, struct view text);
void fact_emit(struct border *b, struct fact *fact);
void fact_leak(struct border *b, const struct inbound *in); /* `in`: a challenge from outside */
void fact_account(struct fact *fact, struct view account);
/* Whom a stranger asked for: account of To, number of the Request-URI. */
void fact_target(const struct border *b, struct fact *fact, const struct sip_msg *msg);
void border_count(struct border *b, enum counter which);

#endif
