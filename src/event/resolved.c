/* SPDX-License-Identifier: Apache-2.0 */
/* Rows found, doubted and put in order. */
#include "event/resolved.h"

#include <string.h>

const struct resolved_row *resolved_find(const struct resolved_table *t, struct view peer,
                                         struct view host)
{
	for (uint32_t i = 0; i < t->count && i < MAX_RESOLVED_ROWS; i++) {
		const struct resolved_row *row = &t->rows[i];

		if (view_equal(view_of(row->peer), peer) &&
		    view_equal_nocase(view_of(row->host), host))
			return row;
	}
	return NULL;
}

static bool is_target_sound(const struct resolved_target *t)
{
	enum addr_kind kind = addr_kind(&t->to);

	return (t->to.family == 4 || t->to.family == 6) && t->to.port != 0 &&
	       kind != ADDR_MULTICAST && kind != ADDR_BROADCAST && kind != ADDR_UNSPECIFIED &&
	       (t->transport == TRANSPORT_UDP || t->transport == TRANSPORT_TCP ||
	        t->transport == TRANSPORT_TLS);
}

bool resolved_is_sound(const struct resolved_row *row)
{
	if (!memchr(row->peer, 0, sizeof(row->peer)) || !memchr(row->host, 0, sizeof(row->host)) ||
	    row->count > MAX_RESOLVED_TARGETS || row->state > RESOLVED_GONE)
		return false;
	for (unsigned i = 0; i < row->count; i++)
		if (!is_target_sound(&row->targets[i]))
			return false;
	return row->count > 0 || row->state != RESOLVED_GOOD;
}

const char *resolved_state_name(enum resolved_state state)
{
	static const char *const names[] = { "not yet", "good", "stale", "gone" };

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

/* ---- order ---- */

struct choosing {
	const struct resolved_target *targets;
	unsigned count;
	bool is_taken[MAX_RESOLVED_TARGETS];
};

static bool is_first_of_group(const struct choosing *c, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (c->targets[i].group == c->targets[at].group &&
		    c->targets[i].priority == c->targets[at].priority)
			return false;
	return true;
}

static bool is_candidate(const struct choosing *c, unsigned at, uint16_t priority)
{
	return !c->is_taken[at] && c->targets[at].priority == priority && is_first_of_group(c, at);
}

static uint16_t lowest_left(const struct choosing *c)
{
	uint16_t lowest = UINT16_MAX;

	for (unsigned i = 0; i < c->count; i++)
		if (!c->is_taken[i] && c->targets[i].priority < lowest)
			lowest = c->targets[i].priority;
	return lowest;
}

/* Without any weight all are equals. */
static unsigned draw_alike(const struct choosing *c, uint16_t priority, uint32_t drawn)
{
	unsigned count = 0, wanted;

	for (unsigned i = 0; i < c->count; i++)
		count += is_candidate(c, i, priority);
	wanted = count ? drawn % count : 0;
	for (unsigned i = 0; i < c->count; i++)
		if (is_candidate(c, i, priority) && wanted-- == 0)
			return i;
	return 0;
}

/* RFC 2782: those of weight 0 stand first, so that they are drawn by the lowest number alone. */
static unsigned draw(const struct choosing *c, uint32_t drawn)
{
	uint16_t priority = lowest_left(c);
	uint32_t sum = 0, running = 0, wanted;

	for (unsigned i = 0; i < c->count; i++)
		if (is_candidate(c, i, priority))
			sum += c->targets[i].weight;
	wanted = drawn % (sum + 1);
	for (unsigned i = 0; sum > 0 && i < 2 * c->count; i++) {
		unsigned at = i % c->count;
		bool is_weighty = i >= c->count;

		if (!is_candidate(c, at, priority) || (c->targets[at].weight > 0) != is_weighty)
			continue;
		running += c->targets[at].weight;
		if (running >= wanted)
			return at;
	}
	return draw_alike(c, priority, drawn);
}

void resolved_order(const struct resolved_target *targets, unsigned count,
                    const uint32_t draws[MAX_RESOLVED_TARGETS], uint8_t ret[MAX_RESOLVED_TARGETS])
{
	struct choosing c = { targets, count, { false } };
	unsigned done = 0;

	while (done < count) {
		unsigned chosen = draw(&c, draws[done]);

		for (unsigned i = chosen; i < count; i++) {
			if (c.is_taken[i] || targets[i].group != targets[chosen].group ||
			    targets[i].priority != targets[chosen].priority)
				continue;
			c.is_taken[i] = true;
			ret[done++] = (uint8_t)i;
		}
	}
}
