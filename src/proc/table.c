/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped, doubted, copied: all that the parent links of it. */
#include "proc/table.h"

#include "os/shared.h"

static bool is_sound(const struct resolved_table *t, size_t size)
{
	size_t room = (size - offsetof(struct resolved_table, rows)) / sizeof(t->rows[0]);

	if (t->count > MAX_RESOLVED_ROWS || t->count > room)
		return false;
	for (uint32_t i = 0; i < t->count; i++)
		if (!resolved_is_sound(&t->rows[i]))
			return false;
	return true;
}

enum err table_read(int fd, struct resolved_table *ret)
{
	struct shared_map map;
	enum err err = shared_map(fd, SHARED_READ, offsetof(struct resolved_table, rows), &map);
	const struct resolved_table *t = map.at;

	if (err != ERR_NONE)
		return err;
	if (is_sound(t, map.size)) {
		ret->count = t->count;
		memcpy(ret->rows, t->rows, t->count * sizeof(t->rows[0]));
	} else {
		err = ERR_SYNTAX;
	}
	shared_unmap(&map);
	return err;
}
