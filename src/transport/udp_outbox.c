/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: datagrams wait for a batch, each with the local address from which
 * it is to leave. */
#include "os/socket.h"
#include "transport/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Largest payload of IPv4; more cannot be sent as one datagram. */
enum { SEND_MAX = 65507, CONTROL_SIZE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

struct parcel {
	struct sockaddr_storage name;
	_Alignas(struct cmsghdr) char control[CONTROL_SIZE];
	struct iovec piece;
};

struct udp_outbox {
	const struct udp_listener *listeners;
	size_t listener_count;
	struct counters *counters;
	size_t count;
	size_t used;                                     /* of bytes */
	struct mmsghdr heads[UDP_BATCH], run[UDP_BATCH]; /* queued; being sent */
	uint16_t listener_of[UDP_BATCH];
	struct parcel parcels[UDP_BATCH];
	char bytes[4 * UDP_DATAGRAM_MAX];
};

enum err udp_outbox_new(const struct udp_listener *listeners, size_t listener_count,
                        struct counters *counters, struct udp_outbox **ret)
{
	struct udp_outbox *o;

	if (listener_count > MAX_LISTENERS)
		return ERR_LIMIT;
	o = calloc(1, sizeof(*o));
	if (!o)
		return ERR_NO_MEMORY;
	o->listeners = listeners;
	o->listener_count = listener_count;
	o->counters = counters;
	*ret = o;
	return ERR_NONE;
}

void udp_outbox_free(struct udp_outbox **o)
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

void udp_send(struct udp_outbox *o, const struct flow *to, struct view bytes)
{
	struct parcel *p;
	const struct udp_listener *l;
	socklen_t name_len;

	if (to->listener >= o->listener_count || bytes.len == 0 || bytes.len > SEND_MAX) {
		counters_add(o->counters, COUNT_send_failures, 1);
		return;
	}
	if (o->count == UDP_BATCH || o->used + bytes.len > sizeof(o->bytes))
		udp_flush(o);
	l = &o->listeners[to->listener];
	p = &o->parcels[o->count];
	name_len = socket_name_of(&to->remote, &p->name);
	if (name_len == 0 || l->fd < 0 || to->remote.family != l->local.family) {
		counters_add(o->counters, COUNT_send_failures, 1);
		return;
	}
	memcpy(o->bytes + o->used, bytes.at, bytes.len);
	p->piece = (struct iovec){ o->bytes + o->used, bytes.len };
	o->listener_of[o->count] = to->listener;
	o->heads[o->count] = (struct mmsghdr){ .msg_hdr = { .msg_name = &p->name,
		                                            .msg_namelen = name_len,
		                                            .msg_iov = &p->piece,
		                                            .msg_iovlen = 1 } };
	if (addr_kind(&l->local) == ADDR_UNSPECIFIED && to->local.family == l->local.family) {
		o->heads[o->count].msg_hdr.msg_control = p->control;
		o->heads[o->count].msg_hdr.msg_controllen = put_local(p, &to->local);
	}
	o->used += bytes.len;
	o->count++;
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
}
