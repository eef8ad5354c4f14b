/* SPDX-License-Identifier: Apache-2.0 */
/* Messages without descriptors that wait until a channel can take them again,
 * in order, in a fixed number of bytes. */
#ifndef PROC_BACKLOG_H
#define PROC_BACKLOG_H

#include "os/channel.h"

enum { BACKLOG_BYTES = 4 << 20 };

struct backlog {
	char *bytes;
	size_t start, used; /* what waits is bytes[start, start + used) */
};

/* ERR_NO_MEMORY. */
enum err backlog_init(struct backlog *b) MUST_USE;
void backlog_clear(struct backlog *b);
bool backlog_is_empty(const struct backlog *b);
/* Sends at once where nothing waits and the channel takes it, else keeps the message.
 * ERR_FULL, ERR_CLOSED, ERR_IO. */
enum err backlog_send(struct backlog *b, int fd, const struct channel_message *m) MUST_USE;
/* Sends what waits. ERR_AGAIN: something still does. ERR_CLOSED, ERR_IO. */
enum err backlog_flush(struct backlog *b, int fd) MUST_USE;

#endif
