/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and binding sockets, idle ones, and addresses in the system's form. */
#include "os/socket.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/errqueue.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { NETFILTER_BYTES = 16 << 20 };

enum err socket_error_of(int number)
{
	switch (number) {
	case EADDRINUSE:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case EADDRNOTAVAIL:
	case ENODEV:
		return ERR_NOT_FOUND;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return ERR_LIMIT;
	case EAFNOSUPPORT:
		return ERR_UNSUPPORTED;
	default:
		return ERR_IO;
	}
}

socklen_t socket_name_of(const struct addr *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

	memset(ret, 0, sizeof(*ret));
	if (a->family == 4) {
		memcpy(&v4.sin_addr, &a->bytes[12], 4);
		memcpy(ret, &v4, sizeof(v4));
		return sizeof(v4);
	}
	if (a->family == 6) {
		memcpy(&v6.sin6_addr, a->bytes, 16);
		memcpy(ret, &v6, sizeof(v6));
		return sizeof(v6);
	}
	return 0;
}

static struct addr addr_of_v4(const void *bytes, uint16_t port)
{
	struct addr a = { .family = 4, .port = port, .bytes = { [10] = 0xff, [11] = 0xff } };

	memcpy(&a.bytes[12], bytes, 4);
	return a;
}

bool socket_addr_of(const struct sockaddr_storage *name, socklen_t len, struct addr *ret)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (name->ss_family == AF_INET && len >= sizeof(v4)) {
		memcpy(&v4, name, sizeof(v4));
		*ret = addr_of_v4(&v4.sin_addr, ntohs(v4.sin_port));
		return true;
	}
	if (name->ss_family != AF_INET6 || len < sizeof(v6))
		return false;
	memcpy(&v6, name, sizeof(v6));
	*ret = (struct addr){ .family = 6, .port = ntohs(v6.sin6_port) };
	memcpy(ret->bytes, &v6.sin6_addr, 16);
	if (memcmp(ret->bytes, mapped, sizeof(mapped)) == 0)
		ret->family = 4;
	return true;
}

static bool set_number(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool set_options(int fd, uint8_t family, const struct socket_options *o)
{
	bool is_v6 = family == 6;
	int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (is_v6 && !set_number(fd, level, IPV6_V6ONLY, 1))
		return false;
	if (o->wants_local && !set_number(fd, level, is_v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1))
		return false;
	if (o->wants_errors && !set_number(fd, level, is_v6 ? IPV6_RECVERR : IP_RECVERR, 1))
		return false;
	/* A network that does not honour it loses nothing. */
	if (o->traffic_class > 0)
		(void)set_number(fd, level, is_v6 ? IPV6_TCLASS : IP_TOS, o->traffic_class);
	if (o->is_deaf && socket_deafen(fd) != ERR_NONE)
		return false;
	/* Beyond net.core.rmem_max only with CAP_NET_ADMIN; less than asked is no error. */
	if (o->receive_bytes > 0 &&
	    !set_number(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)o->receive_bytes))
		(void)set_number(fd, SOL_SOCKET, SO_RCVBUF, (int)o->receive_bytes);
	if (o->send_bytes > 0 && !set_number(fd, SOL_SOCKET, SO_SNDBUFFORCE, (int)o->send_bytes))
		(void)set_number(fd, SOL_SOCKET, SO_SNDBUF, (int)o->send_bytes);
	return true;
}

enum err socket_udp_open(const struct addr *local, const struct socket_options *options,
                         int *ret_fd)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(local, &name);
	int fd = socket(name.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	enum err err;

	if (fd < 0)
		return socket_error_of(errno);
	/* Deaf before the bind: no burst slips in between. */
	if (set_options(fd, local->family, options) &&
	    bind(fd, (struct sockaddr *)&name, len) == 0) {
		*ret_fd = fd;
		return ERR_NONE;
	}
	err = socket_error_of(errno);
	(void)close(fd);
	return err;
}

/* Whether somebody still answers under that name. */
static bool is_answered(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_alive =
		fd >= 0 &&
		(connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno == EAGAIN);

	if (fd >= 0)
		(void)close(fd);
	return is_alive;
}

enum err socket_unix_listen(const char *path, mode_t mode, gid_t gid, int *ret_fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct stat there;
	mode_t before;
	int fd, bound;

	if (!view_copy(view_of(path), name.sun_path, sizeof(name.sun_path)))
		return ERR_LIMIT;
	if (lstat(path, &there) == 0) {
		if (!S_ISSOCK(there.st_mode) || is_answered(&name))
			return ERR_EXISTS;
		(void)unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return socket_error_of(errno);
	/* Nobody but us may connect before mode and group are set. */
	before = umask(0177);
	bound = bind(fd, (struct sockaddr *)&name, sizeof(name));
	(void)umask(before);
	if (bound == 0 && (gid == (gid_t)-1 || chown(path, (uid_t)-1, gid) == 0) &&
	    chmod(path, mode) == 0 && listen(fd, 64) == 0) {
		*ret_fd = fd;
		return ERR_NONE;
	}
	bound = errno;
	(void)close(fd);
	return socket_error_of(bound);
}

enum err socket_local(int fd, struct addr *ret)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) != 0)
		return ERR_IO;
	return socket_addr_of(&name, len, ret) ? ERR_NONE : ERR_UNSUPPORTED;
}

enum err socket_interface_address(const char *interface, int family, struct addr *ret)
{
	struct ifaddrs *all;
	bool is_found = false;

	if (getifaddrs(&all) != 0)
		return ERR_IO;
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct sockaddr_storage name = { 0 };
		bool is_v6;
		struct addr here;

		if (!a->ifa_addr || strcmp(a->ifa_name, interface) != 0)
			continue;
		is_v6 = a->ifa_addr->sa_family == AF_INET6;
		if (a->ifa_addr->sa_family != (family == 6 ? AF_INET6 : AF_INET))
			continue;
		memcpy(&name, a->ifa_addr,
		       is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		if (!socket_addr_of(&name, sizeof(name), &here))
			continue;
		here.port = 0;
		/* The first that is more than link-local ends the search. */
		if (!is_found || addr_kind(ret) == ADDR_LINK_LOCAL)
			*ret = here;
		is_found = true;
		if (addr_kind(ret) != ADDR_LINK_LOCAL)
			break;
	}
	freeifaddrs(all);
	return is_found ? ERR_NONE : ERR_NOT_FOUND;
}

enum err socket_peer(int fd, uid_t *ret_uid, gid_t *ret_gid)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return ERR_IO;
	*ret_uid = who.uid;
	*ret_gid = who.gid;
	return ERR_NONE;
}

enum err socket_deafen(int fd)
{
	return set_number(fd, SOL_SOCKET, SO_RCVBUF, 0) ? ERR_NONE : ERR_IO;
}

enum err socket_hear(int fd, uint32_t receive_bytes)
{
	return set_number(fd, SOL_SOCKET, SO_RCVBUF, (int)receive_bytes) ? ERR_NONE : ERR_IO;
}

size_t socket_drain(int fd, size_t most)
{
	char byte;
	size_t count = 0;

	while (count < most && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		count++;
	return count;
}

enum err socket_error_read(int fd, struct addr *ret_remote)
{
	struct sockaddr_storage name;
	char control[512], byte;
	struct iovec piece = { &byte, 1 };
	struct msghdr head = { .msg_name = &name,
		               .msg_namelen = sizeof(name),
		               .msg_iov = &piece,
		               .msg_iovlen = 1,
		               .msg_control = control,
		               .msg_controllen = sizeof(control) };

	if (recvmsg(fd, &head, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return ERR_AGAIN;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&head); c; c = CMSG_NXTHDR(&head, c)) {
		struct sock_extended_err error;
		bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		                (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);

		if (!is_error || c->cmsg_len < CMSG_LEN(sizeof(error)))
			continue;
		memcpy(&error, CMSG_DATA(c), sizeof(error));
		/* "Packet too big" also comes this way and says nothing about who is there. */
		if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
			return ERR_NOT_FOUND;
		if (error.ee_errno != ECONNREFUSED && error.ee_errno != EHOSTUNREACH &&
		    error.ee_errno != ENETUNREACH)
			return ERR_NOT_FOUND;
		return socket_addr_of(&name, head.msg_namelen, ret_remote) ? ERR_NONE
		                                                           : ERR_NOT_FOUND;
	}
	return ERR_NOT_FOUND;
}

void socket_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

enum err socket_netfilter_open(int *ret_fd)
{
	const int yes = 1, bytes = NETFILTER_BYTES;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);

	if (fd < 0)
		return socket_error_of(errno);
	/* A transaction is one message, however long; beyond the system's bound only with a right
	 * without which nothing else could be done here either. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes));
	*ret_fd = fd;
	return ERR_NONE;
}

enum err socket_ipsec_open(bool is_told, int *ret_fd)
{
	const int bytes = NETFILTER_BYTES;
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_XFRM);

	if (fd < 0)
		return errno == EPROTONOSUPPORT ? ERR_UNSUPPORTED : socket_error_of(errno);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (is_told)
		self.nl_groups = XFRMGRP_EXPIRE | XFRMGRP_SA | XFRMGRP_POLICY;
	if (bind(fd, (const struct sockaddr *)&self, sizeof(self)) != 0) {
		enum err err = socket_error_of(errno);

		(void)close(fd);
		return err;
	}
	*ret_fd = fd;
	return ERR_NONE;
}
