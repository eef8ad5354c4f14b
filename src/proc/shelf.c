/* SPDX-License-Identifier: Apache-2.0 */
/* One datagram for each descriptor, since those of one name come back in no order. */
#include "proc/shelf.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/notify.h"
#include "os/socket.h"
#include "proc/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 3, MAX_LISTENED = 1024, WORDS_MAX = 128 };

static const char state_name[] = "state";

/* "sip-3": name and number. */
static bool read_name(struct view text, struct view *ret_name, uint64_t *ret_number)
{
	size_t at = text.len;

	while (at > 0 && text.at[at - 1] != '-')
		at--;
	if (at < 2)
		return false;
	*ret_name = view_first(text, at - 1);
	return view_decimal(view_after(text, at), INT64_MAX, ret_number);
}

static bool put(struct parent *p, struct view text, int fd, int *state)
{
	struct view name;
	uint64_t number;

	if (!read_name(text, &name, &number))
		return false;
	if (view_equal(name, VIEW("state"))) {
		/* Two stand there where we died between storing one and removing the other. */
		if (*state >= 0 && number < p->state_number)
			return false;
		socket_close(state);
		*state = fd;
		p->state_number = number;
		return true;
	}
	return number <= UINT32_MAX &&
	       keep_put(&p->holdings, name, (uint32_t)number, fd) == ERR_NONE;
}

enum err shelf_take(struct parent *p, int *ret_state)
{
	int count = notify_listen_count(getenv("LISTEN_FDS"), getenv("LISTEN_PID")), state = -1;
	struct view names = view_of(getenv("LISTEN_FDNAMES"));

	for (int i = 0; i < count && i < MAX_LISTENED; i++) {
		size_t end = view_find(names, ':', 0);
		int fd = FIRST + i;

		notify_shut(fd);
		if (!put(p, view_first(names, end), fd, &state))
			socket_close(&fd);
		names = view_after(names, end + 1);
	}
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	if (state < 0) {
		keep_drop(&p->holdings);
		return ERR_NOT_FOUND;
	}
	*ret_state = state;
	return ERR_NONE;
}

static void store(struct parent *p, const char *name, uint64_t number, int fd)
{
	char words[WORDS_MAX];
	enum err err;

	/* An error on a socket is no reason to let it go (FDPOLL). */
	(void)snprintf(words, sizeof(words), "FDSTORE=1\nFDNAME=%s-%" PRIu64 "\nFDPOLL=0", name,
	               number);
	err = notify_store(p->service.fd, words, fd);
	if (err != ERR_NONE)
		log_write(LEVEL_WARNING, "service manager", "does not take %s-%" PRIu64 ": %s",
		          name, number, err_text(err));
}

static void take_out(const struct parent *p, const char *name, uint64_t number)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words), "FDSTOREREMOVE=1\nFDNAME=%s-%" PRIu64, name, number);
	(void)!notify_store(p->service.fd, words, -1);
}

void shelf_state(struct parent *p)
{
	uint64_t before = p->state_number;
	int fd;

	if (p->service.fd < 0)
		return;
	p->state_number = (uint64_t)clock_now().wall_us;
	if (p->state_number <= before)
		p->state_number = before + 1;
	if (keep_state_seal(p, &fd) != ERR_NONE) {
		log_write(LEVEL_WARNING, "service manager", "the state cannot be stored");
		return;
	}
	store(p, state_name, p->state_number, fd);
	socket_close(&fd);
	if (before > 0)
		take_out(p, state_name, before);
}

void shelf_names(struct parent *p)
{
	if (p->service.fd < 0)
		return;
	take_out(p, "names", 0);
	if (p->holdings.resolved >= 0)
		store(p, "names", 0, p->holdings.resolved);
}

void shelf_fill(struct parent *p)
{
	struct keep_cursor cursor = { 0 };
	struct keep_part part;

	if (p->service.fd < 0)
		return;
	while (keep_next(&p->holdings, true, &cursor, &part))
		for (uint32_t i = 0; i < part.count; i++)
			store(p, part.name, part.index + i, part.descriptors[i]);
	shelf_state(p);
}

void shelf_forget(struct parent *p)
{
	struct keep_cursor cursor = { 0 };
	struct keep_part part;

	while (keep_next(&p->holdings, true, &cursor, &part))
		for (uint32_t i = 0; i < part.count; i++)
			take_out(p, part.name, part.index + i);
	if (p->state_number > 0)
		take_out(p, state_name, p->state_number);
	p->state_number = 0;
	p->tries = 0;
	keep_drop(&p->holdings);
}

void shelf_advance(struct parent *p, struct now now)
{
	if (p->tries == 0 || !p->is_ready_said || now_since(now.us, p->begun_us) < SHELF_STEADY_US)
		return;
	p->tries = 0;
	shelf_state(p);
}
