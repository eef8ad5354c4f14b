/* SPDX-License-Identifier: Apache-2.0 */
/* The ring's hand-off: one process puts, another takes. Prints nanoseconds a slot, for facts
 * (256 bytes) and for a message of 700 bytes. */
#include "os/ring.h"
#include "os/clock.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 32, MOST = 256 };

static int take_all(const struct ring_parts *parts, size_t len, uint64_t count)
{
	struct ring r;
	char slot[1024];
	uint64_t taken = 0;

	if (ring_open_reader(&r, parts) != ERR_NONE)
		return 1;
	while (taken < count) {
		uint32_t ready = ring_ready(&r);

		if (ready > MOST)
			ready = MOST;
		for (uint32_t i = 0; i < ready; i++)
			if (ring_peek(&r, i, slot, len, NULL) != ERR_NONE)
				return 1;
		ring_release(&r, ready);
		taken += ready;
		if (ready == 0 && ring_sleep(&r)) {
			struct pollfd p = { .fd = ring_descriptor(&r), .events = POLLIN };

			(void)poll(&p, 1, 1000);
			ring_rise(&r);
		}
	}
	return 0;
}

static bool is_full(const struct ring *r)
{
	struct ring_level level;

	ring_level(r, &level);
	return level.used == level.slots;
}

static int measure(uint32_t slot_size, size_t len, uint64_t count)
{
	const struct ring_shape shape = { slot_size, (1 << 20) / slot_size, 1 };
	struct ring_ends ends;
	struct ring r;
	char slot[1024];
	uint64_t from_us, put = 0;
	int status = 1;
	pid_t child;

	memset(slot, 'x', sizeof(slot));
	if (ring_create("bench", &shape, &ends) != ERR_NONE ||
	    ring_open_writer(&r, &ends.writer) != ERR_NONE)
		return 1;
	child = fork();
	if (child == 0)
		_exit(take_all(&ends.reader, len, count));
	from_us = clock_now().us;
	while (put < count) {
		for (int i = 0; i < BATCH && put < count; i++) {
			if (ring_put(&r, slot, len, RING_KEPT) == ERR_NONE)
				put++;
			else
				break;
		}
		ring_flush(&r);
		/* A worker does other things meanwhile; the reader gets the core if it has none. */
		if (put < count && is_full(&r))
			(void)sched_yield();
	}
	(void)waitpid(child, &status, 0);
	printf("ring hand-off, %zu bytes: %.1f ns a slot\n", len,
	       (double)(clock_now().us - from_us) * 1000.0 / (double)count);
	ring_close(&r);
	ring_ends_close(&ends);
	return status == 0 ? 0 : 1;
}

int main(void)
{
	int bad = measure(256, 256, 5000000);

	return bad != 0 ? bad : measure(1024, 700, 3000000);
}
