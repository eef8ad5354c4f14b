/* SPDX-License-Identifier: Apache-2.0 */
/* Packet sockets (packet(7)). libpcap would do it too, and would bring eleven
 * libraries (D-Bus, systemd, four compressors ...) into the process that reads
 * what strangers send. */
#include "os/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { VLAN_BYTES = 4, MAC_BYTES = 12, CONTROL_BYTES = 256 };

struct slot {
	struct sockaddr_ll from;
	struct iovec part;
	char control[CONTROL_BYTES];
	char bytes[VLAN_BYTES + TAP_PACKET_MAX];
};

struct tap {
	int fd;
	bool is_cooked; /* without link headers */
	struct mmsghdr heads[TAP_BATCH];
	struct slot slots[TAP_BATCH];
};

static enum err error_of(int number)
{
	switch (number) {
	case EPERM:
	case EACCES:
		return ERR_DENIED;
	case ENODEV:
	case ENXIO:
		return ERR_NOT_FOUND;
	case ENETDOWN:
		return ERR_CLOSED;
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

/* Index 0 and cooked for "any" alone. */
static enum err look_up(const char *interface, int *ret_index, bool *ret_is_cooked)
{
	struct ifreq request = { .ifr_ifindex = 0 };
	int fd;
	enum err err = ERR_NONE;

	*ret_index = 0;
	*ret_is_cooked = true;
	if (strcmp(interface, "any") == 0)
		return ERR_NONE;
	if (!view_copy(view_of(interface), request.ifr_name, sizeof(request.ifr_name)))
		return ERR_NOT_FOUND;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_of(errno);
	if (ioctl(fd, SIOCGIFHWADDR, &request) != 0) {
		err = error_of(errno);
	} else {
		uint16_t hardware = request.ifr_hwaddr.sa_family;

		*ret_is_cooked = hardware != ARPHRD_ETHER && hardware != ARPHRD_LOOPBACK;
	}
	if (err == ERR_NONE && ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
	    (request.ifr_flags & IFF_UP) == 0)
		err = ERR_CLOSED;
	(void)close(fd);
	*ret_index = (int)if_nametoindex(interface);
	return err == ERR_NONE && *ret_index == 0 ? ERR_NOT_FOUND : err;
}

static enum err bind_to(int fd, int index)
{
	const struct sockaddr_ll place = { .sll_family = AF_PACKET,
		                           .sll_protocol = htons(ETH_P_ALL),
		                           .sll_ifindex = index };
	const struct packet_mreq promiscuous = { .mr_ifindex = index,
		                                 .mr_type = PACKET_MR_PROMISC };
	const int yes = 1, bytes = TAP_RECEIVE_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) != 0 ||
	    bind(fd, (const struct sockaddr *)(const void *)&place, sizeof(place)) != 0)
		return error_of(errno);
	/* Not all sorts of interfaces can; then what is addressed to them is seen. */
	if (index != 0)
		(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
		                 sizeof(promiscuous));
	return ERR_NONE;
}

enum err tap_open(const char *interface, int *ret_fd)
{
	bool is_cooked;
	int index, fd;
	enum err err = look_up(interface, &index, &is_cooked);

	if (err != ERR_NONE)
		return err;
	/* No protocol until it is bound: nothing of other interfaces may slip in before. */
	fd = socket(AF_PACKET, (is_cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC | SOCK_NONBLOCK,
	            0);
	if (fd < 0)
		return error_of(errno);
	err = bind_to(fd, index);
	if (err == ERR_NONE)
		*ret_fd = fd;
	else
		(void)close(fd);
	return err;
}

enum err tap_new(int fd, struct tap **ret)
{
	struct tap *t = calloc(1, sizeof(*t));
	int type;
	socklen_t len = sizeof(type);

	if (!t)
		return ERR_NO_MEMORY;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0) {
		free(t);
		return ERR_IO;
	}
	t->fd = fd;
	t->is_cooked = type == SOCK_DGRAM;
	*ret = t;
	return ERR_NONE;
}

void tap_free(struct tap **t)
{
	free(*t);
	*t = NULL;
}

static void prepare(struct tap *t)
{
	for (size_t i = 0; i < TAP_BATCH; i++) {
		struct slot *s = &t->slots[i];

		s->part = (struct iovec){ s->bytes + VLAN_BYTES, TAP_PACKET_MAX };
		t->heads[i].msg_hdr = (struct msghdr){ .msg_name = &s->from,
			                               .msg_namelen = sizeof(s->from),
			                               .msg_iov = &s->part,
			                               .msg_iovlen = 1,
			                               .msg_control = s->control,
			                               .msg_controllen = sizeof(s->control) };
	}
}

/* Between the addresses and the type, where it stood on the wire. */
static void put_back_tag(struct slot *s, const struct tpacket_auxdata *aux, struct view *bytes)
{
	uint16_t tag[2] = { htons((aux->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0
		                          ? aux->tp_vlan_tpid
		                          : ETH_P_8021Q),
		            htons(aux->tp_vlan_tci) };

	if (bytes->len < MAC_BYTES)
		return;
	memmove(s->bytes, s->bytes + VLAN_BYTES, MAC_BYTES);
	memcpy(s->bytes + MAC_BYTES, tag, sizeof(tag));
	*bytes = view_bytes(s->bytes, bytes->len + VLAN_BYTES);
}

static void read_control(const struct tap *t, struct slot *s, struct msghdr *head,
                         struct tap_packet *ret)
{
	struct tpacket_auxdata aux;
	struct timespec at;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&at, CMSG_DATA(c), sizeof(at));
			ret->wall_us = (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
		} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
			ret->original_len = aux.tp_len;
			if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0 && !t->is_cooked)
				put_back_tag(s, &aux, &ret->bytes);
		}
	}
	if (ret->original_len < ret->bytes.len)
		ret->original_len = (uint32_t)ret->bytes.len;
}

/* On the loopback each packet passes twice, out and in again. */
static bool is_wanted(const struct tap *t, const struct sockaddr_ll *from)
{
	uint16_t protocol = ntohs(from->sll_protocol);

	if (from->sll_hatype == ARPHRD_LOOPBACK && from->sll_pkttype == PACKET_OUTGOING)
		return false;
	return !t->is_cooked || protocol == ETH_P_IP || protocol == ETH_P_IPV6;
}

enum err tap_receive(struct tap *t, void (*packet)(void *context, const struct tap_packet *p),
                     void *context)
{
	int count;

	prepare(t);
	count = recvmmsg(t->fd, t->heads, TAP_BATCH, MSG_DONTWAIT, NULL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? ERR_AGAIN : error_of(errno);
	for (int i = 0; i < count; i++) {
		struct slot *s = &t->slots[i];
		struct tap_packet p = { .link = t->is_cooked ? TAP_IP : TAP_ETHERNET,
			                .bytes =
			                        view_bytes(s->part.iov_base, t->heads[i].msg_len) };

		if (!is_wanted(t, &s->from))
			continue;
		read_control(t, s, &t->heads[i].msg_hdr, &p);
		packet(context, &p);
	}
	return count > 0 ? ERR_NONE : ERR_AGAIN;
}

uint32_t tap_lost(const struct tap *t)
{
	struct tpacket_stats statistics = { 0 };
	socklen_t len = sizeof(statistics);

	if (getsockopt(t->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &len) != 0)
		return 0;
	return statistics.tp_drops;
}
