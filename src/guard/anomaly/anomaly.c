/* SPDX-License-Identifier: Apache-2.0 */
/* One bounded memory: what each source has shown, proven or not apart. */
#include "guard/anomaly/anomaly.h"

#include "base/now.h"
#include "event/tls_refusal.h"
#include "guard/recent.h"
#include "guard/seen.h"
#include "sip/reason.h"

#include <stdlib.h>
#include <string.h>

enum { UNTRUSTED_REASON = 1 << 16 }; /* above all that a message can break */

struct breaker {
	struct guard_row row;
	struct guard_seen reasons[MAX_ANOMALY_REASONS], messages[MAX_ANOMALY_REASONS];
};

struct anomaly {
	struct guard_recent breakers;
};

static void anomaly_free(void **memory)
{
	struct anomaly *a = *memory;

	if (!a)
		return;
	guard_recent_clear(&a->breakers);
	free(a);
	*memory = NULL;
}

static enum err anomaly_make(const struct guard_judge_settings *settings,
                             const struct hash_key *key, void **ret)
{
	struct anomaly *a = calloc(1, sizeof(*a));
	void *memory = a;
	enum err err;

	if (!a)
		return ERR_NO_MEMORY;
	err = guard_recent_init(&a->breakers, sizeof(struct breaker), settings->anomaly.max_sources,
	                        key);
	if (err == ERR_NONE)
		*ret = memory;
	else
		anomaly_free(&memory);
	return err;
}

static void anomaly_apply(void *memory, const struct guard_judge_settings *settings)
{
	(void)memory;
	(void)settings;
}

/* 0 where it says nothing about which message it was. */
static uint64_t message_hash(const struct anomaly *a, const struct fact *fact)
{
	struct {
		uint64_t call_id, reason;
		uint32_t cseq;
		char method[sizeof(fact->method)];
	} message;

	if (fact->call_id_hash == 0)
		return 0;
	memset(&message, 0, sizeof(message));
	message.call_id = fact->call_id_hash;
	message.reason = fact->reason;
	message.cseq = fact->cseq;
	(void)VIEW_COPY(view_of(fact->method), message.method);
	return hash_quick(&a->breakers.key, &message, sizeof(message));
}

static uint32_t score_of(struct anomaly *a, const struct guard_about *about)
{
	static const uint64_t window_us = (uint64_t)ANOMALY_WINDOW_S * SECOND_US;
	const struct fact *fact = about->fact;
	struct breaker *b = guard_recent_touch_at(&a->breakers, guard_about_spot(about));
	uint64_t message = message_hash(a, fact);
	bool is_new_reason, is_new_message = true;

	guard_recent_keep(&a->breakers, b, about->is_proven);
	is_new_reason = guard_seen_note(b->reasons, MAX_ANOMALY_REASONS, fact->reason, fact->now_us,
	                                window_us);
	if (message != 0)
		is_new_message = guard_seen_note(b->messages, MAX_ANOMALY_REASONS, message,
		                                 fact->now_us, window_us);
	if (is_new_reason)
		return ANOMALY_NEW_MILLI;
	return is_new_message ? ANOMALY_AGAIN_MILLI : 0;
}

/* Who is told of and who is scored: a peer that shows the wrong certificate is somebody's
 * mistake, and blocking it would make it worse. */
static size_t untrusted_judge(struct anomaly *a, const struct guard_about *about,
                              struct guard_finding *ret)
{
	static const uint64_t window_us = (uint64_t)ANOMALY_WINDOW_S * SECOND_US;
	const struct fact *fact = about->fact;
	struct breaker *b = guard_recent_touch_at(&a->breakers, guard_about_spot(about));
	bool is_noise = fact->reason == TLS_REFUSED_PLAIN || fact->reason == TLS_REFUSED_BROKEN;

	guard_recent_keep(&a->breakers, b, about->is_proven);
	if (!guard_seen_note(b->reasons, MAX_ANOMALY_REASONS, UNTRUSTED_REASON + fact->reason,
	                     fact->now_us, window_us))
		return 0;
	*ret = (struct guard_finding){ .rule = RULE_UNTRUSTED,
		                       .score_milli =
		                               is_noise && fact->standing == STANDING_STRANGER
		                                       ? ANOMALY_AGAIN_MILLI
		                                       : 0,
		                       .is_proven = about->is_proven,
		                       .is_incident = true };
	return 1;
}

static size_t anomaly_judge(void *memory, const struct guard_about *about,
                            struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	struct guard_finding finding = { .rule = RULE_HOSTILE, .is_proven = about->is_proven };
	const struct fact *fact = about->fact;

	if (fact->kind == FACT_UNTRUSTED)
		return untrusted_judge(memory, about, ret);
	if (fact->kind != FACT_ANOMALY || fact->grade != SIP_GRADE_HOSTILE ||
	    fact->standing == STANDING_PEER)
		return 0;
	finding.score_milli = score_of(memory, about);
	if (finding.score_milli == 0)
		return 0;
	ret[0] = finding;
	return 1;
}

const struct guard_detector_class anomaly_detector = { anomaly_make, anomaly_free, anomaly_apply,
	                                               anomaly_judge,
	                                               .kinds = DETECTOR_KIND(ANOMALY) |
	                                                        DETECTOR_KIND(UNTRUSTED) };
