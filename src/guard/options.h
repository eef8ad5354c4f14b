/* SPDX-License-Identifier: Apache-2.0 */
/* What guard is told: plain values without pointers, so that they travel in a
 * sealed memfd and can be compared, and the option tables that fill them from
 * the blocks `mode`, `block`, `never-block`, `detector ...`, `strangers` and `logins`. */
#ifndef GUARD_OPTIONS_H
#define GUARD_OPTIONS_H

#include "conf/schema.h"
#include "event/verdict.h"
#include "guard/anomaly/options.h"
#include "guard/detector_mode.h"
#include "guard/enumeration/options.h"
#include "guard/guessing/options.h"
#include "guard/non_sip/options.h"
#include "guard/rate.h"
#include "guard/scanner/options.h"
#include "guard/toll_fraud/options.h"

/* Most that the settings may ask for: rows keep so many times. */
enum { MAX_UNDECIDED = 16, MAX_PAIR_REFUSALS = 8, MAX_SOURCE_REFUSALS = 64 };

/* Signal's half: bounds, budgets and logins. */
struct guard_door_settings {
	struct guard_rate neighbourhood_registers; /* strangers' without proof, per /24 or /64 */
	struct guard_rate total_registers;         /* the same in total */
	struct guard_rate stranger_flow;           /* any request of one stranger's flow */
	struct guard_rate stranger_address;        /* of all strangers of an address */
	struct guard_rate known_flow;
	struct guard_rate blocked_challenges; /* to new ports of a blocked address, see door.h */
	struct guard_rate pair_refusals;      /* refused logins, per account and source */
	struct guard_rate source_refusals;    /* the same, per source */
	uint32_t undecided_per_source;        /* logins in flight */
	uint32_t cookie_life_s;
	uint32_t max_neighbourhoods, max_stranger_flows, max_stranger_addresses;
	uint32_t max_login_pairs, max_login_sources;
	uint32_t max_blocked_sources; /* of blocked_challenges: as many as there may be blocks */
};

enum { MAX_NEVER_BLOCK = 512, GUARD_NOTE_SIZE = 48 };

/* One row of the never-block list. */
struct guard_never {
	struct addr_net net;
	char note[GUARD_NOTE_SIZE]; /* why: "head office", "peer office" */
};

enum guard_detector {
	DETECTOR_SCANNER,
	DETECTOR_ENUMERATION,
	DETECTOR_GUESSING,
	DETECTOR_TOLL_FRAUD,
	DETECTOR_ANOMALY,
	DETECTOR_NON_SIP,
	GUARD_DETECTOR_COUNT
};

/* The judge's half. */
struct guard_judge_settings {
	uint8_t mode;                                 /* enum mode: OBSERVE or BLOCK */
	uint8_t detector_modes[GUARD_DETECTOR_COUNT]; /* enum mode */
	uint32_t suspect_milli, block_milli;          /* scores in thousandths: 6000, 10000 */
	uint32_t fade_s;                              /* a finding fades to 0 over this */
	uint32_t term_s, max_term_s;                  /* 1 h, doubling to 7 d */
	uint32_t max_sources, max_pairs, max_accounts, max_blocks;
	struct scanner_settings scanner;
	struct enumeration_settings enumeration;
	struct guessing_settings guessing;
	struct toll_fraud_settings toll_fraud;
	struct anomaly_settings anomaly;
	struct non_sip_settings non_sip;
	uint32_t never_count;
	struct guard_never never[MAX_NEVER_BLOCK]; /* configured; the peers are added by proc/ */
};

void guard_door_defaults(struct guard_door_settings *ret);
void guard_judge_defaults(struct guard_judge_settings *ret);

/* --- What stands in the configuration, one struct a block. --- */

extern const struct conf_block guard_mode_block, guard_term_block, guard_never_block;
extern const struct conf_block guard_strangers_block, guard_logins_block;

struct guard_mode_options {
	uint8_t mode;
}; /* place in the list observe, block */

struct guard_term_options {
	uint32_t score_milli, suspect_milli, term_s, max_term_s, fade_s;
};

struct guard_never_options {
	struct guard_never nets[MAX_NEVER_BLOCK / 2];
	uint32_t count;
};

struct guard_strangers_options {
	struct guard_rate network_registers, total_registers;
	struct guard_rate flow, address, known_flow;
};

struct guard_login_options {
	uint32_t undecided, cookie_life_s;
	struct guard_rate account_refusals, address_refusals;
};

/* Rows that a role was given; NULL where a block is missing: its defaults. */
struct guard_rows {
	const struct guard_mode_options *mode;
	const struct guard_term_options *term;
	const struct guard_never_options *never;
	const struct scanner_options *scanner;
	const struct enumeration_options *enumeration;
	const struct guessing_options *guessing;
	const struct toll_fraud_options *toll_fraud;
	const struct number_plan *plan; /* how one dials here */
	const struct anomaly_options *anomaly;
	const struct non_sip_options *non_sip;
	const struct guard_strangers_options *strangers;
	const struct guard_login_options *logins;
};

void guard_door_settings_of(const struct guard_rows *rows, struct guard_door_settings *ret);
void guard_judge_settings_of(const struct guard_rows *rows, struct guard_judge_settings *ret);
/* One row more on the never-block list (a peer's network). False where it is full. */
bool guard_never_add(struct guard_judge_settings *settings, const struct addr_net *net,
                     const char *note);

/* "guessing" ...; static storage. */
const char *guard_detector_name(enum guard_detector detector);
/* ERR_NOT_FOUND. */
enum err guard_detector_find(struct view name, enum guard_detector *ret) MUST_USE;

#endif
