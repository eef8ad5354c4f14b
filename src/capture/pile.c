/* SPDX-License-Identifier: Apache-2.0 */
/* Growth and shrinking of what waits. */
#include "capture/pile.h"

#include <stdlib.h>

/* Thousands of quiet connections may keep the small room, not more. */
enum { MIN_ROOM = 2048, KEPT_ROOM = 8192 };

enum err capture_pile_add(struct capture_pile *p, struct view bytes)
{
	size_t room = p->room ? p->room : MIN_ROOM;

	if (bytes.len == 0)
		return ERR_NONE;
	while (room < p->len + bytes.len)
		room *= 2;
	if (room > p->room) {
		char *at = realloc(p->at, room);

		if (!at)
			return ERR_NO_MEMORY;
		p->at = at;
		p->room = room;
	}
	memcpy(p->at + p->len, bytes.at, bytes.len);
	p->len += bytes.len;
	return ERR_NONE;
}

void capture_pile_drop(struct capture_pile *p, size_t from, size_t len)
{
	if (len == 0)
		return;
	p->len -= len;
	memmove(p->at + from, p->at + from + len, p->len - from);
	if (p->len == 0 && p->room > KEPT_ROOM)
		capture_pile_clear(p);
}

void capture_pile_clear(struct capture_pile *p)
{
	free(p->at);
	*p = (struct capture_pile){ 0 };
}
