/* SPDX-License-Identifier: Apache-2.0 */
/* The stage: the real watch and the real judge, fed with generated messages at
 * their own times; and the book of what the judge said about whom. */
#ifndef JUDGE_STAGE_H
#define JUDGE_STAGE_H

#include "guard/judge.h"
#include "judge/words.h"
#include "watch/watch.h"

enum { MAX_BOOK = 65536 };

/* What was said of one address. */
struct page {
	struct addr source; /* port 0; family 0: a free row */
	uint64_t rules;     /* set of enum guard_rule with score, or worth an incident */
	uint32_t suspicion_milli, proven_milli; /* at their heights */
};

struct stage {
	struct watch *watch;
	struct guard_judge *judge;
	struct guard_judge_settings settings;
	struct verdict_table *verdicts;
	struct counters *counters;
	struct page *book; /* open addressing, MAX_BOOK rows */
	struct chance chance;
	struct now now;
	uint64_t messages, facts, incidents;
};

struct parties {
	struct addr client, server;
	bool is_tcp;
};

/* `off`: a detector that is switched off, GUARD_DETECTOR_COUNT for none.
 * Ends the program where there is no memory. */
void stage_open(struct stage *s, uint64_t seed, enum guard_detector off);
void stage_close(struct stage *s); /* says what is undecided first */
/* Everything forgotten but the memory: another scene may begin. */
void stage_renew(struct stage *s, uint64_t seed);

/* The client's request, or the server's response, at s->now. */
void stage_request(struct stage *s, const struct parties *p, const struct words *w);
/* Answers a request that was sent: status, and a new to-tag if there is none. */
void stage_answer(struct stage *s, const struct parties *p, const struct words *w, uint16_t status);
/* The same with a challenge for that nonce. */
void stage_challenge(struct stage *s, const struct parties *p, const struct words *w,
                     const char *nonce);
/* Any bytes of the client, SIP or not; `kind` is an enum fact_non_sip, or -1 for SIP. */
void stage_bytes(struct stage *s, const struct parties *p, struct view bytes, int kind);
/* Five minutes without a message: whatever waits for an answer is decided. */
void stage_settle(struct stage *s);
void stage_wait(struct stage *s, uint64_t us);

/* NULL: nothing was said. */
const struct page *stage_page(const struct stage *s, const struct addr *source);
bool page_is_flagged(const struct page *p, const struct guard_judge_settings *settings);
/* Whether a rule of that detector is on the page. */
bool page_names(const struct page *p, enum guard_detector detector);

#endif
