/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the things, and which ring is whose. */
#include "proc/things.h"

#include <stdio.h>

enum { NAME_SIZE = 32 };

static const struct ring_use uses[RING_NAME_ORDERS_2] = {
	[RING_NAME_FACTS] = { RING_NAME_FACTS, ROLE_SIGNAL, ROLE_JUDGE },
	[RING_NAME_ORDERS] = { RING_NAME_ORDERS, ROLE_SIGNAL, ROLE_MEDIA },
	[RING_NAME_MEDIA_EVENTS] = { RING_NAME_MEDIA_EVENTS, ROLE_MEDIA, ROLE_SIGNAL },
	[RING_NAME_RECORDS_SIGNAL] = { RING_NAME_RECORDS_SIGNAL, ROLE_SIGNAL, ROLE_STORE },
	[RING_NAME_RECORDS_JUDGE] = { RING_NAME_RECORDS_JUDGE, ROLE_JUDGE, ROLE_STORE },
	[RING_NAME_TO_SIGN] = { RING_NAME_TO_SIGN, ROLE_SIGNAL, ROLE_KEYS },
	[RING_NAME_SIGNED] = { RING_NAME_SIGNED, ROLE_KEYS, ROLE_SIGNAL },
	[RING_NAME_CONTROL_TO_SIGN] = { RING_NAME_CONTROL_TO_SIGN, ROLE_WEB, ROLE_KEYS },
	[RING_NAME_CONTROL_SIGNED] = { RING_NAME_CONTROL_SIGNED, ROLE_KEYS, ROLE_WEB },
};

static const enum ring_name first_of[RING_OF_ORDERS] = {
	[RING_OF_FACTS] = RING_NAME_FACTS,
	[RING_OF_RECORDS] = RING_NAME_RECORDS_SIGNAL,
	[RING_OF_TO_SIGN] = RING_NAME_TO_SIGN,
	[RING_OF_SIGNED] = RING_NAME_SIGNED,
};

/* ---- names of workers' rings ---- */

static enum ring_name in_block(unsigned signal, unsigned which)
{
	return (enum ring_name)(RING_NAME_SIGNAL_2 + (signal - 1) * RINGS_IN_BLOCK + which);
}

enum ring_name ring_of(enum ring_in_block which, unsigned signal)
{
	return signal == 0 ? first_of[which] : in_block(signal, which);
}

enum ring_name ring_orders(unsigned signal, unsigned media)
{
	if (signal > 0)
		return in_block(signal, RING_OF_ORDERS + media);
	return media == 0 ? RING_NAME_ORDERS : (enum ring_name)(RING_NAME_ORDERS_2 + media - 1);
}

enum ring_name ring_media_events(unsigned signal, unsigned media)
{
	if (signal > 0)
		return in_block(signal, RING_OF_MEDIA_EVENTS + media);
	return media == 0 ? RING_NAME_MEDIA_EVENTS
	                  : (enum ring_name)(RING_NAME_MEDIA_EVENTS_2 + media - 1);
}

enum ring_name ring_passed(unsigned from, unsigned to)
{
	return (enum ring_name)(RING_NAME_PASSED + from * MAX_SIGNAL_WORKERS + to);
}

/* ---- whose they are ---- */

/* That of the first workers, with others at its ends. */
static struct ring_use between(enum ring_name like, unsigned signal, unsigned media)
{
	struct ring_use use = uses[like];

	use.writer = use.writer == ROLE_SIGNAL ? role_signal(signal)
	           : use.writer == ROLE_MEDIA  ? role_media(media)
	                                       : use.writer;
	use.reader = use.reader == ROLE_SIGNAL ? role_signal(signal)
	           : use.reader == ROLE_MEDIA  ? role_media(media)
	                                       : use.reader;
	return use;
}

struct ring_use ring_use(enum ring_name name)
{
	unsigned place, signal;

	if (name < RING_NAME_ORDERS_2)
		return uses[name];
	if (name < RING_NAME_MEDIA_EVENTS_2)
		return between(RING_NAME_ORDERS, 0, name - RING_NAME_ORDERS_2 + 1);
	if (name < RING_NAME_SIGNAL_2)
		return between(RING_NAME_MEDIA_EVENTS, 0, name - RING_NAME_MEDIA_EVENTS_2 + 1);
	if (name >= RING_NAME_PASSED) {
		place = name - RING_NAME_PASSED;
		return (struct ring_use){ RING_NAME_PASSED, role_signal(place / MAX_SIGNAL_WORKERS),
			                  role_signal(place % MAX_SIGNAL_WORKERS) };
	}
	place = (name - RING_NAME_SIGNAL_2) % RINGS_IN_BLOCK;
	signal = (name - RING_NAME_SIGNAL_2) / RINGS_IN_BLOCK + 1;
	if (place < RING_OF_ORDERS)
		return between(first_of[place], signal, 0);
	if (place < RING_OF_MEDIA_EVENTS)
		return between(RING_NAME_ORDERS, signal, place - RING_OF_ORDERS);
	return between(RING_NAME_MEDIA_EVENTS, signal, place - RING_OF_MEDIA_EVENTS);
}

/* ---- their names ---- */

static const char *const names[RING_NAME_ORDERS_2] = {
	"facts",   "orders", "media events",    "signal records", "judge records",
	"to sign", "signed", "control to sign", "control signed",
};

/* "orders 2": of the second of media; "orders 2 1": of signal's second and media's first. */
static const char *write_text(enum ring_name name, char ret[NAME_SIZE])
{
	struct ring_use use = ring_use(name);
	unsigned writer = role_worker(use.writer) + 1, reader = role_worker(use.reader) + 1;
	bool is_orders = use.like == RING_NAME_ORDERS, has_media;
	unsigned signal = role_kind(use.writer) == ROLE_SIGNAL ? writer : reader;
	unsigned media = is_orders ? reader : writer;

	has_media = is_orders || use.like == RING_NAME_MEDIA_EVENTS;
	if (use.like == RING_NAME_PASSED)
		(void)snprintf(ret, NAME_SIZE, "passed %u %u", writer, reader);
	else if (!has_media)
		(void)snprintf(ret, NAME_SIZE, "%s %u", names[use.like], signal);
	else if (signal == 1)
		(void)snprintf(ret, NAME_SIZE, "%s %u", names[use.like], media);
	else
		(void)snprintf(ret, NAME_SIZE, "%s %u %u", names[use.like], signal, media);
	return ret;
}

const char *ring_name_text(enum ring_name name)
{
	static char texts[RING_NAME_COUNT][NAME_SIZE];

	if ((unsigned)name >= RING_NAME_COUNT)
		return "?";
	if (name < RING_NAME_ORDERS_2)
		return names[name];
	return texts[name][0] ? texts[name] : write_text(name, texts[name]);
}
