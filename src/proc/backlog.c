/* SPDX-License-Identifier: Apache-2.0 */
/* A queue of messages, each behind its length. What waits is moved to the front when
 * the end is reached: this is the rare path of rare requests. */
#include "proc/backlog.h"

#include <stdlib.h>
#include <string.h>

enum err backlog_init(struct backlog *b)
{
	char *bytes = malloc(BACKLOG_BYTES);

	if (!bytes)
		return ERR_NO_MEMORY;
	*b = (struct backlog){ .bytes = bytes };
	return ERR_NONE;
}

void backlog_clear(struct backlog *b)
{
	free(b->bytes);
	*b = (struct backlog){ 0 };
}

bool backlog_is_empty(const struct backlog *b) { return b->used == 0; }

static enum err keep(struct backlog *b, const struct channel_message *m)
{
	size_t needed = sizeof(m->len) + m->len;

	if (needed > BACKLOG_BYTES - b->used)
		return ERR_FULL;
	if (b->start + b->used + needed > BACKLOG_BYTES) {
		memmove(b->bytes, b->bytes + b->start, b->used);
		b->start = 0;
	}
	memcpy(b->bytes + b->start + b->used, &m->len, sizeof(m->len));
	memcpy(b->bytes + b->start + b->used + sizeof(m->len), m->bytes, m->len);
	b->used += needed;
	return ERR_NONE;
}

enum err backlog_send(struct backlog *b, int fd, const struct channel_message *m)
{
	enum err err = ERR_AGAIN;

	if (b->used == 0)
		err = channel_send(fd, m);
	return err == ERR_AGAIN ? keep(b, m) : err;
}

enum err backlog_flush(struct backlog *b, int fd)
{
	static struct channel_message m;

	while (b->used > 0) {
		enum err err;

		memcpy(&m.len, b->bytes + b->start, sizeof(m.len));
		memcpy(m.bytes, b->bytes + b->start + sizeof(m.len), m.len);
		m.descriptor_count = 0;
		err = channel_send(fd, &m);
		if (err != ERR_NONE)
			return err;
		b->start += sizeof(m.len) + m.len;
		b->used -= sizeof(m.len) + m.len;
	}
	b->start = 0;
	return ERR_NONE;
}
