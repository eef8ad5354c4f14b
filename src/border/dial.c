/* SPDX-License-Identifier: Apache-2.0 */
/* From a dial string to a number and back. */
#include "border/dial.h"

static bool is_emergency(const struct border_numbers *n, struct view user)
{
	struct view line = view_of(n->plan.outside_line);
	struct view bare =
		!view_is_empty(line) && view_starts(user, line) ? view_after(user, line.len) : user;

	for (unsigned i = 0; i < n->emergency_count; i++) {
		struct view number = view_of(n->emergency[i]);

		if (view_equal(user, number) || view_equal(bare, number))
			return true;
	}
	return false;
}

void dial_read(const struct border_settings *s, const struct border_peer *from, struct view user,
               struct dialling *ret)
{
	struct number_plan plan = s->numbers.plan;

	*ret = (struct dialling){ .dialled = user, .is_urgent = is_emergency(&s->numbers, user) };
	if (from && (from->kind == PEER_CARRIER || from->kind == PEER_CUSTOMER)) {
		plan.outside_line[0] = 0;
		plan.extension_count = 0;
	}
	ret->is_read = !ret->is_urgent && number_read(&plan, user, &ret->meant) == ERR_NONE &&
	               ret->meant.form != NUMBER_UNREAD;
}

struct view dial_meant(const struct dialling *d)
{
	return d->is_read ? view_bytes(d->meant.digits, d->meant.len) : VIEW_EMPTY;
}

bool dial_rewrites(const struct border_peer *to, const struct dialling *d)
{
	return to->numbers_as != NUMBERS_AS_DIALLED && d->is_read;
}

void dial_write(const struct border_peer *to, const struct dialling *d, struct buffer *out)
{
	if (!dial_rewrites(to, d)) {
		buffer_put(out, d->dialled);
		return;
	}
	buffer_text(out, to->numbers_as == NUMBERS_PLUS ? "+" : "");
	buffer_put(out, dial_meant(d));
}
