/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kernel. A dump is written while it is read: nothing here waits. */
#include "kernel/ipsec.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

enum { ANSWER_BYTES = 65536, MAX_ANSWERS = 4096, MAX_TRIES = 4, MAX_EVENTS = 256 };

static enum err receive(int fd, char *bytes, size_t size, size_t *ret_len)
{
	struct iovec part = { bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t len;

	do
		len = recvmsg(fd, &message, MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? ERR_AGAIN : ERR_IO;
	if ((message.msg_flags & MSG_TRUNC) != 0)
		return ERR_LIMIT;
	*ret_len = (size_t)len;
	return ERR_NONE;
}

static void drain(int fd, char *bytes, size_t size)
{
	size_t len;

	for (int n = 0; n < MAX_ANSWERS && receive(fd, bytes, size, &len) != ERR_AGAIN; n++)
		;
}

static enum err dump_one(struct kernel_ipsec *i, int fd, enum ipsec_table table)
{
	static char bytes[ANSWER_BYTES];
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	char text[64];
	struct buffer question = BUFFER_ON(text);
	struct iovec part = { text, 0 };
	struct msghdr message = { .msg_name = &kernel,
		                  .msg_namelen = sizeof(kernel),
		                  .msg_iov = &part,
		                  .msg_iovlen = 1 };
	bool is_last = false;
	enum err err = ERR_NONE;

	kernel_ipsec_ask(&question, table);
	part.iov_len = question.len;
	/* What was not read of an earlier one. */
	drain(fd, bytes, sizeof(bytes));
	if (sendmsg(fd, &message, 0) < 0)
		return errno == EPERM || errno == EACCES ? ERR_DENIED : ERR_IO;
	for (int n = 0; n < MAX_ANSWERS && err == ERR_NONE && !is_last; n++) {
		size_t len = 0;

		err = receive(fd, bytes, sizeof(bytes), &len);
		if (err == ERR_NONE)
			err = kernel_ipsec_read(i, view_bytes(bytes, len), &is_last);
	}
	return err == ERR_NONE && !is_last ? ERR_LIMIT : err;
}

enum err kernel_ipsec_dump(struct kernel_ipsec *i, int fd)
{
	enum err err = ERR_STALE;

	for (int n = 0; n < MAX_TRIES && err == ERR_STALE; n++) {
		kernel_ipsec_begin(i);
		err = dump_one(i, fd, IPSEC_POLICIES);
		if (err == ERR_NONE)
			err = dump_one(i, fd, IPSEC_STATES);
	}
	if (err == ERR_NONE)
		kernel_ipsec_finish(i);
	return err;
}

bool kernel_ipsec_is_told(int fd)
{
	static char bytes[ANSWER_BYTES];
	bool is_told = false;
	size_t len;

	/* Events that found no room are an error, and an event. */
	for (int n = 0; n < MAX_EVENTS; n++) {
		if (receive(fd, bytes, sizeof(bytes), &len) == ERR_AGAIN)
			break;
		is_told = true;
	}
	return is_told;
}
