/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3) without its library: a datagram to a Unix socket. */
#include "os/notify.h"

#include "base/view.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STORE_TRIES = 10, STORE_WAIT_MS = 100 };

enum err notify_open(const char *path, int *ret_fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len == 0)
		return ERR_NOT_FOUND;
	if ((path[0] != '/' && path[0] != '@') || len == 1)
		return ERR_SYNTAX;
	if (len >= sizeof(name.sun_path))
		return ERR_LIMIT;
	memcpy(name.sun_path, path, len);
	if (path[0] == '@')
		name.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_IO;
	/* A name without a file ends where its length says, one in a folder at its 0. */
	if (connect(fd, (const struct sockaddr *)(const void *)&name,
	            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		bool is_absent = errno == ENOENT || errno == ECONNREFUSED;

		(void)close(fd);
		return is_absent ? ERR_NOT_FOUND : ERR_IO;
	}
	*ret_fd = fd;
	return ERR_NONE;
}

enum err notify_send(int fd, const char *words)
{
	if (fd < 0)
		return ERR_NONE;
	if (send(fd, words, strlen(words), MSG_NOSIGNAL) >= 0)
		return ERR_NONE;
	return errno == EAGAIN || errno == ENOBUFS ? ERR_AGAIN : ERR_IO;
}

enum err notify_store(int fd, const char *words, int descriptor)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { 0 };
	struct iovec piece = { (void *)(uintptr_t)words, strlen(words) };
	struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (fd < 0)
		return ERR_NOT_FOUND;
	if (descriptor >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &descriptor, sizeof(int));
		head.msg_control = &control;
		head.msg_controllen = sizeof(control.bytes);
	}
	for (int i = 0; i < STORE_TRIES; i++) {
		struct pollfd room = { .fd = fd, .events = POLLOUT };

		if (sendmsg(fd, &head, MSG_NOSIGNAL) >= 0)
			return ERR_NONE;
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return ERR_IO;
		(void)poll(&room, 1, STORE_WAIT_MS);
	}
	return ERR_AGAIN;
}

int notify_listen_count(const char *count, const char *pid)
{
	uint64_t number, who;

	if (!count || !pid || !view_decimal(view_of(count), INT16_MAX, &number) ||
	    !view_decimal(view_of(pid), INT32_MAX, &who) || who != (uint64_t)getpid())
		return 0;
	return (int)number;
}

void notify_shut(int fd) { (void)fcntl(fd, F_SETFD, FD_CLOEXEC); }

uint64_t notify_watchdog_us(const char *every, const char *pid)
{
	uint64_t us, who;

	if (!every || !view_decimal(view_of(every), UINT64_MAX, &us))
		return 0;
	if (pid && (!view_decimal(view_of(pid), INT32_MAX, &who) || who != (uint64_t)getpid()))
		return 0;
	return us;
}
