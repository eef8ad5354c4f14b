/* SPDX-License-Identifier: Apache-2.0 */
/* Requests out, answers in. */
#include "proc/signing.h"

#include "os/clock.h"

enum { ANSWERS_A_TURN = 64 };

static struct ring *requests;
static struct keys_client *client;
static const char *what;

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

static void woken(void *context, uint64_t token)
{
	(void)context;
	tls_line_woken(token);
}

struct keys_client *signing_open(struct child *c, const struct signing_way *way)
{
	const struct keys_client_ports ports = { NULL, send_request, woken };
	enum err err;

	what = way->what;
	requests = child_ring_writer(c, way->requests);
	err = keys_client_new(&ports, (uint64_t)clock_now().wall_us, &client);
	if (err != ERR_NONE)
		child_fail("keys", err);
	(void)child_ring_reader(c, way->answers, drain, NULL);
	return client;
}

/* ---- around a handshake ---- */

static void enter(void *context, uint64_t token, struct now now)
{
	(void)context;
	keys_client_enter(client, token, now);
}

/* One line a second: the counters tell the rest. */
static bool leave(void *context)
{
	static uint64_t said_us;
	enum keys_failure why = keys_client_why(client);
	struct now now = clock_now();

	(void)context;
	keys_client_leave(client);
	if (why == KEYS_WELL)
		return false;
	if (why != KEYS_CANCELLED && now_since(now.us, said_us) >= SECOND_US) {
		said_us = now.us;
		log_write(LEVEL_WARNING, what, "our own signature failed: %s",
		          keys_failure_name(why));
	}
	return true;
}

static void cancel(void *context, uint64_t token)
{
	(void)context;
	keys_client_cancel(client, token);
}

struct tls_keys signing_keys(void) { return (struct tls_keys){ NULL, enter, leave, cancel }; }

uint64_t signing_wait_us(struct now now)
{
	return client ? keys_client_wait_us(client, now) : UINT64_MAX;
}

void signing_advance(struct now now)
{
	if (client)
		keys_client_advance(client, now);
}
