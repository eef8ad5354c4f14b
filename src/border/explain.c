/* SPDX-License-Identifier: Apache-2.0 */
/* The same steps that a call takes, each put into words. */
#include "border/explain.h"

#include "base/object.h"
#include "border/home.h"
#include "border/peers.h"
#include "border/route.h"
#include "border/spend.h"

#include <string.h>

/* Who calls: a peer, or a phone of the home. */
struct calling {
	const struct border_peer *peer;
	uint16_t home;
};

static enum err find_peer(const struct border *b, struct view name, struct calling *ret)
{
	struct view domain = view_after(name, strlen("phone@"));

	*ret = (struct calling){ 0 };
	if (view_equal(name, VIEW("phone")))
		return ERR_NONE;
	for (uint16_t home = 0; home < home_count(b); home++) {
		if (!view_starts(name, VIEW("phone@")) ||
		    !view_equal_nocase(domain, home_domain(b, home)))
			continue;
		ret->home = home;
		return ERR_NONE;
	}
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		if (view_equal(view_of(b->settings.peers[i].name), name)) {
			ret->peer = &b->settings.peers[i];
			return ERR_NONE;
		}
	}
	return ERR_NOT_FOUND;
}

static void write_number(struct buffer *out, const struct dialling *d)
{
	char text[MAX_E164_DIGITS + 2];
	struct buffer meant = BUFFER_ON(text);

	object_text(out, "dialled", d->dialled);
	object_truth(out, "emergency", d->is_urgent);
	if (!d->is_read) {
		object_text(out, "meant", VIEW("as dialled: no number of the public network"));
		return;
	}
	buffer_char(&meant, '+');
	buffer_put(&meant, dial_meant(d));
	object_text(out, "meant", buffer_view(&meant));
	object_text(out, "rings_in", view_of(number_region_name(d->meant.region)));
	object_text(out, "number_kind", view_of(number_kind_name(d->meant.kind)));
	object_truth(out, "international", d->meant.is_abroad);
}

static void write_rule(const struct border *b, uint16_t row, struct buffer *out)
{
	const struct border_route *r = &b->settings.routes[row];
	char text[256];
	struct buffer rule = BUFFER_ON(text);

	if (r->number[0]) {
		buffer_text(&rule, "number ");
		buffer_text(&rule, r->number);
	} else if (r->prefix[0]) {
		buffer_text(&rule, "prefix ");
		buffer_text(&rule, r->prefix);
	}
	if (r->domain[0]) {
		buffer_text(&rule, rule.len ? " domain " : "domain ");
		buffer_text(&rule, r->domain);
	}
	if (rule.len == 0)
		buffer_text(&rule, "any number");
	object_text(out, "route", buffer_view(&rule));
	object_number(out, "priority", r->priority);
	object_number(out, "weight", r->weight);
}

static const char *word_of(const struct border *b, struct spend_way way, uint16_t row,
                           const struct dialling *d, enum refusal *ret)
{
	*ret = REFUSAL_PEER_LIMIT;
	if (spend_check(b, way, d, ret) != ERR_NONE)
		return "refused";
	if (!d->is_urgent && !peers_has_room(b, row))
		return "full";
	return peers_is_away(b, row) ? "only if no other answers" : "would be asked";
}

static void write_target(const struct border *b, const struct border_peer *from, uint16_t row,
                         const struct dialling *d, struct buffer *out)
{
	const struct spend_way way = { from, &b->settings.peers[row] };
	struct route route;
	enum refusal why;
	const char *word = word_of(b, way, row, d, &why);

	object_text(out, "peer", view_of(way.to->name));
	peers_write(out, b, row);
	object_text(out, "verdict", view_of(word));
	if (*word == 'r' || *word == 'f') {
		object_text(out, "why", view_of(refusal_row(why)->words));
		object_number(out, "code", refusal_row(why)->code);
	}
	if (route_to_peer(b, from, d->dialled, row, &route) == ERR_NONE)
		object_text(out, "request_uri", view_of(route.uri));
	if (way.to->kind == PEER_CARRIER && b->settings.spend.price_milli + b->settings.rate_count)
		object_number(out, "price_milli", spend_price(&b->settings, d));
}

static void write_targets(const struct border *b, const struct calling *calling,
                          const struct dialling *d, struct buffer *out)
{
	const struct border_peer *from = calling->peer;
	struct targets t = { 0 };

	if (from) {
		struct target_question q = { .dialled = d->dialled,
			                     .meant = dial_meant(d),
			                     .from = (uint16_t)(from - b->settings.peers) };

		target_find(&b->settings, &q, &t);
	} else if (b->settings.subscribers.is_on) {
		t = (struct targets){ .peers = { home_row(b, calling->home) }, .count = 1 };
	}
	object_text(out, "answer",
	            t.count ? VIEW("goes to the first target that would be asked")
	                    : VIEW("404: no route of this peer fits"));
	object_name(out, "targets");
	buffer_char(out, '[');
	for (unsigned i = 0; i < t.count; i++) {
		buffer_text(out, i ? ",{" : "{");
		if (from)
			write_rule(b, t.routes[i], out);
		write_target(b, from, t.peers[i], d, out);
		buffer_char(out, '}');
	}
	buffer_char(out, ']');
}

enum err explain_route(const struct border *b, struct view question, struct buffer *out)
{
	size_t blank = view_find(question, ' ', 0);
	struct view number = view_after(question, blank + 1);
	struct calling from;
	struct dialling d;
	enum err err = find_peer(b, view_first(question, blank), &from);

	if (err != ERR_NONE)
		return err;
	if (view_is_empty(number))
		return ERR_SYNTAX;
	dial_read(&b->settings, from.peer, number, &d);
	buffer_char(out, '{');
	object_text(out, "from", view_first(question, blank));
	write_number(out, &d);
	if (b->settings.spend.max_day) {
		object_number(out, "spent_today_milli", spend_today_milli(b));
		object_number(out, "spend_at_most_milli",
		              1000 * (uint64_t)b->settings.spend.max_day);
	}
	write_targets(b, &from, &d, out);
	buffer_char(out, '}');
	return out->err;
}
