/* SPDX-License-Identifier: Apache-2.0 */
/* Who gives way. */
#include "proc/upgrade.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/spawn.h"
#include "proc/keep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OFFER_US = 10 * SECOND_US,
	ANSWER_US =
		300 * MILLISECOND_US, /* until who asked has read it, and the trail is written */
	TRIAL_US = 10 * SECOND_US,
	CLEAR_US = 3 * SECOND_US,
};

static struct channel_message message;

/* ---- answers and ends ---- */

static void answer(struct parent *p, enum err result, const char *words)
{
	static struct ask row;
	struct ask_head *question = &p->upgrade.question;
	struct view text = view_of(words);

	if (question->kind != ASK_UPGRADE)
		return;
	memset(&row.head, 0, sizeof(row.head));
	memcpy(row.body.text, text.at, text.len);
	row.head.size = (uint32_t)text.len;
	row.head.result = (uint8_t)result;
	row.head.is_last = 1;
	relay_answer(p, (enum role)question->from, question, &row);
	question->kind = ASK_KIND_COUNT;
}

static void close_channel(struct upgrade *u)
{
	loop_unwatch(&u->watch);
	socket_close(&u->channel);
	socket_close(&u->state);
}

static void forget(struct upgrade *u)
{
	close_channel(u);
	u->step = UPGRADE_NONE;
	u->pid = 0;
}

/* It is of no use: gone at once, and, where our children had ended already, before they start. */
static void give_up(struct parent *p, const char *words)
{
	struct upgrade *u = &p->upgrade;

	(void)snprintf(u->words, sizeof(u->words), "failed: %s", words);
	log_write(LEVEL_ERROR, "upgrade", "%s; this program goes on", u->words);
	answer(p, ERR_AGAIN, u->words);
	if (u->pid > 0)
		(void)!spawn_kill(u->pid, SIGKILL);
	if (u->step < UPGRADE_EMPTYING) {
		forget(u);
		return;
	}
	close_channel(u);
	u->step = UPGRADE_CLEARING;
	u->due_us = clock_now().us + CLEAR_US;
}

/* ---- the offer ---- */

static enum err give(struct parent *p)
{
	struct upgrade *u = &p->upgrade;
	struct keep_cursor cursor = { u->row, u->index };
	struct keep_part part;

	for (;;) {
		struct frame_head head = { .kind = FRAME_KEPT };
		struct keep_cursor before = cursor;
		size_t len;
		enum err err;

		if (!keep_next(&p->holdings, false, &cursor, &part))
			break;
		len = strlen(part.name);
		head.index = part.index;
		memcpy(message.bytes, &head, sizeof(head));
		memcpy(message.bytes + sizeof(head), part.name, len);
		message.len = sizeof(head) + len;
		memcpy(message.descriptors, part.descriptors, part.count * sizeof(int));
		message.descriptor_count = part.count;
		err = channel_send(u->channel, &message);
		if (err != ERR_NONE) {
			u->row = before.row;
			u->index = before.index;
			return err;
		}
	}
	u->row = cursor.row;
	u->index = cursor.index;
	frame_begin(&message, FRAME_START);
	message.descriptors[0] = u->state;
	message.descriptor_count = 1;
	return channel_send(u->channel, &message);
}

static void succeeded(struct parent *p)
{
	struct upgrade *u = &p->upgrade;
	struct frame_head head = { .kind = FRAME_START };

	service_hand_on(&p->service, u->pid);
	/* Who waits for us by our number alone is not told of another one: we stay for it. */
	head.thing = p->service.fd < 0 && p->holdings.above < 0;
	memcpy(message.bytes, &head, sizeof(head));
	message.len = sizeof(head);
	message.descriptor_count = 0;
	(void)!channel_send(u->channel, &message);
	log_write(LEVEL_NOTICE, "upgrade", "process %d serves now", (int)u->pid);
	p->is_handed_on = true;
	loop_stop(p->loop);
}

static void take_word(struct parent *p)
{
	struct upgrade *u = &p->upgrade;
	struct frame_head head;

	if (frame_head_read(&message, &head) != ERR_NONE)
		return;
	if (head.kind == FRAME_REFUSED) {
		char words[UPGRADE_WORDS_MAX - 16];

		(void)view_copy(view_first(view_bytes(message.bytes + sizeof(head),
		                                      message.len - sizeof(head)),
		                           sizeof(words) - 1),
		                words, sizeof(words));
		give_up(p, words);
	} else if (head.kind == FRAME_READY && u->step == UPGRADE_OFFERED && u->is_given) {
		u->step = UPGRADE_AGREED;
		u->due_us = clock_now().us + ANSWER_US;
		answer(p, ERR_NONE, "the new program has taken what it needs and begins");
	} else if (head.kind == FRAME_READY && u->step == UPGRADE_TRIED) {
		succeeded(p);
	}
}

static void on_channel(void *context, int fd, int what)
{
	struct parent *p = context;
	struct upgrade *u = &p->upgrade;
	enum err err = ERR_NONE;

	if ((what & LOOP_WRITABLE) != 0 && !u->is_given) {
		err = give(p);
		u->is_given = err == ERR_NONE;
		if (u->is_given)
			(void)!loop_watch_change(u->watch, LOOP_READABLE);
	}
	if ((what & LOOP_READABLE) != 0) {
		err = channel_receive(fd, &message);
		if (err == ERR_NONE) {
			channel_drop_descriptors(&message);
			take_word(p);
			return;
		}
	}
	if (err != ERR_NONE && err != ERR_AGAIN)
		give_up(p, "it ended before it served");
}

static enum err start(struct parent *p)
{
	struct upgrade *u = &p->upgrade;
	struct spawn s = { .program = p->program, .is_survivor = true, .has_environment = true };
	int theirs;
	enum err err = keep_state_seal(p, &u->state);

	for (int i = 1; i < p->argc && err == ERR_NONE; i++)
		err = i < MAX_SPAWN_ARGUMENTS ? ERR_NONE : ERR_LIMIT;
	if (err == ERR_NONE)
		err = channel_open(&u->channel, &theirs);
	if (err != ERR_NONE)
		return err;
	s.arguments[0] = "--take-over";
	for (int i = 1; i < p->argc; i++)
		s.arguments[i] = p->argv[i];
	s.channel = theirs;
	/* They name us. */
	(void)unsetenv("WATCHDOG_PID");
	spawn_adopt();
	err = spawn_start(&s, &u->pid);
	socket_close(&theirs);
	if (err == ERR_NONE)
		err = loop_watch(p->loop, u->channel, LOOP_READABLE | LOOP_WRITABLE,
		                 LOOP_CALL(on_channel, p), &u->watch);
	return err;
}

void upgrade_start(struct parent *p, const struct ask *question)
{
	struct upgrade *u = &p->upgrade;
	struct ask_head other = question->head;
	enum err err = u->step == UPGRADE_NONE ? ERR_NONE : ERR_AGAIN;

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT && err == ERR_NONE; role++)
		if (holdings_have(&p->holdings, (enum role)role) &&
		    p->children[role].state != CHILD_READY)
			err = ERR_AGAIN;
	if (err != ERR_NONE || p->apply.is_open || p->is_ending) {
		static struct ask row;

		row.head = (struct ask_head){ .result = ERR_AGAIN, .is_last = 1 };
		relay_answer(p, (enum role)other.from, &other, &row);
		return;
	}
	*u = (struct upgrade){ .channel = -1, .state = -1, .question = other };
	u->step = UPGRADE_OFFERED;
	u->due_us = clock_now().us + OFFER_US;
	err = start(p);
	if (err != ERR_NONE) {
		char words[128];

		(void)snprintf(words, sizeof(words), "%s: %s", p->program, err_text(err));
		give_up(p, words);
	}
}

/* ---- the change ---- */

bool upgrade_holds(const struct parent *p) { return p->upgrade.step >= UPGRADE_EMPTYING; }

static void empty(struct parent *p, struct now now)
{
	struct upgrade *u = &p->upgrade;

	if (!children_end(p, now_since(now.us, u->due_us)))
		return;
	frame_begin(&message, FRAME_START);
	u->step = UPGRADE_TRIED;
	u->due_us = now.us + TRIAL_US;
	if (channel_send(u->channel, &message) != ERR_NONE)
		give_up(p, "it ended before it served");
}

void upgrade_advance(struct parent *p, struct now now)
{
	struct upgrade *u = &p->upgrade;

	switch (u->step) {
	case UPGRADE_NONE:
		break;
	case UPGRADE_OFFERED:
	case UPGRADE_TRIED:
		if (now.us >= u->due_us)
			give_up(p, "it did not come up in time");
		break;
	case UPGRADE_AGREED:
		if (now.us < u->due_us)
			break;
		u->step = UPGRADE_EMPTYING;
		u->due_us = now.us; /* since when */
		(void)children_end(p, 0);
		break;
	case UPGRADE_EMPTYING:
		empty(p, now);
		break;
	case UPGRADE_CLEARING:
		if (spawn_is_alone() || now.us >= u->due_us)
			forget(u);
	}
}

void upgrade_reaped(struct parent *p, const struct spawn_end *end)
{
	struct upgrade *u = &p->upgrade;

	if (end->pid != u->pid || u->step == UPGRADE_NONE)
		return;
	u->pid = 0;
	/* What it said last may not be read yet. */
	if (u->watch && channel_receive(u->channel, &message) == ERR_NONE) {
		channel_drop_descriptors(&message);
		take_word(p);
	}
	if (u->step != UPGRADE_NONE && u->step != UPGRADE_CLEARING)
		give_up(p, "it ended before it served");
}

int upgrade_leave(struct parent *p)
{
	pid_t successor = p->upgrade.pid;

	if (p->holdings.above >= 0) {
		(void)!write(p->holdings.above, &successor, sizeof(successor));
		return EXIT_SUCCESS;
	}
	return p->service.fd >= 0 ? EXIT_SUCCESS : spawn_follow(successor, p->upgrade.channel);
}
