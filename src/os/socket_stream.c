/* SPDX-License-Identifier: Apache-2.0 */
/* TCP, thin over the system's calls. */
#include "os/socket_stream.h"

#include "os/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 1024, BUFFER_BYTES = 65536 };
enum { KEEPALIVE_IDLE_S = 30, KEEPALIVE_EACH_S = 10, KEEPALIVE_PROBES = 5 };

static bool set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool set_options(int fd, uint8_t family)
{
	/* A system that does not know the finer ones keeps its own. */
	(void)set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EACH_S);
	(void)set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	(void)set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	(void)set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
	return set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
	       (family != 6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
}

static enum err open_stream(uint8_t family, int *ret_fd)
{
	int fd = socket(family == 6 ? AF_INET6 : AF_INET,
	                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return socket_error_of(errno);
	if (!set_options(fd, family)) {
		(void)close(fd);
		return ERR_IO;
	}
	*ret_fd = fd;
	return ERR_NONE;
}

static enum err open_bound(const struct addr *local, int backlog, int *ret_fd)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(local, &name);
	int fd = -1;
	enum err err = open_stream(local->family, &fd);

	if (err != ERR_NONE)
		return err;
	/* A new start must not wait for connections of the last one to fade. */
	(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(fd, (struct sockaddr *)&name, len) == 0 &&
	    (backlog == 0 || listen(fd, backlog) == 0)) {
		*ret_fd = fd;
		return ERR_NONE;
	}
	err = socket_error_of(errno);
	(void)close(fd);
	return err;
}

enum err socket_tcp_listen(const struct addr *local, int *ret_fd)
{
	return open_bound(local, BACKLOG, ret_fd);
}

enum err socket_tcp_bind(const struct addr *local, int *ret_fd)
{
	return open_bound(local, 0, ret_fd);
}

enum err socket_stream_hear(int fd)
{
	enum { ONE_AT_A_TIME = 4 };

	return listen(fd, ONE_AT_A_TIME) == 0 ? ERR_NONE : socket_error_of(errno);
}

static bool is_hearing(int fd)
{
	int is_listening = 0;
	socklen_t len = sizeof(is_listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) == 0 &&
	       is_listening != 0;
}

/* A listening socket that is shut stays bound, and can listen again; one that is shut while it
 * does not listen would hand that on to all that it accepts later (net/ipv4/af_inet.c). */
void socket_stream_deafen(int fd)
{
	if (is_hearing(fd))
		(void)shutdown(fd, SHUT_RDWR);
}

enum err socket_tcp_connect(const struct addr *local, const struct addr *remote, int *ret_fd)
{
	struct addr own = *local;
	struct sockaddr_storage from, to;
	socklen_t from_len, to_len = socket_name_of(remote, &to);
	int fd = -1;
	enum err err = open_stream(remote->family, &fd);

	if (err != ERR_NONE)
		return err;
	own.port = 0;
	from_len = socket_name_of(&own, &from);
	if (bind(fd, (struct sockaddr *)&from, from_len) == 0 &&
	    (connect(fd, (struct sockaddr *)&to, to_len) == 0 || errno == EINPROGRESS)) {
		*ret_fd = fd;
		return ERR_NONE;
	}
	err = socket_error_of(errno);
	(void)close(fd);
	return err;
}

enum err socket_accept(int fd, struct addr *ret_remote, int *ret_fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	struct addr remote;
	int got = accept4(fd, (struct sockaddr *)&name, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (got < 0) {
		enum err err = socket_error_of(errno);

		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return ERR_AGAIN;
		if (err == ERR_LIMIT || errno == EBADF || errno == EINVAL)
			return err;
		/* What the network did to the one that waited (accept(2)). */
		return ERR_CLOSED;
	}
	if (!socket_addr_of(&name, len, &remote) || remote.port == 0) {
		(void)close(got);
		return ERR_CLOSED;
	}
	*ret_remote = remote;
	*ret_fd = got;
	return ERR_NONE;
}

enum err socket_read(int fd, char *ret, size_t size, size_t *ret_len)
{
	struct iovec piece = { ret, size };
	struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t got = recvmsg(fd, &head, MSG_DONTWAIT);

	if (got > 0) {
		*ret_len = (size_t)got;
		return ERR_NONE;
	}
	if (got == 0)
		return ERR_CLOSED;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? ERR_AGAIN : ERR_IO;
}

enum err socket_write(int fd, struct view bytes, size_t *ret_len)
{
	struct iovec piece = { (void *)(uintptr_t)bytes.at, bytes.len };
	struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t sent = sendmsg(fd, &head, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent > 0) {
		*ret_len = (size_t)sent;
		return ERR_NONE;
	}
	return sent == 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? ERR_AGAIN
	                                                                              : ERR_IO;
}

enum err socket_stream_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ret) == 0
	             ? ERR_NONE
	             : socket_error_of(errno);
}
