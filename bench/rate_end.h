/* SPDX-License-Identifier: Apache-2.0 */
/* One end of the calls of bench-rate: a UDP socket that reads and writes in batches. Whatever
 * fails ends the program. */
#ifndef BENCH_RATE_END_H
#define BENCH_RATE_END_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

enum { BATCH = 64, MESSAGE_MAX = 2048 };

struct rate_end {
	int fd;
	char host[64]; /* ours */
	struct sockaddr_in to;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_pieces[BATCH], out_pieces[BATCH];
	char in_bytes[BATCH][MESSAGE_MAX], out_bytes[BATCH][MESSAGE_MAX];
	unsigned waiting; /* to be sent */
};

_Noreturn void rate_fail(const char *what);

void rate_end_open(struct rate_end *e, const char *host, const char *to);

/* Where the next message is written, MESSAGE_MAX bytes, until it is queued. */
char *rate_end_message(struct rate_end *e);

/* Sent when the batch is full, or flushed. */
void rate_end_queue(struct rate_end *e, size_t len);

void rate_end_flush(struct rate_end *e);

#endif
