/* SPDX-License-Identifier: Apache-2.0 */
/* A request out, and its answer in, at once. */
#include "proc/web_signing.h"

#include "os/clock.h"

#include <poll.h>

enum {
	WAIT_US = 1500 * MILLISECOND_US, /* a new start of `keys` takes some milliseconds */
	/* After an answer that did not come nobody is waited for, so that who is let in at the
	 * listener cannot keep the API standing still; one that comes ends this. */
	REST_US = 10 * SECOND_US,
};

static struct signing {
	struct ring *requests, *answers;
	uint64_t next, rest_us; /* rest_us: until then; 0: nobody was late */
	bool is_told;
} signing;

/* Whether the answer to that request is there; others are of requests that were given up. */
static bool take(uint64_t id, struct keys_answer *ret)
{
	while (ring_ready(signing.answers) > 0) {
		enum err err = ring_peek(signing.answers, 0, ret, sizeof(*ret), NULL);

		ring_release(signing.answers, 1);
		signing.rest_us = 0;
		if (err == ERR_NONE && ret->id == id)
			return true;
	}
	return false;
}

static void drain(void *context, struct ring *ring, struct now now)
{
	struct keys_answer late;

	(void)context;
	(void)ring;
	(void)now;
	(void)take(0, &late);
}

static bool await(uint64_t id, struct keys_answer *ret)
{
	uint64_t due_us = clock_now().us + WAIT_US, now_us;

	while (!take(id, ret)) {
		struct pollfd one = { .fd = ring_descriptor(signing.answers), .events = POLLIN };

		now_us = clock_now().us;
		if (now_us >= due_us)
			return false;
		if (!ring_sleep(signing.answers))
			continue;
		(void)poll(&one, 1, (int)((due_us - now_us) / MILLISECOND_US) + 1);
		ring_rise(signing.answers);
	}
	return true;
}

static void tell(const char *what)
{
	if (!signing.is_told)
		log_write(LEVEL_ERROR, "control", "%s: handshakes of servers fail until it does",
		          what);
	signing.is_told = true;
}

static enum err sign(void *context, struct keys_request *q, struct keys_answer *ret)
{
	(void)context;
	(void)take(0, ret);
	if (signing.rest_us > clock_now().us)
		return ERR_AGAIN;
	q->id = ++signing.next;
	if (ring_put(signing.requests, q, sizeof(*q), RING_KEPT) != ERR_NONE)
		return ERR_FULL;
	ring_flush(signing.requests);
	if (!await(q->id, ret)) {
		signing.rest_us = clock_now().us + REST_US;
		tell("keys does not answer in time");
		return ERR_AGAIN;
	}
	signing.is_told = false;
	if (ret->result != ERR_NONE)
		log_write(LEVEL_ERROR, "control", "keys does not sign: %s",
		          err_text((enum err)ret->result));
	return (enum err)ret->result;
}

struct web_control_signer web_signing_open(struct child *c)
{
	/* Never 0, nor a number of a process before this one. */
	signing.next = (uint64_t)clock_now().wall_us;
	signing.requests = child_ring_writer(c, RING_NAME_CONTROL_TO_SIGN);
	signing.answers = child_ring_reader(c, RING_NAME_CONTROL_SIGNED, drain, NULL);
	return (struct web_control_signer){ NULL, sign };
}
