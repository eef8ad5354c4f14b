/* SPDX-License-Identifier: Apache-2.0 */
/* What a fact adds to a campaign: phases, different things seen, how it came out. */
#include "guard/campaign.h"

#include "base/buffer.h"
#include "base/now.h"

#include <string.h>

enum {
	DIALLED_DIGITS = 7, /* shorter ones are extensions and services */
	WIDE_USERS = 8,     /* whoever tries so many users */
	WIDE_ACCOUNTS = 10, /* or fails at so many accounts tries what lets him in */
};

bool guard_campaign_is_open(const struct guard_campaign *c, uint64_t now_us)
{
	return c->count > 0 &&
	       now_since(now_us, c->last_us) < (uint64_t)CAMPAIGN_QUIET_S * SECOND_US;
}

void guard_campaign_open(struct guard_campaign *c, const struct guard_event *event,
                         const struct addr *source)
{
	struct guard_row row = c->row;

	memset(c, 0, sizeof(*c));
	c->row = row;
	c->source = *source;
	c->first_us = event->fact->now_us;
	c->first_wall_us = event->fact->wall_us;
	if (event->count > 0)
		c->opened_by = (uint8_t)event->findings[0].rule;
}

/* --- Things seen --- */

static uint64_t text_hash(const struct hash_key *secret, struct view text)
{
	return hash_quick(secret, text.at, text.len);
}

/* One more at the end, if there is room for the whole of it. A blank in it is written as in
 * a URI: blanks part the list. */
static void list_add(char *list, size_t size, struct view text)
{
	size_t len = strlen(list);
	struct buffer b = buffer_on(list + len, size - len - 1);

	if (view_is_empty(text))
		return;
	buffer_text(&b, len > 0 ? " " : "");
	while (!view_is_empty(text)) {
		size_t end = view_find(text, ' ', 0);

		buffer_put(&b, view_first(text, end));
		buffer_text(&b, end < text.len ? "%20" : "");
		text = view_after(text, end + 1);
	}
	list[len + (b.err == ERR_NONE ? b.len : 0)] = '\0';
}

#define SEE(c, what, list, text, hash)                                                             \
	do {                                                                                       \
		if (!view_is_empty(text) && guard_sketch_add(&(c)->what, (hash)))                  \
			list_add((c)->list, sizeof((c)->list), text);                              \
	} while (0)

static uint64_t host_hash(const struct hash_key *secret, const struct addr *host)
{
	uint64_t words[4] = { host->family };

	memcpy(&words[1], host->bytes, sizeof(host->bytes));
	return hash_words(secret, words);
}

static void see_host(struct guard_sketch *sketch, const struct hash_key *secret,
                     const struct addr *host, char *list, size_t size)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	if (host->family == 0 || !guard_sketch_add(sketch, host_hash(secret, host)))
		return;
	addr_write(&b, host);
	list_add(list, size, buffer_view(&b));
}

/* --- What a fact is --- */

/* Which detectors found something, a bit each, and which of them gave it a score. */
struct found {
	uint32_t any, scored;
};

static bool has(uint32_t detectors, enum guard_detector detector)
{
	return (detectors >> detector & 1) != 0;
}

/* Of an account, its user. */
static bool looks_dialled(const char *number)
{
	uint32_t digits = 0;

	for (; *number && *number != '@'; number++)
		digits += *number >= '0' && *number <= '9';
	return digits >= DIALLED_DIGITS;
}

static bool is_invite(const struct fact *fact) { return GUARD_METHOD_IS(fact, "INVITE"); }

static bool is_failed_login(const struct fact *fact)
{
	return fact->kind == FACT_CAPPED ||
	       (fact->outcome != OUTCOME_SUCCEEDED && fact->kind == FACT_LOGIN) ||
	       (fact->outcome == OUTCOME_FAILED && fact->kind == FACT_UNKNOWN_USER);
}

/* A challenge is how a phone begins too: its user was not tried. */
static bool is_challenged(const struct fact *fact)
{
	return fact->kind == FACT_REQUEST && (fact->status == 401 || fact->status == 407);
}

static bool is_let_in(const struct fact *fact)
{
	return (fact->kind == FACT_LOGIN || fact->kind == FACT_REGISTERED) &&
	       fact->outcome == OUTCOME_SUCCEEDED;
}

static bool is_dialling(const struct fact *fact)
{
	return fact->kind == FACT_CALL || (fact->kind == FACT_REQUEST && is_invite(fact));
}

static bool names_user(const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_LOGIN:
	case FACT_REGISTERED:
		return fact->outcome != OUTCOME_SUCCEEDED;
	case FACT_REQUEST:
	case FACT_SCANNER:
		return !is_invite(fact) ||
		       !(looks_dialled(fact->number) || looks_dialled(fact->account));
	case FACT_UNKNOWN_USER:
	case FACT_CAPPED:
		return true;
	default:
		return false;
	}
}

/* Whether the campaign has tried what now lets somebody in: guesses of the
 * account had a score, or it tries whoever there is. */
static bool has_tried(const struct guard_campaign *c, uint64_t user)
{
	bool is_wide = ((c->phases & PHASE_ENUMERATE) != 0 &&
	                guard_sketch_count(&c->users) >= WIDE_USERS) ||
	               guard_sketch_count(&c->guessed) >= WIDE_ACCOUNTS;

	return guard_sketch_holds(&c->scored, user) ||
	       (is_wide && guard_sketch_holds(&c->users, user));
}

bool guard_campaign_owns(const struct guard_campaign *c, const struct guard_about *about)
{
	const struct fact *fact = about->fact;
	uint64_t user = about->user_hash;

	if (fact->standing == STANDING_PEER)
		return false;
	switch (fact->kind) {
	case FACT_LOGIN:
	case FACT_REGISTERED:
		if (is_let_in(fact))
			return has_tried(c, user) || guard_sketch_holds(&c->taken, user);
		return fact->standing == STANDING_STRANGER;
	case FACT_CALL:
		return fact->standing == STANDING_STRANGER || guard_sketch_holds(&c->taken, user);
	case FACT_REQUEST:
	case FACT_UNKNOWN_USER:
	case FACT_CAPPED:
	case FACT_BLOCKED_HITS:
		return fact->standing == STANDING_STRANGER;
	default:
		return false;
	}
}

/* --- Adding --- */

static void enter(struct guard_campaign *c, enum incident_phase phase, int64_t wall_us)
{
	if (c->phases & phase)
		return;
	c->phases |= (uint8_t)phase;
	c->is_turned = true;
	for (uint32_t i = 0; i < INCIDENT_PHASE_COUNT; i++) {
		if ((uint32_t)phase == 1U << i)
			c->phase_wall_us[i] = wall_us;
	}
}

static void come_to(struct guard_campaign *c, enum fact_outcome outcome)
{
	if (c->outcome == outcome || c->outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_UNKNOWN)
		return;
	c->outcome = (uint8_t)outcome;
	c->is_turned = true;
}

/* Whether its calls are its aim: one that only knocked has no fraud to succeed in. */
static bool is_after_calls(const struct guard_campaign *c)
{
	for (uint32_t i = 0; i < RULE_COUNT; i++) {
		enum guard_detector detector = guard_rule_detector((enum guard_rule)i);

		if (c->rule_milli[i] > 0 &&
		    (detector == DETECTOR_TOLL_FRAUD || detector == DETECTOR_ENUMERATION ||
		     detector == DETECTOR_GUESSING))
			return true;
	}
	return false;
}

static void add_call(struct guard_campaign *c, const struct hash_key *secret,
                     const struct guard_about *about, bool is_fraud)
{
	const struct fact *fact = about->fact;
	struct view number;
	bool is_taken;

	if (!is_fraud && !is_dialling(fact))
		return;
	is_taken = guard_sketch_holds(&c->taken, about->user_hash);
	if (!is_fraud && !is_taken && !looks_dialled(fact->number))
		return;
	number = view_of(fact->number);
	SEE(c, numbers, number_list, number, text_hash(secret, number));
	enter(c, PHASE_DIAL, fact->wall_us);
	if (fact->kind == FACT_CALL && fact->outcome == OUTCOME_SUCCEEDED &&
	    (is_fraud || is_taken || is_after_calls(c)))
		come_to(c, OUTCOME_SUCCEEDED);
}

static bool is_unanswered_login(const struct fact *fact)
{
	return fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_UNKNOWN;
}

static void add_login(struct guard_campaign *c, const struct guard_about *about, bool is_scored)
{
	const struct fact *fact = about->fact;

	if (is_let_in(fact) && (c->number != 0 || c->told_by != 0) &&
	    has_tried(c, about->user_hash)) {
		SEE(c, taken, taken_list, about->user, about->user_hash);
		enter(c, PHASE_REGISTER, fact->wall_us);
		come_to(c, OUTCOME_SUCCEEDED);
	}
	if (is_failed_login(fact)) {
		c->guesses += fact->count > 0 ? fact->count : 1;
		SEE(c, guessed, guessed_list, about->user, about->user_hash);
	}
	/* Behind a border that blocks, most of a guesser's logins are seen to get no answer. */
	c->logins_in_vain += is_failed_login(fact) || is_unanswered_login(fact);
	if (is_scored)
		(void)guard_sketch_add(&c->scored, about->user_hash);
	if (is_scored || c->logins_in_vain >= CAMPAIGN_LOGINS)
		enter(c, PHASE_GUESS, fact->wall_us);
}

static void add_probe(struct guard_campaign *c, const struct fact *fact, uint32_t detectors)
{
	if (has(detectors, DETECTOR_SCANNER) || has(detectors, DETECTOR_ANOMALY) ||
	    has(detectors, DETECTOR_NON_SIP) ||
	    (fact->kind == FACT_REQUEST && GUARD_METHOD_IS(fact, "OPTIONS")))
		enter(c, PHASE_SCAN, fact->wall_us);
	/* One or two users that nobody knows are a slip of the finger, or a tool's first test. */
	if (has(detectors, DETECTOR_ENUMERATION) ||
	    (fact->kind == FACT_UNKNOWN_USER && guard_sketch_count(&c->users) >= CAMPAIGN_USERS))
		enter(c, PHASE_ENUMERATE, fact->wall_us);
	if (fact->kind == FACT_SCANNER)
		c->signature = fact->reason;
	if (fact->kind == FACT_ANOMALY)
		c->oddity = fact->reason;
	if (fact->kind == FACT_UNTRUSTED)
		c->untrusted = fact->reason;
	if (fact->agent != 0)
		c->agent = fact->agent;
}

static struct found add_findings(struct guard_campaign *c, const struct guard_event *event)
{
	struct found found = { 0, 0 };

	for (size_t i = 0; i < event->count; i++) {
		const struct guard_finding *finding = &event->findings[i];
		uint32_t bit = UINT32_C(1) << guard_rule_detector(finding->rule);

		found.any |= bit;
		if (finding->score_milli > 0 && finding->rule != RULE_UNKNOWN_USER)
			found.scored |= bit;
		c->has_rule[finding->rule] |= finding->score_milli > 0 || finding->is_incident;
		if (finding->score_milli <= UINT32_MAX - c->rule_milli[finding->rule])
			c->rule_milli[finding->rule] += finding->score_milli;
		c->is_proven |= finding->is_proven;
		if (finding->shape != 0 && (c->shape == 0 || finding->score_milli > 0))
			c->shape = finding->shape;
	}
	if (event->score_milli > c->score_milli)
		c->score_milli = event->score_milli;
	return found;
}

/* A message that looks like a scanner's is told as that and as what came of it. */
static bool is_another(struct guard_campaign *c, const struct fact *fact)
{
	struct guard_message message = { fact->call_id_hash, fact->cseq, fact->kind };

	for (uint32_t i = 0; i < CAMPAIGN_MESSAGES && fact->call_id_hash != 0; i++) {
		const struct guard_message *seen = &c->messages[i];

		if (seen->call_id_hash == message.call_id_hash && seen->cseq == message.cseq &&
		    seen->kind != message.kind)
			return false;
	}
	c->messages[c->next_message++ % CAMPAIGN_MESSAGES] = message;
	return true;
}

void guard_campaign_add(struct guard_campaign *c, const struct hash_key *secret,
                        const struct guard_event *event)
{
	const struct guard_about *about = event->about;
	const struct fact *fact = event->fact;
	struct found found;
	/* What is told late, because no answer came, is not the last. */
	bool is_last = fact->now_us >= c->last_us;

	if (is_last) {
		c->last_us = fact->now_us;
		c->last_wall_us = fact->wall_us;
	}
	if (is_another(c, fact))
		c->count += fact->count > 0 ? fact->count : 1;
	c->is_changed = true;
	if (fact->kind == FACT_BLOCKED_HITS)
		return;
	/* One alone stays the one. */
	if (c->source.family == 0 || guard_sketch_count(&c->sources) == 0)
		see_host(&c->sources, secret, event->source, c->source_list,
		         sizeof(c->source_list));
	see_host(&c->targets, secret, &fact->flow.local, c->target_list, sizeof(c->target_list));
	if (names_user(fact) && (event->count > 0 || !is_challenged(fact)))
		SEE(c, users, user_list, about->user, about->user_hash);
	found = add_findings(c, event);
	add_probe(c, fact, found.any);
	add_login(c, about, has(found.scored, DETECTOR_GUESSING));
	add_call(c, secret, about, has(found.any, DETECTOR_TOLL_FRAUD));
	if (fact->status != 0 && is_last)
		c->status = fact->status;
	if ((fact->status >= 300 && !is_challenged(fact)) || fact->outcome == OUTCOME_FAILED)
		come_to(c, OUTCOME_FAILED);
	if (fact->account[0] != '\0' && is_last)
		(void)VIEW_COPY(view_of(fact->account), c->account);
}

/* --- Joining --- */

static void join_list(char *list, size_t size, const char *other)
{
	struct view rest = view_of(other);

	while (!view_is_empty(rest)) {
		size_t end = view_find(rest, ' ', 0);

		list_add(list, size, view_first(rest, end));
		rest = view_after(rest, end + 1);
	}
}

#define JOIN(c, other, what, list)                                                                 \
	do {                                                                                       \
		if (guard_sketch_count(&(c)->what) == 0)                                           \
			memcpy((c)->list, (other)->list, sizeof((c)->list));                       \
		guard_sketch_join(&(c)->what, &(other)->what);                                     \
	} while (0)

void guard_campaign_join(struct guard_campaign *c, const struct hash_key *secret,
                         const struct guard_campaign *other)
{
	if (!guard_sketch_holds(&c->sources, host_hash(secret, &other->source)))
		join_list(c->source_list, sizeof(c->source_list), other->source_list);
	guard_sketch_join(&c->sources, &other->sources);
	JOIN(c, other, targets, target_list);
	JOIN(c, other, users, user_list);
	JOIN(c, other, numbers, number_list);
	JOIN(c, other, taken, taken_list);
	JOIN(c, other, guessed, guessed_list);
	for (uint32_t i = 0; i < CAMPAIGN_MESSAGES; i++) {
		if (other->messages[i].call_id_hash != 0)
			c->messages[c->next_message++ % CAMPAIGN_MESSAGES] = other->messages[i];
	}
	guard_sketch_join(&c->scored, &other->scored);
	for (uint32_t i = 0; i < INCIDENT_PHASE_COUNT; i++) {
		if (other->phase_wall_us[i] != 0 &&
		    (c->phase_wall_us[i] == 0 || other->phase_wall_us[i] < c->phase_wall_us[i]))
			c->phase_wall_us[i] = other->phase_wall_us[i];
	}
	for (uint32_t i = 0; i < RULE_COUNT; i++) {
		c->has_rule[i] |= other->has_rule[i];
		c->rule_milli[i] = other->rule_milli[i] > UINT32_MAX - c->rule_milli[i]
		                         ? UINT32_MAX
		                         : c->rule_milli[i] + other->rule_milli[i];
	}
	if (other->first_us < c->first_us) {
		c->first_us = other->first_us;
		c->first_wall_us = other->first_wall_us;
	}
	c->is_turned |= (other->phases & ~c->phases) != 0;
	c->phases |= other->phases;
	c->count += other->count;
	c->guesses += other->guesses;
	c->logins_in_vain += other->logins_in_vain;
	c->is_proven |= other->is_proven;
	c->is_blocked |= other->is_blocked;
	if (other->score_milli > c->score_milli)
		c->score_milli = other->score_milli;
	come_to(c, (enum fact_outcome)other->outcome);
	c->is_changed = true;
}

/* --- Naming --- */

/* What is nearest to damage says most. */
static uint32_t telling(enum guard_rule rule)
{
	static const uint8_t by_detector[GUARD_DETECTOR_COUNT] = {
		[DETECTOR_NON_SIP] = 1,     [DETECTOR_ANOMALY] = 2,  [DETECTOR_SCANNER] = 3,
		[DETECTOR_ENUMERATION] = 5, [DETECTOR_GUESSING] = 6, [DETECTOR_TOLL_FRAUD] = 7,
	};

	return rule == RULE_UNKNOWN_USER ? 4 : by_detector[guard_rule_detector(rule)];
}

enum guard_rule guard_campaign_rule(const struct guard_campaign *c)
{
	enum guard_rule best = (enum guard_rule)c->opened_by;

	if (c->source.family == 0)
		return best;
	for (uint32_t i = RULE_NONE + 1; i < RULE_COUNT; i++) {
		enum guard_rule rule = (enum guard_rule)i;
		bool is_more =
			telling(rule) > telling(best) ||
			(telling(rule) == telling(best) && c->rule_milli[i] > c->rule_milli[best]);

		if (c->rule_milli[i] > 0 && (c->rule_milli[best] == 0 || is_more))
			best = rule;
	}
	return best;
}
