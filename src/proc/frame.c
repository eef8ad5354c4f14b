/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading the channel's messages. */
#include "proc/frame.h"

#include <string.h>

void frame_begin(struct channel_message *m, enum frame_kind kind)
{
	struct frame_head head = { .kind = kind };

	memcpy(m->bytes, &head, sizeof(head));
	m->len = sizeof(head);
	m->descriptor_count = 0;
}

void frame_ask_write(struct channel_message *m, const struct ask *ask)
{
	size_t size = ask->head.size <= ASK_BODY_MAX ? ask->head.size : ASK_BODY_MAX;

	frame_begin(m, FRAME_ASK);
	memcpy(m->bytes + m->len, &ask->head, sizeof(ask->head));
	m->len += sizeof(ask->head);
	memcpy(m->bytes + m->len, &ask->body, size);
	m->len += size;
}

enum err frame_head_read(const struct channel_message *m, struct frame_head *ret)
{
	if (m->len < sizeof(*ret))
		return ERR_SHORT;
	memcpy(ret, m->bytes, sizeof(*ret));
	return ERR_NONE;
}

enum err frame_ask_read(const struct channel_message *m, struct ask *ret)
{
	const uint8_t *at = m->bytes + sizeof(struct frame_head);
	struct ask_head head;

	if (m->len < sizeof(struct frame_head) + sizeof(head))
		return ERR_SHORT;
	memcpy(&head, at, sizeof(head));
	if (head.kind >= ASK_KIND_COUNT || head.size > ASK_BODY_MAX ||
	    head.size != m->len - sizeof(struct frame_head) - sizeof(head))
		return ERR_SYNTAX;
	memset(&ret->body, 0, sizeof(ret->body));
	memcpy(&ret->body, at + sizeof(head), head.size);
	ret->head = head;
	return ERR_NONE;
}
