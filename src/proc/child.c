/* SPDX-License-Identifier: Apache-2.0 */
/* The child's side: set-up, sandbox, loop, asks, end. */
#include "proc/child.h"

#include "os/clock.h"
#include "os/sandbox.h"
#include "os/spawn.h"
#include "proc/backlog.h"
#include "proc/frame.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETUP_WAIT_MS = 10000, MAX_WATCHES = 20000, MAX_MESSAGES_A_TURN = 64 };

struct descriptors {
	int *fds;
	uint32_t count;
};

struct reader {
	struct ring ring;
	struct loop_watch *watch;
	void (*drain)(void *context, struct ring *ring, struct now now);
	void *context;
	uint64_t pace_us, due_us;
};

struct writer {
	struct ring ring;
};

struct child {
	enum role role;
	struct child_facts facts;
	struct descriptors things[THING_COUNT];
	struct loop *loop;
	struct loop_watch *channel;
	struct backlog backlog;
	struct shared_map settings;
	struct conf_blob blob;
	struct counters *counters;
	struct child_pulse *pulse;
	struct reader readers[RING_NAME_COUNT];
	struct writer writers[RING_NAME_COUNT];
	/* Those that are open, of many that there could be. */
	uint16_t reading[RING_NAME_COUNT], writing[RING_NAME_COUNT];
	uint16_t reading_count, writing_count;
	struct child_hooks hooks;
	uint32_t next_id;
	uint16_t ports[MAX_SANDBOX_PORTS];
	uint8_t port_count;
	bool is_ending;
};

/* One message at a time is in hand; 8 KiB and its descriptors do not belong on the stack. */
static struct channel_message message;
static struct ask asked;

void child_fail(const char *what, enum err err)
{
	log_write(LEVEL_ERROR, "child failed", "%s %s", what, err_text(err));
	_exit(1);
}

void child_refuse(const char *what, struct view words)
{
	log_write(LEVEL_ERROR, what, "%.*s", VIEW_ARG(words));
	_exit(CHILD_REFUSES);
}

static void keep_descriptors(struct child *c, const struct frame_head *head)
{
	struct descriptors *d;
	uint64_t end = (uint64_t)head->index + message.descriptor_count;

	if (head->thing >= THING_COUNT || end > 4 * MAX_PORT_PAIRS)
		child_fail("set-up", ERR_SYNTAX);
	d = &c->things[head->thing];
	if (end > d->count) {
		int *fds = realloc(d->fds, end * sizeof(*fds));

		if (!fds)
			child_fail("set-up", ERR_NO_MEMORY);
		for (uint32_t i = d->count; i < end; i++)
			fds[i] = -1;
		d->fds = fds;
		d->count = (uint32_t)end;
	}
	memcpy(d->fds + head->index, message.descriptors, message.descriptor_count * sizeof(int));
}

/* True once the set-up has come to its end. */
static bool take_setup(struct child *c)
{
	struct frame_head head;

	if (frame_head_read(&message, &head) != ERR_NONE)
		child_fail("set-up", ERR_SHORT);
	switch (head.kind) {
	case FRAME_THINGS:
		keep_descriptors(c, &head);
		return false;
	case FRAME_FACTS:
		if (message.len != sizeof(head) + sizeof(c->facts))
			child_fail("set-up", ERR_SHORT);
		memcpy(&c->facts, message.bytes + sizeof(head), sizeof(c->facts));
		return false;
	case FRAME_START:
		return true;
	default:
		child_fail("set-up", ERR_SYNTAX);
	}
}

static void take_settings(struct child *c, int fd)
{
	enum err err = shared_map(fd, SHARED_READ, 1, &c->settings);

	if (err == ERR_NONE)
		err = conf_blob_open(c->settings.at, c->settings.size, &c->blob);
	if (err != ERR_NONE)
		child_fail("settings", err);
}

struct child *child_begin(enum role role)
{
	struct child *c = calloc(1, sizeof(*c));
	bool is_started = false;
	enum err err;

	/* A terminal and a service manager tell all of us: the parent says who ends when. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	log_open(role_name(role), LOG_PLAIN, LEVEL_NOTICE);
	spawn_set_name(role_name(role));
	if (!c)
		child_fail("start", ERR_NO_MEMORY);
	c->role = role;
	while (!is_started) {
		err = channel_wait(SPAWN_CHANNEL, SETUP_WAIT_MS);
		if (err == ERR_NONE)
			err = channel_receive(SPAWN_CHANNEL, &message);
		if (err == ERR_CLOSED)
			_exit(0);
		if (err == ERR_IO)
			child_fail("this program is started by ringfence run, on its own it",
			           ERR_UNSUPPORTED);
		if (err != ERR_NONE)
			child_fail("set-up", err);
		is_started = take_setup(c);
	}
	if (role == ROLE_MEDIA && c->facts.owner < MAX_MEDIA_WORKERS)
		c->role = role_media(c->facts.owner);
	if (role == ROLE_SIGNAL && c->facts.owner < MAX_SIGNAL_WORKERS)
		c->role = role_signal(c->facts.owner);
	spawn_set_name(role_name(c->role));
	log_open(role_name(c->role), (enum log_format)c->facts.log_format,
	         (enum log_level)c->facts.log_level);
	(void)spawn_raise_descriptors();
	sandbox_use_files_as(c->facts.uid, c->facts.gid);
	if (loop_new(MAX_WATCHES, &c->loop) != ERR_NONE || backlog_init(&c->backlog) != ERR_NONE)
		child_fail("start", ERR_NO_MEMORY);
	take_settings(c, child_descriptor(c, THING_SETTINGS, 0));
	c->counters = child_map(c, THING_COUNTERS, (uint32_t)c->role, SHARED_WRITE,
	                        sizeof(struct counters))
	                      .at;
	c->pulse = child_map(c, THING_PULSE, 0, SHARED_WRITE, sizeof(struct child_pulse)).at;
	atomic_store(&c->pulse->is_ready, 0);
	return c;
}

const struct child_facts *child_facts(const struct child *c) { return &c->facts; }

struct loop *child_loop(const struct child *c) { return c->loop; }

struct conf_blob child_settings(const struct child *c) { return c->blob; }

struct counters *child_counters(const struct child *c) { return c->counters; }

void child_tell_calls(struct child *c, uint32_t calls)
{
	atomic_store_explicit(&c->pulse->calls, calls, memory_order_relaxed);
}

int child_descriptor(const struct child *c, enum thing thing, uint32_t index)
{
	const struct descriptors *d = &c->things[thing];

	return index < d->count ? d->fds[index] : -1;
}

struct shared_map child_map(struct child *c, enum thing thing, uint32_t index,
                            enum shared_access access, size_t least)
{
	struct shared_map map = { NULL, 0 };
	enum err err = shared_map(child_descriptor(c, thing, index), access, least, &map);

	if (err != ERR_NONE)
		child_fail("shared memory", err);
	return map;
}

static struct ring_parts parts_of(const struct child *c, enum thing thing, enum ring_name name)
{
	uint32_t first = (uint32_t)name * RING_PART_COUNT;

	return (struct ring_parts){ child_descriptor(c, thing, first),
		                    child_descriptor(c, thing, first + 1),
		                    child_descriptor(c, thing, first + 2) };
}

struct ring *child_ring_writer(struct child *c, enum ring_name name)
{
	struct ring_parts parts = parts_of(c, THING_RING_WRITER, name);
	enum err err = ring_open_writer(&c->writers[name].ring, &parts);

	if (err != ERR_NONE)
		child_fail("ring", err);
	c->writing[c->writing_count++] = (uint16_t)name;
	return &c->writers[name].ring;
}

static void on_ring(void *context, int fd, int what)
{
	struct reader *r = context;

	(void)fd;
	(void)what;
	ring_rise(&r->ring);
}

struct ring *child_ring_reader(struct child *c, enum ring_name name,
                               void (*drain)(void *context, struct ring *ring, struct now now),
                               void *context)
{
	struct ring_parts parts = parts_of(c, THING_RING_READER, name);
	struct reader *r = &c->readers[name];
	enum err err = ring_open_reader(&r->ring, &parts);

	if (err == ERR_NONE)
		err = loop_watch(c->loop, parts.wake, LOOP_READABLE, LOOP_CALL(on_ring, r),
		                 &r->watch);
	if (err != ERR_NONE)
		child_fail("ring", err);
	r->drain = drain;
	r->context = context;
	c->reading[c->reading_count++] = (uint16_t)name;
	return &r->ring;
}

void child_ring_pace(struct child *c, enum ring_name name, uint64_t pace_us)
{
	c->readers[name].pace_us = pace_us;
}

static bool is_resting(const struct reader *r, struct now now)
{
	return r->pace_us && now.us < r->due_us && r->due_us - now.us <= r->pace_us;
}

static void drain_ring(struct reader *r, struct now now)
{
	if (is_resting(r, now) || ring_ready(&r->ring) == 0)
		return;
	r->drain(r->context, &r->ring, now);
	r->due_us = now.us + r->pace_us;
}

/* While it rests nobody need wake it: its time does. */
static bool sleep_ring(struct reader *r, struct now now)
{
	return is_resting(r, now) || ring_sleep(&r->ring);
}

/* --- Asks --- */

static void send_frame(struct child *c)
{
	enum err err = backlog_send(&c->backlog, SPAWN_CHANNEL, &message);

	if (err == ERR_NONE && !backlog_is_empty(&c->backlog))
		err = loop_watch_change(c->channel, LOOP_READABLE | LOOP_WRITABLE);
	if (err == ERR_FULL)
		log_write(LEVEL_WARNING, "answer dropped", "the parent takes no more for now");
	/* A closed channel ends us where it is read. */
}

enum err child_ask(struct child *c, struct ask *question, uint32_t *ret_id)
{
	/* Not the numbers of who had this role before: an answer to him may still come. */
	uint32_t id = ++c->next_id + (c->facts.starts << 16);
	enum err err;

	question->head.from = (uint8_t)c->role;
	question->head.id = id;
	question->head.is_answer = question->head.is_last = question->head.result =
		question->head.unused = 0;
	frame_ask_write(&message, question);
	if (!backlog_is_empty(&c->backlog))
		return ERR_AGAIN;
	err = channel_send(SPAWN_CHANNEL, &message);
	if (err == ERR_NONE && ret_id)
		*ret_id = id;
	return err;
}

int child_take_descriptor(void)
{
	int fd = -1;

	if (message.descriptor_count == 1) {
		fd = message.descriptors[0];
		message.descriptor_count = 0;
	}
	return fd;
}

void child_answer(struct child *c, const struct ask_head *question, struct ask *row)
{
	row->head.kind = question->kind;
	row->head.from = question->from;
	row->head.to = question->to;
	row->head.id = question->id;
	row->head.is_answer = 1;
	frame_ask_write(&message, row);
	send_frame(c);
}

/* New settings come as a sealed memfd beside the ask. The old ones stay mapped until
 * the engine has said yes. */
static void apply_settings(struct child *c, const struct ask_head *question, struct now now)
{
	static struct ask answer;
	struct shared_map old_map = c->settings, map = { NULL, 0 };
	struct conf_blob old_blob = c->blob;
	enum err err = message.descriptor_count == 1 ? ERR_NONE : ERR_SHORT;

	if (err == ERR_NONE)
		err = shared_map(message.descriptors[0], SHARED_READ, 1, &map);
	channel_drop_descriptors(&message);
	if (err == ERR_NONE)
		err = conf_blob_open(map.at, map.size, &c->blob);
	if (err == ERR_NONE) {
		c->settings = map;
		err = c->hooks.settings ? c->hooks.settings(c->hooks.context, c->blob, now)
		                        : ERR_NONE;
	}
	if (err == ERR_NONE) {
		shared_unmap(&old_map);
	} else {
		shared_unmap(&map);
		c->settings = old_map;
		c->blob = old_blob;
	}
	answer.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(c, question, &answer);
}

static bool is_settings(uint16_t kind)
{
	return kind == ASK_SETTINGS || kind == ASK_SETTINGS_JUDGE || kind == ASK_SETTINGS_KERNEL ||
	       kind == ASK_SETTINGS_OUTREACH;
}

static void take_ask(struct child *c)
{
	struct now now = clock_now();
	struct frame_head head;
	struct ask_head question;

	if (frame_head_read(&message, &head) != ERR_NONE || head.kind != FRAME_ASK ||
	    frame_ask_read(&message, &asked) != ERR_NONE) {
		channel_drop_descriptors(&message);
		return;
	}
	question = asked.head;
	if (question.is_answer) {
		if (c->hooks.answered)
			c->hooks.answered(c->hooks.context, &asked, now);
	} else if (is_settings(question.kind)) {
		apply_settings(c, &question, now);
	} else if (c->hooks.asked) {
		c->hooks.asked(c->hooks.context, &asked, now);
	}
	channel_drop_descriptors(&message);
}

static void on_channel(void *context, int fd, int what)
{
	struct child *c = context;
	enum err err = ERR_NONE;

	if ((what & LOOP_WRITABLE) != 0 && backlog_flush(&c->backlog, fd) == ERR_NONE)
		(void)!loop_watch_change(c->channel, LOOP_READABLE);
	for (int i = 0; i < MAX_MESSAGES_A_TURN && !c->is_ending; i++) {
		err = channel_receive(fd, &message);
		if (err == ERR_AGAIN)
			return;
		if (err == ERR_CLOSED || err == ERR_IO) {
			c->is_ending = true;
			loop_stop(c->loop);
		} else if (err == ERR_NONE) {
			take_ask(c);
		}
		/* ERR_LIMIT: a message whose descriptors found our table full is gone; the
		 * parent's question runs into its time limit there. */
	}
}

/* --- Sandbox and loop --- */

static const struct {
	enum err (*enter)(const struct sandbox *s, struct sandbox_report *ret);
} sandboxes[ROLE_COUNT] = {
	[ROLE_SIGNAL] = { sandbox_enter_signal },   [ROLE_MEDIA] = { sandbox_enter_media },
	[ROLE_JUDGE] = { sandbox_enter_judge },     [ROLE_STORE] = { sandbox_enter_store },
	[ROLE_WEB] = { sandbox_enter_web },         [ROLE_KERNEL] = { sandbox_enter_kernel },
	[ROLE_OBSERVE] = { sandbox_enter_observe }, [ROLE_OUTREACH] = { sandbox_enter_outreach },
	[ROLE_KEYS] = { sandbox_enter_keys },
};

static void enter_sandbox(struct child *c)
{
	struct sandbox s = { .uid = c->facts.uid,
		             .gid = c->facts.gid,
		             .silent = child_descriptor(c, THING_TAP, 0),
		             .is_survivor = c->role == ROLE_STORE };
	struct sandbox_report report = { 0 };
	enum err err;

	for (uint8_t i = 0; c->role == ROLE_OUTREACH && i < c->port_count; i++)
		s.ports[s.port_count++] = c->ports[i];
	if (c->role == ROLE_STORE && c->facts.directory[0] != '\0')
		s.directory = c->facts.directory;
	err = sandboxes[role_kind(c->role)].enter(&s, &report);
	if (err != ERR_NONE)
		child_fail("sandbox", err);
	log_write(c->facts.starts == 1 ? LEVEL_INFO : LEVEL_DEBUG, "sandbox",
	          "Landlock ABI %d, %s network, %s, %s", report.landlock_abi,
	          report.has_empty_network ? "empty" : "inherited",
	          report.has_write_xor_execute ? "no writable code"
	                                       : "writable code refused by filter",
	          report.has_changed_user ? "own user" : "the parent's user");
}

void child_allow_port(struct child *c, uint16_t port)
{
	if (c->port_count < MAX_SANDBOX_PORTS)
		c->ports[c->port_count++] = port;
}

void child_enter(struct child *c)
{
	if (loop_watch(c->loop, SPAWN_CHANNEL, LOOP_READABLE, LOOP_CALL(on_channel, c),
	               &c->channel) != ERR_NONE)
		child_fail("channel", ERR_IO);
	if (c->facts.is_sandbox_off)
		log_write(LEVEL_WARNING, "sandbox", "switched off");
	else
		enter_sandbox(c);
	atomic_store(&c->pulse->is_ready, 1);
	frame_begin(&message, FRAME_READY);
	if (channel_send(SPAWN_CHANNEL, &message) != ERR_NONE) {
		/* It has said why, or a child that could not start has. */
		log_write(LEVEL_INFO, "ending", "the parent is gone");
		_exit(1);
	}
}

static bool on_turn(void *context, struct now now)
{
	struct child *c = context;
	bool is_busy = false;

	atomic_fetch_add_explicit(&c->pulse->beats, 1, memory_order_relaxed);
	for (size_t i = 0; i < c->reading_count; i++)
		drain_ring(&c->readers[c->reading[i]], now);
	if (c->hooks.flush)
		c->hooks.flush(c->hooks.context, now);
	for (size_t i = 0; i < c->writing_count; i++)
		ring_flush(&c->writers[c->writing[i]].ring);
	if (loop_is_resting(c->loop))
		return false;
	for (size_t i = 0; i < c->reading_count; i++)
		if (!sleep_ring(&c->readers[c->reading[i]], now))
			is_busy = true;
	return is_busy;
}

static uint64_t on_wait(void *context, struct now now)
{
	const struct child *c = context;
	uint64_t wait_us = c->hooks.wait_us ? c->hooks.wait_us(c->hooks.context, now) : UINT64_MAX;

	for (size_t i = 0; i < c->reading_count; i++) {
		const struct reader *r = &c->readers[c->reading[i]];

		if (is_resting(r, now) && r->due_us - now.us < wait_us)
			wait_us = r->due_us - now.us;
	}
	return wait_us;
}

static void on_advance(void *context, struct now now)
{
	struct child *c = context;

	if (c->hooks.advance)
		c->hooks.advance(c->hooks.context, now);
}

int child_run(struct child *c, const struct child_hooks *hooks)
{
	c->hooks = *hooks;
	loop_set_hooks(c->loop, &(struct loop_hooks){ c, on_turn, on_wait, on_advance });
	loop_run(c->loop);
	if (c->hooks.end)
		c->hooks.end(c->hooks.context, clock_now());
	if (c->hooks.flush)
		c->hooks.flush(c->hooks.context, clock_now());
	for (size_t i = 0; i < c->writing_count; i++)
		ring_flush(&c->writers[c->writing[i]].ring);
	/* Without exit handlers: a sanitizer's last look would make forbidden calls. */
	_exit(0);
}
