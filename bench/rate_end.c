/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of bench-rate: large buffers, one recvmmsg or sendmmsg a batch. */
#include "rate_end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOCKET_BYTES = 16 << 20 };

void rate_fail(const char *what)
{
	(void)fprintf(stderr, "bench-rate: %s: %s\n", what, strerror(errno));
	exit(2);
}

void rate_end_open(struct rate_end *e, const char *host, const char *to)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(5060) };
	const int bytes = SOCKET_BYTES;

	(void)snprintf(e->host, sizeof(e->host), "%s", host);
	e->to = at;
	if (inet_pton(AF_INET, host, &at.sin_addr) != 1 ||
	    inet_pton(AF_INET, to, &e->to.sin_addr) != 1)
		rate_fail("no address");
	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (e->fd < 0 || bind(e->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		rate_fail(host);
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 ||
	    setsockopt(e->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)fprintf(stderr, "bench-rate: small socket buffers\n");
	for (unsigned i = 0; i < BATCH; i++) {
		e->in_pieces[i] = (struct iovec){ e->in_bytes[i], MESSAGE_MAX - 1 };
		e->in[i].msg_hdr = (struct msghdr){ .msg_iov = &e->in_pieces[i], .msg_iovlen = 1 };
		e->out_pieces[i].iov_base = e->out_bytes[i];
		e->out[i].msg_hdr = (struct msghdr){ .msg_name = &e->to,
			                             .msg_namelen = sizeof(e->to),
			                             .msg_iov = &e->out_pieces[i],
			                             .msg_iovlen = 1 };
	}
}

char *rate_end_message(struct rate_end *e) { return e->out_bytes[e->waiting]; }

void rate_end_flush(struct rate_end *e)
{
	unsigned sent = 0;

	while (sent < e->waiting) {
		int n = sendmmsg(e->fd, e->out + sent, e->waiting - sent, 0);

		if (n > 0)
			sent += (unsigned)n;
		else if (errno != EINTR && errno != EAGAIN && errno != ECONNREFUSED)
			rate_fail("sendmmsg");
	}
	e->waiting = 0;
}

void rate_end_queue(struct rate_end *e, size_t len)
{
	if (len >= MESSAGE_MAX)
		rate_fail("a message is too long");
	e->out_pieces[e->waiting].iov_len = len;
	if (++e->waiting == BATCH)
		rate_end_flush(e);
}
