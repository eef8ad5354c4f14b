/* SPDX-License-Identifier: Apache-2.0 */
/* Requests out, answers in. */
#include "proc/signing.h"

#include "os/clock.h"

enum { ANSWERS_A_TURN = 64 };

static struct ring *requests;
static struct keys_client *client;

static enum err send_request(void *context, const struct keys_request *q)
{
	(void)context;
	return ring_put(requests, q, sizeof(*q), RING_KEPT);
}

static void drain(void *context, struct ring *ring, struct now now)
{
	uint32_t ready = ring_ready(ring);

	(void)context;
	(void)now;
	for (uint32_t i = 0; i < ready && i < ANSWERS_A_TURN; i++) {
		struct keys_answer a;
		enum err err = ring_peek(ring, 0, &a, sizeof(a), NULL);

		ring_release(ring, 1);
		if (err == ERR_NONE)
			keys_client_take(client, &a);
	}
}

struct keys_client *signing_open(struct child *c, void (*woken)(void *context, uint64_t token),
                                 void *context)
{
	const struct keys_client_ports ports = { context, send_request, woken };
	enum err err;

	requests = child_ring_writer(c, ring_of(RING_OF_TO_SIGN, child_facts(c)->owner));
	err = keys_client_new(&ports, (uint64_t)clock_now().wall_us, &client);
	if (err != ERR_NONE)
		child_fail("keys", err);
	(void)child_ring_reader(c, ring_of(RING_OF_SIGNED, child_facts(c)->owner), drain, NULL);
	return client;
}
