/* SPDX-License-Identifier: Apache-2.0 */
/* A row a socket. */
#include "os/watch_table.h"

/* Its row, or a free one; MAX_WATCHED: there is none. */
static unsigned row_of(const struct watch_table *t, int fd)
{
	unsigned free_row = MAX_WATCHED;

	for (unsigned i = 0; i < MAX_WATCHED; i++) {
		if (t->rows[i].watch && t->rows[i].fd == fd)
			return i;
		if (!t->rows[i].watch && free_row == MAX_WATCHED)
			free_row = i;
	}
	return free_row;
}

void watch_table_want(struct watch_table *t, int fd, int wanted)
{
	unsigned row = row_of(t, fd);

	if (row == MAX_WATCHED)
		return;
	if (wanted == 0) {
		loop_unwatch(&t->rows[row].watch);
	} else if (t->rows[row].watch) {
		(void)!loop_watch_change(t->rows[row].watch, wanted);
	} else {
		t->rows[row].fd = fd;
		(void)!loop_watch(t->loop, fd, wanted, t->call, &t->rows[row].watch);
	}
}
