/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped, doubted, copied. */
#include "proc/table.h"

#include "os/shared.h"
#include "os/socket.h"

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

void table_open(const struct child *c, struct resolved_table *ret)
{
	int fd = child_descriptor(c, THING_RESOLVED, 0);
	enum err err = ERR_NONE;

	ret->count = 0;
	if (fd >= 0)
		err = table_read(fd, ret);
	if (err != ERR_NONE)
		child_fail("names", err);
}

enum err table_take(struct resolved_table *ret)
{
	int fd = child_take_descriptor();
	enum err err;

	if (fd < 0)
		return ERR_SHORT;
	err = table_read(fd, ret);
	socket_close(&fd);
	return err;
}

bool table_is_told(const struct ask *question)
{
	uint16_t kind = question->head.kind;

	return kind == ASK_RESOLVED_SIGNAL || kind == ASK_RESOLVED_JUDGE ||
	       kind == ASK_RESOLVED_KERNEL;
}
