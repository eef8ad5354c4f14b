/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of peers: filled, chosen, put in order. */
#include "border/ways.h"

#include "base/object.h"
#include "border/common.h"
#include "border/peers.h"

#include <string.h>

static bool is_same(const struct resolved_target *a, const struct resolved_target *b)
{
	return a->transport == b->transport && addr_equal(&a->to, &b->to);
}

static void add(struct ways *ways, const struct resolved_target *to, const struct ways *before)
{
	struct way *w = &ways->ways[ways->count++];

	*w = (struct way){ .to = *to };
	for (unsigned i = 0; i < before->count; i++) {
		if (!is_same(&before->ways[i].to, to))
			continue;
		w->presence = before->ways[i].presence;
		w->rest_until_us = before->ways[i].rest_until_us;
	}
}

void ways_fill(struct border *b, uint16_t row, const struct resolved_row *resolved,
               struct ways *ways)
{
	const struct border_peer *peer = &b->settings.peers[row];
	const struct ways before = *ways;

	*ways = (struct ways){ .edition = before.edition + 1, .state = RESOLVED_GOOD };
	if (!peer->host[0]) {
		add(ways,
		    &(struct resolved_target){ .to = peer->address, .transport = peer->transport },
		    &before);
		return;
	}
	ways->state = resolved ? resolved->state : RESOLVED_NOT_YET;
	ways->learnt_wall_us = resolved ? resolved->learnt_wall_us : 0;
	for (unsigned i = 0; resolved && i < resolved->count; i++)
		add(ways, &resolved->targets[i], &before);
}

static bool is_resting(const struct border *b, const struct way *w)
{
	return b->now.us < w->rest_until_us || b->now.us < common_rest_us(b, w);
}

bool ways_is_away(const struct border *b, const struct way *w)
{
	return w->presence == PRESENCE_AWAY || is_resting(b, w);
}

static void order(const struct border *b, const struct ways *ways,
                  uint8_t ret[MAX_RESOLVED_TARGETS])
{
	struct resolved_target targets[MAX_RESOLVED_TARGETS];
	uint32_t draws[MAX_RESOLVED_TARGETS] = { 0 };

	for (unsigned i = 0; i < ways->count; i++)
		targets[i] = ways->ways[i].to;
	if (ways->count > 1)
		b->ports.random(b->ports.context, draws, sizeof(draws));
	resolved_order(targets, ways->count, draws, ret);
}

static bool is_kept(const struct border *b, const struct border_peer *peer, const struct ways *ways)
{
	for (unsigned i = 0; i < ways->count; i++)
		if (ways->ways[i].to.transport == peer->transport &&
		    addr_equal(&ways->ways[i].to.to, &peer->address))
			return !ways_is_away(b, &ways->ways[i]);
	return false;
}

void ways_settle(struct border *b, uint16_t row, const struct ways *ways)
{
	struct border_peer *peer = &b->settings.peers[row];
	uint8_t places[MAX_RESOLVED_TARGETS];
	const struct way *chosen = NULL;

	if (!peer->host[0] || is_kept(b, peer, ways))
		return;
	order(b, ways, places);
	for (unsigned i = 0; i < ways->count && !chosen; i++)
		if (!ways_is_away(b, &ways->ways[places[i]]))
			chosen = &ways->ways[places[i]];
	if (!chosen && ways->count > 0)
		chosen = &ways->ways[places[0]];
	peer->address = chosen ? chosen->to.to : (struct addr){ 0 };
	if (chosen)
		peer->transport = chosen->to.transport;
}

static void expand_one(const struct border *b, const struct targets *from, unsigned at,
                       struct targets *ret)
{
	const struct ways *ways = peers_ways(b, from->peers[at]);
	uint8_t places[MAX_RESOLVED_TARGETS];
	unsigned count = ways && ways->count ? ways->count : 1;

	if (ways && ways->count)
		order(b, ways, places);
	for (unsigned i = 0; i < count && ret->count < MAX_TARGETS; i++) {
		unsigned place = ret->count++;

		ret->peers[place] = from->peers[at];
		ret->routes[place] = from->routes[at];
		ret->ways[place] = (struct target_way){ 0 };
		if (ways && ways->count)
			ret->ways[place] =
				(struct target_way){ ways->ways[places[i]].to.to,
				                     ways->ways[places[i]].to.transport };
	}
}

void ways_expand(const struct border *b, struct targets *targets)
{
	struct targets from = *targets;

	targets->count = 0;
	for (unsigned i = 0; i < from.count; i++)
		expand_one(b, &from, i, targets);
}

const struct way *ways_at(const struct border *b, uint16_t row, const struct addr *address,
                          bool is_host_enough)
{
	const struct ways *ways = peers_ways(b, row);

	for (unsigned i = 0; ways && i < ways->count; i++) {
		const struct addr *own = &ways->ways[i].to.to;

		if (is_host_enough ? addr_same_host(own, address) : addr_equal(own, address))
			return &ways->ways[i];
	}
	return NULL;
}

static void write_way(struct buffer *out, const struct border *b, const struct way *w)
{
	static const char *const states[] = { "not asked", "answers", "away" };
	char text[ADDR_TEXT_MAX];

	buffer_char(out, '{');
	object_text(out, "address", view_of(addr_text(&w->to.to, text)));
	object_text(out, "transport",
	            view_of(flow_transport_word((enum transport_kind)w->to.transport)));
	object_number(out, "priority", w->to.priority);
	object_number(out, "weight", w->to.weight);
	object_text(out, "state",
	            w->presence != PRESENCE_AWAY && is_resting(b, w)
	                    ? VIEW("silent")
	                    : view_of(states[w->presence]));
	buffer_char(out, '}');
}

void ways_write(struct buffer *out, const struct border *b, uint16_t row)
{
	const struct border_peer *peer = &b->settings.peers[row];
	const struct ways *ways = peers_ways(b, row);

	if (!peer->host[0] || !ways)
		return;
	object_text(out, "host", view_of(peer->host));
	object_text(out, "resolved",
	            view_of(resolved_state_name((enum resolved_state)ways->state)));
	if (ways->learnt_wall_us)
		object_number(out, "resolved_wall_us", (uint64_t)ways->learnt_wall_us);
	object_name(out, "targets");
	buffer_char(out, '[');
	for (unsigned i = 0; i < ways->count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		write_way(out, b, &ways->ways[i]);
	}
	buffer_char(out, ']');
}
