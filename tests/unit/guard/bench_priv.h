/* SPDX-License-Identifier: Apache-2.0 */
/* A judge on a bench: its verdict table, what it recorded, and facts made to
 * measure. */
#ifndef GUARD_BENCH_PRIV_H
#define GUARD_BENCH_PRIV_H

#include "guard/detector.h"
#include "guard/judge.h"
#include "runner/test.h"

enum { MAX_TOLD = 64 };

struct bench {
	struct guard_judge_settings settings;
	struct verdict_table *verdicts;
	struct counters counters;
	struct guard_judge *judge;
	uint32_t incidents, blocks, observed, lifted, rows; /* records and answer rows seen */
	struct record_incident told[MAX_TOLD];              /* the last record of each incident */
	uint32_t told_count;
	uint32_t block_number;                            /* of the last block that began */
	uint32_t findings, suspicion_milli, proven_milli; /* told, with the last scores */
	enum guard_rule last_rule;
	union record last_incident, last_block;
	struct ask last_row;
	enum err result; /* of the last answer */
};

#define OWNED_BENCH __attribute__((cleanup(bench_clear))) struct bench

extern const struct now bench_start;
extern const struct hash_key bench_key; /* of each judge and detector here */

/* Mode block, defaults, small tables. */
enum err bench_init(struct bench *b) MUST_USE;
void bench_clear(struct bench *b);
/* Another judge over the same verdict table, as after a restart. */
enum err bench_restart(struct bench *b) MUST_USE;

struct now bench_at(uint64_t after_ms);
struct addr bench_addr(const char *text);
/* A login of that account refused with 403, proven by cookie, from that
 * address; a Call-ID of its own for each call_id. */
struct fact bench_failure(const char *address, const char *account, uint64_t call_id,
                          uint64_t after_ms);
/* Any other fact of that address, a stranger's. */
struct fact bench_fact(const char *address, enum fact_kind kind, const char *method,
                       uint64_t after_ms);
/* How many incidents are told, those apart that are part of another. */
uint32_t bench_told(const struct bench *b);
/* The one told of that address ("" of many), or an empty one. */
const struct record_incident *bench_story(const struct bench *b, const char *address);
void bench_take(struct bench *b, const struct fact *fact);

bool bench_is_blocked(const struct bench *b, const char *address, uint64_t after_ms);
bool bench_is_suspect(const struct bench *b, const char *address, uint64_t after_ms);
/* The flow's own block: address with port. */
bool bench_is_flow_blocked(const struct bench *b, const char *address, uint16_t port,
                           uint64_t after_ms);

/* Asks about a network or address. */
enum err bench_ask_net(struct bench *b, enum ask_kind kind, const char *net, uint32_t term_s,
                       uint64_t after_ms);
enum err bench_ask_why(struct bench *b, const char *filter, uint64_t after_ms);
enum err bench_ask_mode(struct bench *b, const char *detector, uint8_t mode, uint32_t for_s,
                        uint64_t after_ms);
enum err bench_ask(struct bench *b, const struct ask *question, uint64_t after_ms);

/* Asks one detector alone, made with the key of this bench, as the judge does. */
size_t bench_judge(const struct guard_detector_class *detector, void *memory,
                   const struct fact *fact, struct guard_finding ret[MAX_FINDINGS_PER_FACT]);

#endif
