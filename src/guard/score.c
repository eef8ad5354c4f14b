/* SPDX-License-Identifier: Apache-2.0 */
/* Sums are taken anew each time: two dozen findings, and no state that could
 * drift from what `blocks why` shows. */
#include "guard/score.h"

#include "base/now.h"

#include <string.h>

enum err guard_scores_init(struct guard_scores *s, uint32_t max_subjects,
                           const struct hash_key *key)
{
	return guard_recent_init(&s->subjects, sizeof(struct guard_subject), max_subjects, key);
}

void guard_scores_clear(struct guard_scores *s) { guard_recent_clear(&s->subjects); }

struct guard_subject *guard_scores_touch(struct guard_scores *s, const struct addr *source)
{
	struct guard_key key = guard_key_of(source, 0);
	struct guard_subject *subject = guard_recent_touch(&s->subjects, &key);

	subject->source = *source;
	return subject;
}

struct guard_subject *guard_scores_find(const struct guard_scores *s, const struct addr *source)
{
	struct guard_key key = guard_key_of(source, 0);

	return guard_recent_find(&s->subjects, &key);
}

_Static_assert(MAX_FINDINGS < 32, "a bit for each place");

static uint32_t worth_milli(const struct guard_worth *worth, uint32_t fade_s, uint64_t now_us)
{
	uint64_t fade_us = (uint64_t)fade_s * SECOND_US, age_us = now_since(now_us, worth->now_us);

	if (age_us >= fade_us)
		return 0;
	return (uint32_t)(worth->score_milli * (fade_us - age_us) / fade_us);
}

/* Anybody can forge what is not proven, so that it never displaces what is: a
 * guesser with a scanner's message would bury his own guesses. */
static uint32_t goes_first(const struct guard_subject *subject, uint32_t fade_s, uint64_t now_us)
{
	const struct guard_worth *worths = subject->worths;
	uint32_t first = 0, least_milli = worth_milli(&worths[0], fade_s, now_us);

	for (uint32_t i = 1; i < subject->count; i++) {
		uint32_t milli = worth_milli(&worths[i], fade_s, now_us);
		bool is_less = milli < least_milli;

		if (worths[i].is_proven != worths[first].is_proven)
			is_less = !worths[i].is_proven;
		if (!is_less)
			continue;
		first = i;
		least_milli = milli;
	}
	return first;
}

static void take_out(struct guard_subject *subject, uint32_t which)
{
	subject->taken &= ~(UINT32_C(1) << subject->worths[which].place);
	subject->count--;
	memmove(&subject->worths[which], &subject->worths[which + 1],
	        (subject->count - which) * sizeof(subject->worths[0]));
}

static void put_last(struct guard_subject *subject, const struct guard_mark *mark)
{
	uint32_t place = (uint32_t)__builtin_ctz(~subject->taken);

	subject->taken |= UINT32_C(1) << place;
	subject->marks[place] = *mark;
	subject->worths[subject->count++] = (struct guard_worth){
		.now_us = mark->now_us,
		.score_milli = mark->score_milli,
		.place = (uint8_t)place,
		.is_proven = mark->is_proven,
		.is_acting = mark->is_acting,
	};
}

void guard_score_add(struct guard_scores *s, struct guard_subject *subject,
                     const struct guard_mark *mark, uint32_t fade_s)
{
	uint32_t first;

	if (subject->count == MAX_FINDINGS) {
		first = goes_first(subject, fade_s, mark->now_us);
		if (!mark->is_proven && subject->worths[first].is_proven)
			return;
		take_out(subject, first);
	}
	put_last(subject, mark);
	if (mark->is_proven)
		guard_recent_keep(&s->subjects, subject, true);
}

/* Sums count in tenths, as they are shown: a limit of 10 is reached by what shows as 10.0. */
static uint32_t in_tenths(uint32_t milli) { return (milli + 50) / 100 * 100; }

struct guard_sums guard_score_sum(const struct guard_subject *subject, uint32_t fade_s,
                                  uint64_t now_us)
{
	struct guard_sums sums = { 0 };

	for (uint32_t i = 0; i < subject->count; i++) {
		const struct guard_worth *worth = &subject->worths[i];
		uint32_t milli = worth_milli(worth, fade_s, now_us);

		sums.acting_milli += worth->is_proven && worth->is_acting ? milli : 0;
		sums.proven_milli += worth->is_proven ? milli : 0;
		sums.suspicion_milli += worth->is_acting ? milli : 0;
	}
	sums.acting_milli = in_tenths(sums.acting_milli);
	sums.proven_milli = in_tenths(sums.proven_milli);
	sums.suspicion_milli = in_tenths(sums.suspicion_milli);
	return sums;
}

void guard_score_lower(struct guard_subject *subject, uint64_t account_hash, uint64_t flow_hash)
{
	for (uint32_t i = subject->count; i-- > 0;) {
		const struct guard_mark *mark = guard_score_mark(subject, i);

		if (mark->account_hash != account_hash || mark->flow_hash != flow_hash)
			continue;
		take_out(subject, i);
	}
}

static void write_step(const struct guard_mark *mark, struct block_step *ret)
{
	struct buffer b;

	*ret = (struct block_step){ .wall_us = mark->wall_us, .score_milli = mark->score_milli };
	(void)VIEW_COPY(view_of(guard_rule_name((enum guard_rule)mark->rule)), ret->rule);
	(void)VIEW_COPY(view_of(mark->account), ret->account);
	b = buffer_on(ret->text, sizeof(ret->text) - 1);
	buffer_text(&b, mark->method[0] ? mark->method : "message");
	buffer_char(&b, ' ');
	if (mark->account[0]) {
		buffer_text(&b, mark->account);
		buffer_text(&b, ": ");
	}
	buffer_text(&b, guard_rule_text((enum guard_rule)mark->rule));
	if (mark->status) {
		buffer_text(&b, " with ");
		buffer_decimal(&b, mark->status);
	}
	if (!mark->is_proven)
		buffer_text(&b, " (unproven)");
	ret->text[b.len] = '\0';
}

void guard_score_steps(const struct guard_subject *subject, struct record_block *ret)
{
	uint32_t wanted = 0, skipped, at = 0;
	bool has_proven = false;

	for (uint32_t i = 0; i < subject->count; i++)
		has_proven = has_proven || subject->worths[i].is_proven;
	/* What blocks is proven; suspicion beside it would only blur the sum. */
	for (uint32_t i = 0; i < subject->count; i++)
		wanted += subject->worths[i].is_proven || !has_proven;
	skipped = wanted > MAX_BLOCK_STEPS ? wanted - MAX_BLOCK_STEPS : 0;
	ret->step_count = wanted - skipped;
	for (uint32_t i = 0; i < subject->count; i++) {
		if (has_proven && !subject->worths[i].is_proven)
			continue;
		if (skipped > 0)
			skipped--;
		else
			write_step(guard_score_mark(subject, i), &ret->steps[at++]);
	}
}
