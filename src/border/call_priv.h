/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the calls: what their files share. A call is two legs, each with a
 * dialog of its own; a turn is one request of one leg on its way to the other
 * and the answers on their way back; a stream is one m= line with a port pair
 * on each side. */
#ifndef BORDER_CALL_PRIV_H
#define BORDER_CALL_PRIV_H

#include "border/call_facts_priv.h"
#include "border/calls.h"
#include "border/headers.h"
#include "sdp/offer.h"

enum { ATTEMPT_TEXT_MAX = 4096 }; /* of an INVITE that may go to another target */

/* ---- the call ---- */

enum call_state {
	CALL_SETUP,  /* INVITE on its way */
	CALL_UP,     /* 2xx given; its turn knows whether the ACK came */
	CALL_ENDING, /* media closed, its last figures awaited */
};

struct leg {
	struct map_node by_serial;
	uint64_t serial;          /* as in the facts */
	uint8_t number;           /* place in its call */
	bool is_phone;            /* no peer's */
	uint16_t counted;         /* row of the peer among whose calls it counts */
	struct known_flow *known; /* held while the call lives; NULL for peers */
};

struct call {
	struct call_facts *facts; /* NULL while it rests: call_wake */
	struct list awake;        /* among those that may rest */
	struct map_node by_id;
	uint64_t id, number; /* as in the facts */
	struct border *border;
	struct leg legs[CALL_LEGS];
	struct timer session;        /* RFC 4028 */
	struct timer timer;          /* by state: patience with ringing, with BYE, with media */
	struct timer minute;         /* spend.c: the next one begins */
	struct pool_handle invite;   /* turn of the INVITE in hand, ACK included */
	struct pool_handle bye;      /* turn of a BYE in hand */
	struct pool_handle update;   /* turn of the last UPDATE or PRACK with an offer */
	struct pool_handle attempt;  /* attempt.c: where it may go instead */
	struct fork *forks;          /* those that do not speak (fork_priv.h) */
	uint32_t pending;            /* slot of call_pending.c + 1; 0: none */
	uint16_t status;             /* final one of the first INVITE */
	uint16_t drawn;              /* 1 << stream: has its ports for the offer under way */
	uint8_t state;               /* enum call_state */
	bool is_reserved;            /* its first minute is set aside */
	bool is_commanded;           /* it ends because somebody said so */
	bool is_restored, is_silent; /* is_silent: no record of it (a challenged attempt) */
};

enum turn_offer { OFFER_NONE, OFFER_IN_REQUEST, OFFER_IN_ANSWER };

struct turn {
	struct pool_handle call, server, client;
	uint32_t session_s; /* interval that was asked for, by who knows the timer; 0: none */
	uint32_t came_cseq, sent_cseq;
	uint8_t from;        /* leg that asked */
	uint8_t method;      /* enum sip_method */
	uint8_t offer;       /* enum turn_offer */
	bool is_ours;        /* nobody asked but a command: there is no server */
	bool is_first;       /* the INVITE that makes the call */
	bool is_cancelled;   /* answered 487; its end inside is awaited */
	bool is_answered;    /* 2xx went back, the ACK is awaited */
	bool is_done;        /* only the end of its transaction is awaited */
	bool takes_reliable; /* INVITE: who asked knows 100rel */
	bool has_login;      /* was said again with credentials */
	bool has_client, has_server;
	bool is_heard; /* something came back */
};

enum { PENDING_HEAD_MAX = 256 }; /* of what call_pending.c keeps */

struct calls {
	struct pool *calls, *facts, *turns, *forks, *attempts;
	struct list awake; /* the one that was in hand longest ago first */
	unsigned awake_count;
	struct map by_serial, by_id, by_fork;
	struct port_share *ports;
	uint64_t last_number;
	enum refusal why;               /* why the last offer or answer did not fit */
	struct sdp_session came, asked; /* scratch: the description in hand, the offer it answers */
	uint8_t bundle
		[MAX_CALL_STREAMS]; /* scratch: which lines of `came` share a port (shake.c) */
	char lines[4096];           /* scratch: header lines being built */
	char body[MAX_SDP_BYTES];   /* scratch: description being built */
	struct sip_msg again;       /* scratch: an INVITE for another target, on its text */
	char again_text[ATTEMPT_TEXT_MAX];
	struct begun *begun; /* begun_priv.h */
	uint32_t begun_count;
	uint64_t begun_until_us;
	uint32_t *pending_free, pending_free_count; /* slots of call_pending.c */
	struct list refused;                        /* in some of them: the oldest first */
	struct refused_call *refusals;              /* by slot (call_refused.c) */
	/* Scratch of call_rest.c and call_pending.c: what is written, what is being taken up. */
	_Alignas(16) uint8_t packed[CALL_PACKED_MAX];
	_Alignas(16) uint8_t pending[PENDING_HEAD_MAX];
	_Alignas(16) uint8_t resumed[CHECKPOINT_PENDING_MAX];
};

/* ---- calls.c ---- */

/* NULL where the table is full; a few places are an emergency's alone. */
struct call *call_take(struct border *b, bool is_emergency);
/* One with facts of its own, in no table. NULL where there is no room. */
struct call *call_new(struct border *b);
/* Names a leg that is not begun by this serial instead of the drawn one, unless another has it. */
void call_name_leg(struct call *call, unsigned leg, uint64_t serial);
/* Puts a call with its facts into the tables. */
void call_enter(struct border *b, struct call *call);
/* Ends its streams and, when their figures are in, writes the record and gives it back. */
void call_end(struct call *call, enum call_end by, const char *cause);
/* Right before the end: the description in hand is why, and the record will say what of it. */
void call_blame_description(struct call *call);
/* The rest of that, once `state` and `ending` say so. */
void call_close_streams(struct call *call);
/* BYE to both legs first. */
void call_hang_up(struct call *call, const char *cause);
/* With header lines in the BYEs. */
void call_hang_up_because(struct call *call, const char *cause, struct view lines);
void call_finish(struct call *call); /* at once */
void call_rings(struct call *call);  /* patience begins anew */
void call_awaits_bye(struct call *call);
void call_patience(struct call *call, uint64_t us);
/* Number of the call whose half sent this Call-ID inside; 0: none. */
/* That and its leg, not woken; NULL. */
struct call *call_by_serial(const struct border *b, uint64_t serial, unsigned *ret_leg);
uint64_t call_number_by_call_id(const struct border *b, struct view call_id);
/* Whether it is one that some worker of ours made for a call, and as far as we know it stands. */
bool call_has_begun(const struct border *b, struct view call_id);
struct call *call_of_turn(struct border *b, const struct turn *turn);
struct turn *turn_take(struct border *b, struct call *call, unsigned from,
                       const struct sip_msg *request);
struct turn *turn_at(struct border *b, struct pool_handle h);
/* CANCEL towards the other leg. `reason`: header lines or empty. */
void turn_cancel(struct border *b, struct turn *turn, struct view reason);
void turn_done(struct border *b, struct turn *turn);
void turn_give(struct border *b, struct turn *turn);
struct pool_handle turn_handle(const struct border *b, const struct turn *turn);
struct call *call_by_id(const struct border *b, uint64_t id);
/* The leg that a message of a dialog of ours names by our tag; NULL: none. */
struct call *call_by_tag(const struct border *b, struct view tag, unsigned *ret_leg);
struct pool_handle call_handle(const struct border *b, const struct call *call);

/* ---- call_rest.c ---- */

/* Its facts, which lie packed in the checkpoint while nobody asks for them. Whoever comes by a
 * call otherwise than by call_by_id, call_by_tag or call_of_turn wakes it first. They stay until
 * CALLS_AWAKE others were woken, or for ever where they cannot be kept. */
enum { CALLS_AWAKE = 64 };
void call_wake(struct call *call);
/* Walks them, awake: from *place on; NULL at the end. Start with place 0. */
struct call *call_next(struct border *b, uint32_t *place);
/* The next one among whose ends that peer counts: others rest on. */
struct call *call_next_of(struct border *b, uint16_t peer, uint32_t *place);
/* Facts of its own, zeroed, for one that begins. NULL: none are left. */
struct call_facts *call_facts_take(struct calls *c, struct call *call);
void call_facts_give(struct calls *c, struct call *call);
/* The facts, packed, in scratch. */
struct view call_pack(const struct call *call);

static inline struct leg_facts *leg_of(struct call *call, unsigned leg)
{
	return &call->facts->legs[leg];
}
static inline unsigned leg_other(unsigned leg) { return 1 - leg; }

/* ---- call_record.c, call_save.c ---- */

void call_record(struct call *call);
void call_fill_record(const struct call *call, struct record_call *ret);
void call_fact(struct border *b, const struct inbound *in, const struct call *call,
               enum fact_outcome outcome, uint16_t status);
/* False: it is not kept, and counted; or need not be. */
bool call_save(struct call *call);
bool call_has_slot(const struct call *call);
/* What was saved last, packed; it lives until the next call_save. */
struct view call_saved(const struct call *call);
void call_unsave(struct call *call);
/* Whether what was saved can be true. */
bool call_is_sound(const struct border *b, const struct call_facts *f);
/* Of a call that was read back and entered: its ports and streams, its peers and flows. */
void call_resume_streams(struct call *call);
void call_resume_legs(struct call *call);

#endif
