/* SPDX-License-Identifier: Apache-2.0 */
/* Slots of messages. */
#include "proc/passed.h"

#include <string.h>

uint32_t passed_slots(size_t len)
{
	return len <= PASSED_ROOM ? 1 : (uint32_t)((len + PASSED_ROOM - 1) / PASSED_ROOM);
}

size_t passed_cut(struct passed_slot *s, struct view message, size_t done)
{
	struct view rest = view_after(message, done);
	size_t len = rest.len < PASSED_ROOM ? rest.len : PASSED_ROOM;

	s->head.total = (uint32_t)message.len;
	s->head.offset = (uint32_t)done;
	s->head.len = (uint32_t)len;
	if (len > 0)
		memcpy(s->bytes, rest.at, len);
	return len;
}

static bool is_flow(const struct flow *f, uint16_t listeners)
{
	return f->transport < TRANSPORT_SCTP && f->listener < listeners && f->side < MAX_SIDES &&
	       (f->remote.family == 4 || f->remote.family == 6) &&
	       (f->local.family == 4 || f->local.family == 6);
}

bool passed_is_sound(const struct passed_slot *s, uint16_t listeners)
{
	const struct passed_head *h = &s->head;

	return h->kind < PASSED_KIND_COUNT && h->len <= PASSED_ROOM &&
	       h->total <= PASSED_MESSAGE_MAX && h->offset <= h->total &&
	       h->len <= h->total - h->offset && is_flow(&h->flow, listeners) &&
	       memchr(h->shown, 0, sizeof(h->shown)) != NULL;
}

bool passed_join(struct passed_letter *l, const struct passed_slot *s)
{
	const struct passed_head *h = &s->head;

	if (h->offset == 0)
		l->len = 0;
	if (h->offset != l->len)
		return false;
	memcpy(l->bytes + h->offset, s->bytes, h->len);
	l->len += h->len;
	return l->len == h->total;
}
