/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: opened and bound by the parent alone, used by others through
 * inherited descriptors. All are non-blocking and close-on-exec. */
#ifndef OS_SOCKET_H
#define OS_SOCKET_H

#include "base/addr.h"
#include <sys/socket.h>
#include <sys/types.h>

struct socket_options {
	uint32_t receive_bytes; /* SO_RCVBUF; 0 leaves the system's */
	uint32_t send_bytes;
	bool wants_local;      /* IP_PKTINFO, IPV6_RECVPKTINFO: by which address it came */
	bool wants_errors;     /* IP_RECVERR, IPV6_RECVERR: ICMP is reported */
	uint8_t traffic_class; /* IP_TOS, IPV6_TCLASS: 184 for audio (RFC 4594 4.1); 0 leaves it */
	bool is_deaf;          /* born as socket_deafen leaves it */
};

/* What a system call on a socket said by that errno. */
enum err socket_error_of(int number);
/* A bound UDP socket (IPv6 sockets take IPv6 only). local->port 0 takes any.
 * ERR_EXISTS (port taken), ERR_DENIED (right missing), ERR_NOT_FOUND (no such
 * address here), ERR_LIMIT (descriptors), ERR_IO. */
enum err socket_udp_open(const struct addr *local, const struct socket_options *options,
                         int *ret_fd) MUST_USE;
/* A listening Unix socket. An abandoned file of that name is replaced, one that
 * answers is ERR_EXISTS. gid (gid_t)-1 leaves the group. */
enum err socket_unix_listen(const char *path, mode_t mode, gid_t gid, int *ret_fd) MUST_USE;
/* Where a socket is bound. */
enum err socket_local(int fd, struct addr *ret) MUST_USE;
/* First address of that family (4 or 6) on an interface; link-local only if there is no other. */
enum err socket_interface_address(const char *interface, int family, struct addr *ret) MUST_USE;
/* Who connected to a Unix socket. */
enum err socket_peer(int fd, uid_t *ret_uid, gid_t *ret_gid) MUST_USE;

/* An idle socket: what comes is dropped by the kernel without an ICMP answer, but for the
 * few datagrams that its smallest buffer holds; what was queued before stays queued.
 * A drop-all filter would hold nothing, and costs each call more than a second of its audio. */
enum err socket_deafen(int fd) MUST_USE;
/* Queues up to receive_bytes again. What slipped in before is drained first by socket_drain. */
enum err socket_hear(int fd, uint32_t receive_bytes) MUST_USE;
/* Reads away what is queued, at most `most` datagrams; returns how many. */
size_t socket_drain(int fd, size_t most);

/* System form of an address and back. Returns its length; 0 bytes for family 0. */
socklen_t socket_name_of(const struct addr *a, struct sockaddr_storage *ret);
bool socket_addr_of(const struct sockaddr_storage *name, socklen_t len, struct addr *ret);

/* One pending ICMP error of a socket with wants_errors: to whom the datagram went that
 * could not be delivered. ERR_AGAIN (none left); ERR_NOT_FOUND: an error of another kind. */
enum err socket_error_read(int fd, struct addr *ret_remote) MUST_USE;

void socket_close(int *fd); /* -1 is ignored; leaves -1 */

/* Netlink to the packet filter of this network namespace. Opens for everybody; what is sent
 * needs CAP_NET_ADMIN, of who opened it and of who sends. */
enum err socket_netfilter_open(int *ret_fd) MUST_USE;
/* The same to its IPsec (xfrm): for questions, or to be told of each change of policies and
 * states. ERR_UNSUPPORTED: this kernel has none. */
enum err socket_ipsec_open(bool is_told, int *ret_fd) MUST_USE;

#endif
