/* SPDX-License-Identifier: Apache-2.0 */
/* The way of bytes: in by pieces, out whole. A connection is never closed here,
 * only marked, because a message of its own may be in hand. */
#include "os/clock.h"
#include "os/socket_stream.h"
#include "transport/proxy.h"
#include "transport/tcp_priv.h"

#include <string.h>

static const struct view pong = { "\r\n", 2 };

enum { RECORDS_A_TURN = 64 };

void tcp_way_watch(struct tcp_connection *c)
{
	/* The end of a half-closed connection can always be read: it is not looked for again. */
	bool is_answering = c->tls && tls_is_answering(c->tls);
	bool is_waiting = c->is_connecting || (c->tls && tls_wants_write(c->tls));
	int wanted = (c->is_shut || c->is_connecting || is_answering ? 0 : LOOP_READABLE) |
	             (is_waiting || (c->out.len > 0 && !c->is_shaking) ? LOOP_WRITABLE : 0);

	/* Nothing goes on before our key has signed. */
	if (c->tls && tls_is_parked(c->tls))
		wanted = 0;

	if (c->watch)
		(void)!loop_watch_change(c->watch, wanted);
}

/* ---- out ---- */

static void queue(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us)
{
	bool was_empty = c->out.len == 0;

	/* Half a message may have left: nothing after it would be understood. */
	if (held_out_put(&t->table->memory, &c->out, bytes, c->standing == TCP_STRANGER) !=
	    ERR_NONE) {
		counters_add(t->ports.counters, COUNT_send_failures, 1);
		tcp_table_doom(t->table, c, TCP_END_UNREAD);
		return;
	}
	if (!was_empty)
		return;
	c->progress_us = now_us;
	tcp_table_time(t->table, c);
	tcp_way_watch(c);
}

static void write_now(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us)
{
	enum err err = ERR_NONE;

	while (err == ERR_NONE && bytes.len > 0) {
		size_t sent = 0;

		err = tcp_tls_write(c, bytes, &sent);
		bytes = view_after(bytes, sent);
	}
	if (err == ERR_IO) {
		counters_add(t->ports.counters, COUNT_send_failures, 1);
		tcp_table_doom(t->table, c, TCP_END_GONE);
		return;
	}
	if (bytes.len > 0)
		queue(t, c, bytes, now_us);
}

static void parcel_leave(struct tcp *t, struct tcp_parcel *p, uint64_t now_us)
{
	struct tcp_connection *to = p->to;

	if (!to)
		return;
	p->to = NULL;
	write_now(t, to, view_bytes(p->bytes, p->len), now_us);
}

void tcp_way_leave(struct tcp *t, uint64_t now_us)
{
	for (size_t i = 0; i < TCP_PARCELS; i++)
		parcel_leave(t, &t->parcels[i], now_us);
}

static struct tcp_parcel *parcel_to(struct tcp *t, const struct tcp_connection *c)
{
	for (size_t i = 0; i < TCP_PARCELS; i++)
		if (t->parcels[i].to == c)
			return &t->parcels[i];
	return NULL;
}

void tcp_way_leave_one(struct tcp *t, const struct tcp_connection *c)
{
	struct tcp_parcel *p = parcel_to(t, c);

	if (p)
		parcel_leave(t, p, c->heard_us);
}

void tcp_way_write(struct tcp *t, struct tcp_connection *c, struct view bytes, uint64_t now_us)
{
	struct tcp_parcel *p = parcel_to(t, c);

	if (p && bytes.len > sizeof(p->bytes) - p->len) {
		parcel_leave(t, p, now_us);
		p = NULL;
	}
	if (c->out.len > 0 || c->is_connecting || c->is_shaking) {
		queue(t, c, bytes, now_us);
		return;
	}
	if (bytes.len > sizeof(p->bytes)) {
		write_now(t, c, bytes, now_us);
		return;
	}
	if (!p) {
		p = &t->parcels[t->next_parcel++ % TCP_PARCELS];
		parcel_leave(t, p, now_us);
		p->to = c;
		p->len = 0;
	}
	memcpy(p->bytes + p->len, bytes.at, bytes.len);
	p->len += bytes.len;
}

static void flush(struct tcp *t, struct tcp_connection *c, uint64_t now_us)
{
	while (c->out.len > 0) {
		size_t sent = 0;
		enum err err = tcp_tls_write(c, held_out_first(&c->out), &sent);

		if (err == ERR_AGAIN)
			break;
		if (err != ERR_NONE) {
			tcp_table_doom(t->table, c, TCP_END_GONE);
			return;
		}
		held_out_drop(&t->table->memory, &c->out, sent);
		c->progress_us = now_us;
	}
	if (c->out.len == 0)
		tcp_way_watch(c);
}

static bool is_websocket(const struct tcp_connection *c)
{
	return c->flow.transport == TRANSPORT_WS || c->flow.transport == TRANSPORT_WSS;
}

/* ---- a peer ---- */

static bool is_away(const struct tcp *t, const struct addr *remote, uint64_t now_us)
{
	for (size_t i = 0; i < MAX_TCP_AWAY; i++)
		if (now_us < t->away[i].until_us && addr_equal(&t->away[i].remote, remote))
			return true;
	return false;
}

static struct tcp_connection *connect_to(struct tcp *t, const struct flow *to, uint64_t now_us)
{
	struct tcp_connection *c;

	if (tcp_table_admit(t->table, to, TCP_PEER, now_us, &c) != ERR_NONE)
		return NULL;
	c->is_ours = c->is_connecting = true;
	list_append(&t->table->ours, &c->ours);
	/* Who waits for an answer is told at once either way. */
	if (is_away(t, &to->remote, now_us) || t->ports.connect(t->ports.context, to) != ERR_NONE)
		tcp_table_doom(t->table, c, TCP_END_UNREACHED);
	tcp_table_time(t->table, c);
	return c;
}

void tcp_send(struct tcp *t, const struct flow *to, struct view bytes, struct now now)
{
	struct tcp_connection *c = to->connection > 0 ? tcp_table_find(t->table, to->connection)
	                                              : tcp_table_ours(t->table, to);

	if (!c && to->connection == 0)
		c = connect_to(t, to, now.us);
	if (!c || c->end != TCP_END_NONE || bytes.len == 0 ||
	    !addr_equal(&c->flow.remote, &to->remote)) {
		counters_add(t->ports.counters, COUNT_send_failures, 1);
		return;
	}
	counters_add(t->ports.counters, COUNT_datagrams_sent, 1);
	if (is_websocket(c))
		ws_way_send(t, c, bytes, now.us);
	else
		tcp_way_write(t, c, bytes, now.us);
	if (c->standing != TCP_PEER && list_is_empty(&c->touched))
		list_append(&t->table->touched, &c->touched);
}

/* ---- in ---- */

/* The balancer's word about who is behind it; true once SIP may begin. */
static bool take_proxy_header(struct tcp *t, struct tcp_connection *c, struct view bytes,
                              size_t *ret_used)
{
	struct proxy_header header;
	bool is_blocked = false;
	enum tcp_standing standing;
	enum err err = proxy_read(bytes, &header);

	if (err == ERR_SHORT)
		return false;
	if (err != ERR_NONE) {
		tcp_table_doom(t->table, c, TCP_END_BROKEN);
		return false;
	}
	if (header.source.family != 0)
		c->flow.remote = header.source;
	*ret_used = header.size;
	standing = t->ports.standing(t->ports.context, &c->flow, &is_blocked);
	if (is_blocked) {
		tcp_table_doom(t->table, c, TCP_END_BLOCKED);
		return false;
	}
	c->is_expected = standing == TCP_PEER && flow_is_secure(&c->flow);
	if (tcp_table_unproxy(t->table, c, c->is_expected ? TCP_STRANGER : standing) == ERR_NONE)
		return true;
	tcp_table_doom(t->table, c, TCP_END_CROWDED);
	return false;
}

static size_t take_messages(struct tcp *t, struct tcp_connection *c, char *bytes, size_t len,
                            struct now now)
{
	const struct flow flow = c->flow;
	enum stream_step step = STREAM_BLANK;
	size_t used = 0;
	bool is_pinged = false;

	while (step != STREAM_MORE && c->end == TCP_END_NONE) {
		size_t n = 0;

		step = stream_next(&c->stream, view_bytes(bytes + used, len - used), &n);
		is_pinged = is_pinged || step == STREAM_PING;
		if (step == STREAM_BROKEN) {
			tcp_table_doom(t->table, c, TCP_END_BROKEN);
			n = len - used;
		}
		if (step == STREAM_MESSAGE)
			c->has_message = true;
		if (step == STREAM_MESSAGE || step == STREAM_BROKEN)
			t->ports.message(t->ports.context, &flow, bytes + used, n);
		used += n;
	}
	/* However many came together: it says that we live. */
	if (is_pinged && c->end == TCP_END_NONE) {
		counters_add(t->ports.counters, COUNT_dropped_keepalive, 1);
		tcp_way_write(t, c, pong, now.us);
	}
	return used;
}

static size_t take(struct tcp *t, struct tcp_connection *c, char *bytes, size_t len, struct now now)
{
	size_t used = 0;
	bool was_whole = c->begun_us == 0;

	c->has_spoken = true;
	c->heard_us = now.us;
	if (c->is_proxied && !take_proxy_header(t, c, view_bytes(bytes, len), &used)) {
		used = 0;
	} else if (c->is_shaking) {
		c->begun_us = 0;
		return used;
	} else {
		size_t header = used;

		if (is_websocket(c))
			used += ws_way_take(t, c, view_bytes(bytes + used, len - used), now);
		else
			used += take_messages(t, c, bytes + used, len - used, now);
		was_whole = was_whole || used > header;
	}
	if (c->ws)
		return len;
	if (used == len)
		c->begun_us = 0;
	else if (was_whole)
		c->begun_us = now.us;
	return used;
}

static void keep(struct tcp *t, struct tcp_connection *c, const char *bytes, size_t len)
{
	if (held_in_reserve(&t->table->memory, &c->in, len, c->standing == TCP_STRANGER) !=
	    ERR_NONE) {
		tcp_table_doom(t->table, c, TCP_END_MEMORY);
		return;
	}
	memcpy(c->in.at, bytes, len);
	c->in.len = (uint32_t)len;
}

static enum err read_on(struct tcp *t, struct tcp_connection *c, struct now now, size_t *ret_got)
{
	size_t wanted = c->in.len + 1, got = 0;
	enum err err;

	if (wanted < stream_need(&c->stream))
		wanted = stream_need(&c->stream);
	err = held_in_reserve(&t->table->memory, &c->in, wanted, c->standing == TCP_STRANGER);
	if (err != ERR_NONE) {
		tcp_table_doom(t->table, c, TCP_END_MEMORY);
		return ERR_NONE;
	}
	err = tcp_tls_read(c, c->in.at + c->in.len, c->in.size - c->in.len, &got);
	if (err != ERR_NONE)
		return err;
	*ret_got = got;
	c->in.len += (uint32_t)got;
	held_in_drop(&t->table->memory, &c->in, take(t, c, c->in.at, c->in.len, now));
	return ERR_NONE;
}

/* Most of what comes is whole and needs no memory of its own. */
static enum err read_fresh(struct tcp *t, struct tcp_connection *c, struct now now, size_t *ret_got)
{
	size_t got = 0, used;
	enum err err = tcp_tls_read(c, t->scratch, sizeof(t->scratch), &got);

	if (err != ERR_NONE)
		return err;
	*ret_got = got;
	used = take(t, c, t->scratch, got, now);
	if (used < got && c->end == TCP_END_NONE)
		keep(t, c, t->scratch + used, got - used);
	return ERR_NONE;
}

static void shut(struct tcp *t, struct tcp_connection *c, uint64_t now_us)
{
	/* Nothing was asked that an answer could be waited for, or half a message is there. */
	if (!c->has_message || c->in.len > 0 || c->ws) {
		tcp_table_doom(t->table, c, TCP_END_GONE);
		return;
	}
	c->is_shut = true;
	c->shut_us = now_us;
	tcp_way_watch(c);
}

/* How many bytes came. */
static size_t read_once(struct tcp *t, struct tcp_connection *c, struct now now)
{
	bool was_proxied = c->is_proxied;
	size_t got = 0;
	enum err err =
		c->in.len > 0 && !c->ws ? read_on(t, c, now, &got) : read_fresh(t, c, now, &got);

	if (err == ERR_CLOSED)
		shut(t, c, now.us);
	else if (err == ERR_IO)
		tcp_table_doom(t->table, c, TCP_END_GONE);
	if (was_proxied && !c->is_proxied && c->is_shaking && c->end == TCP_END_NONE)
		tcp_tls_begin(t, c);
	/* What came behind the header the socket does not tell of again. */
	if (was_proxied && c->tls && c->end == TCP_END_NONE)
		tcp_tls_shake(t, c, now);
	tcp_table_time(t->table, c);
	return got;
}

/* Whether it is to be read again in this turn, of which it has had so much. */
static bool may_go_on(const struct tcp_connection *c, int records, size_t bytes)
{
	return c->tls && c->end == TCP_END_NONE && !c->is_shut && !c->is_shaking &&
	       records < RECORDS_A_TURN && bytes < HELD_LARGE;
}

/* A record is opened as a whole: what is left of it the socket does not tell of again. Of those
 * that follow some are taken too: who sends a message in each would be heard once a rest. They
 * are together no more than what is read at once without TLS: others have their turn. */
static void read_in(struct tcp *t, struct tcp_connection *c, struct now now)
{
	size_t got, bytes = 0;
	int records = 0;

	do {
		got = read_once(t, c, now);
		bytes += got;
	} while (tcp_tls_has_more(c) || (got > 0 && may_go_on(c, ++records, bytes)));
	if (c->tls && c->end == TCP_END_NONE)
		tcp_way_watch(c);
}

void tcp_way_ready(struct tcp *t, struct tcp_connection *c, int what, struct now now)
{
	if (c->is_connecting && (what & LOOP_ERROR) != 0) {
		tcp_table_doom(t->table, c, TCP_END_UNREACHED);
		return;
	}
	if (c->is_connecting && (what & LOOP_WRITABLE) != 0) {
		c->is_connecting = false;
		c->heard_us = now.us;
		if (flow_is_secure(&c->flow))
			tcp_tls_begin(t, c);
		tcp_way_watch(c);
	}
	if (c->is_shaking && c->tls && c->end == TCP_END_NONE) {
		tcp_tls_shake(t, c, now);
		if (c->is_shaking || c->end != TCP_END_NONE)
			return;
		what |= LOOP_WRITABLE;
	}
	if ((what & LOOP_WRITABLE) != 0 && c->tls && tls_is_answering(c->tls))
		what |= LOOP_READABLE;
	if ((what & LOOP_WRITABLE) != 0 && c->end == TCP_END_NONE)
		flush(t, c, now.us);
	if ((what & LOOP_READABLE) != 0 && c->end == TCP_END_NONE)
		read_in(t, c, now);
}
