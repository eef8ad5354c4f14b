/* SPDX-License-Identifier: Apache-2.0 */
/* A port pair taken into use and given back. */
#include "media/link_priv.h"

#include "os/socket.h"

#include <sys/epoll.h>

/* More than a receive buffer holds of the smallest datagrams, so that draining
 * ends though somebody sends faster than we read. */
enum { MAX_DRAINED = 4096 };

/* An end sends a few packets more than it ought to when a call is over. */
enum { MAX_KNOCKS = 8 };

/* Enough for all that can be waiting; who floods faster gets his ports drained one by one. */
enum { MAX_SWEEP_TURNS = 16 };

/* The kernel counts its own keeping too and takes twice that: over a second of a call. */
enum { RECEIVE_BYTES = 104 * 1024 };

static void drain(struct media_relay *r, int fd)
{
	counters_add(r->ports.counters, COUNT_media_dropped_idle, socket_drain(fd, MAX_DRAINED));
}

static void unwatch(struct media_relay *r, struct relay_socket *s)
{
	(void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, s->fd, NULL);
	s->is_watched = false;
}

static enum err watch(struct media_relay *r, struct relay_socket *s, uint64_t event)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = event };

	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, s->fd, &wanted) != 0)
		return ERR_IO;
	s->is_watched = true;
	return ERR_NONE;
}

void media_pair_sweep(struct media_relay *r, uint64_t now_us)
{
	bool has_more = true;

	if (r->looked_us == now_us)
		return;
	for (int i = 0; i < MAX_SWEEP_TURNS && has_more; i++)
		has_more = media_relay_turn(r, now_us);
	r->looked_us = now_us;
	r->is_swept = !has_more;
	r->sweeps += r->is_swept;
}

/* Whether what is in it may have come before. */
static bool is_stale(const struct media_relay *r, const struct relay_pair *p,
                     const struct relay_socket *s)
{
	return !s->is_watched || !r->is_swept || p->closed_at == r->sweeps;
}

enum err media_pair_open(struct media_relay *r, uint32_t index, struct relay_stream *s, uint8_t leg)
{
	struct relay_pair *p = &r->pairs[index];

	if (p->link)
		media_link_open(p->link, s, leg);
	for (size_t i = 0; i < RELAY_SOCKETS && !p->link; i++) {
		struct relay_socket *socket = &p->sockets[i];

		socket->knocks = 0;
		if (is_stale(r, p, socket))
			drain(r, socket->fd);
		if (!socket->is_watched &&
		    watch(r, socket, relay_event_of(index, i == RELAY_RTCP)) != ERR_NONE)
			return ERR_IO;
	}
	p->stream = s;
	p->leg = leg;
	p->path = index;
	return ERR_NONE;
}

void media_pair_hear(struct relay_socket *s)
{
	s->is_hearing = socket_hear(s->fd, RECEIVE_BYTES) == ERR_NONE;
}

void media_pair_knock(struct media_relay *r, uint64_t event)
{
	struct relay_socket *s = &r->pairs[event >> 1].sockets[event & 1];

	drain(r, s->fd);
	if (++s->knocks >= MAX_KNOCKS)
		unwatch(r, s);
}

void media_pair_close(struct media_relay *r, uint32_t index)
{
	struct relay_pair *p = &r->pairs[index];

	if (p->link)
		media_link_close(r, p->link);
	for (size_t i = 0; i < RELAY_SOCKETS && !p->link; i++) {
		struct relay_socket *s = &p->sockets[i];

		/* Not deaf, an idle socket holds kernel memory, but says nothing. */
		if (s->is_hearing)
			(void)!socket_deafen(s->fd);
		s->is_hearing = false;
	}
	p->stream = NULL;
	p->closed_at = r->sweeps;
}

enum err media_relay_give_pair(struct media_relay *r, uint32_t index, int rtp, int rtcp)
{
	struct relay_pair *p;

	if (index >= r->pair_count)
		return ERR_LIMIT;
	p = &r->pairs[index];
	if (p->sockets[RELAY_RTP].fd >= 0 || p->link)
		return ERR_EXISTS;
	/* A predecessor that died may have left the port open. */
	if (socket_deafen(rtp) != ERR_NONE || socket_deafen(rtcp) != ERR_NONE)
		return ERR_IO;
	p->sockets[RELAY_RTP].fd = rtp;
	p->sockets[RELAY_RTCP].fd = rtcp;
	for (size_t i = 0; i < RELAY_SOCKETS; i++) {
		drain(r, p->sockets[i].fd);
		/* From now on, so that no call waits for it; where it failed, the call tries. */
		(void)!watch(r, &p->sockets[i], relay_event_of(index, i == RELAY_RTCP));
	}
	return ERR_NONE;
}
