/* SPDX-License-Identifier: Apache-2.0 */
/* What comes on a connection, cut into packets or messages, and handed to the other leg. */
#include "media/link_priv.h"

#include "os/socket_stream.h"
#include "rtp/frame.h"

#include <string.h>

static enum err read_some(struct relay_link *l, size_t *ret_len)
{
	char *at = l->in + l->in_len;
	size_t room = LINK_BUFFER - l->in_len;

	return l->tls ? media_link_tls_read(l, at, room, ret_len)
	              : socket_read(l->fd, at, room, ret_len);
}

void media_link_flush(struct media_relay *r, struct relay_link *l)
{
	size_t done = 0;

	while (done < l->out_len && !media_link_is_barred(l)) {
		struct view rest = view_bytes(l->out + done, l->out_len - done);
		size_t sent = 0;
		enum err err = l->tls ? media_link_tls_write(l, rest, &sent)
		                      : socket_write(l->fd, rest, &sent);

		if (err == ERR_AGAIN)
			break;
		if (err != ERR_NONE) {
			media_link_end(r, l, COUNT_link_failures);
			return;
		}
		done += sent;
	}
	l->out_len -= done;
	memmove(l->out, l->out + done, l->out_len);
	media_link_watch(r, l);
}

/* ---- packets ---- */

void media_link_send(struct media_relay *r, struct relay_link *l, struct view packet)
{
	struct buffer out = buffer_on(l->out + l->out_len, LINK_BUFFER - l->out_len);

	rtp_frame_write(&out, packet);
	/* Audio that is not wanted now is wanted never: nothing waits for room. */
	if (l->state != LINK_UP || out.err != ERR_NONE) {
		counters_add(r->ports.counters, COUNT_media_dropped_unready, 1);
		return;
	}
	l->out_len += out.len;
	counters_add(r->ports.counters, COUNT_media_sent, 1);
	media_link_flush(r, l);
}

static enum err carry_frame(struct media_relay *r, struct relay_link *l, struct view *bytes,
                            uint64_t now_us)
{
	struct view packet;
	enum err err = rtp_frame_cut(bytes, &packet);

	if (err == ERR_NONE && packet.len > 0)
		media_relay_carry_packet(r, l->row, packet, now_us);
	return err;
}

/* ---- messages ---- */

static bool is_of_channel(const struct relay_link *l, const struct mrcp_message *m)
{
	return view_equal(m->channel, view_bytes(l->wanted.channel, l->wanted.channel_len));
}

/* ERR_AGAIN: no room at the other end. */
static enum err carry_message(struct media_relay *r, struct relay_link *l, struct view *bytes)
{
	struct relay_link *other = media_link_other(r, l);
	struct mrcp_talk *talk = l->wanted.is_asking ? &l->talk : &other->talk;
	struct buffer out = buffer_on(other->out + other->out_len, LINK_BUFFER - other->out_len);
	struct mrcp_message m;
	size_t len = 0;
	enum err err = mrcp_message_length(*bytes, &len);

	if (err == ERR_NONE && bytes->len < len)
		err = ERR_SHORT;
	if (err != ERR_NONE)
		return err;
	err = mrcp_message_parse(view_first(*bytes, len), &m);
	/* What was cut is whole: it ends too early in itself. */
	if (err == ERR_SHORT)
		return ERR_SYNTAX;
	if (err != ERR_NONE)
		return err;
	if (!is_of_channel(l, &m))
		return ERR_DENIED;
	if (other->state != LINK_UP)
		return ERR_AGAIN;
	mrcp_message_write(&out, &m);
	if (out.err != ERR_NONE)
		return other->out_len > 0 ? ERR_AGAIN : ERR_LIMIT;
	err = mrcp_talk_note(talk, &m, l->wanted.is_asking);
	if (err != ERR_NONE)
		return err;
	other->out_len += out.len;
	counters_add(r->ports.counters, COUNT_mrcp_messages, 1);
	*bytes = view_after(*bytes, len);
	media_link_flush(r, other);
	return l->state == LINK_UP ? ERR_NONE : ERR_CLOSED;
}

/* ---- both ---- */

/* All that is whole. False where the link is over. */
static bool carry_all(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	struct view bytes = view_bytes(l->in, l->in_len);
	size_t before = bytes.len;
	enum err err = ERR_NONE;

	while (err == ERR_NONE && l->state == LINK_UP)
		err = l->stream->flow.form == MEDIA_MRCP ? carry_message(r, l, &bytes)
		                                         : carry_frame(r, l, &bytes, now_us);
	if (l->state != LINK_UP)
		return false;
	if (err != ERR_SHORT && err != ERR_AGAIN) {
		media_link_end(r, l, COUNT_link_malformed);
		return false;
	}
	if (bytes.len > 0)
		memmove(l->in, bytes.at, bytes.len);
	l->in_len = bytes.len;
	l->is_stuck = err == ERR_AGAIN;
	if (l->in_len == 0 || l->is_stuck)
		l->partial_us = 0;
	else if (l->partial_us == 0 || bytes.len != before)
		l->partial_us = now_us;
	return true;
}

static void pump_one(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	for (int i = 0; i < LINK_READS && !media_link_is_barred(l) && carry_all(r, l, now_us);
	     i++) {
		size_t len = 0;
		enum err err;

		if (l->is_stuck || l->in_len == LINK_BUFFER)
			break;
		err = read_some(l, &len);
		if (err == ERR_AGAIN)
			break;
		if (err != ERR_NONE) {
			media_link_end(r, l, COUNT_links_ended);
			return;
		}
		l->in_len += len;
	}
	media_link_watch(r, l);
}

void media_link_pump(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	struct relay_link *other = media_link_other(r, l);

	pump_one(r, l, now_us);
	/* There is room here now, perhaps. */
	if (l->stream && other && other->state == LINK_UP && other->is_stuck &&
	    l->state == LINK_UP && l->out_len == 0)
		pump_one(r, other, now_us);
}
