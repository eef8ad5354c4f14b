/* SPDX-License-Identifier: Apache-2.0 */
/* Worths and sums are taken anew for each fact: two dozen findings, and no state that
 * could drift from what `blocks why` shows. */
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

struct guard_subject *guard_scores_touch_at(struct guard_scores *s, const struct addr *source,
                                            const struct guard_spot *spot)
{
	struct guard_subject *subject = guard_recent_touch_at(&s->subjects, spot);

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

/* What is proven ranks above whatever is not; among equals, what is worth more. */
enum { PROVEN_BIT = 31 };

static uint32_t rank_of(const struct guard_worth *worth, uint32_t milli)
{
	return milli | (uint32_t)worth->is_proven << PROVEN_BIT;
}

static uint32_t milli_of(uint32_t rank) { return rank & ~(UINT32_C(1) << PROVEN_BIT); }

/* Adds a worth to the sums, or takes it out again. */
static void count(struct guard_scale *scale, const struct guard_worth *worth, uint32_t milli)
{
	uint32_t proven = worth->is_proven ? milli : 0;

	scale->sums.acting_milli += worth->is_acting ? proven : 0;
	scale->sums.proven_milli += proven;
	scale->sums.suspicion_milli += worth->is_acting ? milli : 0;
}

void guard_score_weigh(const struct guard_subject *subject, uint32_t fade_s, uint64_t now_us,
                       struct guard_scale *ret)
{
	ret->sums = (struct guard_sums){ 0 };
	ret->fade_s = fade_s;
	for (uint32_t i = 0; i < subject->count; i++) {
		const struct guard_worth *worth = &subject->worths[i];
		uint32_t milli = worth_milli(worth, fade_s, now_us);

		ret->ranks[i] = rank_of(worth, milli);
		count(ret, worth, milli);
	}
}

/* Anybody can forge what is not proven, so that it never displaces what is: a
 * guesser with a scanner's message would bury his own guesses. */
static uint32_t goes_first(const struct guard_scale *scale, uint32_t count)
{
	uint32_t first = 0, least = scale->ranks[0];

	for (uint32_t i = 1; i < count; i++) {
		if (scale->ranks[i] < least) {
			first = i;
			least = scale->ranks[i];
		}
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

/* Room for one more, or false where all that is kept is worth more than what nothing proves. */
static bool make_room(struct guard_subject *subject, bool is_proven, struct guard_scale *scale)
{
	uint32_t first = goes_first(scale, subject->count);
	const struct guard_worth *worth = &subject->worths[first];

	if (!is_proven && worth->is_proven)
		return false;
	count(scale, worth, -milli_of(scale->ranks[first]));
	take_out(subject, first);
	memmove(&scale->ranks[first], &scale->ranks[first + 1],
	        (subject->count - first) * sizeof(scale->ranks[0]));
	return true;
}

void guard_score_add(struct guard_scores *s, struct guard_subject *subject,
                     const struct guard_mark *mark, struct guard_scale *scale)
{
	const struct guard_worth *worth;
	uint32_t milli;

	if (subject->count == MAX_FINDINGS && !make_room(subject, mark->is_proven, scale))
		return;
	put_last(subject, mark);
	worth = &subject->worths[subject->count - 1];
	milli = worth_milli(worth, scale->fade_s, mark->now_us);
	scale->ranks[subject->count - 1] = rank_of(worth, milli);
	count(scale, worth, milli);
	if (mark->is_proven)
		guard_recent_keep(&s->subjects, subject, true);
}

/* Sums count in tenths, as they are shown: a limit of 10 is reached by what shows as 10.0. */
static uint32_t in_tenths(uint32_t milli) { return (milli + 50) / 100 * 100; }

struct guard_sums guard_score_sums(const struct guard_scale *scale)
{
	return (struct guard_sums){ in_tenths(scale->sums.acting_milli),
		                    in_tenths(scale->sums.proven_milli),
		                    in_tenths(scale->sums.suspicion_milli) };
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
