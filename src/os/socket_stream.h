/* SPDX-License-Identifier: Apache-2.0 */
/* TCP sockets: opened by the parent (listening, or on their way to a peer),
 * accepted, read and written by who has them. All are non-blocking and close-on-exec. What
 * is set on a listening socket its connections inherit: a dead peer is found out within
 * 80 s, small messages leave at once, and the kernel queues little for who does not read. */
#ifndef OS_SOCKET_STREAM_H
#define OS_SOCKET_STREAM_H

#include "base/addr.h"

/* Bound and listening (IPv6 sockets take IPv6 only). Errors as socket_udp_open. */
enum err socket_tcp_listen(const struct addr *local, int *ret_fd) MUST_USE;
/* Bound and not listening: who connects is refused, as if nothing were there. */
enum err socket_tcp_bind(const struct addr *local, int *ret_fd) MUST_USE;
/* Such a socket listens, for a few that wait; and does not any more: who waits is reset,
 * connections that were accepted go on. Both may be said again. ERR_EXISTS, ERR_IO. */
enum err socket_stream_hear(int fd) MUST_USE;
void socket_stream_deafen(int fd);
/* A connection under way, from local's host and a port of the system's choice. Whether it comes
 * about shows when it can be written. */
enum err socket_tcp_connect(const struct addr *local, const struct addr *remote,
                            int *ret_fd) MUST_USE;
/* ERR_AGAIN: nobody waits; ERR_CLOSED: who waited is gone; ERR_LIMIT: no descriptor or memory
 * left; ERR_IO. */
enum err socket_accept(int fd, struct addr *ret_remote, int *ret_fd) MUST_USE;
/* At most `size` bytes, at least one. ERR_AGAIN; ERR_CLOSED: the other end sends no more; ERR_IO:
 * it is gone. */
enum err socket_read(int fd, char *ret, size_t size, size_t *ret_len) MUST_USE;
/* As much as is taken at once, at least one byte. ERR_AGAIN; ERR_IO: nobody reads any more. */
enum err socket_write(int fd, struct view bytes, size_t *ret_len) MUST_USE;

/* Two ends of one stream within this process. ERR_LIMIT: no descriptor left. */
enum err socket_stream_pair(int ret[2]) MUST_USE;

#endif
