/* SPDX-License-Identifier: Apache-2.0 */
/* Room for lines, from the first address that is one's beginning. */
#include "guard/lines.h"

#include <stdlib.h>

enum { MAX_ROWS = 1 << 24 };

enum err guard_lines_init(struct guard_lines *l, uint32_t rows, uint32_t each)
{
	uint32_t count = 1;
	char *room;

	if (rows == 0 || rows > MAX_ROWS || each == 0)
		return ERR_LIMIT;
	while (count * each < 2 * rows)
		count *= 2;
	room = calloc((size_t)count + 1, GUARD_LINE);
	if (!room)
		return ERR_NO_MEMORY;
	*l = (struct guard_lines){ .mask = count - 1, .room = room };
	l->first = room + (GUARD_LINE - (uintptr_t)room % GUARD_LINE) % GUARD_LINE;
	return ERR_NONE;
}

void guard_lines_clear(struct guard_lines *l)
{
	free(l->room);
	*l = (struct guard_lines){ 0 };
}
