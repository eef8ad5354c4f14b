/* SPDX-License-Identifier: Apache-2.0 */
/* The inbox: its layout in shared memory and its reading back. The heads that
 * recvmmsg fills lie in the shared memory too, since the kernel writes each
 * msg_len as it goes: a worker that dies before it could say how many messages
 * came leaves lengths that are not zero. The pointers in the heads are set anew
 * before each use and never taken from what a dead worker left. */
#include "transport/udp.h"

#include "os/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { INBOX_MAGIC = 0x52464931, CONTROL_SIZE = 256 };
/* Beginnings of datagrams that lie a power of two apart push each other out of the cache. */
enum { UDP_ROW = UDP_DATAGRAM_MAX + 9 * 64 };
enum inbox_phase { PHASE_EMPTY, PHASE_RECEIVING, PHASE_READING };

struct letter {
	struct sockaddr_storage name;
	_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
	struct iovec piece;
};

struct inbox_memory {
	uint32_t magic, version;
	_Atomic uint32_t phase;   /* enum inbox_phase */
	_Atomic uint32_t count;   /* messages of the batch */
	_Atomic uint32_t next;    /* the first that nobody has taken yet */
	_Atomic uint32_t in_hand; /* index + 1 of the message being worked on, 0: none */
	uint16_t listener;
	struct mmsghdr heads[UDP_BATCH];
	struct letter letters[UDP_BATCH];
	char bytes[UDP_BATCH][UDP_ROW];
};

struct udp_inbox {
	struct inbox_memory *memory;
	const struct udp_listener *listeners;
	size_t listener_count;
	uint16_t listener;
	uint32_t count;
	struct counters *counters;
	uint32_t aside;             /* index + 1 */
	uint32_t spent;             /* heads from the first on that are to be laid out anew */
	bool is_any[MAX_LISTENERS]; /* bound to a wildcard: each datagram says where it came */
};

size_t udp_inbox_size(void) { return sizeof(struct inbox_memory); }

/* How many messages the kernel had filled when the worker died in recvmmsg. */
static uint32_t filled(const struct inbox_memory *m)
{
	uint32_t count = 0;

	while (count < UDP_BATCH && m->heads[count].msg_len > 0)
		count++;
	return count;
}

static void read_back(struct udp_inbox *i)
{
	struct inbox_memory *m = i->memory;
	uint32_t phase = atomic_load(&m->phase), next = atomic_load(&m->next),
		 in_hand = atomic_load(&m->in_hand);

	i->count = phase == PHASE_RECEIVING ? filled(m) : atomic_load(&m->count);
	if (phase == PHASE_EMPTY || phase > PHASE_READING || i->count > UDP_BATCH ||
	    m->listener >= i->listener_count) {
		i->count = 0;
		next = 0;
	} else {
		i->listener = m->listener;
		if (phase == PHASE_RECEIVING)
			next = 0;
		else if (in_hand > 0 && in_hand <= i->count)
			i->aside = in_hand;
	}
	atomic_store(&m->in_hand, 0);
	atomic_store(&m->next, next < i->count ? next : i->count);
	atomic_store(&m->count, i->count);
	atomic_store(&m->phase, i->count > 0 ? PHASE_READING : PHASE_EMPTY);
}

enum err udp_inbox_open(const struct shared_map *memory, const struct udp_listener *listeners,
                        size_t listener_count, struct udp_inbox **ret)
{
	struct udp_inbox *i;
	struct inbox_memory *m = memory->at;

	if (memory->size < sizeof(*m))
		return ERR_SHORT;
	if (listener_count > MAX_LISTENERS)
		return ERR_LIMIT;
	i = calloc(1, sizeof(*i));
	if (!i)
		return ERR_NO_MEMORY;
	i->memory = m;
	i->listeners = listeners;
	i->listener_count = listener_count;
	i->spent = UDP_BATCH;
	for (size_t row = 0; row < listener_count; row++)
		i->is_any[row] = addr_kind(&listeners[row].local) == ADDR_UNSPECIFIED;
	m->magic = INBOX_MAGIC;
	m->version = 1;
	read_back(i);
	*ret = i;
	return ERR_NONE;
}

void udp_inbox_close(struct udp_inbox **i)
{
	free(*i);
	*i = NULL;
}

static void letter_lay_out(struct inbox_memory *m, uint32_t index)
{
	struct letter *l = &m->letters[index];

	l->piece = (struct iovec){ m->bytes[index], UDP_DATAGRAM_MAX };
	m->heads[index] = (struct mmsghdr){ .msg_hdr = { .msg_name = &l->name,
		                                         .msg_namelen = sizeof(l->name),
		                                         .msg_iov = &l->piece,
		                                         .msg_iovlen = 1,
		                                         .msg_control = l->control,
		                                         .msg_controllen = sizeof(l->control) } };
}

enum err udp_receive(struct udp_inbox *i, uint16_t listener, struct counters *counters)
{
	struct inbox_memory *m = i->memory;
	int got;

	if (atomic_load_explicit(&m->next, memory_order_relaxed) < i->count)
		return ERR_EXISTS;
	if (listener >= i->listener_count || i->listeners[listener].fd < 0)
		return ERR_NOT_FOUND;
	for (uint32_t index = 0; index < i->spent; index++)
		letter_lay_out(m, index);
	i->aside = 0;
	i->counters = counters;
	i->listener = m->listener = listener;
	atomic_store_explicit(&m->in_hand, 0, memory_order_relaxed);
	atomic_store_explicit(&m->phase, PHASE_RECEIVING, memory_order_release);
	got = recvmmsg(i->listeners[listener].fd, m->heads, UDP_BATCH, MSG_DONTWAIT, NULL);
	i->count = got > 0 ? (uint32_t)got : 0;
	/* And the one that failed, if one did. */
	i->spent = i->count < UDP_BATCH ? i->count + 1 : UDP_BATCH;
	atomic_store_explicit(&m->next, 0, memory_order_relaxed);
	atomic_store_explicit(&m->count, i->count, memory_order_relaxed);
	atomic_store_explicit(&m->phase, got > 0 ? PHASE_READING : PHASE_EMPTY,
	                      memory_order_release);
	if (got > 0)
		return ERR_NONE;
	/* A pending ICMP error comes out of recvmmsg too; it is told by udp_errors. */
	if (got == 0 || errno == EAGAIN || errno == ECONNREFUSED || errno == EHOSTUNREACH ||
	    errno == ENETUNREACH || errno == EINTR)
		return ERR_AGAIN;
	return ERR_IO;
}

uint32_t udp_received(const struct udp_inbox *i) { return i->count; }

/* The address at which it was received, from the control messages. */
static bool local_of(struct msghdr *head, struct addr *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		struct sockaddr_storage name = { 0 };
		struct sockaddr_in v4 = { .sin_family = AF_INET };
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
		struct in_pktinfo info4;
		struct in6_pktinfo info6;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		    c->cmsg_len >= CMSG_LEN(sizeof(info4))) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			v4.sin_addr = info4.ipi_addr;
			memcpy(&name, &v4, sizeof(v4));
			return socket_addr_of(&name, sizeof(v4), ret);
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
		    c->cmsg_len >= CMSG_LEN(sizeof(info6))) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			v6.sin6_addr = info6.ipi6_addr;
			memcpy(&name, &v6, sizeof(v6));
			return socket_addr_of(&name, sizeof(v6), ret);
		}
	}
	return false;
}

/* Reads one letter. Lengths in the shared memory are checked, its pointers never used. */
static bool letter_read(struct udp_inbox *i, uint32_t index, struct udp_datagram *ret)
{
	struct inbox_memory *m = i->memory;
	const struct udp_listener *l = &i->listeners[i->listener];
	struct letter *letter = &m->letters[index];
	struct msghdr head = { .msg_control = letter->control,
		               .msg_controllen = m->heads[index].msg_hdr.msg_controllen };
	socklen_t name_len = m->heads[index].msg_hdr.msg_namelen;
	size_t len = m->heads[index].msg_len;

	if (head.msg_controllen > sizeof(letter->control) || name_len > sizeof(letter->name) ||
	    len > UDP_DATAGRAM_MAX)
		return false;
	if ((m->heads[index].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return false;
	ret->flow = (struct flow){ .listener = i->listener,
		                   .side = l->side,
		                   .transport = TRANSPORT_UDP,
		                   .local = l->local };
	if (!socket_addr_of(&letter->name, name_len, &ret->flow.remote) ||
	    ret->flow.remote.port == 0)
		return false;
	/* A socket that is bound to one address needs no word about it. */
	if (i->is_any[i->listener] && !local_of(&head, &ret->flow.local))
		return false;
	ret->flow.local.port = l->local.port;
	ret->bytes = m->bytes[index];
	ret->len = len;
	return true;
}

bool udp_inbox_aside(struct udp_inbox *i, struct udp_datagram *ret)
{
	uint32_t index = i->aside;

	i->aside = 0;
	return index > 0 && letter_read(i, index - 1, ret);
}

bool udp_next(struct udp_inbox *i, struct udp_datagram *ret)
{
	struct inbox_memory *m = i->memory;

	for (;;) {
		uint32_t index = atomic_load_explicit(&m->next, memory_order_relaxed);

		atomic_store_explicit(&m->in_hand, 0, memory_order_release);
		if (index >= i->count) {
			atomic_store_explicit(&m->phase, PHASE_EMPTY, memory_order_release);
			return false;
		}
		/* In hand first: should the death fall between the two stores, the message
		 * is set aside and, being taken, not fed again. */
		atomic_store_explicit(&m->in_hand, index + 1, memory_order_release);
		atomic_store_explicit(&m->next, index + 1, memory_order_release);
		if (letter_read(i, index, ret))
			return true;
		/* The border counts what it is given; this it never sees. */
		if (i->counters) {
			counters_add(i->counters, COUNT_datagrams_received, 1);
			counters_add(i->counters, COUNT_dropped_size, 1);
		}
	}
}

size_t udp_errors(struct udp_inbox *i, uint16_t listener,
                  void (*unreachable)(void *context, const struct flow *flow), void *context)
{
	size_t count = 0;

	if (listener >= i->listener_count || i->listeners[listener].fd < 0)
		return 0;
	for (size_t reads = 0; reads < UDP_BATCH; reads++) {
		struct flow flow = { .listener = listener,
			             .side = i->listeners[listener].side,
			             .transport = TRANSPORT_UDP,
			             .local = i->listeners[listener].local };
		enum err err = socket_error_read(i->listeners[listener].fd, &flow.remote);

		if (err == ERR_AGAIN)
			break;
		if (err != ERR_NONE)
			continue;
		unreachable(context, &flow);
		count++;
	}
	return count;
}
