/* SPDX-License-Identifier: Apache-2.0 */
/* Asks between processes. What is not in the grant table cannot be asked; what
 * a child says about who it is, or for whom an answer is, is not believed: the
 * parent knows from which channel it came and which question it numbered. */
#include "proc/parent_priv.h"

#include "os/clock.h"
#include "os/log.h"
#include "proc/resolved.h"

#include <string.h>

static const struct {
	uint8_t from, to;
} grants[ASK_KIND_COUNT] = {
#define ASK(name, asker, answerer) [ASK_##name] = { ROLE_##asker, ROLE_##answerer },
#include "event/ask.def"
#undef ASK
};

/* Questions about what each worker of signal has its own of. Others are answered alike by all,
 * and asked of the first. */
enum share {
	SHARE_FIRST, /* one is asked */
	SHARE_ALL,   /* rows of all, one behind the other */
	SHARE_ONE,   /* the answer of the one that knows it */
};

static enum share share_of(uint16_t kind)
{
	switch (kind) {
	case ASK_REGISTRATIONS:
	case ASK_LIVE_CALLS:
	case ASK_CONTROL_CALLS:
	case ASK_HEADERS:
	case ASK_TRACE:
	case ASK_UNCOVERED:
		return SHARE_ALL;
	case ASK_COMMAND:
		return SHARE_ONE;
	default:
		return SHARE_FIRST;
	}
}

static struct ask in_hand;
static struct channel_message message;

/* Those of the same question that are still open are to end with that error. */
static void note_share(struct parent *p, uint32_t share, enum err result)
{
	for (uint32_t i = 0; i < MAX_PENDING && result != ERR_NONE; i++)
		if (p->relay.rows[i].is_open && p->relay.rows[i].share == share)
			p->relay.rows[i].failed = (uint8_t)result;
}

static struct pending *pending_new(struct relay *r)
{
	for (uint32_t i = 0; i < MAX_PENDING; i++) {
		struct pending *p = &r->rows[(r->next_id + i) % MAX_PENDING];

		if (p->is_open)
			continue;
		/* The row is part of the number, so that an answer finds it without a search. */
		r->next_id = r->next_id + i + 1;
		p->id = r->next_id - 1;
		p->is_open = true;
		p->answered = NULL;
		p->share = 0;
		p->failed = ERR_NONE;
		p->refusal = COMMAND_NO_CALL;
		return p;
	}
	return NULL;
}

/* The open row that this answer may close: asked of that role, of that kind. */
static struct pending *pending_find(struct relay *r, enum role from, const struct ask_head *head)
{
	struct pending *p = &r->rows[head->id % MAX_PENDING];

	return p->is_open && p->id == head->id && p->to == from && p->kind == head->kind ? p : NULL;
}

static void send_ask(struct parent *p, enum role to, const struct ask *ask)
{
	enum err err;

	frame_ask_write(&message, ask);
	err = children_send(p, to, &message);
	if (err != ERR_NONE && err != ERR_CLOSED)
		log_write(LEVEL_WARNING, "answer dropped", "%s does not read: %s", role_name(to),
		          err_text(err));
}

static void refuse(struct parent *p, enum role asker, const struct ask_head *question, enum err err)
{
	struct ask *answer = &in_hand;

	answer->head = *question;
	answer->head.is_answer = answer->head.is_last = 1;
	answer->head.result = (uint8_t)err;
	answer->head.size = 0;
	send_ask(p, asker, answer);
}

static void answer_self(struct parent *p, const struct ask *question)
{
	struct ask_head head = question->head;

	switch (question->head.kind) {
	case ASK_STATUS:
		status_answer(p, &head, clock_now());
		break;
	case ASK_CONFIG_GET:
		apply_get(p, &head);
		break;
	case ASK_CONFIG_APPLY:
		apply_start(p, question);
		break;
	case ASK_DRAIN:
		drain_start(p, question);
		break;
	case ASK_UPGRADE:
		upgrade_start(p, question);
		break;
	case ASK_RESOLVED:
		resolved_answer(p, question);
		break;
	case ASK_ACME_OPEN:
		acme_open_answer(p, question);
		break;
	case ASK_ACME_RECORD:
		acme_record_answer(p, question);
		break;
	case ASK_ACME_CHAIN:
		acme_chain_answer(p, question);
		break;
	case ASK_CONNECT:
		connect_answer(p, question);
		break;
	case ASK_STREAM:
		connect_stream_answer(p, question);
		break;
	case ASK_QUEUE:
		(void)view_copy(view_bytes(question->body.text, head.size), p->queue_text,
		                sizeof(p->queue_text));
		log_write(LEVEL_ERROR, "ring stands still", "%s", p->queue_text);
		refuse(p, (enum role)head.from, &head, ERR_NONE);
		break;
	default:
		refuse(p, (enum role)head.from, &head, ERR_UNSUPPORTED);
	}
}

/* The question in hand, of a child. ERR_AGAIN, ERR_CLOSED. */
static enum err ask_one(struct parent *p, enum role to, const struct ask_head *head, uint32_t share)
{
	struct pending *row = pending_new(&p->relay);
	enum err err;

	if (!row)
		return ERR_AGAIN;
	row->from = head->from;
	row->to = (uint8_t)to;
	row->kind = head->kind;
	row->asker_id = head->id;
	row->share = share;
	row->due_us = clock_now().us + ASK_LIFE_US;
	in_hand.head.to = (uint8_t)to;
	in_hand.head.id = row->id;
	frame_ask_write(&message, &in_hand);
	err = children_send(p, to, &message);
	if (err == ERR_NONE)
		return ERR_NONE;
	row->is_open = false;
	return err == ERR_CLOSED ? ERR_CLOSED : ERR_AGAIN;
}

/* Of each worker of signal. One that is not there fails it, as if it had died meanwhile: what is
 * missing is not to be taken for all there is. */
static void ask_all(struct parent *p, const struct ask_head *head)
{
	uint32_t share = ++p->relay.last_share ? p->relay.last_share : ++p->relay.last_share;
	enum err failed = ERR_NONE;
	unsigned asked = 0;

	for (unsigned worker = 0; worker < MAX_SIGNAL_WORKERS; worker++) {
		enum err err;

		if (!holdings_have(&p->holdings, role_signal(worker)))
			continue;
		err = ask_one(p, role_signal(worker), head, share);
		if (err == ERR_NONE)
			asked++;
		else
			failed = err;
	}
	if (failed != ERR_NONE && share_of(head->kind) == SHARE_ALL)
		note_share(p, share, failed);
	if (asked == 0)
		refuse(p, (enum role)head->from, head, failed);
}

static void take_question(struct parent *p, enum role from)
{
	struct ask_head head = in_hand.head;
	enum role to;
	enum err err;

	in_hand.head.from = head.from = (uint8_t)from;
	if (grants[head.kind].from != role_kind(from)) {
		p->relay.refused++;
		log_write(LEVEL_WARNING, "ask refused", "%s may not ask %s", role_name(from),
		          ask_kind_name(head.kind));
		refuse(p, from, &head, ERR_DENIED);
		return;
	}
	to = grants[head.kind].to;
	in_hand.head.to = head.to = (uint8_t)to;
	if (to == ROLE_PARENT) {
		answer_self(p, &in_hand);
		return;
	}
	if (to == ROLE_SIGNAL && share_of(head.kind) != SHARE_FIRST &&
	    holdings_have(&p->holdings, role_signal(1))) {
		ask_all(p, &head);
		return;
	}
	err = ask_one(p, to, &head, 0);
	if (err != ERR_NONE)
		refuse(p, from, &head, err);
}

/* Of those that do not carry a command out the one that has the call says why. */
static void keep_refusal(struct pending *row, struct pending *other)
{
	if (in_hand.head.size >= sizeof(in_hand.body.commanded) &&
	    in_hand.body.commanded.refusal == COMMAND_NOT_YOURS)
		row->refusal = COMMAND_NOT_YOURS;
	if (other)
		other->refusal = row->refusal;
	else if (in_hand.head.size >= sizeof(in_hand.body.commanded) &&
	         in_hand.body.commanded.refusal == COMMAND_NO_CALL)
		in_hand.body.commanded.refusal = row->refusal;
}

/* The last row of one worker, in hand. True: it is the last of all, and goes on as such. */
static bool is_end_of_share(struct parent *p, struct pending *row)
{
	enum err result = (enum err)in_hand.head.result;
	bool is_alone = true;

	for (uint32_t i = 0; i < MAX_PENDING; i++) {
		struct pending *other = &p->relay.rows[i];

		if (other == row || !other->is_open || other->share != row->share)
			continue;
		is_alone = false;
		/* Who knows it has answered: nobody waits for the others. */
		if (share_of(row->kind) == SHARE_ONE && result != ERR_NOT_FOUND)
			other->is_open = false;
		else if (share_of(row->kind) == SHARE_ONE)
			keep_refusal(row, other);
	}
	if (share_of(row->kind) == SHARE_ONE && is_alone && result == ERR_NOT_FOUND)
		keep_refusal(row, NULL);
	if (share_of(row->kind) == SHARE_ONE)
		return is_alone || result != ERR_NOT_FOUND;
	if (!is_alone)
		note_share(p, row->share, result);
	else if (row->failed != ERR_NONE)
		in_hand.head.result = row->failed;
	return is_alone;
}

static void take_answer(struct parent *p, enum role from)
{
	struct pending *row = pending_find(&p->relay, from, &in_hand.head);
	bool is_last = in_hand.head.is_last != 0;
	void (*answered)(struct parent * p, enum role from, enum err result);

	if (!row) {
		p->relay.refused++;
		return;
	}
	if (is_last && row->share && !is_end_of_share(p, row)) {
		row->is_open = false;
		return;
	}
	answered = row->answered;
	in_hand.head.from = row->from;
	in_hand.head.to = (uint8_t)from;
	in_hand.head.id = row->asker_id;
	if (in_hand.head.result >= ERR_COUNT)
		in_hand.head.result = ERR_IO;
	if (is_last)
		row->is_open = false;
	else
		row->due_us = clock_now().us + ASK_LIFE_US;
	if (row->from != ROLE_PARENT)
		send_ask(p, (enum role)row->from, &in_hand);
	else if (is_last && answered)
		answered(p, from, (enum err)in_hand.head.result);
}

void relay_take(struct parent *p, enum role from, const struct channel_message *m)
{
	if (frame_ask_read(m, &in_hand) != ERR_NONE) {
		p->relay.refused++;
		return;
	}
	if (in_hand.head.is_answer)
		take_answer(p, from);
	else
		take_question(p, from);
}

enum err relay_ask(struct parent *p, enum role to, struct ask *question, int descriptor,
                   void (*answered)(struct parent *p, enum role from, enum err result))
{
	struct pending *row = pending_new(&p->relay);
	enum err err;

	if (!row)
		return ERR_AGAIN;
	row->from = ROLE_PARENT;
	row->to = (uint8_t)to;
	row->kind = question->head.kind;
	row->asker_id = 0;
	row->due_us = clock_now().us + ASK_LIFE_US;
	row->answered = answered;
	question->head.from = ROLE_PARENT;
	question->head.to = (uint8_t)to;
	question->head.id = row->id;
	frame_ask_write(&message, question);
	if (descriptor >= 0) {
		message.descriptors[0] = descriptor;
		message.descriptor_count = 1;
	}
	err = children_send(p, to, &message);
	if (err != ERR_NONE)
		row->is_open = false;
	return err;
}

static void complete(const struct ask_head *question, struct ask *row)
{
	row->head.kind = question->kind;
	row->head.from = question->from;
	row->head.to = ROLE_PARENT;
	row->head.id = question->id;
	row->head.is_answer = 1;
}

void relay_answer(struct parent *p, enum role to, const struct ask_head *question, struct ask *row)
{
	complete(question, row);
	send_ask(p, to, row);
}

enum err relay_give(struct parent *p, enum role to, const struct ask_head *question,
                    struct ask *row, int descriptor)
{
	complete(question, row);
	frame_ask_write(&message, row);
	message.descriptors[0] = descriptor;
	message.descriptor_count = 1;
	return children_send(p, to, &message);
}

/* Closes a question that nobody will answer any more. */
static void abandon(struct parent *p, struct pending *row, enum err err)
{
	struct ask_head head = {
		.kind = row->kind, .from = row->from, .to = row->to, .id = row->asker_id
	};

	row->is_open = false;
	if (row->share) {
		in_hand.head = head;
		in_hand.head.result = (uint8_t)err;
		if (!is_end_of_share(p, row))
			return;
		err = (enum err)in_hand.head.result;
	}
	if (row->from != ROLE_PARENT)
		refuse(p, (enum role)row->from, &head, err);
	else if (row->answered)
		row->answered(p, (enum role)row->to, err);
}

void relay_child_ended(struct parent *p, enum role role)
{
	for (uint32_t i = 0; i < MAX_PENDING; i++) {
		struct pending *row = &p->relay.rows[i];

		if (row->is_open && row->from == role)
			row->is_open = false;
		else if (row->is_open && row->to == role)
			abandon(p, row, ERR_CLOSED);
	}
}

void relay_advance(struct parent *p, struct now now)
{
	for (uint32_t i = 0; i < MAX_PENDING; i++)
		if (p->relay.rows[i].is_open && now.us >= p->relay.rows[i].due_us)
			abandon(p, &p->relay.rows[i], ERR_STALE);
}
