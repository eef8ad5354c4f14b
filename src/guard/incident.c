/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents are kept by rule and by source, account at a source, or account. */
#include "guard/incident.h"

#include "guard/screen.h"
#include "sip/reason.h"

#include <string.h>

enum err guard_incidents_init(struct guard_incidents *s, const struct hash_key *key)
{
	return guard_recent_init(&s->rows, sizeof(struct guard_incident), MAX_OPEN_INCIDENTS, key);
}

void guard_incidents_clear(struct guard_incidents *s) { guard_recent_clear(&s->rows); }

static struct guard_key key_of(const struct guard_incidents *s, const struct guard_finding *finding,
                               const char *account, const struct addr *source)
{
	struct addr nowhere = { .family = 0 };
	uint64_t extra = 0;

	if (finding->scope != SCOPE_SOURCE)
		extra = map_hash(&s->rows.map, account, strlen(account)) & ~UINT64_C(0xff);
	return guard_key_of(finding->scope == SCOPE_ACCOUNT ? &nowhere : source,
	                    extra | (uint64_t)finding->rule);
}

static void open_incident(struct guard_incident *incident, const struct guard_finding *finding,
                          const struct fact *fact, const struct addr *source)
{
	struct guard_row row = incident->row;

	*incident = (struct guard_incident){
		.row = row,
		.rule = (uint8_t)finding->rule,
		.first_us = fact->now_us,
		.first_wall_us = fact->wall_us,
		.outcome = OUTCOME_UNKNOWN,
	};
	if (finding->scope != SCOPE_ACCOUNT)
		incident->source = *source;
}

/* Anybody can forge sources: incidents that nothing proves are few a minute. */
static bool is_worth_it(struct guard_incidents *s, const struct guard_finding *finding,
                        uint64_t now_us)
{
	static const struct guard_rate few = { INCIDENT_UNPROVEN_RATE, 60000 };

	if (finding->score_milli == 0 && !finding->is_incident)
		return false;
	return finding->is_proven || finding->is_incident ||
	       guard_bucket_take(&s->unproven, &few, now_us);
}

/* Which shape, which grammar: the last that was seen. "" for rules that have no more to say. */
static const char *detail_of(const struct guard_incident *incident)
{
	if (incident->rule == RULE_STRUCTURE)
		return guard_signature_text((enum guard_signature)incident->reason);
	/* Signal wrote the number: what it parses may have taken it over. */
	if (incident->rule == RULE_HOSTILE && incident->reason < SIP_REASON_COUNT)
		return sip_reason_text((enum sip_reason)incident->reason);
	return "";
}

static void write_evidence(const struct guard_incident *incident, struct record_incident *ret)
{
	struct buffer b = buffer_on(ret->evidence, sizeof(ret->evidence) - 1);
	const char *detail = detail_of(incident);

	buffer_decimal(&b, incident->count);
	buffer_text(&b, incident->count == 1 ? " time: " : " times: ");
	buffer_text(&b, guard_rule_text((enum guard_rule)incident->rule));
	if (*detail) {
		buffer_text(&b, ": ");
		buffer_text(&b, detail);
	}
	if (incident->account[0]) {
		buffer_text(&b, ", last for ");
		buffer_text(&b, incident->account);
	}
	if (incident->status) {
		buffer_text(&b, " with ");
		buffer_decimal(&b, incident->status);
	}
	if (incident->outcome == OUTCOME_SUCCEEDED)
		buffer_text(&b, "; then a login succeeded");
	ret->evidence[b.len] = '\0';
}

void guard_incident_write(struct guard_incidents *s, struct guard_incident *incident,
                          struct now now)
{
	enum guard_rule rule = (enum guard_rule)incident->rule;
	union record record;
	struct record_incident *r = &record.incident;

	if (incident->number == 0)
		incident->number = (*s->next_number)++;
	memset(r, 0, sizeof(*r));
	r->head = (struct record_head){
		.version = RECORD_VERSION,
		.kind = RECORD_INCIDENT,
		.size = sizeof(*r),
		.priority = incident->is_proven ? PRIORITY_KEPT : PRIORITY_DETAIL,
		.now_us = now.us,
		.wall_us = now.wall_us,
	};
	r->incident = incident->number;
	r->source = incident->source;
	r->first_wall_us = incident->first_wall_us;
	r->last_wall_us = incident->last_wall_us;
	r->count = incident->count;
	r->score_milli = incident->score_milli;
	r->outcome = incident->outcome;
	r->is_proven = incident->is_proven;
	r->is_blocked = incident->is_blocked;
	(void)VIEW_COPY(view_of(guard_detector_name(guard_rule_detector(rule))), r->detector);
	(void)VIEW_COPY(view_of(guard_rule_name(rule)), r->rule);
	(void)VIEW_COPY(view_of(incident->account), r->account);
	write_evidence(incident, r);
	incident->written_us = now.us;
	incident->written_count = incident->count;
	incident->is_changed = false;
	s->record(s->context, &record);
}

static bool is_due(const struct guard_incident *incident, uint64_t now_us)
{
	return now_since(now_us, incident->written_us) >= (uint64_t)INCIDENT_REWRITE_S * SECOND_US;
}

struct guard_incident *guard_incident_note(struct guard_incidents *s,
                                           const struct guard_finding *finding,
                                           const struct fact *fact, const struct addr *source,
                                           uint32_t score_milli)
{
	struct guard_key key = key_of(s, finding, fact->account, source);
	struct guard_incident *incident = guard_recent_touch(&s->rows, &key);
	struct now now = { fact->now_us, fact->wall_us };

	if (incident->count == 0 ||
	    now_since(fact->now_us, incident->last_us) >= (uint64_t)INCIDENT_QUIET_S * SECOND_US)
		open_incident(incident, finding, fact, source);
	incident->last_us = fact->now_us;
	incident->last_wall_us = fact->wall_us;
	incident->count += fact->count > 0 ? fact->count : 1;
	incident->is_proven |= finding->is_proven;
	incident->status = fact->status;
	incident->reason = fact->reason;
	if (score_milli > incident->score_milli)
		incident->score_milli = score_milli;
	if (incident->outcome == OUTCOME_UNKNOWN)
		incident->outcome = fact->outcome;
	(void)VIEW_COPY(view_of(fact->account), incident->account);
	incident->is_changed = true;
	guard_recent_keep(&s->rows, incident, incident->is_proven);
	if (incident->number == 0 ? is_worth_it(s, finding, fact->now_us)
	                          : incident->count >= 2 * incident->written_count)
		guard_incident_write(s, incident, now);
	return incident;
}

struct guard_incident *guard_incident_find(const struct guard_incidents *s, enum guard_rule rule,
                                           const struct addr *source)
{
	struct guard_finding finding = { .rule = rule, .scope = SCOPE_SOURCE };
	struct guard_key key = key_of(s, &finding, "", source);

	return guard_recent_find(&s->rows, &key);
}

void guard_incidents_advance(struct guard_incidents *s, struct now now)
{
	struct guard_incident *incident;
	uint32_t place = 0;

	while ((incident = pool_next(s->rows.pool, &place)) != NULL) {
		if (incident->number != 0 && incident->is_changed && is_due(incident, now.us))
			guard_incident_write(s, incident, now);
	}
}
