/* SPDX-License-Identifier: Apache-2.0 */
/* The netlink socket. */
#include "kernel/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

enum { ANSWER_BYTES = 16384, MAX_ANSWERS = 256 };

static enum err error_of(int number)
{
	switch (number) {
	case 0:
		return ERR_NONE;
	case EPERM:
	case EACCES:
		return ERR_DENIED;
	case EEXIST:
		return ERR_EXISTS;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case EINVAL:
		return ERR_UNSUPPORTED;
	case EMSGSIZE:
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

/* The first error of the messages in the buffer; acknowledgements of success are none. */
static enum err read_answers(const char *at, size_t len)
{
	while (len >= sizeof(struct nlmsghdr) + sizeof(int)) {
		struct nlmsghdr head;
		int number;

		memcpy(&head, at, sizeof(head));
		memcpy(&number, at + sizeof(head), sizeof(number));
		if (head.nlmsg_type == NLMSG_ERROR && number != 0)
			return error_of(-number);
		if (head.nlmsg_len < sizeof(head) || NLMSG_ALIGN(head.nlmsg_len) >= len)
			return ERR_NONE;
		at += NLMSG_ALIGN(head.nlmsg_len);
		len -= NLMSG_ALIGN(head.nlmsg_len);
	}
	return ERR_NONE;
}

/* Reads until nothing is left. */
static enum err drain(int fd)
{
	static char bytes[ANSWER_BYTES];
	struct iovec part = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	enum err first = ERR_NONE;

	for (int i = 0; i < MAX_ANSWERS; i++) {
		ssize_t len = recvmsg(fd, &message, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (first == ERR_NONE)
			first = len < 0 ? error_of(errno) : read_answers(bytes, (size_t)len);
	}
	return first;
}

enum err kernel_socket_send(int fd, const struct kernel_batch *b)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec part = { b->out.at, b->out.len };
	struct msghdr message = { .msg_name = &kernel,
		                  .msg_namelen = sizeof(kernel),
		                  .msg_iov = &part,
		                  .msg_iovlen = 1 };
	ssize_t sent;

	if (b->out.err != ERR_NONE)
		return b->out.err;
	/* Answers to one that died before it read them. */
	(void)drain(fd);
	do
		sent = sendmsg(fd, &message, 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return error_of(errno);
	return drain(fd);
}
