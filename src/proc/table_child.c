/* SPDX-License-Identifier: Apache-2.0 */
/* A child's side of the table: at its start, and beside a question. */
#include "proc/table.h"

#include "os/socket.h"

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
