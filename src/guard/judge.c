/* SPDX-License-Identifier: Apache-2.0 */
/* Fact in, detectors asked, findings scored, conclusions drawn. */
#include "guard/judge_priv.h"

#include "guard/anomaly/anomaly.h"
#include "guard/enumeration/enumeration.h"
#include "guard/guessing/guessing.h"
#include "guard/non_sip/non_sip.h"
#include "guard/scanner/scanner.h"
#include "guard/toll_fraud/toll_fraud.h"

#include <stdlib.h>
#include <string.h>

enum { ADVANCE_US = 5 * SECOND_US };

/* A judge that was started anew finds in the verdict table what it had decided. */
static void adopt_verdicts(struct guard_judge *j)
{
	struct verdict v;
	uint32_t place = 0;

	while (verdict_table_next(j->ports.verdicts, &place, &v)) {
		struct addr_net net = { v.source, v.prefix };
		struct guard_block *block;

		if (v.state != VERDICT_BLOCK)
			continue;
		block = guard_block_touch(&j->blocks, &net);
		block->number = v.block;
		block->until_us = v.until_us;
		block->term_s = j->settings.term_s;
		block->origin = v.is_by_admin ? ORIGIN_ADMIN : ORIGIN_JUDGE;
		block->rule = (uint8_t)(v.rule < RULE_COUNT ? v.rule : RULE_NONE);
		guard_recent_keep(&j->blocks.rows, block, v.is_by_admin);
	}
}

static void configure_never(struct guard_judge *j)
{
	guard_never_drop(&j->blocks, ORIGIN_CONFIGURATION);
	for (uint32_t i = 0; i < j->settings.never_count; i++) {
		struct guard_never_entry entry = { .net = j->settings.never[i].net,
			                           .origin = ORIGIN_CONFIGURATION };

		(void)VIEW_COPY(view_of(j->settings.never[i].note), entry.note);
		if (guard_never_put(&j->blocks, &entry) != ERR_NONE)
			continue;
	}
}

static const struct guard_detector_class *const classes[GUARD_DETECTOR_COUNT] = {
	[DETECTOR_SCANNER] = &scanner_detector,   [DETECTOR_ENUMERATION] = &enumeration_detector,
	[DETECTOR_GUESSING] = &guessing_detector, [DETECTOR_TOLL_FRAUD] = &toll_fraud_detector,
	[DETECTOR_ANOMALY] = &anomaly_detector,   [DETECTOR_NON_SIP] = &non_sip_detector,
};

static enum err detectors_make(struct guard_judge *j, const struct hash_key *key)
{
	enum err err = ERR_NONE;

	for (size_t i = 0; i < GUARD_DETECTOR_COUNT && err == ERR_NONE; i++)
		err = classes[i]->make(&j->settings, key, &j->detectors[i]);
	return err;
}

static enum err take_memory(struct guard_judge *j, const struct hash_key *key)
{
	enum err err = guard_scores_init(&j->scores, j->settings.max_sources, key);

	if (err == ERR_NONE)
		err = guard_incidents_init(&j->incidents, j->settings.max_sources, key);
	if (err == ERR_NONE)
		err = guard_blocks_init(&j->blocks, j->settings.max_blocks, key, j->ports.verdicts);
	if (err == ERR_NONE)
		err = detectors_make(j, key);
	return err;
}

static uint8_t *mode_place(struct guard_judge *j, int detector)
{
	return detector == JUDGE_MODE ? &j->settings.mode : &j->settings.detector_modes[detector];
}

/* What somebody set while the last judge lived, and for how long it was meant. */
static void adopt_modes(struct guard_judge *j)
{
	struct verdict_mode kept;

	for (int i = 0; i <= JUDGE_MODE; i++) {
		if (!verdict_table_kept_mode(j->ports.verdicts, (uint32_t)i, &kept))
			continue;
		*mode_place(j, i) = kept.mode;
		if (kept.until_us != 0)
			j->returns[i] = (struct judge_return){ kept.until_us, kept.back };
	}
}

enum err guard_judge_new(const struct guard_judge_settings *settings,
                         const struct guard_judge_ports *ports, const struct hash_key *key,
                         uint64_t first_number, struct guard_judge **ret)
{
	struct guard_judge *j = calloc(1, sizeof(*j));
	enum err err;

	if (!j)
		return ERR_NO_MEMORY;
	j->settings = *settings;
	j->ports = *ports;
	j->next_number = first_number > 0 ? first_number : 1;
	err = take_memory(j, key);
	if (err != ERR_NONE) {
		guard_judge_free(&j);
		return err;
	}
	j->incidents.next_number = &j->next_number;
	j->incidents.record = ports->record;
	j->incidents.context = ports->context;
	configure_never(j);
	adopt_verdicts(j);
	adopt_modes(j);
	verdict_table_set_mode(ports->verdicts, (enum mode)j->settings.mode);
	*ret = j;
	return ERR_NONE;
}

void guard_judge_free(struct guard_judge **j)
{
	if (!*j)
		return;
	guard_scores_clear(&(*j)->scores);
	guard_incidents_clear(&(*j)->incidents);
	guard_blocks_clear(&(*j)->blocks);
	for (size_t i = 0; i < GUARD_DETECTOR_COUNT; i++)
		classes[i]->free(&(*j)->detectors[i]);
	free(*j);
	*j = NULL;
}

void judge_record(struct guard_judge *j, struct record_block *block, struct now now)
{
	union record record;

	block->head.now_us = now.us;
	block->head.wall_us = now.wall_us;
	record.block = *block;
	j->ports.record(j->ports.context, &record);
}

void judge_record_block(struct guard_judge *j, const struct guard_block *block,
                        const struct guard_subject *subject, struct now now)
{
	struct record_block record;

	guard_block_record(block, now, &record);
	if (subject)
		guard_score_steps(subject, &record);
	judge_record(j, &record, now);
}

/* --- Conclusions --- */

static void write_reason(struct guard_block *block, const struct guard_sums *sums)
{
	struct buffer b = buffer_on(block->reason, sizeof(block->reason) - 1);

	buffer_text(&b, "score ");
	buffer_decimal(&b, sums->proven_milli / 1000);
	buffer_char(&b, '.');
	buffer_decimal(&b, sums->proven_milli / 100 % 10);
	buffer_text(&b, ", last for: ");
	buffer_text(&b, guard_rule_text((enum guard_rule)block->rule));
	if (block->net.base.port) {
		buffer_text(&b, "; this port alone, since a phone is registered there");
	}
	block->reason[b.len] = '\0';
	(void)VIEW_COPY(VIEW("judge"), block->actor);
}

/* The source's campaign, or a known flow's own where that has no part in it. */
static bool is_of_source(const struct guard_judge *j, const struct guard_about *about)
{
	return about->fact->standing != STANDING_KNOWN ||
	       guard_incident_owns(&j->incidents, &about->spots[0], about);
}

/* What blocks is proven; suspicion that came with it does not name the block. */
static const struct guard_mark *last_mark(const struct guard_subject *subject)
{
	for (uint32_t i = subject->count; i-- > 0;) {
		if (subject->worths[i].is_proven && subject->worths[i].score_milli > 0)
			return guard_score_mark(subject, i);
	}
	return guard_score_mark(subject, subject->count - 1);
}

static void block_subject(struct guard_judge *j, const struct guard_subject *subject,
                          const struct guard_sums *sums, bool is_observed,
                          const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	struct now now = { fact->now_us, fact->wall_us };
	struct addr source = is_of_source(j, about) ? about->source : fact->flow.remote;
	const struct guard_mark *last = last_mark(subject);
	struct addr_net net = guard_block_net(&subject->source);
	struct guard_block *block = guard_block_find(&j->blocks, &net);
	uint32_t term_s =
		guard_block_term(block, j->settings.term_s, j->settings.max_term_s, now.us);
	struct guard_campaign *campaign = guard_incident_of(&j->incidents, &source, now.us);

	block = guard_block_touch(&j->blocks, &net);
	block->number = (uint32_t)j->next_number++;
	block->from_wall_us = now.wall_us;
	block->until_us = now.us + (uint64_t)term_s * SECOND_US;
	block->told_until_us = block->until_us;
	block->term_s = term_s;
	block->origin = ORIGIN_JUDGE;
	block->rule = last->rule;
	block->is_observed = is_observed;
	block->is_ended = false;
	write_reason(block, sums);
	guard_block_enforce(&j->blocks, block, now.us);
	if (campaign) {
		campaign->is_blocked |= !is_observed;
		guard_incident_write(&j->incidents, campaign, now);
		block->incident = campaign->number;
	}
	judge_record_block(j, block, subject, now);
	counters_add(j->ports.counters, COUNT_blocks_made, !is_observed);
	j->tallies[guard_rule_detector((enum guard_rule)last->rule)].blocks++;
}

/* UDP hits can be forged: the end of a block slides only by what came over a
 * connection. Recorded again now and then, so that a restart restores it. */
static void slide(struct guard_judge *j, struct guard_block *block,
                  const struct guard_subject *subject, const struct fact *fact)
{
	uint64_t term_us = (uint64_t)block->term_s * SECOND_US;

	if (fact->proof != PROOF_CONNECTION)
		return;
	block->until_us = fact->now_us + term_us;
	guard_block_enforce(&j->blocks, block, fact->now_us);
	if (now_since(block->until_us, block->told_until_us) < term_us / 2)
		return;
	block->told_until_us = block->until_us;
	judge_record_block(j, block, subject, (struct now){ fact->now_us, fact->wall_us });
}

static void suspect(struct guard_judge *j, const struct guard_subject *subject, struct now now)
{
	struct verdict v = {
		.source = subject->source,
		.until_us = now.us + (uint64_t)j->settings.fade_s * SECOND_US,
		.state = VERDICT_SUSPECT,
		.rule = guard_score_mark(subject, subject->count - 1)->rule,
	};

	verdict_table_put(j->ports.verdicts, &v, now.us);
}

static void conclude(struct guard_judge *j, const struct guard_subject *subject,
                     const struct guard_sums *sums, const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	struct now now = { fact->now_us, fact->wall_us };
	struct addr_net net = guard_block_net(&subject->source);
	struct guard_block *block = guard_block_find(&j->blocks, &net);
	bool is_acting =
		j->settings.mode == MODE_BLOCK && sums->acting_milli >= j->settings.block_milli;

	if (guard_never_find(&j->blocks, &net))
		return;
	if (block && guard_block_is_live(block, now.us) && (!block->is_observed || !is_acting)) {
		if (!block->is_observed)
			slide(j, block, subject, fact);
		return;
	}
	if (is_acting)
		block_subject(j, subject, sums, false, about);
	else if (sums->proven_milli >= j->settings.block_milli)
		block_subject(j, subject, sums, true, about);
	else if (j->settings.mode == MODE_BLOCK &&
	         sums->suspicion_milli >= j->settings.suspect_milli && subject->source.port == 0)
		suspect(j, subject, now);
}

/* --- Facts --- */

/* A known flow's offences are its own; everybody else's are the source's. */
static struct guard_subject *subject_of(struct guard_judge *j, const struct guard_about *about)
{
	return about->fact->standing == STANDING_KNOWN
	             ? guard_scores_touch(&j->scores, &about->fact->flow.remote)
	             : guard_scores_touch_at(&j->scores, &about->source, &about->spots[0]);
}

static uint64_t account_hash(const struct guard_judge *j, const struct fact *fact)
{
	return hash_quick(&j->scores.subjects.key, fact->account, strlen(fact->account));
}

static uint64_t flow_hash(const struct guard_judge *j, const struct fact *fact)
{
	uint64_t extra = (uint64_t)fact->flow.connection << 8 | fact->flow.transport;

	return guard_spot_of(&j->scores.subjects.key, &fact->flow.remote, extra).hash;
}

/* What the marks of all findings about one fact share. */
static struct guard_mark mark_of(const struct guard_judge *j, const struct fact *fact)
{
	struct guard_mark mark = {
		.now_us = fact->now_us,
		.wall_us = fact->wall_us,
		.account_hash = account_hash(j, fact),
		.flow_hash = flow_hash(j, fact),
		.status = fact->status,
	};

	(void)VIEW_COPY(view_of(fact->method), mark.method);
	(void)VIEW_COPY(view_of(fact->account), mark.account);
	return mark;
}

/* What nothing proves touches neither a known flow nor a peer; a peer is not
 * judged at all, but that it could not show who it is is told, and that it asks for digests. */
static bool may_judge(const struct guard_finding *finding, const struct fact *fact)
{
	if (fact->standing == STANDING_PEER)
		return (fact->kind == FACT_UNTRUSTED || fact->kind == FACT_DIGEST_LEAK) &&
		       finding->is_proven;
	return (fact->standing != STANDING_KNOWN || finding->is_proven);
}

static size_t find(struct guard_judge *j, const struct guard_about *about,
                   struct guard_finding ret[MAX_EVENT_FINDINGS])
{
	size_t total = 0;

	for (size_t d = 0; d < GUARD_DETECTOR_COUNT; d++) {
		size_t count, first = total;

		if ((classes[d]->kinds >> about->fact->kind & 1) == 0 ||
		    j->settings.detector_modes[d] == MODE_OFF)
			continue;
		/* There is room for all of each, so that they are found where they stay. */
		count = classes[d]->judge(j->detectors[d], about, ret + first);
		for (size_t i = 0; i < count; i++) {
			if (may_judge(&ret[first + i], about->fact))
				ret[total++] = ret[first + i];
		}
	}
	return total;
}

/* `mark` has all but what the finding says. */
static void score(struct guard_judge *j, struct guard_subject *subject, struct guard_mark *mark,
                  const struct guard_finding *finding, struct guard_scale *scale)
{
	enum guard_detector detector = guard_rule_detector(finding->rule);

	mark->score_milli = finding->score_milli;
	mark->rule = (uint8_t)finding->rule;
	mark->is_proven = finding->is_proven;
	mark->is_acting = j->settings.detector_modes[detector] == MODE_BLOCK;
	guard_score_add(&j->scores, subject, mark, scale);
	counters_add(j->ports.counters, COUNT_findings, 1);
	j->tallies[detector].findings++;
}

static struct guard_sums score_all(struct guard_judge *j, struct guard_subject *subject,
                                   const struct guard_event *event)
{
	struct guard_scale scale __attribute__((uninitialized)); /* weighing fills what is used */
	struct guard_mark mark = mark_of(j, event->fact);
	struct guard_sums sums;

	guard_score_weigh(subject, j->settings.fade_s, event->fact->now_us, &scale);
	for (size_t i = 0; i < event->count; i++) {
		const struct guard_finding *finding = &event->findings[i];

		score(j, subject, &mark, finding, &scale);
		if (!j->ports.finding)
			continue;
		sums = guard_score_sums(&scale);
		j->ports.finding(j->ports.context, finding, event->fact, sums.suspicion_milli,
		                 sums.proven_milli);
	}
	return guard_score_sums(&scale);
}

/* Success lowers only findings about that account on that flow. */
static void succeed(struct guard_judge *j, const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	struct guard_subject *subjects[2] = {
		guard_recent_find_at(&j->scores.subjects, &about->spots[0]),
		guard_scores_find(&j->scores, &fact->flow.remote),
	};

	for (size_t i = 0; i < 2; i++)
		if (subjects[i])
			guard_score_lower(subjects[i], account_hash(j, fact), flow_hash(j, fact));
}

/* Hits at the door belong to the incident that led to the block. */
static bool is_told(const struct guard_judge *j, const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	const struct guard_campaign *campaign;
	const struct guard_block *block;
	struct addr_net net;

	if (fact->kind != FACT_BLOCKED_HITS)
		return true;
	net = guard_block_net(&about->source);
	block = guard_block_find(&j->blocks, &net);
	campaign = guard_incident_of(&j->incidents, &about->source, fact->now_us);
	return block && campaign && campaign->number == block->incident;
}

static uint32_t height_of(const struct guard_sums *sums)
{
	return sums->suspicion_milli > sums->proven_milli ? sums->suspicion_milli
	                                                  : sums->proven_milli;
}

/* All findings of a fact are scored before anything is concluded from them. */
static void weigh(struct guard_judge *j, struct guard_event *event)
{
	const struct guard_about *about = event->about;
	struct guard_subject *subject = NULL;
	struct guard_sums sums;

	if (event->count > 0) {
		subject = subject_of(j, about);
		sums = score_all(j, subject, event);
		event->score_milli = height_of(&sums);
	}
	event->source = &about->source;
	event->spot = about->spots[0];
	if (!is_of_source(j, about)) {
		event->source = &event->fact->flow.remote;
		event->spot = guard_spot_of(&j->scores.subjects.key, event->source, 0);
	}
	if (is_told(j, about))
		guard_incidents_take(&j->incidents, event);
	if (subject)
		conclude(j, subject, &sums, about);
}

void guard_judge_take(struct guard_judge *j, const struct fact *fact)
{
	struct guard_finding findings[MAX_EVENT_FINDINGS] __attribute__((uninitialized));
	struct guard_about about __attribute__((uninitialized)); /* read whole */
	struct guard_event event = { .about = &about, .fact = fact, .findings = findings };

	if (!fact_is_sound(fact)) {
		counters_add(j->ports.counters, COUNT_bad_slots, 1);
		return;
	}
	counters_add(j->ports.counters, COUNT_facts_judged, 1);
	guard_about_read(&j->scores.subjects.key, fact, &about);
	if (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_SUCCEEDED)
		succeed(j, &about);
	event.count = find(j, &about, findings);
	weigh(j, &event);
}

/* --- Time and settings --- */

void judge_set_mode(struct guard_judge *j, int detector, enum mode mode, uint64_t until_us)
{
	uint8_t *place = mode_place(j, detector);
	struct verdict_mode kept;

	if (until_us == 0)
		j->returns[detector].at_us = 0;
	else if (j->returns[detector].at_us == 0)
		j->returns[detector] = (struct judge_return){ until_us, *place };
	else
		j->returns[detector].at_us = until_us;
	*place = (uint8_t)mode;
	kept = (struct verdict_mode){ *place, j->returns[detector].mode,
		                      j->returns[detector].at_us };
	verdict_table_keep_mode(j->ports.verdicts, (uint32_t)detector, &kept);
	if (detector == JUDGE_MODE)
		verdict_table_set_mode(j->ports.verdicts, mode);
}

static void say(void *context, const struct guard_finding *finding, const struct fact *fact)
{
	struct guard_judge *j = context;
	struct guard_about about;
	struct guard_event event = {
		.about = &about, .fact = fact, .findings = finding, .count = 1
	};

	guard_about_read(&j->scores.subjects.key, fact, &about);
	weigh(j, &event);
}

void guard_judge_advance(struct guard_judge *j, struct now now)
{
	for (int i = 0; i <= JUDGE_MODE; i++) {
		if (j->returns[i].at_us != 0 && j->returns[i].at_us <= now.us)
			judge_set_mode(j, i, (enum mode)j->returns[i].mode, 0);
	}
	if (now_since(now.us, j->advanced_us) < ADVANCE_US && j->advanced_us != 0)
		return;
	j->advanced_us = now.us;
	for (size_t i = 0; i < GUARD_DETECTOR_COUNT; i++) {
		if (classes[i]->advance && j->settings.detector_modes[i] != MODE_OFF)
			classes[i]->advance(j->detectors[i], now, say, j);
	}
	counters_add(j->ports.counters, COUNT_blocks_ended,
	             guard_blocks_advance(&j->blocks, now.us));
	guard_incidents_advance(&j->incidents, now);
}

uint64_t guard_judge_wait_us(const struct guard_judge *j, struct now now)
{
	uint64_t due_us = j->advanced_us + ADVANCE_US;

	for (int i = 0; i <= JUDGE_MODE; i++) {
		if (j->returns[i].at_us != 0 && j->returns[i].at_us < due_us)
			due_us = j->returns[i].at_us;
	}
	return now_since(due_us, now.us);
}

void guard_judge_spare(struct guard_judge *j, const struct guard_judge_settings *settings,
                       struct now now)
{
	j->settings.never_count = settings->never_count;
	memcpy(j->settings.never, settings->never, sizeof(j->settings.never));
	configure_never(j);
	judge_unblock_never(j, now);
}

void guard_judge_apply(struct guard_judge *j, const struct guard_judge_settings *settings,
                       struct now now)
{
	j->settings = *settings;
	memset(j->returns, 0, sizeof(j->returns));
	verdict_table_drop_modes(j->ports.verdicts);
	for (size_t i = 0; i < GUARD_DETECTOR_COUNT; i++)
		classes[i]->apply(j->detectors[i], settings);
	verdict_table_set_mode(j->ports.verdicts, (enum mode)settings->mode);
	guard_judge_spare(j, settings, now);
}
