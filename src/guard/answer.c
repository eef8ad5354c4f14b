/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge answers. One function an ask; questions come from other
 * processes, so each number and text is checked before it is used. */
#include "guard/judge_priv.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WHY_ROWS = 16, MAX_ADMIN_TERM_S = 365 * 86400, ONLY_ASKS = 255 };

struct answering {
	struct guard_judge *judge;
	const struct ask *question;
	struct now now;
	void (*answer)(void *context, struct ask *row);
	void *context;
	bool has_row; /* one is made and not yet sent: it may be the last */
	bool is_told; /* the row that is made says why it was refused */
};

static void send_row(struct answering *a, bool is_last, enum err result)
{
	struct ask *row = &a->judge->row;

	row->head.is_last = is_last;
	row->head.result = (uint8_t)result;
	a->answer(a->context, row);
	a->has_row = false;
}

/* Room for a row of that many bytes; the one before goes out as not the last. */
static struct ask *new_row(struct answering *a, size_t size)
{
	struct ask *row = &a->judge->row;

	if (a->has_row)
		send_row(a, false, ERR_NONE);
	memset(row, 0, sizeof(*row));
	row->head.kind = a->question->head.kind;
	row->head.id = a->question->head.id;
	row->head.is_answer = 1;
	row->head.size = (uint32_t)size;
	a->has_row = true;
	return row;
}

static struct record_block *new_block_row(struct answering *a)
{
	return &new_row(a, sizeof(struct record_block))->body.record.block;
}

/* The end of an answer: the row that is left, or an empty one. */
static void finish(struct answering *a, enum err result)
{
	if (!a->has_row || (result != ERR_NONE && !a->is_told)) {
		a->has_row = false;
		(void)new_row(a, 0);
	}
	send_row(a, true, result);
}

static bool is_ended(const char *text, size_t size) { return memchr(text, '\0', size) != NULL; }

/* A network as text would give it: family, prefix and no host bits. A single
 * IPv6 address stands for its /64, as everywhere. */
static bool read_net(const struct ask *question, struct addr_net *ret)
{
	const struct ask_net *body = &question->body.net;
	struct addr_net net = body->net;

	if (question->head.size < sizeof(*body) || !is_ended(body->reason, sizeof(body->reason)) ||
	    !is_ended(body->actor, sizeof(body->actor)) ||
	    (net.base.family != 4 && net.base.family != 6) || net.prefix > 128 ||
	    (net.base.family == 4 && net.prefix < 96))
		return false;
	net.base.port = 0;
	net.base.unused = 0;
	if (net.base.family == 6 && net.prefix == 128)
		net = guard_block_net(&net.base);
	if (!addr_net_holds(&net, &net.base))
		return false;
	*ret = net;
	return true;
}

static enum err block_add(struct answering *a)
{
	const struct ask_net *body = &a->question->body.net;
	struct guard_judge *j = a->judge;
	struct guard_block *block;
	struct addr_net net;
	uint32_t term_s;

	if (!read_net(a->question, &net))
		return ERR_SYNTAX;
	if (guard_never_find(&j->blocks, &net))
		return ERR_DENIED;
	term_s = body->term_s > 0 ? body->term_s : j->settings.term_s;
	if (term_s > MAX_ADMIN_TERM_S)
		return ERR_LIMIT;
	block = guard_block_touch(&j->blocks, &net);
	block->number = (uint32_t)j->next_number++;
	block->from_wall_us = a->now.wall_us;
	block->until_us = a->now.us + (uint64_t)term_s * SECOND_US;
	block->term_s = term_s;
	block->origin = ORIGIN_ADMIN;
	block->rule = RULE_NONE;
	block->is_observed = block->is_ended = false;
	block->incident = 0;
	memcpy(block->reason, body->reason, sizeof(block->reason));
	memcpy(block->actor, body->actor, sizeof(block->actor));
	guard_recent_keep(&j->blocks.rows, block, true);
	guard_block_enforce(&j->blocks, block, a->now.us);
	judge_record_block(j, block, NULL, a->now);
	counters_add(j->ports.counters, COUNT_blocks_made, 1);
	guard_block_record(block, a->now, new_block_row(a));
	return ERR_NONE;
}

/* A row may have been forgotten here and still stand in the verdict table. */
static enum err block_remove(struct answering *a)
{
	struct guard_judge *j = a->judge;
	struct addr_net net;
	struct verdict v;
	uint32_t lifted;
	bool had_row;

	if (!read_net(a->question, &net))
		return ERR_SYNTAX;
	had_row = verdict_table_get(j->ports.verdicts, &net.base, a->now.us, &v) &&
	          v.state == VERDICT_BLOCK && v.prefix == net.prefix;
	lifted = judge_lift(j, &net, a->now);
	verdict_table_remove(j->ports.verdicts, &net.base, net.prefix);
	return lifted > 0 || had_row ? ERR_NONE : ERR_NOT_FOUND;
}

static enum err never_add(struct answering *a)
{
	const struct ask_net *body = &a->question->body.net;
	struct guard_judge *j = a->judge;
	struct guard_never_entry entry = { .origin = ORIGIN_ADMIN, .from_wall_us = a->now.wall_us };
	enum err err;

	if (!read_net(a->question, &entry.net))
		return ERR_SYNTAX;
	entry.number = (uint32_t)j->next_number;
	memcpy(entry.note, body->reason, sizeof(entry.note));
	memcpy(entry.actor, body->actor, sizeof(entry.actor));
	err = guard_never_put(&j->blocks, &entry);
	if (err != ERR_NONE)
		return err;
	j->next_number++;
	judge_unblock_never(j, a->now);
	guard_never_record(&entry, new_block_row(a));
	judge_record(j, &j->row.body.record.block, a->now);
	return ERR_NONE;
}

/* What stands in the configuration is taken out there. */
static enum err never_remove(struct answering *a)
{
	struct guard_never_entry *entry;
	struct record_block record;
	struct addr_net net;

	if (!read_net(a->question, &net))
		return ERR_SYNTAX;
	entry = guard_never_exact(&a->judge->blocks, &net);
	if (!entry)
		return ERR_NOT_FOUND;
	if (entry->origin == ORIGIN_CONFIGURATION)
		return ERR_DENIED;
	guard_never_record(entry, &record);
	record.is_removed = 1;
	guard_never_take(&a->judge->blocks, entry);
	judge_record(a->judge, &record, a->now);
	return ERR_NONE;
}

static enum err never_list(struct answering *a)
{
	for (uint32_t i = 0; i < a->judge->blocks.never_count; i++)
		guard_never_record(&a->judge->blocks.never[i], new_block_row(a));
	return ERR_NONE;
}

/* --- Why --- */

/* Score and steps of a subject, beside its block if it has one. */
static void why_subject(struct answering *a, const struct guard_subject *subject,
                        const struct addr_net *net)
{
	struct guard_judge *j = a->judge;
	const struct guard_block *block = guard_block_find(&j->blocks, net);
	struct record_block *row = new_block_row(a);
	struct guard_scale scale = { 0 };
	struct guard_sums sums;

	if (subject)
		guard_score_weigh(subject, j->settings.fade_s, a->now.us, &scale);
	sums = guard_score_sums(&scale);
	if (block) {
		guard_block_record(block, a->now, row);
	} else {
		row->head.kind = RECORD_BLOCK;
		row->head.version = RECORD_VERSION;
		row->head.size = sizeof(*row);
		row->net = *net;
	}
	if (subject)
		guard_score_steps(subject, row);
	if (!block || !guard_block_is_live(block, a->now.us))
		(void)snprintf(row->reason, sizeof(row->reason),
		               "not blocked; score now %u.%u, suspect at %u.%u, blocked at %u.%u",
		               sums.suspicion_milli / 1000, sums.suspicion_milli / 100 % 10,
		               j->settings.suspect_milli / 1000,
		               j->settings.suspect_milli / 100 % 10, j->settings.block_milli / 1000,
		               j->settings.block_milli / 100 % 10);
}

/* The source, the wider networks that hold it, and the flows of it that have a
 * score or block of their own. */
static enum err why_address(struct answering *a, const struct addr *address)
{
	struct guard_judge *j = a->judge;
	struct addr source = addr_source(address);
	struct addr_net net = guard_block_net(&source);
	const struct guard_subject *subject = guard_scores_find(&j->scores, &source);
	struct guard_block *block;
	uint32_t place = 0, rows = 0;

	if (subject || guard_block_find(&j->blocks, &net)) {
		why_subject(a, subject, &net);
		rows++;
	}
	while ((block = pool_next(j->blocks.rows.pool, &place)) != NULL && rows < MAX_WHY_ROWS) {
		bool is_net =
			block->net.prefix < net.prefix && addr_net_holds(&block->net, address);
		bool is_flow = block->net.base.port != 0 && addr_net_holds(&net, &block->net.base);

		if (!is_net && !is_flow)
			continue;
		why_subject(a, guard_scores_find(&j->scores, &block->net.base), &block->net);
		rows++;
	}
	return rows > 0 ? ERR_NONE : ERR_NOT_FOUND;
}

static bool is_about(const struct guard_subject *subject, struct view user)
{
	for (uint32_t i = 0; i < subject->count; i++) {
		struct view account = view_of(guard_score_mark(subject, i)->account);

		if (view_equal_nocase(account, user) ||
		    view_equal_nocase(view_first(account, view_find(account, '@', 0)), user))
			return true;
	}
	return false;
}

static enum err why_user(struct answering *a, struct view user)
{
	struct guard_judge *j = a->judge;
	struct guard_subject *subject;
	uint32_t place = 0, rows = 0;

	while ((subject = pool_next(j->scores.subjects.pool, &place)) != NULL &&
	       rows < MAX_WHY_ROWS) {
		struct addr_net net = guard_block_net(&subject->source);

		if (!is_about(subject, user))
			continue;
		why_subject(a, subject, &net);
		rows++;
	}
	return rows > 0 ? ERR_NONE : ERR_NOT_FOUND;
}

static enum err why(struct answering *a)
{
	const struct ask_query *query = &a->question->body.query;
	struct addr address;
	struct view filter;

	if (a->question->head.size < sizeof(*query) ||
	    !is_ended(query->filter, sizeof(query->filter)))
		return ERR_SYNTAX;
	filter = view_of(query->filter);
	if (view_is_empty(filter))
		return ERR_SYNTAX;
	if (addr_parse(filter, &address) == ERR_NONE)
		return why_address(a, &address);
	return why_user(a, filter);
}

/* --- Modes and detectors --- */

static void mode_row(struct answering *a, int detector)
{
	struct ask_mode *mode = &new_row(a, sizeof(struct ask_mode))->body.mode;
	const struct guard_judge *j = a->judge;
	uint64_t until_us = j->returns[detector].at_us;

	mode->mode =
		detector == JUDGE_MODE ? j->settings.mode : j->settings.detector_modes[detector];
	mode->for_s = (uint32_t)(now_since(until_us, a->now.us) / SECOND_US);
	if (detector != JUDGE_MODE)
		(void)VIEW_COPY(view_of(guard_detector_name((enum guard_detector)detector)),
		                mode->detector);
}

static enum err refuse_detector(struct answering *a, const char *name)
{
	struct ask *row = new_row(a, 0);
	struct buffer b = BUFFER_ON(row->body.text);

	buffer_text(&b, "there is no detector '");
	buffer_text(&b, name);
	buffer_text(&b, "'; there are ");
	for (int i = 0; i < GUARD_DETECTOR_COUNT; i++) {
		buffer_text(&b, i > 0 ? ", " : "");
		buffer_text(&b, guard_detector_name((enum guard_detector)i));
	}
	row->head.size = (uint32_t)b.len;
	a->is_told = true;
	return ERR_NOT_FOUND;
}

static enum err set_mode(struct answering *a)
{
	const struct ask_mode *body = &a->question->body.mode;
	enum guard_detector found = GUARD_DETECTOR_COUNT;
	int detector = JUDGE_MODE;
	uint64_t until_us = 0;

	if (a->question->head.size < sizeof(*body) ||
	    !is_ended(body->detector, sizeof(body->detector)))
		return ERR_SYNTAX;
	if (body->detector[0] != '\0') {
		if (guard_detector_find(view_of(body->detector), &found) != ERR_NONE)
			return refuse_detector(a, body->detector);
		detector = (int)found;
	}
	if (body->mode != ONLY_ASKS) {
		if (body->mode > MODE_BLOCK || (detector == JUDGE_MODE && body->mode == MODE_OFF))
			return ERR_SYNTAX;
		if (body->for_s > 0)
			until_us = a->now.us + (uint64_t)body->for_s * SECOND_US;
		judge_set_mode(a->judge, detector, (enum mode)body->mode, until_us);
	}
	mode_row(a, detector);
	return ERR_NONE;
}

static enum err detectors(struct answering *a)
{
	static const char *const texts[GUARD_DETECTOR_COUNT] = {
		[DETECTOR_SCANNER] = "finds the message shapes and sweeps of scanning tools",
		[DETECTOR_ENUMERATION] = "finds those who try which users there are",
		[DETECTOR_GUESSING] = "finds those who try passwords",
		[DETECTOR_TOLL_FRAUD] = "finds those who look for a way to dial at our expense",
		[DETECTOR_ANOMALY] = "finds messages that are built to break a parser",
		[DETECTOR_NON_SIP] = "finds those who send something else than SIP to a SIP port",
	};

	for (int i = 0; i < GUARD_DETECTOR_COUNT; i++) {
		struct ask_detector *row = &new_row(a, sizeof(*row))->body.detector;
		const struct judge_tally *tally = &a->judge->tallies[i];

		(void)VIEW_COPY(view_of(guard_detector_name((enum guard_detector)i)), row->name);
		(void)VIEW_COPY(view_of(texts[i]), row->text);
		row->mode = a->judge->settings.detector_modes[i];
		row->findings = tally->findings;
		row->incidents = a->judge->incidents.opened[i];
		row->blocks = tally->blocks;
	}
	return ERR_NONE;
}

/* --- Coming back from the store --- */

static bool is_sound_block(const struct ask *question)
{
	const struct record_block *r = &question->body.record.block;

	return question->head.size >= sizeof(*r) && r->head.version == RECORD_VERSION &&
	       r->head.kind == RECORD_BLOCK && r->kind <= BLOCK_NEVER && r->origin <= ORIGIN_FEED &&
	       (r->net.base.family == 4 || r->net.base.family == 6) && r->net.prefix <= 128 &&
	       is_ended(r->reason, sizeof(r->reason)) && is_ended(r->actor, sizeof(r->actor)) &&
	       is_ended(r->rule, sizeof(r->rule));
}

static uint8_t rule_of(const char *name)
{
	for (int i = 0; i < RULE_COUNT; i++) {
		if (strcmp(guard_rule_name((enum guard_rule)i), name) == 0)
			return (uint8_t)i;
	}
	return RULE_NONE;
}

static enum err restore_never(struct answering *a, const struct record_block *r)
{
	struct guard_never_entry entry = { .net = r->net,
		                           .from_wall_us = r->from_wall_us,
		                           .number = r->block,
		                           .origin = r->origin };
	enum err err;

	(void)VIEW_COPY(view_of(r->reason), entry.note);
	(void)VIEW_COPY(view_of(r->actor), entry.actor);
	err = guard_never_put(&a->judge->blocks, &entry);
	judge_unblock_never(a->judge, a->now);
	return err == ERR_EXISTS ? ERR_NONE : err;
}

/* The same block twice is the same block. One that is newer here stays. */
static enum err block_restore(struct answering *a)
{
	const struct record_block *r = &a->question->body.record.block;
	struct guard_judge *j = a->judge;
	struct guard_block *block;
	uint64_t left_us;

	if (!is_sound_block(a->question))
		return ERR_SYNTAX;
	if (r->block >= j->next_number)
		j->next_number = (uint64_t)r->block + 1;
	if (r->is_removed)
		return ERR_NONE;
	if (r->kind == BLOCK_NEVER)
		return restore_never(a, r);
	if (r->until_wall_us <= a->now.wall_us || guard_never_find(&j->blocks, &r->net))
		return ERR_NONE;
	block = guard_block_touch(&j->blocks, &r->net);
	if (block->number > r->block && guard_block_is_live(block, a->now.us))
		return ERR_NONE;
	block->number = r->block;
	block->from_wall_us = r->from_wall_us;
	/* Written by a clock that may have been wrong: never longer than its term. */
	left_us = (uint64_t)(r->until_wall_us - a->now.wall_us);
	if (left_us > (uint64_t)r->term_s * SECOND_US)
		left_us = (uint64_t)r->term_s * SECOND_US;
	block->until_us = a->now.us + left_us;
	block->term_s = r->term_s;
	block->incident = r->incident;
	block->origin = r->origin;
	block->is_observed = r->is_observed;
	block->rule = rule_of(r->rule);
	(void)VIEW_COPY(view_of(r->reason), block->reason);
	(void)VIEW_COPY(view_of(r->actor), block->actor);
	guard_recent_keep(&j->blocks.rows, block, r->origin != ORIGIN_JUDGE);
	guard_block_enforce(&j->blocks, block, a->now.us);
	return ERR_NONE;
}

static enum err (*const answers[ASK_KIND_COUNT])(struct answering *a) = {
	[ASK_BLOCK_ADD] = block_add,
	[ASK_BLOCK_REMOVE] = block_remove,
	[ASK_NEVER_BLOCK_ADD] = never_add,
	[ASK_NEVER_BLOCK_REMOVE] = never_remove,
	[ASK_NEVER_BLOCK_LIST] = never_list,
	[ASK_WHY] = why,
	[ASK_MODE] = set_mode,
	[ASK_DETECTORS] = detectors,
	[ASK_BLOCK_RESTORE] = block_restore,
};

void guard_judge_answer(struct guard_judge *j, const struct ask *question, struct now now,
                        void (*answer)(void *context, struct ask *row), void *context)
{
	struct answering a = {
		.judge = j, .question = question, .now = now, .answer = answer, .context = context
	};
	uint16_t kind = question->head.kind;

	finish(&a, kind < ASK_KIND_COUNT && answers[kind] ? answers[kind](&a) : ERR_UNSUPPORTED);
}
