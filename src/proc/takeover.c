/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes over. Before its turn it touches nothing that it was given. */
#include "os/channel.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/spawn.h"
#include "proc/keep.h"
#include "proc/shelf.h"

#include <string.h>

enum { WAIT_MS = 15000 };

static struct channel_message message;

static enum err take_kept(struct parent *p, const struct frame_head *head, struct buffer *words)
{
	struct view name = view_bytes(message.bytes + sizeof(*head), message.len - sizeof(*head));

	for (uint32_t i = 0; i < message.descriptor_count; i++) {
		enum err err =
			keep_put(&p->holdings, name, head->index + i, message.descriptors[i]);

		if (err == ERR_NONE)
			continue;
		buffer_text(words, "it was given what this version does not know: ");
		buffer_put(words, view_first(name, MAX_KEEP_NAME));
		return ERR_UNSUPPORTED;
	}
	message.descriptor_count = 0;
	return ERR_NONE;
}

static enum err next(struct frame_head *ret)
{
	enum err err = channel_wait(SPAWN_CHANNEL, WAIT_MS);

	if (err == ERR_NONE)
		err = channel_receive(SPAWN_CHANNEL, &message);
	return err == ERR_NONE ? frame_head_read(&message, ret) : err;
}

enum err upgrade_take(struct parent *p, struct buffer *words)
{
	struct frame_head head;
	enum err err;

	for (;;) {
		err = next(&head);
		if (err == ERR_NONE && head.kind == FRAME_KEPT)
			err = take_kept(p, &head, words);
		else if (err == ERR_NONE)
			break;
		if (err != ERR_NONE)
			return err;
	}
	if (head.kind != FRAME_START || message.descriptor_count != 1) {
		buffer_text(words, "it was not given the state");
		return ERR_SHORT;
	}
	err = keep_state_take(p, message.descriptors[0], words);
	channel_drop_descriptors(&message);
	p->upgrades += err == ERR_NONE;
	return err;
}

void upgrade_refuse(struct view words)
{
	frame_begin(&message, FRAME_REFUSED);
	words = view_first(words, UPGRADE_WORDS_MAX);
	if (words.len > 0)
		memcpy(message.bytes + message.len, words.at, words.len);
	message.len += words.len;
	(void)!channel_send(SPAWN_CHANNEL, &message);
}

enum err upgrade_agree(void)
{
	struct frame_head head;
	enum err err;

	frame_begin(&message, FRAME_READY);
	err = channel_send(SPAWN_CHANNEL, &message);
	if (err == ERR_NONE)
		err = next(&head);
	if (err == ERR_NONE)
		channel_drop_descriptors(&message);
	return err != ERR_NONE || head.kind == FRAME_START ? err : ERR_SYNTAX;
}

/* Its last word; where it died instead, the place is ours all the same. */
static void on_channel(void *context, int fd, int what)
{
	struct parent *p = context;
	struct frame_head head = { 0 };
	enum err err = channel_receive(fd, &message);

	(void)what;
	if (err == ERR_AGAIN)
		return;
	if (err == ERR_NONE) {
		channel_drop_descriptors(&message);
		err = frame_head_read(&message, &head);
	}
	loop_unwatch(&p->upgrade.watch);
	if (err == ERR_NONE && head.thing == 1)
		p->holdings.above = fd;
	else
		socket_close(&fd);
	p->is_taking_over = false;
	service_open(&p->service);
	service_ready(&p->service, "another program has taken over");
	shelf_fill(p);
	log_write(LEVEL_NOTICE, "upgrade", "taken over, version " RINGFENCE_VERSION);
}

void upgrade_healthy(struct parent *p)
{
	frame_begin(&message, FRAME_READY);
	if (loop_watch(p->loop, SPAWN_CHANNEL, LOOP_READABLE, LOOP_CALL(on_channel, p),
	               &p->upgrade.watch) != ERR_NONE ||
	    channel_send(SPAWN_CHANNEL, &message) != ERR_NONE)
		parent_end(p, 1);
}
