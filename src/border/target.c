/* SPDX-License-Identifier: Apache-2.0 */
/* Routes by number, domain and peer; the longest fit wins. */
#include "border/target.h"

#include "border/party.h"

enum { RANK_UNFIT = -1 };

static bool is_dialable(struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if ((c < '0' || c > '9') && c != '*' && c != '#')
			return false;
	}
	return text.len > 0;
}

static struct view without_plus(struct view text)
{
	return view_starts(text, VIEW("+")) ? view_after(text, 1) : text;
}

/* low, and the digits that stand for its last ones at the other end of the range. */
static void split(struct view pattern, struct view *ret_low, struct view *ret_tail)
{
	size_t dash = view_find(pattern, '-', 0);

	*ret_low = view_first(pattern, dash);
	*ret_tail = dash < pattern.len ? view_after(pattern, dash + 1) : VIEW_EMPTY;
}

bool target_is_pattern(struct view number)
{
	struct view low, tail;

	split(without_plus(number), &low, &tail);
	if (view_find(number, '-', 0) < number.len) {
		if (!is_dialable(tail) || tail.len > low.len)
			return false;
		return is_dialable(low) &&
		       memcmp(low.at + low.len - tail.len, tail.at, tail.len) <= 0;
	}
	return is_dialable(low);
}

bool target_is_prefix(struct view prefix) { return is_dialable(without_plus(prefix)); }

static bool range_holds(struct view pattern, struct view digits)
{
	struct view low, tail;
	size_t head;

	split(pattern, &low, &tail);
	if (tail.len == 0)
		return view_equal(low, digits);
	head = low.len - tail.len;
	return digits.len == low.len && memcmp(digits.at, low.at, head) == 0 &&
	       memcmp(digits.at + head, low.at + head, tail.len) >= 0 &&
	       memcmp(digits.at + head, tail.at, tail.len) <= 0;
}

bool target_fits(const struct border_route *r, struct view dialled, struct view meant)
{
	struct view pattern = view_of(r->number[0] ? r->number : r->prefix);
	bool is_meant = view_starts(pattern, VIEW("+"));
	struct view digits = is_meant ? meant : dialled;

	if (view_is_empty(pattern))
		return true;
	pattern = without_plus(pattern);
	if (!is_dialable(digits))
		return false;
	return r->number[0] ? range_holds(pattern, digits) : view_starts(digits, pattern);
}

/* A whole number is longer than any prefix of it, a range as long as what it leaves fixed;
 * a domain counts between two lengths, and who names the caller between two of those. */
static bool is_from(const struct border_settings *s, const struct border_route *r, uint16_t from)
{
	if (r->from_kind)
		return from != r->to && s->peers[from].kind == r->from_kind - 1;
	return r->from == from;
}

static int rank_of(const struct border_settings *s, const struct border_route *r,
                   const struct target_question *q)
{
	struct view low, tail;
	int rank = 0;

	if (!party_may(&s->peers[q->from], MAY_PLACE) || !party_may(&s->peers[r->to], MAY_RECEIVE))
		return RANK_UNFIT;
	if (q->face && !addr_equal(&s->peers[r->to].appears_inside, q->face))
		return RANK_UNFIT;
	if (!is_from(s, r, q->from) || !target_fits(r, q->dialled, q->meant))
		return RANK_UNFIT;
	if (r->domain[0] && !view_equal_nocase(view_of(r->domain), q->host))
		return RANK_UNFIT;
	split(without_plus(view_of(r->number)), &low, &tail);
	if (r->number[0])
		rank = (int)(low.len - tail.len) + 1;
	else if (r->prefix[0])
		rank = (int)without_plus(view_of(r->prefix)).len;
	return 4 * rank + 2 * (r->domain[0] != 0) + (r->from_kind == 0);
}

static void add(const struct border_settings *s, unsigned row, struct targets *t)
{
	unsigned at = t->count;

	if (t->count == MAX_TARGETS)
		return;
	while (at > 0 && s->routes[t->routes[at - 1]].priority > s->routes[row].priority) {
		t->routes[at] = t->routes[at - 1];
		at--;
	}
	t->routes[at] = (uint16_t)row;
	t->count++;
}

/* RFC 2782's way: each place is drawn from those that are left, by their weights. */
static void draw_order(const struct border_settings *s, const struct target_question *q,
                       struct targets *t)
{
	for (unsigned at = 0; at < t->count; at++) {
		uint32_t sum = 0, drawn;
		unsigned end = at, chosen = at;

		while (end < t->count &&
		       s->routes[t->routes[end]].priority == s->routes[t->routes[at]].priority)
			sum += s->routes[t->routes[end++]].weight;
		drawn = sum ? q->draws[at] % sum : 0;
		while (chosen + 1 < end && drawn >= s->routes[t->routes[chosen]].weight)
			drawn -= s->routes[t->routes[chosen++]].weight;
		uint16_t route = t->routes[chosen];

		t->routes[chosen] = t->routes[at];
		t->routes[at] = route;
		t->peers[at] = s->routes[route].to;
	}
}

void target_find(const struct border_settings *s, const struct target_question *q,
                 struct targets *ret)
{
	struct targets found = { 0 };
	int best = RANK_UNFIT;

	for (unsigned i = 0; i < s->route_count; i++) {
		int rank = rank_of(s, &s->routes[i], q);

		if (rank < best || rank == RANK_UNFIT)
			continue;
		if (rank > best)
			found.count = 0;
		best = rank;
		add(s, i, &found);
	}
	draw_order(s, q, &found);
	*ret = found;
}
