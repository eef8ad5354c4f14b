/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about campaigns. */
#include "guard/story.h"

#include "event/tls_refusal.h"
#include "guard/agent.h"
#include "guard/oddity.h"
#include "guard/screen.h"

#include <string.h>

/* 2652 as "2,652". */
static void write_number(struct buffer *b, uint64_t number)
{
	if (number >= 1000) {
		write_number(b, number / 1000);
		buffer_char(b, ',');
		buffer_char(b, (char)('0' + number / 100 % 10));
		buffer_char(b, (char)('0' + number / 10 % 10));
		buffer_char(b, (char)('0' + number % 10));
	} else {
		buffer_decimal(b, number);
	}
}

/* One by its name, several by their number, many by about what number. */
struct things {
	const char *verb, *one, *many;
	const struct guard_sketch *seen;
	const char *list;
};

static void write_things(struct buffer *b, const struct things *t)
{
	uint32_t count = guard_sketch_count(t->seen);

	buffer_text(b, b->len > 0 ? ", " : "");
	buffer_text(b, t->verb);
	if (count == 1 && t->list[0] != '\0') {
		buffer_text(b, t->one);
		buffer_text(b, t->list);
		return;
	}
	buffer_text(b, t->seen->is_estimate ? "about " : "");
	write_number(b, count);
	buffer_text(b, t->many);
}

static void write_guesses(struct buffer *b, const struct guard_campaign *c)
{
	uint32_t accounts = guard_sketch_count(&c->guessed);

	buffer_text(b, b->len > 0 ? ", guessed " : "guessed ");
	write_number(b, c->guesses);
	buffer_text(b, c->guesses == 1 ? " password of " : " passwords of ");
	if (accounts == 1) {
		buffer_text(b, c->guessed_list);
		return;
	}
	write_number(b, accounts);
	buffer_text(b, " accounts");
}

/* What it did, as far as it can be told in phases. */
static void write_deeds(struct buffer *b, const struct guard_campaign *c)
{
	struct things targets = { "scanned ", "", " targets", &c->targets, c->target_list };
	struct things users = { "tried ", "user ", " users", &c->users, c->user_list };
	struct things taken = { "got in as ", "", " accounts", &c->taken, c->taken_list };
	struct things numbers = { "dialled ", "", " numbers", &c->numbers, c->number_list };

	if ((c->phases & PHASE_SCAN) != 0 && guard_sketch_count(&c->targets) > 0)
		write_things(b, &targets);
	if ((c->phases & PHASE_ENUMERATE) != 0 && guard_sketch_count(&c->users) > 0)
		write_things(b, &users);
	if ((c->phases & PHASE_GUESS) != 0 && c->guesses > 0)
		write_guesses(b, c);
	if ((c->phases & PHASE_REGISTER) != 0)
		write_things(b, &taken);
	if ((c->phases & PHASE_DIAL) != 0)
		write_things(b, &numbers);
}

/* Which shape, which grammar: the last that was seen. "" for rules that have no more to say. */
static const char *detail_of(const struct guard_campaign *c, enum guard_rule rule)
{
	/* The numbers were written by another process: their readers check them. */
	if (rule == RULE_STRUCTURE && c->signature != 0)
		return guard_signature_text((enum guard_signature)c->signature);
	if (rule == RULE_HOSTILE && c->oddity != 0)
		return guard_anomaly_text(c->oddity);
	if (rule == RULE_UNTRUSTED && c->untrusted != 0)
		return tls_refusal_text((enum tls_refusal)c->untrusted);
	return "";
}

static void write_rule(struct buffer *b, const struct guard_campaign *c, enum guard_rule rule)
{
	const char *detail = detail_of(c, rule);

	buffer_text(b, guard_rule_text(rule));
	if (*detail) {
		buffer_text(b, ": ");
		buffer_text(b, detail);
	}
}

/* All that found it, by detector, what names it first. */
static void write_findings(struct buffer *b, const struct guard_campaign *c)
{
	enum guard_rule lead = guard_campaign_rule(c);

	write_rule(b, c, lead);
	for (int i = RULE_NONE + 1; i < RULE_COUNT; i++) {
		if (!c->has_rule[i] || i == (int)lead)
			continue;
		buffer_text(b, "; ");
		buffer_text(b, guard_detector_name(guard_rule_detector((enum guard_rule)i)));
		buffer_text(b, ": ");
		write_rule(b, c, (enum guard_rule)i);
	}
	if (c->agent != 0) {
		buffer_text(b, "; calls itself ");
		buffer_text(b, guard_agent_name((enum guard_agent)c->agent));
	}
}

static void write_evidence(const struct guard_campaign *c, struct record_incident *ret)
{
	struct buffer b = buffer_on(ret->evidence, sizeof(ret->evidence) - 1);

	if (c->source.family == 0) {
		write_number(&b, guard_sketch_count(&c->sources));
		buffer_text(&b, " sources");
	}
	write_deeds(&b, c);
	if (c->outcome == OUTCOME_SUCCEEDED)
		buffer_text(&b, "; succeeded");
	buffer_text(&b, b.len > 0 ? ". " : "");
	write_number(&b, c->count);
	buffer_text(&b, c->count == 1 ? " time: " : " times: ");
	write_findings(&b, c);
	if (c->account[0] != '\0') {
		buffer_text(&b, ", last for ");
		buffer_text(&b, c->account);
	}
	if (c->status) {
		buffer_text(&b, " with ");
		buffer_decimal(&b, c->status);
	}
	ret->evidence[b.len] = '\0';
}

static void write_counts(const struct guard_campaign *c, struct record_incident *ret)
{
	ret->sources = guard_sketch_count(&c->sources);
	ret->targets = guard_sketch_count(&c->targets);
	ret->users = guard_sketch_count(&c->users);
	ret->numbers = guard_sketch_count(&c->numbers);
	(void)VIEW_COPY(view_of(c->source_list), ret->source_list);
	(void)VIEW_COPY(view_of(c->target_list), ret->target_list);
	(void)VIEW_COPY(view_of(c->user_list), ret->user_list);
	(void)VIEW_COPY(view_of(c->number_list), ret->number_list);
}

void guard_story_record(const struct guard_campaign *c, uint64_t part_of, struct now now,
                        struct record_incident *ret)
{
	enum guard_rule rule = guard_campaign_rule(c);

	memset(ret, 0, sizeof(*ret));
	ret->head = (struct record_head){
		.version = RECORD_VERSION,
		.kind = RECORD_INCIDENT,
		.size = sizeof(*ret),
		.priority = c->is_proven ? PRIORITY_KEPT : PRIORITY_DETAIL,
		.now_us = now.us,
		.wall_us = now.wall_us,
	};
	ret->incident = c->number;
	ret->part_of = part_of;
	ret->source = c->source;
	ret->source.port = 0;
	ret->first_wall_us = c->first_wall_us;
	ret->last_wall_us = c->last_wall_us;
	ret->count = c->count;
	ret->score_milli = c->score_milli;
	ret->outcome = c->outcome;
	ret->is_proven = c->is_proven;
	ret->is_blocked = c->is_blocked;
	ret->phases = c->phases;
	memcpy(ret->phase_wall_us, c->phase_wall_us, sizeof(ret->phase_wall_us));
	(void)VIEW_COPY(view_of(guard_detector_name(guard_rule_detector(rule))), ret->detector);
	(void)VIEW_COPY(view_of(guard_rule_name(rule)), ret->rule);
	(void)VIEW_COPY(view_of(c->account), ret->account);
	write_counts(c, ret);
	write_evidence(c, ret);
}
