/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told where: campaigns are kept by source, by account or shape where
 * many sources are one story, and by account at a source for devices. */
#include "guard/incident.h"

#include "guard/story.h"

#include <string.h>

enum err guard_incidents_init(struct guard_incidents *s, uint32_t max_sources,
                              const struct hash_key *key)
{
	uint32_t max = max_sources < MAX_OPEN_INCIDENTS ? max_sources : MAX_OPEN_INCIDENTS;

	return guard_recent_init(&s->rows, sizeof(struct guard_campaign), max, key);
}

void guard_incidents_clear(struct guard_incidents *s) { guard_recent_clear(&s->rows); }

static bool is_many(enum guard_scope scope)
{
	return scope == SCOPE_ACCOUNT || scope == SCOPE_SHAPE;
}

/* What tells the campaigns of one address from another's: nothing for its own. */
static uint64_t extra_of(const struct guard_incidents *s, const struct guard_finding *finding,
                         const struct fact *fact)
{
	struct {
		uint64_t what, scope;
	} extra = { 0, finding->scope };

	if (finding->scope == SCOPE_SOURCE)
		return 0;
	extra.what = finding->scope == SCOPE_SHAPE
	                   ? finding->shape
	                   : hash_quick(&s->rows.key, fact->account, strlen(fact->account));
	return hash_quick(&s->rows.key, &extra, sizeof(extra)) | 1;
}

/* Anybody can forge sources: incidents that nothing proves are few a minute. */
static bool is_worth_it(struct guard_incidents *s, const struct guard_event *event)
{
	static const struct guard_rate few = { INCIDENT_UNPROVEN_RATE, 60000 };
	bool is_any = false;

	for (size_t i = 0; i < event->count; i++) {
		const struct guard_finding *finding = &event->findings[i];

		if (!finding->is_incident &&
		    (finding->score_milli == 0 || (finding->score_milli < INCIDENT_WORTH_MILLI &&
		                                   event->score_milli < INCIDENT_WORTH_MILLI)))
			continue;
		if (finding->is_proven)
			return true;
		is_any = true;
	}
	return is_any && guard_bucket_take(&s->unproven, &few, event->fact->now_us);
}

/* The campaign of many sources that tells of this one. Each of its facts goes
 * there too, so that it is over no sooner. */
static struct guard_campaign *with_whom(const struct guard_incidents *s,
                                        const struct guard_campaign *c)
{
	struct guard_campaign *many = c->told_by ? guard_recent_find_at(&s->rows, &c->with) : NULL;

	return many && many->number == c->told_by ? many : NULL;
}

void guard_incident_write(struct guard_incidents *s, struct guard_campaign *c, struct now now)
{
	const struct guard_campaign *many = with_whom(s, c);
	union record record;

	if (c->number == 0) {
		c->number = (*s->next_number)++;
		s->opened[guard_rule_detector(guard_campaign_rule(c))]++;
	}
	guard_story_record(c, many ? many->number : 0, now, &record.incident);
	c->written_us = now.us;
	c->written_count = c->count;
	c->is_changed = c->is_turned = false;
	s->record(s->context, &record);
}

/* --- Together --- */

/* Whether one source does more than what all of them do. */
static bool is_beyond(const struct guard_campaign *c, enum guard_rule together)
{
	if (guard_rule_detector(together) == DETECTOR_GUESSING)
		return guard_sketch_count(&c->guessed) > TOGETHER_ACCOUNTS;
	return (c->phases & (PHASE_GUESS | PHASE_REGISTER | PHASE_DIAL)) != 0;
}

/* From now on it is told there. What was told of it alone says so. */
static void tell_with(struct guard_incidents *s, struct guard_campaign *c,
                      struct guard_campaign *many, struct now now)
{
	guard_campaign_join(many, &s->rows.key, c);
	c->told_by = many->number;
	c->with.key = many->row.key;
	c->with.hash = guard_key_hash(&s->rows.key, &many->row.key);
	if (c->number != 0)
		guard_incident_write(s, c, now);
}

/* Who came before there were many joins when there are. */
static void gather(struct guard_incidents *s, struct guard_campaign *many,
                   const struct guard_event *event, const struct guard_finding *finding)
{
	struct now now = { event->fact->now_us, event->fact->wall_us };
	struct guard_campaign *c;
	uint32_t place = 0;

	while ((c = pool_next(s->rows.pool, &place)) != NULL) {
		bool is_one = finding->scope == SCOPE_SHAPE
		                    ? c->shape == finding->shape
		                    : strcmp(c->account, event->fact->account) == 0;

		if (c == many || c->source.family == 0 || c->row.key.extra != 0 || !is_one ||
		    !guard_campaign_is_open(c, now.us) || with_whom(s, c) ||
		    is_beyond(c, finding->rule))
			continue;
		tell_with(s, c, many, now);
	}
}

static struct guard_campaign *many_of(struct guard_incidents *s, const struct guard_event *event,
                                      const struct guard_finding *finding)
{
	struct addr nowhere = { .family = 0 };
	struct guard_key key = guard_key_of(&nowhere, extra_of(s, finding, event->fact));
	struct guard_campaign *many = guard_recent_find(&s->rows, &key);
	struct guard_event first = *event;

	if (many && guard_campaign_is_open(many, event->fact->now_us))
		return many;
	if (!is_worth_it(s, event))
		return NULL;
	many = guard_recent_touch(&s->rows, &key);
	first.findings = finding;
	first.count = 1;
	guard_campaign_open(many, &first, &nowhere);
	many->scope = (uint8_t)finding->scope;
	many->last_us = event->fact->now_us;
	many->last_wall_us = event->fact->wall_us;
	(void)VIEW_COPY(view_of(event->fact->account), many->account);
	many->number = (*s->next_number)++;
	s->opened[guard_rule_detector(finding->rule)]++;
	gather(s, many, event, finding);
	return many;
}

/* Guesses of one account say more than a shape that many send. */
static const struct guard_finding *finding_of_many(const struct guard_event *event)
{
	const struct guard_finding *best = NULL;

	for (size_t i = 0; i < event->count; i++) {
		const struct guard_finding *finding = &event->findings[i];

		if (is_many(finding->scope) && (!best || finding->scope == SCOPE_ACCOUNT))
			best = finding;
	}
	return best;
}

/* --- Taking --- */

static void tell_if_due(struct guard_incidents *s, struct guard_campaign *c,
                        const struct guard_event *event)
{
	struct now now = { event->fact->now_us, event->fact->wall_us };
	bool is_due = c->number == 0 ? is_worth_it(s, event)
	                             : c->is_turned || c->count >= 2 * c->written_count;

	guard_recent_keep(&s->rows, c, c->is_proven);
	if (is_due)
		guard_incident_write(s, c, now);
}

static struct guard_campaign *own_of(struct guard_incidents *s, const struct guard_event *event,
                                     uint64_t extra)
{
	struct guard_key key = guard_key_of(event->source, extra);
	struct guard_campaign *c = extra == 0 ? guard_recent_touch_at(&s->rows, &event->spot)
	                                      : guard_recent_touch(&s->rows, &key);

	if (!guard_campaign_is_open(c, event->fact->now_us))
		guard_campaign_open(c, event, event->source);
	return c;
}

/* Where the fact is told: with many sources or alone. */
static struct guard_campaign *teller_of(struct guard_incidents *s, struct guard_campaign *c,
                                        const struct guard_event *event)
{
	struct now now = { event->fact->now_us, event->fact->wall_us };
	const struct guard_finding *finding = finding_of_many(event);
	struct guard_campaign *many = with_whom(s, c), *wanted = NULL;

	if (many && is_beyond(c, (enum guard_rule)many->opened_by)) {
		c->told_by = 0;
		guard_incident_write(s, c, now);
		many = NULL;
	}
	if (finding && !is_beyond(c, finding->rule) &&
	    (!many || (finding->scope == SCOPE_ACCOUNT && many->scope == SCOPE_SHAPE)))
		wanted = many_of(s, event, finding);
	if (!wanted) {
		if (many)
			guard_campaign_add(many, &s->rows.key, event);
		return many ? many : c;
	}
	/* Unless it was gathered just now, with this fact in it. */
	if (with_whom(s, c) != wanted)
		tell_with(s, c, wanted, now);
	return wanted;
}

static void add(struct guard_incidents *s, struct guard_campaign *c,
                const struct guard_event *event)
{
	struct guard_campaign *teller;

	guard_campaign_add(c, &s->rows.key, event);
	/* Kept for now: the row of many sources must not take the place of this one. */
	guard_recent_keep(&s->rows, c, true);
	teller = teller_of(s, c, event);
	guard_recent_keep(&s->rows, c, c->is_proven);
	tell_if_due(s, teller, event);
}

static void take_device(struct guard_incidents *s, const struct guard_event *event,
                        const struct guard_finding *finding)
{
	struct guard_event alone = *event;
	struct guard_campaign *c;

	alone.findings = finding;
	alone.count = 1;
	c = own_of(s, &alone, extra_of(s, finding, event->fact));
	c->scope = (uint8_t)finding->scope;
	guard_campaign_add(c, &s->rows.key, &alone);
	tell_if_due(s, c, &alone);
}

void guard_incidents_take(struct guard_incidents *s, const struct guard_event *event)
{
	struct guard_finding rest[MAX_EVENT_FINDINGS]
		__attribute__((uninitialized)); /* `count` guards it */
	struct guard_event others = *event;

	others.findings = rest;
	others.count = 0;
	for (size_t i = 0; i < event->count && i < MAX_EVENT_FINDINGS; i++) {
		if (event->findings[i].scope == SCOPE_ACCOUNT_AT_SOURCE)
			take_device(s, event, &event->findings[i]);
		else
			rest[others.count++] = event->findings[i];
	}
	if (others.count > 0)
		add(s, own_of(s, &others, 0), &others);
	else if (event->count == 0 && guard_incident_owns(s, &event->spot, event->about))
		add(s, guard_recent_touch_at(&s->rows, &event->spot), event);
}

bool guard_incident_owns(const struct guard_incidents *s, const struct guard_spot *spot,
                         const struct guard_about *about)
{
	const struct guard_campaign *c = guard_recent_find_at(&s->rows, spot);

	return c && guard_campaign_is_open(c, about->fact->now_us) && guard_campaign_owns(c, about);
}

struct guard_campaign *guard_incident_of(const struct guard_incidents *s, const struct addr *source,
                                         uint64_t now_us)
{
	struct guard_key key = guard_key_of(source, 0);
	struct guard_campaign *c = guard_recent_find(&s->rows, &key), *many;

	if (!c || !guard_campaign_is_open(c, now_us))
		return NULL;
	many = with_whom(s, c);
	return many ? many : c;
}

void guard_incidents_advance(struct guard_incidents *s, struct now now)
{
	struct guard_campaign *c;
	uint32_t place = 0;

	while ((c = pool_next(s->rows.pool, &place)) != NULL) {
		bool is_due = now_since(now.us, c->written_us) >=
		              (uint64_t)INCIDENT_REWRITE_S * SECOND_US;

		if (c->number != 0 && c->is_changed && is_due && !with_whom(s, c))
			guard_incident_write(s, c, now);
	}
}
