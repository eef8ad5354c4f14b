/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel alone asks for a call: takes each message of a carrier and gives it to the PBX
 * as it is, and back, with a 100 of its own for each INVITE, and does nothing else. b2bua.py runs
 * it beside those that do.
 *
 *     bench-floor one|batch|stream OUTSIDE INSIDE CARRIER PBX
 *
 * one: a datagram in and out at a time, as Kamailio does; batch: recvmmsg after a rest of two
 * milliseconds, sendmmsg; stream: over TCP, where what was read together leaves together. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5060, BATCH = 64, LETTER = 4096, BUFFER = 4 << 20, REST_NS = 2000000 };

struct end {
	int fd;
	struct sockaddr_in peer;
	struct mmsghdr in[BATCH], out[2 * BATCH]; /* out: what leaves by this socket */
	struct iovec pieces[BATCH], leaving[2 * BATCH];
	char bytes[BATCH][LETTER];
	unsigned leaves;
};

static struct end ends[2]; /* outside, inside */
static char trying[BATCH][LETTER];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in name_of(const char *host)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	if (inet_pton(AF_INET, host, &name.sin_addr) != 1)
		fail(host);
	return name;
}

static int open_socket(const char *host, int type)
{
	struct sockaddr_in name = name_of(host);
	int fd = socket(AF_INET, type, 0), size = BUFFER, one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
		fail(host);
	return fd;
}

/* "Trying" with the request's Via up to CSeq; 0 where it is no INVITE. */
static size_t write_trying(const char *at, size_t len, char *ret)
{
	static const char line[] = "SIP/2.0 100 Trying\r\n", end[] = "Content-Length: 0\r\n\r\n";
	const char *via, *cseq, *last;
	size_t size;

	if (len < 7 || memcmp(at, "INVITE ", 7) != 0)
		return 0;
	via = memmem(at, len, "\r\nVia:", 6);
	cseq = memmem(at, len, "\r\nCSeq:", 7);
	last = cseq ? memmem(cseq + 2, len - (size_t)(cseq + 2 - at), "\r\n", 2) : NULL;
	if (!via || !last || last < via)
		return 0;
	size = (size_t)(last - via);
	if (sizeof(line) + sizeof(end) + size > LETTER)
		return 0;
	memcpy(ret, line, sizeof(line) - 1);
	memcpy(ret + sizeof(line) - 1, via + 2, size);
	memcpy(ret + sizeof(line) - 1 + size, end, sizeof(end) - 1);
	return sizeof(line) - 1 + size + sizeof(end) - 1;
}

/* --- One at a time --- */

static void carry_one(struct end *from, struct end *to)
{
	static char bytes[65536];
	struct sockaddr_in who;
	socklen_t size = sizeof(who);
	ssize_t got = recvfrom(from->fd, bytes, sizeof(bytes), MSG_DONTWAIT,
	                       (struct sockaddr *)&who, &size);
	size_t answer;

	if (got <= 0)
		return;
	answer = write_trying(bytes, (size_t)got, trying[0]);
	if (answer > 0)
		(void)!sendto(from->fd, trying[0], answer, 0, (struct sockaddr *)&who, size);
	(void)!sendto(to->fd, bytes, (size_t)got, 0, (struct sockaddr *)&to->peer,
	              sizeof(to->peer));
}

static void run_one(void)
{
	struct pollfd polled[2] = { { ends[0].fd, POLLIN, 0 }, { ends[1].fd, POLLIN, 0 } };

	while (poll(polled, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (polled[i].revents)
				carry_one(&ends[i], &ends[1 - i]);
}

/* --- Batches --- */

static void put(struct end *e, const char *bytes, size_t len)
{
	unsigned i = e->leaves++;

	e->leaving[i] = (struct iovec){ (void *)(uintptr_t)bytes, len };
	e->out[i].msg_hdr = (struct msghdr){ .msg_name = &e->peer,
		                             .msg_namelen = sizeof(e->peer),
		                             .msg_iov = &e->leaving[i],
		                             .msg_iovlen = 1 };
}

static void take(struct end *from, struct end *to)
{
	int got;

	for (unsigned i = 0; i < BATCH; i++) {
		from->pieces[i] = (struct iovec){ from->bytes[i], LETTER };
		from->in[i].msg_hdr =
			(struct msghdr){ .msg_iov = &from->pieces[i], .msg_iovlen = 1 };
	}
	got = recvmmsg(from->fd, from->in, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		size_t answer = write_trying(from->bytes[i], from->in[i].msg_len, trying[i]);

		if (answer > 0)
			put(from, trying[i], answer);
		put(to, from->bytes[i], from->in[i].msg_len);
	}
}

static void leave(struct end *e)
{
	for (unsigned done = 0; done < e->leaves;) {
		int sent = sendmmsg(e->fd, e->out + done, e->leaves - done, 0);

		done += sent > 0 ? (unsigned)sent : 1;
	}
	e->leaves = 0;
}

static void run_batch(void)
{
	static const struct timespec rest = { .tv_nsec = REST_NS };
	struct pollfd polled[2] = { { ends[0].fd, POLLIN, 0 }, { ends[1].fd, POLLIN, 0 } };

	while (poll(polled, 2, -1) > 0) {
		(void)nanosleep(&rest, NULL);
		take(&ends[0], &ends[1]);
		take(&ends[1], &ends[0]);
		leave(&ends[0]);
		leave(&ends[1]);
	}
}

/* --- Streams --- */

static void carry_stream(int from, int to, bool is_answered)
{
	static char bytes[65536], answers[65536];
	ssize_t got = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);
	size_t used = 0;

	if (got <= 0)
		exit(0);
	for (char *at = bytes, *end = bytes + got; is_answered && at && at < end;) {
		at = memmem(at, (size_t)(end - at), "INVITE sip:", 11);
		if (!at)
			break;
		if (used + LETTER <= sizeof(answers))
			used += write_trying(at, (size_t)(end - at), answers + used);
		at += 11;
	}
	if (used > 0)
		(void)!send(from, answers, used, MSG_NOSIGNAL);
	(void)!send(to, bytes, (size_t)got, MSG_NOSIGNAL);
}

static void run_stream(int listening)
{
	static const struct timespec rest = { .tv_nsec = REST_NS };

	for (;;) {
		int one = 1, carrier = accept(listening, NULL, NULL);
		int pbx = socket(AF_INET, SOCK_STREAM, 0);
		struct pollfd polled[2] = { { carrier, POLLIN, 0 }, { pbx, POLLIN, 0 } };

		if (carrier < 0 ||
		    connect(pbx, (struct sockaddr *)&ends[1].peer, sizeof(ends[1].peer)) != 0)
			fail("stream");
		(void)setsockopt(carrier, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)setsockopt(pbx, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (fork() != 0) {
			(void)close(carrier);
			(void)close(pbx);
			continue;
		}
		while (poll(polled, 2, -1) > 0) {
			(void)nanosleep(&rest, NULL);
			(void)poll(polled, 2, 0);
			if (polled[0].revents)
				carry_stream(carrier, pbx, true);
			if (polled[1].revents)
				carry_stream(pbx, carrier, false);
		}
	}
}

int main(int argc, char **argv)
{
	bool is_stream = argc == 6 && strcmp(argv[1], "stream") == 0;

	if (argc != 6) {
		(void)fputs("usage: bench-floor one|batch|stream OUTSIDE INSIDE CARRIER PBX\n",
		            stderr);
		return 2;
	}
	for (int i = 0; i < 2; i++)
		ends[i].peer = name_of(argv[4 + i]);
	ends[0].fd = open_socket(argv[2], is_stream ? SOCK_STREAM : SOCK_DGRAM);
	if (is_stream) {
		if (listen(ends[0].fd, 64) != 0)
			fail("listen");
		run_stream(ends[0].fd);
	}
	ends[1].fd = open_socket(argv[3], SOCK_DGRAM);
	if (strcmp(argv[1], "batch") == 0)
		run_batch();
	run_one();
	return 0;
}
