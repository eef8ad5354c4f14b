/* SPDX-License-Identifier: Apache-2.0 */
/* The children's lives: start, set-up, watching, end, and start again. A child that was
 * ready is back at once; one that fails before it is ready waits longer each time. */
#include "proc/parent_priv.h"

#include "os/channel.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/spawn.h"
#include "proc/resolved.h"
#include "proc/setup.h"
#include "proc/shelf.h"
#include "web/control_options.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
	END_STORE_US = 300 * MILLISECOND_US,
	END_KILL_US = 800 * MILLISECOND_US,
	END_LATE_US = 3 * SECOND_US, /* for a store that has to come back first */
	START_LIMIT_US = 10 * SECOND_US,
	BACKOFF_FIRST_US = 100 * MILLISECOND_US,
	BACKOFF_LAST_US = 5 * SECOND_US,
	MAX_MESSAGES_A_TURN = 64,
};

static struct channel_message message;

const char *parent_state_name(enum child_state state)
{
	static const char *const names[] = { "down", "setting up", "starting", "ready", "ending" };

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static bool is_alive(const struct child_process *c) { return c->state != CHILD_DOWN; }

static void close_channel(struct child_process *c)
{
	loop_unwatch(&c->watch);
	socket_close(&c->channel);
	c->backlog.used = c->backlog.start = 0;
}

/* Said once, when the last of them is up. */
static void say_ready(struct parent *p)
{
	const struct web_control_options *control = conf_get(p->settings, &web_control_block, NULL);
	char text[ADDR_TEXT_MAX], words[128];

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (holdings_have(&p->holdings, (enum role)role) &&
		    p->children[role].state != CHILD_READY)
			return;
	p->is_ready_said = true;
	for (uint16_t i = 0; i < p->holdings.facts.listener_count; i++)
		log_write(LEVEL_NOTICE, "listening", "%s %s",
		          flow_transport_word(p->holdings.facts.listener_transports[i]),
		          addr_text(&p->holdings.facts.listeners[i], text));
	if (p->holdings.control >= 0)
		log_write(LEVEL_NOTICE, "listening", "control %s",
		          addr_text(&control->listen, text));
	if (p->holdings.interface)
		(void)snprintf(words, sizeof(words), "watching %s%s", p->holdings.interface,
		               holdings_have(&p->holdings, ROLE_KERNEL)
		                       ? ", the kernel drops what is blocked"
		                       : "; nothing is dropped");
	else
		(void)snprintf(words, sizeof(words), "%u port pairs for media",
		               p->holdings.pair_count);
	log_write(LEVEL_NOTICE, "ready", "%s", words);
	service_ready(&p->service, words);
	if (p->is_taking_over)
		upgrade_healthy(p);
	else
		shelf_fill(p);
	if (p->has_newer_file)
		apply_file(p);
}

static void became_ready(struct parent *p, struct child_process *c)
{
	uint64_t now_us = clock_now().us;

	c->state = CHILD_READY;
	c->ready_us = c->beat_us = now_us;
	c->quick_ends = 0;
	c->recovered_ms =
		c->ended_us > 0 ? (uint32_t)(now_since(now_us, c->ended_us) / MILLISECOND_US) : 0;
	log_write(LEVEL_INFO, "child ready", "%s after %u ms", role_name(c->role),
	          (unsigned)(now_since(now_us, c->started_us) / MILLISECOND_US));
	/* It may have changed while the child was starting. */
	resolved_hand_to(p, c->role);
	if (!p->is_ready_said)
		say_ready(p);
}

static void read_channel(struct parent *p, struct child_process *c)
{
	struct frame_head head;

	for (int i = 0; i < MAX_MESSAGES_A_TURN; i++) {
		enum err err = channel_receive(c->channel, &message);

		if (err == ERR_AGAIN)
			return;
		if (err == ERR_CLOSED || err == ERR_IO) {
			/* SIGCHLD tells its end; one that lives without a channel is of no use. */
			close_channel(c);
			(void)!spawn_kill(c->pid, SIGKILL);
			return;
		}
		/* No child has a descriptor to give. */
		channel_drop_descriptors(&message);
		if (err != ERR_NONE || frame_head_read(&message, &head) != ERR_NONE)
			continue;
		if (head.kind == FRAME_READY && c->state == CHILD_STARTING)
			became_ready(p, c);
		else if (head.kind == FRAME_ASK && c->state == CHILD_READY)
			relay_take(p, c->role, &message);
	}
}

static void on_channel(void *context, int fd, int what);

static void write_channel(struct parent *p, struct child_process *c)
{
	enum err err;

	if (c->state == CHILD_SETTING_UP) {
		err = setup_send(c, &p->holdings);
		if (err == ERR_NONE)
			c->state = CHILD_STARTING;
	} else {
		err = backlog_flush(&c->backlog, c->channel);
	}
	if (err == ERR_NONE)
		(void)!loop_watch_change(c->watch, LOOP_READABLE);
}

static struct parent *the_parent; /* the loop's callbacks carry the child */

static void on_channel(void *context, int fd, int what)
{
	struct child_process *c = context;

	(void)fd;
	if ((what & LOOP_WRITABLE) != 0)
		write_channel(the_parent, c);
	if ((what & LOOP_READABLE) != 0 && c->channel >= 0)
		read_channel(the_parent, c);
}

/* As installed the file is called by its role; in the build tree it has the program's name too. */
static enum err program_of(enum role role, char *ret, size_t size)
{
	char name[64];
	const char *program = role_name(role_kind(role));
	enum err err = spawn_sibling(program, ret, size);

	if (err != ERR_NONE || spawn_is_program(ret))
		return err;
	(void)snprintf(name, sizeof(name), "ringfence-%s", program);
	return spawn_sibling(name, ret, size);
}

static enum err start(struct parent *p, struct child_process *c)
{
	char program[4096];
	struct spawn s = { .program = program,
		           .image = c->image,
		           .is_survivor = c->role == ROLE_STORE };
	int theirs;
	enum err err = program_of(c->role, program, sizeof(program));

	if (err == ERR_NONE)
		err = channel_open(&c->channel, &theirs);
	if (err != ERR_NONE)
		return err;
	s.channel = theirs;
	err = spawn_start(&s, &c->pid);
	socket_close(&theirs);
	if (err == ERR_NONE)
		err = loop_watch(p->loop, c->channel, LOOP_READABLE | LOOP_WRITABLE,
		                 LOOP_CALL(on_channel, c), &c->watch);
	if (err != ERR_NONE) {
		close_channel(c);
		return err;
	}
	return ERR_NONE;
}

static uint64_t backoff_us(uint32_t quick_ends)
{
	uint64_t us = BACKOFF_FIRST_US;

	if (quick_ends == 0)
		return 0;
	for (uint32_t i = 1; i < quick_ends && us < BACKOFF_LAST_US; i++)
		us *= 2;
	return us < BACKOFF_LAST_US ? us : BACKOFF_LAST_US;
}

static void start_due(struct parent *p, struct child_process *c, struct now now)
{
	enum err err;

	c->starts++;
	c->started_us = c->beat_us = now.us;
	c->beats = 0;
	c->is_killed = false;
	setup_list(c, &p->holdings);
	err = start(p, c);
	if (err == ERR_NONE) {
		c->state = CHILD_SETTING_UP;
		return;
	}
	c->quick_ends++;
	c->due_us = now.us + backoff_us(c->quick_ends);
	log_write(LEVEL_ERROR, "child not started", "%s: %s", role_name(c->role), err_text(err));
	if (c->starts == 1)
		parent_end(p, 1);
}

static void note_end(struct child_process *c, const struct spawn_end *end)
{
	if (end->number > 0)
		(void)snprintf(c->last_end, sizeof(c->last_end), "signal %d (%s)", end->number,
		               c->is_killed ? "stuck" : strsignal(end->number));
	else
		(void)snprintf(c->last_end, sizeof(c->last_end), "status %d", end->status);
}

static void ended(struct parent *p, struct child_process *c, const struct spawn_end *end,
                  struct now now)
{
	bool was_ready = c->state == CHILD_READY;

	note_end(c, end);
	c->has_died = end->number > 0;
	close_channel(c);
	c->state = CHILD_DOWN;
	c->pid = 0;
	c->ended_us = now.us;
	relay_child_ended(p, c->role);
	if (p->is_ending || upgrade_holds(p))
		return;
	/* What never came up at the first start will not later: one line, and out. */
	if (!was_ready && c->starts == 1 && end->number == 0) {
		log_write(LEVEL_ERROR, "child ended", "%s could not start (%s)", role_name(c->role),
		          c->last_end);
		parent_end(p, end->status == CHILD_REFUSES ? CHILD_REFUSES : 1);
		return;
	}
	/* Killed by somebody else: no fault of its own, which would come again. */
	if (!was_ready && (end->number != SIGKILL || c->is_killed || c->quick_ends == 0))
		c->quick_ends++;
	c->due_us = now.us + backoff_us(c->quick_ends);
	log_write(LEVEL_WARNING, "child ended", "%s: %s; starting it again", role_name(c->role),
	          c->last_end);
}

void children_reap(struct parent *p, struct now now)
{
	struct spawn_end end;

	while (spawn_reap(&end) == ERR_NONE) {
		upgrade_reaped(p, &end);
		acme_reaped(p, &end);
		for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
			if (p->children[role].pid == end.pid)
				ended(p, &p->children[role], &end, now);
	}
	children_advance(p, now);
}

static enum err open_image(struct child_process *c)
{
	char program[4096];
	enum err err = program_of(c->role, program, sizeof(program));

	if (err == ERR_NONE)
		err = spawn_open_image(program, &c->image);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "program", "%s: %s", program, err_text(err));
	return err;
}

enum err children_init(struct parent *p)
{
	the_parent = p;
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		struct child_process *c = &p->children[role];
		enum err err;

		c->role = (enum role)role;
		c->channel = -1;
		c->image = -1;
		err = backlog_init(&c->backlog);
		if (err == ERR_NONE && holdings_have(&p->holdings, c->role))
			err = open_image(c);
		if (err == ERR_NONE)
			err = settings_seal(p->settings, c->role, &c->settings);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

/* A loop that stands still is as bad as a process that is gone. */
static void watch(struct parent *p, struct child_process *c, struct now now)
{
	const struct child_pulse *pulse = p->holdings.pulse_maps[c->role].at;
	uint64_t beats = atomic_load_explicit(&pulse->beats, memory_order_relaxed);
	uint64_t limit_us =
		c->state == CHILD_READY ? (uint64_t)CHILD_STUCK_S * SECOND_US : START_LIMIT_US;

	if (c->state == CHILD_READY && beats != c->beats) {
		c->beats = beats;
		c->beat_us = now.us;
	}
	if (c->is_killed || now_since(now.us, c->beat_us) < limit_us)
		return;
	c->is_killed = true;
	log_write(LEVEL_ERROR, "child stuck", "%s does not move (%s)", role_name(c->role),
	          parent_state_name(c->state));
	(void)!spawn_kill(c->pid, SIGKILL);
}

void children_advance(struct parent *p, struct now now)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		struct child_process *c = &p->children[role];

		if (is_alive(c))
			watch(p, c, now);
		else if (!p->is_ending && !upgrade_holds(p) && now.us >= c->due_us &&
		         holdings_have(&p->holdings, c->role))
			start_due(p, c, now);
	}
}

uint64_t children_wait_us(const struct parent *p, struct now now)
{
	uint64_t least = UINT64_MAX;

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		const struct child_process *c = &p->children[role];

		if (!is_alive(c) && !p->is_ending && !upgrade_holds(p) &&
		    holdings_have(&p->holdings, c->role) && now_since(c->due_us, now.us) < least)
			least = now_since(c->due_us, now.us);
	}
	return least;
}

enum err children_send(struct parent *p, enum role to, const struct channel_message *m)
{
	struct child_process *c = &p->children[to];
	enum err err;

	if (c->state != CHILD_READY || c->channel < 0)
		return ERR_CLOSED;
	if (m->descriptor_count > 0)
		return backlog_is_empty(&c->backlog) ? channel_send(c->channel, m) : ERR_AGAIN;
	err = backlog_send(&c->backlog, c->channel, m);
	if (err == ERR_NONE && !backlog_is_empty(&c->backlog))
		err = loop_watch_change(c->watch, LOOP_READABLE | LOOP_WRITABLE);
	return err;
}

static bool are_gone(const struct parent *p)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (is_alive(&p->children[role]))
			return false;
	return true;
}

static void close_all(struct parent *p, bool is_store_too)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		struct child_process *c = &p->children[role];

		if (!is_alive(c) || (role == ROLE_STORE && !is_store_too))
			continue;
		close_channel(c);
		c->state = CHILD_ENDING;
	}
}

static void kill_all(struct parent *p)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (is_alive(&p->children[role]))
			(void)!spawn_kill(p->children[role].pid, SIGKILL);
}

/* A store that died is started once more: what its rings hold was accepted. After an upgrade
 * the rings go on, and with them the store. */
static bool is_store_awaited(struct parent *p, uint64_t since_us)
{
	struct child_process *store = &p->children[ROLE_STORE];

	if (!p->is_ending || !p->is_ready_said || since_us >= END_LATE_US)
		return false;
	if (store->state == CHILD_DOWN && store->has_died && !p->is_store_late)
		start_due(p, store, clock_now());
	if (store->state != CHILD_SETTING_UP && store->state != CHILD_STARTING)
		return false;
	p->is_store_late = true;
	return true;
}

bool children_end(struct parent *p, uint64_t since_us)
{
	bool is_awaited = is_store_awaited(p, since_us), is_only_store = true;

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		is_only_store = is_only_store &&
		                (role == ROLE_STORE || p->children[role].state == CHILD_DOWN);
	close_all(p, !is_awaited && (is_only_store || since_us >= END_STORE_US));
	if (since_us >= END_KILL_US + (p->is_store_late ? END_LATE_US : 0))
		kill_all(p);
	return are_gone(p);
}

enum err children_reseal(struct parent *p, enum role role, const struct conf_tree *t)
{
	struct child_process *c = &p->children[role];
	int fd;
	enum err err = settings_seal(t, role, &fd);

	if (err != ERR_NONE)
		return err;
	socket_close(&c->settings);
	c->settings = fd;
	return ERR_NONE;
}
