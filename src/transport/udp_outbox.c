/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: datagrams wait for a batch, each with the local address from which
 * it is to leave; those that the kernel may take as one are given as one. What a successor
 * needs to send them lies in the shared memory; what the kernel is given is made from it, and
 * never taken from what a dead worker left. */
#include "os/socket.h"
#include "transport/bunch.h"
#include "transport/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Largest payload of IPv4; more cannot be sent as one datagram. */
enum { SEND_MAX = 65507 };
enum { SEGMENT_SIZE = CMSG_SPACE(sizeof(uint16_t)) };
enum { CONTROL_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)) + SEGMENT_SIZE };
/* Of what is joined each must fit a packet by itself: what an Ethernet carries over IPv6. */
enum { JOINED_MOST = 1452 };
enum { OUTBOX_MAGIC = 0x52464f32 };

struct parcel {
	struct sockaddr_storage name;
	socklen_t name_len;
	size_t control_len; /* without SEGMENT_SIZE */
	_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
};

struct letter {
	struct flow to;
	uint32_t at, len; /* in bytes */
};

struct outbox_memory {
	uint32_t magic;
	_Atomic uint32_t count; /* letters that may not have been sent */
	struct letter letters[BUNCH_LETTERS];
	char bytes[4 * UDP_DATAGRAM_MAX];
};

struct udp_outbox {
	struct outbox_memory *memory;
	const struct udp_listener *listeners;
	size_t listener_count;
	struct counters *counters;
	size_t count;
	size_t used;                   /* of bytes */
	size_t joined[MAX_LISTENERS];  /* longest that are joined; 0: none */
	struct flow to[BUNCH_LETTERS]; /* as they were queued */
	struct bunch_letter letters[BUNCH_LETTERS];
	struct parcel parcels[BUNCH_LETTERS];
	struct iovec pieces[BUNCH_LETTERS];                      /* as they leave */
	struct mmsghdr heads[BUNCH_LETTERS], run[BUNCH_LETTERS]; /* bunches; being sent */
	uint16_t listener_of[BUNCH_LETTERS];
	struct bunches bunches;
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

	p->name_len = socket_name_of(&to->remote, &p->name);
	if (p->name_len == 0 || l->fd < 0 || to->remote.family != l->local.family)
		return false;
	p->control_len = 0;
	if (addr_kind(&l->local) == ADDR_UNSPECIFIED && to->local.family == l->local.family)
		p->control_len = put_local(p, &to->local);
	o->memory->letters[o->count] = *letter;
	o->to[o->count] = *to;
	o->letters[o->count] =
		(struct bunch_letter){ .to = &o->to[o->count],
		                       .bytes = view_bytes(o->memory->bytes + letter->at,
		                                           letter->len),
		                       .is_alone = letter->len > o->joined[to->listener] };
	o->used = letter->at + letter->len;
	o->count++;
	atomic_store_explicit(&o->memory->count, (uint32_t)o->count, memory_order_release);
	return true;
}

void udp_send(struct udp_outbox *o, const struct flow *to, struct view bytes)
{
	struct letter letter = { .to = *to, .len = (uint32_t)bytes.len };

	if (to->listener < o->listener_count && bytes.len > 0 && bytes.len <= SEND_MAX) {
		if (o->count == BUNCH_LETTERS || o->used + bytes.len > sizeof(o->memory->bytes))
			udp_flush(o);
		letter.at = (uint32_t)o->used;
		memcpy(o->memory->bytes + letter.at, bytes.at, bytes.len);
		if (queue(o, &letter))
			return;
	}
	counters_add(o->counters, COUNT_send_failures, 1);
}

/* Sends as far as it goes. Returns how many are done with; 0: the first is a bunch that was
 * refused, and errno says why. */
static size_t send_run(struct udp_outbox *o, int fd, struct mmsghdr *run, size_t count)
{
	bool is_repeated = false;

	for (;;) {
		int sent = sendmmsg(fd, run, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
		size_t letters = 0;

		for (int i = 0; i < sent; i++)
			letters += run[i].msg_hdr.msg_iovlen;
		counters_add(o->counters, COUNT_datagrams_sent, letters);
		if (sent > 0)
			return (size_t)sent;
		if (run->msg_hdr.msg_iovlen > 1)
			return 0;
		/* An ICMP answer to an earlier datagram is told with this send, which did not
		 * happen: once more. The same for a queue that was full just now; what fails
		 * twice is lost. */
		if (is_repeated)
			break;
		is_repeated = true;
	}
	counters_add(o->counters, COUNT_send_failures, 1);
	return 1;
}

/* One by one, what the kernel did not take as one. */
static void send_apart(struct udp_outbox *o, int fd, const struct mmsghdr *bunch)
{
	struct mmsghdr one = *bunch;

	one.msg_hdr.msg_iovlen = 1;
	one.msg_hdr.msg_controllen -= SEGMENT_SIZE;
	if (one.msg_hdr.msg_controllen == 0)
		one.msg_hdr.msg_control = NULL;
	for (size_t i = 0; i < bunch->msg_hdr.msg_iovlen; i++) {
		one.msg_hdr.msg_iov = &bunch->msg_hdr.msg_iov[i];
		(void)send_run(o, fd, &one, 1);
	}
}

/* Where they went one by one: a path that carries less than an Ethernet; a card or a tunnel that
 * cannot part what is joined. */
static void part(struct udp_outbox *o, uint16_t listener, const struct mmsghdr *bunch)
{
	uint64_t lost = counters_get(o->counters, COUNT_send_failures);
	int number = errno;

	send_apart(o, o->listeners[listener].fd, bunch);
	if (counters_get(o->counters, COUNT_send_failures) > lost)
		return;
	if (number == EINVAL || number == EMSGSIZE)
		o->joined[listener] = bunch->msg_hdr.msg_iov->iov_len - 1;
	else if (number == EIO)
		o->joined[listener] = 0;
}

static void send_all(struct udp_outbox *o, uint16_t listener, size_t count)
{
	for (size_t done = 0; done < count;) {
		struct mmsghdr *next = &o->run[done];
		size_t sent = send_run(o, o->listeners[listener].fd, next, count - done);

		if (sent == 0)
			part(o, listener, next);
		done += sent > 0 ? sent : 1;
	}
}

/* The first letter's parcel serves all of a bunch. */
static struct msghdr head_of(struct parcel *p, struct iovec *pieces, size_t count)
{
	struct msghdr head = { .msg_name = &p->name,
		               .msg_namelen = p->name_len,
		               .msg_iov = pieces,
		               .msg_iovlen = count };
	size_t control_len = p->control_len;

	if (count > 1) {
		struct cmsghdr *c = (struct cmsghdr *)(void *)(p->control + control_len);
		uint16_t len = (uint16_t)pieces->iov_len;

		memset(c, 0, SEGMENT_SIZE);
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(len)), SOL_UDP, UDP_SEGMENT };
		memcpy(CMSG_DATA(c), &len, sizeof(len));
		control_len += SEGMENT_SIZE;
	}
	if (control_len > 0) {
		head.msg_control = p->control;
		head.msg_controllen = control_len;
	}
	return head;
}

/* The heads of all bunches, and their pieces one behind the other. */
static size_t lay_out(struct udp_outbox *o)
{
	const struct bunches *all = &o->bunches;
	size_t at = 0;

	bunch_sort(o->letters, o->count, &o->bunches);
	for (size_t i = 0; i < all->count; i++) {
		uint8_t first = all->order[at];
		struct iovec *pieces = &o->pieces[at];

		for (size_t n = 0; n < all->sizes[i]; n++, at++) {
			struct view bytes = o->letters[all->order[at]].bytes;

			o->pieces[at] = (struct iovec){ (char *)(uintptr_t)bytes.at, bytes.len };
		}
		o->heads[i] = (struct mmsghdr){ .msg_hdr = head_of(&o->parcels[first], pieces,
			                                           all->sizes[i]) };
		o->listener_of[i] = o->to[first].listener;
	}
	return all->count;
}

/* The bunches of one socket go as one run, in their order; the others move up. */
static size_t gather_run(struct udp_outbox *o, uint16_t listener, size_t *count)
{
	size_t run = 0, left = 0;

	for (size_t i = 0; i < *count; i++) {
		if (o->listener_of[i] == listener) {
			o->run[run++] = o->heads[i];
			continue;
		}
		o->heads[left] = o->heads[i];
		o->listener_of[left++] = o->listener_of[i];
	}
	*count = left;
	return run;
}

void udp_flush(struct udp_outbox *o)
{
	size_t count = o->count > 0 ? lay_out(o) : 0;

	while (count > 0) {
		uint16_t listener = o->listener_of[0];

		send_all(o, listener, gather_run(o, listener, &count));
	}
	o->count = o->used = 0;
	atomic_store_explicit(&o->memory->count, 0, memory_order_release);
}

/* Where it died in the midst of sending, some go twice: a repetition is known as one. */
static void read_back(struct udp_outbox *o)
{
	struct outbox_memory *m = o->memory;
	uint32_t count = atomic_load(&m->count);

	if (m->magic != OUTBOX_MAGIC || count > BUNCH_LETTERS)
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

/* A kernel that does not know it would send what is joined as one datagram. */
static bool can_join(int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	return fd >= 0 && getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &len) == 0;
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
	for (size_t i = 0; i < listener_count; i++)
		o->joined[i] = can_join(listeners[i].fd) ? JOINED_MOST : 0;
	read_back(o);
	*ret = o;
	return ERR_NONE;
}
