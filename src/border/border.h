/* SPDX-License-Identifier: Apache-2.0 */
/* The border: ends every dialog outside and begins a clean one inside, and the
 * other way round. Takes datagrams and the time, gives datagrams, facts,
 * records and orders through its ports; knows no clock, socket, file or random
 * source. One border a signal worker; all memory is taken by border_new.
 *
 *     border_receive: door -> parse -> screen -> transact -> route -> write
 */
#ifndef BORDER_BORDER_H
#define BORDER_BORDER_H

#include "base/now.h"
#include "border/settings.h"
#include "event/ask.h"
#include "event/counters.h"
#include "event/fact.h"
#include "event/order.h"
#include "event/record.h"
#include "event/resolved.h"
#include "event/verdict.h"

struct border;
struct border_common;

/* Calls beyond max_calls, and port pairs beyond those of media, for emergency calls alone. */
enum { EMERGENCY_RESERVE = 8 };

/* What the border needs of the world. All of it outlives the border. The
 * functions never fail towards the border: what cannot be done is counted by
 * whoever fills the port. */
struct border_ports {
	void *context;
	/* Bytes are only borrowed for the call. */
	void (*send)(void *context, const struct flow *to, struct view bytes);
	/* The port fills version, sequence, owner and time. */
	void (*fact)(void *context, struct fact *fact);
	void (*record)(void *context, union record *record); /* as large as its head says */
	void (*order)(void *context, const struct order *order);
	/* A port of a stream listens from now on, before anybody can have been told of it; or
	 * does no more. Media has it listen no longer than until its connection is there. */
	void (*hear)(void *context, uint32_t port, bool is_hearing);
	/* Goes the same way, behind the order before it. */
	void (*connect)(void *context, const struct order_connect *order);
	void (*digits)(void *context, const struct order_digits *order);
	/* Goes the same way, behind the order before it; wiped afterwards. */
	void (*order_keys)(void *context, const struct order_keys *keys);
	void (*order_shake)(void *context, const struct order_shake *shake); /* likewise */
	void (*order_bundle)(void *context, const struct order_bundle *bundle);
	void (*random)(void *context, void *ret, size_t len);
	/* Asks whether IPsec covers it; border_covered brings the answer. NULL: nothing is. */
	void (*cover)(void *context, const struct cover_row *row);
	/* The answer to an ASK_COMMAND. */
	void (*answer)(void *context, const struct ask *row);
	/* The label of the peer that showed by TLS who it is, on that connection; empty: nobody
	 * did. NULL where no TLS is spoken. */
	const char *(*shown)(void *context, const struct flow *flow);
	const struct verdict_table *verdicts;
	const struct port_table
		*ports; /* this worker draws from [first, first + count) of each side's group */
	struct counters *counters;
	/* border_checkpoint_size() bytes, page-aligned; zeroed by the parent at its start. */
	void *checkpoint;
	/* What is counted together with other workers; NULL where there are none. */
	struct border_common *common;
	uint8_t owner;       /* number of this worker, in every name that it makes */
	uint8_t owners;      /* workers in all */
	uint32_t generation; /* counts starts of the parent, not of the worker */
	/* Of cookies, tags and branches, Contact users, tables: the parent's, so that
	 * what was made with them outlives a worker. */
	struct hash_key keys[4];
};

size_t border_checkpoint_size(const struct border_settings *settings);
/* Another number where the checkpoint of another program means something else. */
uint64_t border_checkpoint_layout(void);

/* Reads back what the checkpoint holds: registrations, known flows, confirmed
 * dialogs. ERR_NO_MEMORY, ERR_LIMIT. */
enum err border_new(const struct border_settings *settings, const struct border_ports *ports,
                    struct now now, struct border **ret) MUST_USE;
void border_free(struct border **b);

/* The worker that a message is for: ours, or one to whom it has to be handed over unread. */
unsigned border_whose(const struct border *b, const struct flow *flow, struct view bytes);
/* The same of what another one who read it has handed to us: a phone that is registered here may
 * have its call with another worker. */
unsigned border_moved(const struct border *b, const struct flow *flow, struct view bytes);
/* What is registered on that flow, as a hash that all workers have alike; 0: nothing. Of several
 * any, but while a FACT_REGISTERED is said the one that it is about. */
uint64_t border_account(const struct border *b, const struct flow *flow);
/* Who read the next messages knows that this account is registered on their flow; 0: no more. */
void border_attest(struct border *b, uint64_t account);
/* And its name there; empty: none. Lives until that changes. */
struct view border_registration(const struct border *b, const struct flow *flow);
/* It registered with another worker under that name. What is registered here under the same is
 * over: that phone has moved. Its calls here go on over that flow where it is a connection. */
void border_registered(struct border *b, const struct flow *flow, uint64_t account,
                       struct view name, struct now now);
/* One datagram, or one message of a connection. The bytes may be changed in place and are only
 * borrowed. */
void border_receive(struct border *b, const struct flow *flow, char *bytes, size_t len,
                    struct now now);
/* A datagram to that flow was answered by ICMP unreachable. */
void border_unreachable(struct border *b, const struct flow *flow, struct now now);
/* Who is at the other end of a connection now; *ret_is_blocked: it shall not stand. */
enum fact_standing border_standing(struct border *b, const struct flow *flow, struct now now,
                                   bool *ret_is_blocked);
/* Whether the peer of that row may be at the other end of the flow, as far as its address says; of
 * a connection of ours, whether it is exactly there. */
bool border_is_peer_at(const struct border *b, uint16_t row, const struct flow *flow, bool is_ours);
/* TLS was refused on that connection: enum tls_refusal. */
void border_untrusted(struct border *b, const struct flow *flow, unsigned why, struct now now);
/* The connection is gone: its registrations end and what was asked over it, until then, failed.
 * Calls go on over the next one from which their account registers. A peer's flow has no number,
 * and what was asked of it since went by the next one. */
void border_disconnected(struct border *b, const struct flow *flow, uint64_t until_us,
                         struct now now);
void border_media_event(struct border *b, const struct media_event *event, struct now now);

/* The answer to ports.cover, or what has changed since. */
void border_covered(struct border *b, const struct cover_row *row, struct now now);

/* No call begins any more but to emergencies and what belongs to one that has begun: 503, and
 * OPTIONS that means us says so too; or they do again. */
void border_drain(struct border *b, bool is_on);
/* Ends each call that stands by a BYE to both of its ends. */
void border_hang_up(struct border *b, struct now now);
/* The worker ends as it was told to, and may have no successor: calls that are over are recorded
 * with the figures that media has told by now. Those that stand stay in the checkpoint. */
void border_end(struct border *b, struct now now);
uint32_t border_calls(const struct border *b); /* now, those in set-up included */

/* Whether a call has that row of the port table, or another worker may give it to one. */
bool border_has_port(const struct border *b, uint32_t row);

/* Fires timers; border_wait_us says when it is wanted next (UINT64_MAX: never). */
void border_advance(struct border *b, struct now now);
uint64_t border_wait_us(const struct border *b, struct now now);

/* New settings in force: peers and limits change, calls stay. ERR_DENIED where
 * something changed that needs a restart (sockets, ports, ceilings). */
enum err border_apply(struct border *b, const struct border_settings *settings,
                      struct now now) MUST_USE;

/* Where the names of peers lead now. Calls that stand go on with the address they have; whoever is
 * at an address that no name leads to any more is a stranger for all else. */
void border_resolve(struct border *b, const struct resolved_table *table, struct now now);

/* Answers ASK_REGISTRATIONS, ASK_LIVE_CALLS, ASK_PEERS, ASK_HEADERS: calls
 * `answer` once for each row, the last with is_last set. ASK_COMMAND is answered through
 * ports.answer, perhaps later. */
void border_answer(struct border *b, const struct ask *question, struct now now,
                   void (*answer)(void *context, const struct ask *row), void *context);

#endif
