/* SPDX-License-Identifier: Apache-2.0 */
/* A world around one border: phones and attackers outside, a PBX with desks
 * inside, and a network between them that loses, doubles and reorders. Time is
 * simulated and all chance comes from one seed, so that a run can be played
 * again. Whatever happens, rules.h looks on; the first broken rule ends the run. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "border/border.h"
#include "guard/judge.h"
#include "sim/agent.h"
#include "sim/attacker.h"
#include "sim/media.h"
#include "sim/net.h"
#include "sim/pbx.h"
#include "sim/rules.h"

enum { SIM_PHONES = 10, SIM_DESKS = 4, SIM_AGENTS = SIM_PHONES + SIM_DESKS };
enum { SIM_ATTACKERS = 5 };
/* Port pairs of each side; calls of phones at once, each two of the border's at most. */
enum { SIM_PAIRS = 40, SIM_CALLS_AT_ONCE = 8, SIM_MAX_CALLS = 64, SIM_TRANSACTIONS = 512 };
enum { SIM_FEW_CALLS = 5, SIM_FEW_TRANSACTIONS = 48 };
enum { SIM_CALLS_MAX = 4096, SIM_FAILURE_SIZE = 640 };

/* An INVITE by which the border calls somebody. */
struct sim_attempt {
	uint64_t branch; /* text_hash of it; 0: free */
	uint64_t since_us;
	struct addr to;
	unsigned sent, answered; /* copies that left; answers that came back in its time */
};

enum { SIM_ATTEMPTS = 8 };

/* A call as both its ends see it, by the number in the caller's display name. */
struct sim_call {
	uint8_t caller, callee;
	bool is_caller_up, is_callee_up; /* each has seen its 200 and its ACK */
	bool is_given_up;                /* one of them refused, cancelled or hung up */
	bool is_excused;                 /* there was no room, or the network is to blame */
	uint64_t given_up_us;            /* when rules_audit first saw that */
	uint64_t up_us;                  /* since both are up; 0: not */
	uint64_t left_us;                /* one hung up and was told that this is so; 0: not */
	struct sim_attempt attempts[SIM_ATTEMPTS]; /* the latest */
	unsigned attempt_count;
};

/* Worlds in which there is not room for all: refusing is right, leaking is not. */
enum sim_room { ROOM_FOR_ALL, ROOM_FEW_CALLS, ROOM_FEW_TRANSACTIONS };

enum sim_phase { SIM_BEGIN, SIM_CALLS, SIM_DRAIN, SIM_LEAVE, SIM_QUIET, SIM_FILL, SIM_DONE };

struct world {
	uint64_t seed, step;
	struct chance chance, keys; /* of the story; of the border's random bytes */
	struct now now;
	struct border *border;
	struct border_settings *settings;
	struct border_ports ports;
	struct port_table *pairs;
	struct guard_judge *judge;
	struct counters counters;
	struct net net;
	struct media media;
	struct pbx pbx;
	struct agent agents[SIM_AGENTS];
	struct attacker attackers[SIM_ATTACKERS];
	struct rules rules;
	struct sim_call calls[SIM_CALLS_MAX];
	unsigned call_count, calls_wanted, calls_answered;
	uint8_t phase; /* enum sim_phase */
	uint8_t room;  /* enum sim_room */
	uint64_t phase_us, next_call_us, audit_us, fact_sequence;
	/* UINT64_MAX: not, or not again. clock_is_set_us: somebody sets the wall clock. */
	uint64_t signal_dies_us, media_dies_us, clock_is_set_us;
	uint64_t signal_died_us, told_us;
	unsigned fault; /* faults.h; 0: none */
	bool is_traced;
	bool has_failed;
	char failure[SIM_FAILURE_SIZE];
};

/* Plays one seed to its end. False where a rule was broken: w->failure says which. */
bool world_play(struct world *w, uint64_t seed, unsigned calls);

/* The first call counts. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_trace(const struct world *w, const char *what, const struct packet *p);

struct addr world_address(const char *text);
struct addr world_border(unsigned side);                           /* 0 outside, 1 inside */
struct agent *world_agent(struct world *w, const struct addr *at); /* NULL */

#endif
