/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3263 4.1 and 4.2 as three stages: services, hosts, addresses. */
#include "resolve/lookup.h"

#include <string.h>

enum stage { STAGE_NAPTR, STAGE_SRV, STAGE_ADDRESS, STAGE_DONE };
enum { SIP_PORT = 5060, SIPS_PORT = 5061 };

static const struct {
	const char *service, *prefix;
	uint8_t transport;
} carriers[] = {
	{ "sip+d2u", "_sip._udp.", TRANSPORT_UDP },
	{ "sip+d2t", "_sip._tcp.", TRANSPORT_TCP },
	{ "sips+d2t", "_sips._tcp.", TRANSPORT_TLS },
};
enum { CARRIERS = sizeof(carriers) / sizeof(carriers[0]) };

static void shorten(uint32_t *life_s, uint32_t ttl_s)
{
	if (ttl_s < *life_s)
		*life_s = ttl_s;
}

/* ---- stages ---- */

static void add_host(struct resolve_lookup *l, const struct resolve_host *host)
{
	unsigned at = l->host_count;

	/* In the order of their priority; of too many the last are left out. */
	while (at > 0 && l->hosts[at - 1].priority > host->priority)
		at--;
	if (at == MAX_RESOLVE_HOSTS)
		return;
	if (l->host_count < MAX_RESOLVE_HOSTS)
		l->host_count++;
	memmove(&l->hosts[at + 1], &l->hosts[at], (l->host_count - 1U - at) * sizeof(l->hosts[0]));
	l->hosts[at] = *host;
}

static uint8_t first_transport(const struct resolve_wish *w)
{
	if (w->is_transport_written)
		return w->transport;
	return w->families[TRANSPORT_UDP] ? TRANSPORT_UDP : TRANSPORT_TCP;
}

/* The name itself, without any record that says more. */
static void go_to_addresses(struct resolve_lookup *l)
{
	struct resolve_host host = { .transport = first_transport(&l->wish) };

	host.port = l->wish.port                    ? l->wish.port
	          : host.transport == TRANSPORT_TLS ? SIPS_PORT
	                                            : SIP_PORT;

	l->stage = STAGE_ADDRESS;
	l->service_count = 0;
	(void)VIEW_COPY(view_of(l->wish.host), host.name);
	add_host(l, &host);
}

static void add_service(struct resolve_lookup *l, unsigned carrier)
{
	struct resolve_service *s = &l->services[l->service_count];
	struct buffer b = buffer_on(s->name, sizeof(s->name) - 1);

	if (l->service_count == MAX_RESOLVE_SERVICES ||
	    l->wish.families[carriers[carrier].transport] == 0)
		return;
	buffer_text(&b, carriers[carrier].prefix);
	buffer_text(&b, l->wish.host);
	s->name[b.len] = 0;
	s->transport = carriers[carrier].transport;
	l->service_count++;
}

static void go_to_services(struct resolve_lookup *l)
{
	bool is_named = l->service_count > 0; /* by NAPTR */

	l->stage = STAGE_SRV;
	for (unsigned i = 0; i < CARRIERS && !is_named; i++)
		if (!l->wish.is_transport_written || l->wish.transport == carriers[i].transport)
			add_service(l, i);
	if (l->service_count == 0)
		go_to_addresses(l);
}

void resolve_begin(struct resolve_lookup *l, const struct resolve_wish *wish)
{
	memset(l, 0, sizeof(*l));
	l->wish = *wish;
	l->life_s = l->negative_s = UINT32_MAX;
	if (wish->port)
		go_to_addresses(l);
	else if (wish->is_transport_written)
		go_to_services(l);
	else
		l->stage = STAGE_NAPTR;
}

static uint8_t families_of(const struct resolve_lookup *l)
{
	return l->wish.families[l->hosts[l->host_at].transport];
}

bool resolve_next(const struct resolve_lookup *l, struct resolve_question *ret)
{
	const char *name = l->wish.host;

	if (l->stage == STAGE_DONE || l->asked >= MAX_RESOLVE_QUESTIONS ||
	    (l->stage == STAGE_ADDRESS && l->host_at >= l->host_count))
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->type = RESOLVE_NAPTR;
	if (l->stage == STAGE_SRV) {
		name = l->services[l->service_at].name;
		ret->type = RESOLVE_SRV;
	} else if (l->stage == STAGE_ADDRESS) {
		name = l->hosts[l->host_at].name;
		ret->type =
			l->is_second || !(families_of(l) & RESOLVE_V4) ? RESOLVE_AAAA : RESOLVE_A;
	}
	(void)VIEW_COPY(view_of(name), ret->name);
	return true;
}

/* ---- answers ---- */

static const struct resolve_record *alias_of(const struct resolve_answer *a, struct view owner)
{
	for (unsigned i = 0; i < a->count; i++)
		if (a->records[i].type == RESOLVE_CNAME &&
		    view_equal_nocase(view_of(a->records[i].owner), owner))
			return &a->records[i];
	return NULL;
}

/* The name under which the answer holds what was asked, and the least TTL on the way to it.
 * False: the aliases go in a circle, or too far. */
static bool follow(const struct resolve_answer *a, struct view asked, struct view *ret,
                   uint32_t *life_s)
{
	const struct resolve_record *alias;

	for (unsigned i = 0; i <= MAX_RESOLVE_ALIASES; i++) {
		alias = alias_of(a, asked);
		if (!alias) {
			*ret = asked;
			return true;
		}
		shorten(life_s, alias->ttl_s);
		asked = view_of(alias->name);
	}
	return false;
}

static void take_naptr(struct resolve_lookup *l, const struct resolve_record *r)
{
	unsigned at = l->service_count, carrier = 0;
	struct resolve_service s = { .order = r->priority, .preference = r->weight };

	while (carrier < CARRIERS && strcmp(r->service, carriers[carrier].service) != 0)
		carrier++;
	if (carrier == CARRIERS || strcmp(r->flags, "s") != 0 ||
	    l->wish.families[carriers[carrier].transport] == 0 ||
	    !resolve_is_name(view_of(r->name)))
		return;
	s.transport = carriers[carrier].transport;
	(void)VIEW_COPY(view_of(r->name), s.name);
	while (at > 0 && (l->services[at - 1].order > s.order ||
	                  (l->services[at - 1].order == s.order &&
	                   l->services[at - 1].preference > s.preference)))
		at--;
	if (at == MAX_RESOLVE_SERVICES)
		return;
	if (l->service_count < MAX_RESOLVE_SERVICES)
		l->service_count++;
	memmove(&l->services[at + 1], &l->services[at],
	        (l->service_count - 1U - at) * sizeof(l->services[0]));
	l->services[at] = s;
}

static void take_srv(struct resolve_lookup *l, const struct resolve_record *r)
{
	struct resolve_host host = { .priority = r->priority,
		                     .weight = r->weight,
		                     .port = r->port,
		                     .transport = l->services[l->service_at].transport };

	/* "." (which comes as an empty name) says that the service is not there. */
	if (r->port == 0 || !resolve_is_name(view_of(r->name)))
		return;
	(void)VIEW_COPY(view_of(r->name), host.name);
	add_host(l, &host);
}

static bool is_known(const struct resolve_outcome *o, const struct resolved_target *t)
{
	for (unsigned i = 0; i < o->count; i++)
		if (addr_equal(&o->targets[i].to, &t->to) &&
		    o->targets[i].transport == t->transport)
			return true;
	return false;
}

static void take_address(struct resolve_lookup *l, const struct resolve_record *r)
{
	const struct resolve_host *host = &l->hosts[l->host_at];
	struct resolve_outcome *o = &l->outcome;
	struct resolved_target t = { .to = r->address,
		                     .priority = host->priority,
		                     .weight = host->weight,
		                     .transport = host->transport,
		                     .group = l->host_at };
	enum addr_kind kind = addr_kind(&t.to);

	t.to.port = host->port;
	if (o->count == MAX_RESOLVED_TARGETS || is_known(o, &t) || kind == ADDR_MULTICAST ||
	    kind == ADDR_BROADCAST || kind == ADDR_UNSPECIFIED ||
	    !(families_of(l) & (t.to.family == 4 ? RESOLVE_V4 : RESOLVE_V6)))
		return;
	/* Several addresses of one name are equals (RFC 3263 4.2). */
	if (l->service_count == 0)
		t.group = o->count;
	o->targets[o->count++] = t;
}

static void take_records(struct resolve_lookup *l, const struct resolve_question *q,
                         const struct resolve_answer *a)
{
	uint32_t life_s = l->life_s;
	bool is_found = false;
	struct view owner;

	if (!follow(a, view_of(q->name), &owner, &life_s)) {
		l->has_failed = true;
		return;
	}
	for (unsigned i = 0; i < a->count; i++) {
		const struct resolve_record *r = &a->records[i];

		if (r->type != q->type || !view_equal_nocase(view_of(r->owner), owner))
			continue;
		is_found = true;
		shorten(&life_s, r->ttl_s);
		if (q->type == RESOLVE_NAPTR)
			take_naptr(l, r);
		else if (q->type == RESOLVE_SRV)
			take_srv(l, r);
		else
			take_address(l, r);
	}
	/* What said nothing does not shorten the life of what did. */
	if (is_found)
		l->life_s = life_s;
}

static void go_on(struct resolve_lookup *l)
{
	if (l->stage == STAGE_NAPTR) {
		go_to_services(l);
	} else if (l->stage == STAGE_SRV) {
		l->service_at++;
		if (l->host_count > 0)
			l->stage = STAGE_ADDRESS;
		else if (l->service_at == l->service_count)
			go_to_addresses(l);
	} else if (!l->is_second && families_of(l) == (RESOLVE_V4 | RESOLVE_V6)) {
		l->is_second = true;
	} else {
		l->is_second = false;
		if (++l->host_at == l->host_count)
			l->stage = STAGE_DONE;
	}
}

void resolve_take(struct resolve_lookup *l, const struct resolve_answer *answer)
{
	struct resolve_question q;

	if (!resolve_next(l, &q))
		return;
	l->asked++;
	if (answer->result == RESOLVE_ANSWERED)
		take_records(l, &q, answer);
	else if (answer->result == RESOLVE_NOTHING && answer->negative_s)
		shorten(&l->negative_s, answer->negative_s);
	/* Nobody answers: asking for more would only take more time. What could not be asked must
	 * not look as if it were not there: a carrier's SRV would give way to its bare name. */
	if (answer->result == RESOLVE_FAILED || l->has_failed) {
		l->has_failed = true;
		if (l->stage != STAGE_ADDRESS)
			l->stage = STAGE_DONE;
	}
	if (l->stage != STAGE_DONE)
		go_on(l);
}

void resolve_finish(const struct resolve_lookup *l, struct resolve_outcome *ret)
{
	*ret = l->outcome;
	/* With a part missing it is asked for again as soon as may be. */
	ret->life_s = l->has_failed ? 0 : l->life_s;
	if (ret->count > 0) {
		ret->result = RESOLVE_ANSWERED;
		return;
	}
	ret->result = l->has_failed ? RESOLVE_FAILED : RESOLVE_NOTHING;
	ret->life_s = l->negative_s == UINT32_MAX ? 0 : l->negative_s;
}
