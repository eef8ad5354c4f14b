/* SPDX-License-Identifier: Apache-2.0 */
/* SOCK_SEQPACKET with descriptors. */
#include "os/channel.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for the largest set of descriptors, aligned as control data must be. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_DESCRIPTORS_MAX)];
};

enum err channel_open(int *ret_ours, int *ret_theirs)
{
	int pair[2], bytes = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return ERR_NONE;
}

static enum err error_of(int number)
{
	switch (number) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS: /* descriptors in flight: the other end has to read first */
		return ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return ERR_CLOSED;
	default:
		return ERR_IO;
	}
}

enum err channel_send(int fd, const struct channel_message *m)
{
	union control control;
	struct iovec piece = { (void *)(uintptr_t)m->bytes, m->len };
	struct msghdr head = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (m->len == 0 || m->len > CHANNEL_MESSAGE_MAX ||
	    m->descriptor_count > CHANNEL_DESCRIPTORS_MAX)
		return ERR_LIMIT;
	if (m->descriptor_count > 0) {
		size_t len = m->descriptor_count * sizeof(int);

		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(&control.head), m->descriptors, len);
		head.msg_control = &control;
		head.msg_controllen = CMSG_SPACE(len);
	}
	for (;;) {
		ssize_t sent = sendmsg(fd, &head, MSG_NOSIGNAL);

		if (sent >= 0)
			return ERR_NONE;
		if (errno != EINTR)
			return error_of(errno);
	}
}

static void take_descriptors(struct msghdr *head, struct channel_message *ret)
{
	ret->descriptor_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		assert(ret->descriptor_count + count <= CHANNEL_DESCRIPTORS_MAX);
		memcpy(&ret->descriptors[ret->descriptor_count], CMSG_DATA(c), count * sizeof(int));
		ret->descriptor_count += count;
	}
}

enum err channel_receive(int fd, struct channel_message *ret)
{
	union control control;
	struct iovec piece = { ret->bytes, sizeof(ret->bytes) };
	struct msghdr head = { .msg_iov = &piece,
		               .msg_iovlen = 1,
		               .msg_control = &control,
		               .msg_controllen = sizeof(control) };
	ssize_t got;

	do
		got = recvmsg(fd, &head, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_of(errno);
	take_descriptors(&head, ret);
	if ((head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		channel_drop_descriptors(ret);
		return ERR_LIMIT;
	}
	/* We never send an empty message: this is the end of the other process. */
	if (got == 0)
		return ERR_CLOSED;
	ret->len = (size_t)got;
	return ERR_NONE;
}

void channel_drop_descriptors(struct channel_message *m)
{
	for (size_t i = 0; i < m->descriptor_count; i++)
		(void)close(m->descriptors[i]);
	m->descriptor_count = 0;
}

enum err channel_wait(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0 ? ERR_NONE : ERR_AGAIN;
}
