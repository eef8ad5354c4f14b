/* SPDX-License-Identifier: Apache-2.0 */
/* Connections made, waited for and ended. */
#include "media/link_priv.h"

#include "os/socket.h"
#include "os/socket_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum err media_link_new(struct media_relay *r)
{
	size_t count = 0;

	for (uint32_t i = 0; i < r->pair_count; i++)
		count += r->table->pairs[i].kind == PORT_STREAM;
	if (count == 0)
		return ERR_NONE;
	/* Pages that no message touched cost nothing. */
	r->links = calloc(count, sizeof(*r->links));
	r->link_memory = calloc(count, 2 * (size_t)LINK_BUFFER);
	if (!r->links || !r->link_memory)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < r->pair_count; i++) {
		struct relay_link *l = &r->links[r->link_count];

		if (r->table->pairs[i].kind != PORT_STREAM)
			continue;
		*l = (struct relay_link){ .listener = -1, .fd = -1, .row = i };
		l->in = r->link_memory + 2 * (size_t)LINK_BUFFER * r->link_count;
		l->out = l->in + LINK_BUFFER;
		r->pairs[i].link = l;
		r->link_count++;
	}
	return ERR_NONE;
}

void media_link_free(struct media_relay *r)
{
	for (uint32_t i = 0; i < r->link_count; i++) {
		media_link_close(r, &r->links[i]);
		socket_close(&r->links[i].listener);
	}
	media_link_tls_free(r);
	free(r->links);
	free(r->link_memory);
}

enum err media_relay_give_stream(struct media_relay *r, uint32_t index, int fd)
{
	struct relay_link *l = index < r->pair_count ? r->pairs[index].link : NULL;

	if (!l)
		return ERR_LIMIT;
	if (l->listener >= 0)
		return ERR_EXISTS;
	l->listener = fd;
	return ERR_NONE;
}

struct relay_link *media_link_other(const struct media_relay *r, const struct relay_link *l)
{
	return r->pairs[l->stream->pairs[l->leg ^ 1]].link;
}

/* ---- the states ---- */

static void enter(struct relay_link *l, enum link_state state, uint64_t now_us)
{
	l->state = (uint8_t)state;
	l->since_us = now_us;
}

static void stop_listening(struct media_relay *r, struct relay_link *l)
{
	if (l->state != LINK_LISTENING)
		return;
	(void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, l->listener, NULL);
	socket_stream_deafen(l->listener);
}

static void drop(struct media_relay *r, struct relay_link *l)
{
	stop_listening(r, l);
	media_link_tls_end(l);
	/* Closed, it is out of the set. */
	socket_close(&l->fd);
	l->in_len = l->out_len = 0;
	l->interest = 0;
	l->partial_us = 0;
	l->is_stuck = false;
	l->talk = (struct mrcp_talk){ 0 };
	l->state = LINK_IDLE;
}

void media_link_end(struct media_relay *r, struct relay_link *l, enum counter why)
{
	struct relay_link *other = media_link_other(r, l);

	if (l->state == LINK_ENDED)
		return;
	counters_add(r->ports.counters, why, 1);
	drop(r, l);
	l->state = LINK_ENDED;
	/* Half a channel is none: who asks learns at once that nobody hears. */
	if (l->stream->flow.form == MEDIA_MRCP && other && other->state != LINK_ENDED) {
		drop(r, other);
		other->state = LINK_ENDED;
	}
}

void media_link_open(struct relay_link *l, struct relay_stream *s, uint8_t leg)
{
	l->stream = s;
	l->leg = leg;
	l->strangers = 0;
	l->wanted = (struct order_connect){ 0 };
}

void media_link_close(struct media_relay *r, struct relay_link *l)
{
	drop(r, l);
	l->stream = NULL;
}

/* ---- begun ---- */

static const struct order_leg *order_of(const struct relay_link *l)
{
	return &l->stream->flow.legs[l->leg].order;
}

static enum err listen_for(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	struct epoll_event wanted = { .events = EPOLLIN,
		                      .data.u64 = relay_link_event_of(l->row, true) };

	if (socket_stream_hear(l->listener) != ERR_NONE)
		return ERR_IO;
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, l->listener, &wanted) != 0) {
		socket_stream_deafen(l->listener);
		return ERR_IO;
	}
	enter(l, LINK_LISTENING, now_us);
	return ERR_NONE;
}

static enum err ask_for(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	if (!r->ports.connect || !r->ports.connect(r->ports.context, l->row, &order_of(l)->remote))
		return ERR_IO;
	enter(l, LINK_ASKED, now_us);
	return ERR_NONE;
}

enum err media_link_order(struct media_relay *r, struct relay_link *l,
                          const struct order_connect *o, uint64_t now_us)
{
	if (order_of(l)->carrier == MEDIA_UDP || !order_of(l)->is_known ||
	    o->channel_len > MAX_ORDER_CHANNEL)
		return ERR_SYNTAX;
	if (memcmp(&l->wanted, o, sizeof(*o)) == 0)
		return ERR_NONE;
	drop(r, l);
	l->wanted = *o;
	if (!o->is_active)
		return listen_for(r, l, now_us);
	/* Either end might have connected until now. */
	socket_stream_deafen(l->listener);
	return ask_for(r, l, now_us);
}

/* ---- there ---- */

void media_link_watch(struct media_relay *r, struct relay_link *l)
{
	bool is_full = l->in_len == LINK_BUFFER || l->is_stuck;
	struct epoll_event wanted = { .data.u64 = relay_link_event_of(l->row, false) };

	if (l->fd < 0)
		return;
	wanted.events = (is_full ? 0U : (uint32_t)EPOLLIN) |
	                (l->out_len > 0 || l->state == LINK_CONNECTING ? (uint32_t)EPOLLOUT : 0U);
	if (media_link_is_barred(l))
		wanted.events = 0;
	if (wanted.events == l->interest)
		return;
	l->interest = wanted.events;
	if (epoll_ctl(r->epoll, EPOLL_CTL_MOD, l->fd, &wanted) != 0)
		media_link_end(r, l, COUNT_link_failures);
}

void media_link_bar(struct media_relay *r, struct relay_stream *s, uint64_t now_us)
{
	for (size_t i = 0; i < 2; i++) {
		struct relay_link *l = r->pairs[s->pairs[i]].link;

		if (!l || l->state != LINK_UP)
			continue;
		media_link_flush(r, l);
		if (l->state == LINK_UP)
			media_link_pump(r, l, now_us);
	}
}

static void shake(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	enum err err = media_link_tls_shake(l);

	if (err == ERR_AGAIN)
		return;
	if (err != ERR_NONE) {
		media_link_end(r, l, COUNT_link_certificates);
		return;
	}
	enter(l, LINK_UP, now_us);
	media_link_pump(r, l, now_us);
}

/* The connection is made. */
static void begin(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	struct relay_link *other = media_link_other(r, l);

	counters_add(r->ports.counters, COUNT_links_made, 1);
	if (order_of(l)->carrier == MEDIA_TLS) {
		enter(l, LINK_SHAKING, now_us);
		if (media_link_tls_begin(r, l) != ERR_NONE)
			media_link_end(r, l, COUNT_link_certificates);
		else
			shake(r, l, now_us);
	} else {
		enter(l, LINK_UP, now_us);
	}
	/* What the other end said meanwhile. */
	if (l->state == LINK_UP && other && other->state == LINK_UP)
		media_link_pump(r, other, now_us);
	if (l->fd >= 0)
		media_link_watch(r, l);
}

static void take(struct media_relay *r, struct relay_link *l, int fd, enum link_state state)
{
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLOUT,
		                      .data.u64 = relay_link_event_of(l->row, false) };

	l->fd = fd;
	l->state = (uint8_t)state;
	l->interest = wanted.events;
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &wanted) != 0)
		media_link_end(r, l, COUNT_link_failures);
}

void media_relay_connected(struct media_relay *r, uint32_t index, const struct addr *remote, int fd,
                           uint64_t now_us)
{
	struct relay_link *l = index < r->pair_count ? r->pairs[index].link : NULL;

	if (!l || !l->stream || l->state != LINK_ASKED ||
	    !addr_equal(&order_of(l)->remote, remote)) {
		socket_close(&fd);
		return;
	}
	if (fd < 0) {
		media_link_end(r, l, COUNT_link_failures);
		return;
	}
	l->since_us = now_us;
	take(r, l, fd, LINK_CONNECTING);
}

static bool is_end_of_call(const struct relay_link *l, const struct addr *from)
{
	const struct order_leg *o = order_of(l);

	return addr_same_host(from,
	                      o->trust == TRUST_PORT_AT_SIGNALLING ? &o->signalling : &o->remote);
}

static void accept_one(struct media_relay *r, struct relay_link *l, uint64_t now_us)
{
	struct addr from;
	int fd;

	if (l->state != LINK_LISTENING || socket_accept(l->listener, &from, &fd) != ERR_NONE)
		return;
	if (is_end_of_call(l, &from)) {
		stop_listening(r, l);
		take(r, l, fd, LINK_CONNECTING);
		if (l->state == LINK_CONNECTING)
			begin(r, l, now_us);
		return;
	}
	socket_close(&fd);
	counters_add(r->ports.counters, COUNT_link_strangers, 1);
	if (++l->strangers == LINK_STRANGERS)
		media_link_end(r, l, COUNT_link_failures);
}

void media_link_event(struct media_relay *r, uint64_t event, uint32_t what, uint64_t now_us)
{
	uint32_t row = (uint32_t)(event >> 1);
	struct relay_link *l = row < r->pair_count ? r->pairs[row].link : NULL;

	if (!l || !l->stream)
		return;
	if (event & 1) {
		accept_one(r, l, now_us);
		return;
	}
	if (l->fd < 0)
		return;
	if (l->state == LINK_CONNECTING) {
		if (what & (EPOLLERR | EPOLLHUP))
			media_link_end(r, l, COUNT_link_failures);
		else if (what & EPOLLOUT)
			begin(r, l, now_us);
		return;
	}
	if (l->state == LINK_SHAKING)
		shake(r, l, now_us);
	if (l->state == LINK_UP && what & EPOLLOUT)
		media_link_flush(r, l);
	if (l->state == LINK_UP)
		media_link_pump(r, l, now_us);
	/* Gone, and what it said is taken, or never will be. */
	if (l->fd >= 0 && what & (EPOLLERR | EPOLLHUP))
		media_link_end(r, l, COUNT_links_ended);
	else if (l->fd >= 0)
		media_link_watch(r, l);
}

static bool is_late(const struct relay_link *l, uint64_t now_us)
{
	if (l->state == LINK_UP)
		return l->partial_us != 0 && now_since(now_us, l->partial_us) >= LINK_MESSAGE_US;
	return l->state != LINK_IDLE && l->state != LINK_ENDED &&
	       now_since(now_us, l->since_us) >= LINK_CONNECT_US;
}

void media_link_tick(struct media_relay *r, uint64_t now_us)
{
	for (uint32_t i = 0; i < r->link_count; i++) {
		struct relay_link *l = &r->links[i];

		if (l->stream && is_late(l, now_us))
			media_link_end(r, l, COUNT_link_late);
	}
}
