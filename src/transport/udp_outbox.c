/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: datagrams wait for a batch, each with the local address from which
 * it is to leave. What a successor needs to send them lies in the shared memory; what
 * the kernel is given is made from it, and never taken from what a dead worker left. */
#include "os/socket.h"
#include "transport/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Largest payload of IPv4; more cannot be sent as one datagram. */
enum { SEND_MAX = 65507, CONTROL_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };
enum { OUTBOX_MAGIC = 0x52464f31 };

struct parcel {
	struct sockaddr_storage name;
	_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
	struct iovec piece;
};

struct letter {
	struct flow to;
	uint32_t at, len; /* in bytes */
};

struct outbox_memory {
	uint32_t magic;
	_Atomic uint32_t count; /* letters that may not have been sent */
	struct letter letters[UDP_BATCH];
	char bytes[4 * UDP_DATAGRAM_MAX];
};

struct udp_outbox {
	struct outbox_memory *memory;
	const struct udp_listener *listeners;
	size_t listener_count;
	struct counters *counters;
	size_t count;
	size_t used;                                     /* of bytes */
	struct mmsghdr heads[UDP_BATCH], run[UDP_BATCH]; /* queued; being sent */
	uint16_t listener_of[UDP_BATCH];
	struct parcel parcels[UDP_BATCH];
};

size_t udp_outbox_size(void) { return sizeof(struct outbox_memory); }

void udp_outbox_close(struct udp_outbox **o)
{
	free(*o);
	*o = NULL;
}

/* Only a socket bound to a wildcard has to be told which of its addresses to use. */
static size_t put_local(struct parcel *p, const struct addr *local)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)p->control;
	struct in_pktinfo info4 = { 0 };
	struct in6_pktinfo info6 = { 0 };

	memset(p->control, 0, sizeof(p->control));
	if (local->family == 4) {
		memcpy(&info4.ipi_spec_dst, &local->bytes[12], 4);
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(info4)), IPPROTO_IP, IP_PKTINFO };
		memcpy(CMSG_DATA(c), &info4, sizeof(info4));
		return CMSG_SPACE(sizeof(info4));
	}
	memcpy(&info6.ipi6_addr, local->bytes, 16);
	*c = (struct cmsghdr){ CMSG_LEN(sizeof(info6)), IPPROTO_IPV6, IPV6_PKTINFO };
	memcpy(CMSG_DATA(c), &info6, sizeof(info6));
	return CMSG_SPACE(sizeof(info6));
}

/* The bytes stand where the letter says. False: it can go nowhere. */
static bool queue(struct udp_outbox *o, const struct letter *letter)
{
	const struct flow *to = &letter->to;
	const struct udp_listener *l = &o->listeners[to->listener];
	struct parcel *p = &o->parcels[o->count];
	socklen_t name_len = socket_name_of(&to->remote, &p->name);

	if (name_len == 0 || l->fd < 0 || to->remote.family != l->local.family)
		return false;
	o->memory->letters[o->count] = *letter;
	p->piece = (struct iovec){ o->memory->bytes + letter->at, letter->len };
	o->listener_of[o->count] = to->listener;
	o->heads[o->count] = (struct mmsghdr){ .msg_hdr = { .msg_name = &p->name,
		                                            .msg_namelen = name_len,
		                                            .msg_iov = &p->piece,
		                                            .msg_iovlen = 1 } };
	if (addr_kind(&l->local) == ADDR_UNSPECIFIED && to->local.family == l->local.family) {
		o->heads[o->count].msg_hdr.msg_control = p->control;
		o->heads[o->count].msg_hdr.msg_controllen = put_local(p, &to->local);
	}
	o->used = letter->at + letter->len;
	o->count++;
	atomic_store_explicit(&o->memory->count, (uint32_t)o->count, memory_order_release);
	return true;
}

void udp_send(struct udp_outbox *o, const struct flow *to, struct view bytes)
{
	struct letter letter = { .to = *to, .len = (uint32_t)bytes.len };

	if (to->listener < o->listener_count && bytes.len > 0 && bytes.len <= SEND_MAX) {
		if (o->count == UDP_BATCH || o->used + bytes.len > sizeof(o->memory->bytes))
			udp_flush(o);
		letter.at = (uint32_t)o->used;
		memcpy(o->memory->bytes + letter.at, bytes.at, bytes.len);
		if (queue(o, &letter))
			return;
	}
	counters_add(o->counters, COUNT_send_failures, 1);
}

/* Sends from `first` on, as far as it goes, up to `end`. Returns how many are done with. */
static size_t send_run(struct udp_outbox *o, int fd, size_t first, size_t end, bool *is_repeated)
{
	int sent =
		sendmmsg(fd, &o->run[first], (unsigned)(end - first), MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent > 0) {
		*is_repeated = false;
		counters_add(o->counters, COUNT_datagrams_sent, (uint64_t)sent);
		return (size_t)sent;
	}
	/* An ICMP answer to an earlier datagram is told with this send, which did not happen:
	 * once more. The same for a queue that was full just now; what fails twice is lost. */
	if (!*is_repeated) {
		*is_repeated = true;
		return 0;
	}
	*is_repeated = false;
	counters_add(o->counters, COUNT_send_failures, 1);
	return 1;
}

/* The parcels of one socket go as one run, in their order; the others move up. */
static size_t gather_run(struct udp_outbox *o, uint16_t listener)
{
	size_t run = 0, left = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (o->listener_of[i] == listener) {
			o->run[run++] = o->heads[i];
			continue;
		}
		o->heads[left] = o->heads[i];
		o->listener_of[left++] = o->listener_of[i];
	}
	o->count = left;
	return run;
}

void udp_flush(struct udp_outbox *o)
{
	while (o->count > 0) {
		uint16_t listener = o->listener_of[0];
		size_t end = gather_run(o, listener), done = 0;
		bool is_repeated = false;

		while (done < end)
			done += send_run(o, o->listeners[listener].fd, done, end, &is_repeated);
	}
	o->used = 0;
	atomic_store_explicit(&o->memory->count, 0, memory_order_release);
}

/* Where it died in the midst of sending, some go twice: a repetition is known as one. */
static void read_back(struct udp_outbox *o)
{
	struct outbox_memory *m = o->memory;
	uint32_t count = atomic_load(&m->count);

	if (m->magic != OUTBOX_MAGIC || count > UDP_BATCH)
		count = 0;
	m->magic = OUTBOX_MAGIC;
	atomic_store(&m->count, 0);
	for (uint32_t i = 0; i < count; i++) {
		struct letter letter = m->letters[i];

		if (letter.to.listener < o->listener_count && letter.len > 0 &&
		    letter.len <= SEND_MAX && letter.at <= sizeof(m->bytes) - letter.len)
			(void)queue(o, &letter);
	}
}

enum err udp_outbox_open(const struct shared_map *memory, const struct udp_listener *listeners,
                         size_t listener_count, struct counters *counters, struct udp_outbox **ret)
{
	struct udp_outbox *o;

	if (memory->size < sizeof(*o->memory))
		return ERR_SHORT;
	if (listener_count > MAX_LISTENERS)
		return ERR_LIMIT;
	o = calloc(1, sizeof(*o));
	if (!o)
		return ERR_NO_MEMORY;
	o->memory = memory->at;
	o->listeners = listeners;
	o->listener_count = listener_count;
	o->counters = counters;
	read_back(o);
	*ret = o;
	return ERR_NONE;
}
