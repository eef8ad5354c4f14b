/* SPDX-License-Identifier: Apache-2.0 */
/* A capture in memory, read and walked down to its datagrams: Ethernet, IPv4, UDP, RTP of
 * 20 ms. Prints nanoseconds a packet for the reader alone and for both. */
#include "capture/walk.h"
#include "base/buffer.h"
#include "capture/file.h"
#include "os/clock.h"

#include <stdio.h>

enum { RECORDS = 1000, ROUNDS = 2000, RECORD = 16 + 214 };

/* The file's header once, then the same records again and again. */
struct source {
	char header[24], records[RECORDS * RECORD];
	struct buffer head, body;
	size_t at, rounds;
};

static void put_record(struct buffer *b)
{
	static const char zeros[172];

	buffer_put(b, VIEW("\0\0\0\x01\0\0\0\x02\0\0\0\xd6\0\0\0\xd6"));
	buffer_put(b, VIEW("\0\0\0\0\0\x02\0\0\0\0\0\x01\x08\0"));
	buffer_put(b, VIEW("\x45\0\0\xc8\0\0\0\0\x40\x11\0\0\xc0\0\x02\x01\xc6\x33\x64\x02"));
	buffer_put(b, VIEW("\x4e\x20\x4e\x22\0\xb4\0\0"));
	buffer_put(b, view_bytes(zeros, sizeof(zeros)));
}

static size_t read_source(void *context, void *buffer, size_t size)
{
	struct source *s = context;
	struct buffer b = buffer_on(buffer, size);

	if (s->at == 0 && s->rounds == 0)
		buffer_put(&b, buffer_view(&s->head));
	while (b.len < size && s->rounds < ROUNDS) {
		struct view v = view_first(view_after(buffer_view(&s->body), s->at), size - b.len);

		buffer_put(&b, v);
		s->at = (s->at + v.len) % s->body.len;
		s->rounds += s->at == 0;
	}
	return b.len;
}

static void count(void *context, const struct capture_datagram *d)
{
	*(uint64_t *)context += d->payload.len == 172;
}

static int measure(struct source *s, const char *what, bool is_walking)
{
	uint64_t datagrams = 0, packets = 0, from_us;
	const struct capture_walk_ports ports = { &datagrams, count, NULL, NULL };
	const struct capture_input input = { s, read_source, NULL };
	struct capture_skipped skipped = { 0 };
	struct capture_file *f = NULL;
	struct capture_walk *w = NULL;
	struct capture_packet p;

	s->at = s->rounds = 0;
	if (capture_file_new(&input, &skipped, &f) != ERR_NONE ||
	    capture_walk_new(&ports, &(struct hash_key){ { 0 } }, &skipped, &w) != ERR_NONE)
		return 1;
	from_us = clock_now().us;
	for (; capture_file_next(f, &p) == ERR_NONE; packets++)
		if (is_walking)
			capture_walk_take(w, &p);
	printf("%s, %llu packets of 214 bytes: %.1f ns a packet\n", what,
	       (unsigned long long)packets,
	       (double)now_since(clock_now().us, from_us) * 1000 / (double)packets);
	capture_file_free(&f);
	capture_walk_free(&w);
	return packets == (uint64_t)RECORDS * ROUNDS && (!is_walking || datagrams == packets) ? 0
	                                                                                      : 1;
}

int main(void)
{
	static struct source s;

	s.head = BUFFER_ON(s.header);
	s.body = BUFFER_ON(s.records);
	buffer_put(&s.head,
	           VIEW("\xa1\xb2\xc3\xd4\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\x01"));
	for (int i = 0; i < RECORDS; i++)
		put_record(&s.body);
	return measure(&s, "read", false) | measure(&s, "read and walk", true);
}
