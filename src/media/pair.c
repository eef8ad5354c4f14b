/* SPDX-License-Identifier: Apache-2.0 */
/* A port pair taken into use and given back. */
#include "media/relay_priv.h"

#include "os/socket.h"

#include <sys/epoll.h>

/* More than a receive buffer holds of the smallest datagrams, so that draining
 * ends though somebody sends faster than we read. */
enum { MAX_DRAINED = 4096 };

/* The kernel counts its own keeping too and takes twice that: over a second of a call. */
enum { RECEIVE_BYTES = 104 * 1024 };

static void drain(struct media_relay *r, int fd)
{
	counters_add(r->ports.counters, COUNT_media_dropped_idle, socket_drain(fd, MAX_DRAINED));
}

static void close_socket(struct media_relay *r, int fd)
{
	(void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, fd, NULL);
	/* Not deaf, an idle socket holds kernel memory, but says nothing. */
	(void)!socket_deafen(fd);
	drain(r, fd);
}

static enum err open_socket(struct media_relay *r, int fd, uint64_t event)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.u64 = event };
	enum err err = socket_hear(fd, RECEIVE_BYTES);

	if (err != ERR_NONE)
		return err;
	drain(r, fd);
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &wanted) == 0)
		return ERR_NONE;
	close_socket(r, fd);
	return ERR_IO;
}

enum err media_pair_open(struct media_relay *r, uint32_t index, struct relay_stream *s, uint8_t leg)
{
	struct relay_pair *p = &r->pairs[index];
	enum err err = open_socket(r, p->rtp, relay_event_of(index, false));

	if (err != ERR_NONE)
		return err;
	err = open_socket(r, p->rtcp, relay_event_of(index, true));
	if (err != ERR_NONE) {
		close_socket(r, p->rtp);
		return err;
	}
	p->stream = s;
	p->leg = leg;
	return ERR_NONE;
}

void media_pair_close(struct media_relay *r, uint32_t index)
{
	struct relay_pair *p = &r->pairs[index];

	close_socket(r, p->rtp);
	close_socket(r, p->rtcp);
	p->stream = NULL;
}

enum err media_relay_give_pair(struct media_relay *r, uint32_t index, int rtp, int rtcp)
{
	struct relay_pair *p;

	if (index >= r->pair_count)
		return ERR_LIMIT;
	p = &r->pairs[index];
	if (p->rtp >= 0)
		return ERR_EXISTS;
	/* A predecessor that died may have left the port open. */
	if (socket_deafen(rtp) != ERR_NONE || socket_deafen(rtcp) != ERR_NONE)
		return ERR_IO;
	drain(r, rtp);
	drain(r, rtcp);
	p->rtp = rtp;
	p->rtcp = rtcp;
	return ERR_NONE;
}
