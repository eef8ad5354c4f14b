/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of a library that opens and closes them itself and tells, of each by its number, what it
 * waits for (c-ares, libcurl). */
#ifndef OS_WATCH_TABLE_H
#define OS_WATCH_TABLE_H

#include "os/loop.h"

enum { MAX_WATCHED = 32 };

/* Zeroed but for the loop and who is called. */
struct watch_table {
	struct loop *loop;
	struct loop_call call;
	struct {
		int fd;
		struct loop_watch *watch; /* NULL: free */
	} rows[MAX_WATCHED];
};

/* LOOP_ bits; 0: the library closes it. One that cannot be watched, for want of room, is not: it
 * runs into the library's time limit. */
void watch_table_want(struct watch_table *t, int fd, int wanted);

#endif
