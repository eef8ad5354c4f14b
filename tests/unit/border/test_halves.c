/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of which two workers of signal have a half each: one number, and who takes a command. */
#include "unit/border/talk.h"

#include "border/call_priv.h"
#include "border/command.h"
#include "border/common.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 2, MINE = 1, OTHER = 0 };

static struct border_common common;

static enum err several(struct talk *t)
{
	memset(&common, 0, sizeof(common));
	t->w->ports.common = &common;
	return talk_becomes(t, MINE, WORKERS);
}

static void keep_number(void *context, const struct ask *row)
{
	if (!row->head.is_last)
		*(uint64_t *)context = row->body.record.call.call;
}

static uint64_t number_of(struct talk *t)
{
	const struct ask question = { .head = { .kind = ASK_LIVE_CALLS } };
	uint64_t number = 0;

	border_answer(t->w->border, &question, t->w->now, keep_number, &number);
	return number;
}

/* What the answer to a command was, where it came at once. */
static enum command_refusal give(struct talk *t, const struct command *c)
{
	struct ask question = { .head = { .kind = ASK_COMMAND, .size = sizeof(*c) } };
	unsigned count = t->w->answer_count;

	question.body.command = *c;
	border_answer(t->w->border, &question, t->w->now, NULL, NULL);
	return t->w->answer_count == count
	             ? COMMAND_REFUSAL_COUNT
	             : (enum command_refusal)t->w->answers[count % 16].body.commanded.refusal;
}

TALK_TEST(halves_number,
          "a call of another worker has the number there that it has here, as long as it "
          "stands, and also once its worker was started again")
{
	uint64_t before, after, gone;
	struct talk_worker other;

	TRY(several(t));
	TRY(talk_worker_new(t, OTHER, &other));
	if (talk_call(t) != ERR_NONE) {
		talk_worker_free(&other);
		return ERR_NO_MEMORY;
	}
	before = call_number_by_call_id(other.border, view_of(t->pbx.call_id));
	if (wire_restart(t->w) != ERR_NONE) {
		talk_worker_free(&other);
		return ERR_NO_MEMORY;
	}
	after = call_number_by_call_id(other.border, view_of(t->pbx.call_id));
	talk_request(t, &t->phone, "BYE", "", "");
	(void)talk_hears(t, &t->phone, "SIP/2.0 200 ");
	(void)talk_hears(t, &t->pbx, "BYE ");
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	talk_media_closes(t);
	gone = call_number_by_call_id(other.border, view_of(t->pbx.call_id));
	talk_worker_free(&other);
	CHECK(before != 0 && after == before && before % MAX_SIGNAL_WORKERS == MINE);
	CHECK(gone == 0 && talk_records(t) == 1 && talk_record(t)->call == before);
	return ERR_NONE;
}

TALK_TEST(halves_pushed_out,
          "what another name has pushed out of its place has no number, not another's")
{
	const uint64_t one = 7, two = 7 + COMMON_NUMBERS;

	TRY(several(t));
	common_tell_number(t->w->border, one, 1001);
	CHECK(common_number(t->w->border, MINE, one) == 1001);
	CHECK(common_number(t->w->border, OTHER, one) == 0);
	CHECK(common_number(t->w->border, MINE, two) == 0);
	common_tell_number(t->w->border, two, 1002);
	CHECK(common_number(t->w->border, MINE, one) == 0);
	/* The one that is over takes away no other. */
	common_tell_number(t->w->border, one, 0);
	CHECK(common_number(t->w->border, MINE, two) == 1002);
	common_tell_number(t->w->border, two, 0);
	CHECK(common_number(t->w->border, MINE, two) == 0);
	CHECK(common_number(t->w->border, MAX_SIGNAL_WORKERS, one) == 0);
	return ERR_NONE;
}

TALK_TEST(halves_command,
          "a command is for who has the meant end outside; where nobody has, for whoever "
          "has the call; what ends it is for all")
{
	struct command c = { .verb = COMMAND_HOLD, .side = COMMAND_SIDE_CALLEE };

	TRY(several(t));
	TRY(talk_call(t));
	c.call = number_of(t);
	/* The callee here is the PBX: who is meant is the phone behind it. */
	CHECK(give(t, &c) == COMMAND_NO_CALL && talk_is_quiet(t, &t->pbx));
	c.is_any_half = 1;
	CHECK(give(t, &c) == COMMAND_REFUSAL_COUNT && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	c = (struct command){ .call = c.call, .verb = COMMAND_HOLD, .side = COMMAND_SIDE_CALLER };
	CHECK(give(t, &c) == COMMAND_REFUSAL_COUNT && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "ACK "));
	c = (struct command){ .call = c.call, .verb = COMMAND_END, .side = COMMAND_SIDE_CALLEE };
	CHECK(give(t, &c) == COMMAND_DONE);
	CHECK(talk_hears(t, &t->pbx, "BYE ") && talk_hears(t, &t->phone, "BYE "));
	return ERR_NONE;
}

TALK_TEST(halves_command_alone, "one worker alone has every half there is")
{
	struct command c = { .verb = COMMAND_HOLD, .side = COMMAND_SIDE_CALLEE };

	TRY(talk_call(t));
	c.call = number_of(t);
	CHECK(give(t, &c) == COMMAND_REFUSAL_COUNT && talk_hears(t, &t->pbx, "INVITE "));
	return ERR_NONE;
}

/* ---- control servers ---- */

static void with_server(struct border_settings *s)
{
	s->controls[0] = (struct border_control){ .name = "speech", .peer = 0, .may = 0xf };
	s->control_count = 1;
}

static struct command by_server(struct talk *t, enum command_verb verb, uint64_t counter)
{
	struct command c = {
		.call = number_of(t), .verb = (uint8_t)verb, .server = "speech", .counter = counter
	};

	command_token(t->w->border, c.call, VIEW("speech"), c.token);
	return c;
}

static enum err once(struct talk *t)
{
	const uint64_t server = fact_hash(t->w->border, VIEW("speech"));
	char token[COMMAND_TOKEN_SIZE];
	struct talk_worker other;
	struct command c;
	bool is_same;

	TRY(several(t));
	TRY(talk_call(t));
	TRY(talk_worker_new(t, OTHER, &other));
	c = by_server(t, COMMAND_HOLD, 5);
	command_token(other.border, c.call, VIEW("speech"), token);
	is_same = strcmp(token, c.token) == 0;
	talk_worker_free(&other);
	CHECK(is_same);
	/* What another worker was told already. */
	atomic_store(&common.counters[OTHER][3].server, server);
	atomic_store(&common.counters[OTHER][3].last, 5);
	CHECK(give(t, &c) == COMMAND_REPLAY && talk_is_quiet(t, &t->phone));
	c.counter = 6;
	CHECK(give(t, &c) == COMMAND_REFUSAL_COUNT && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "ACK "));
	/* Who died has said nothing that could be said again. */
	TRY(wire_restart(t->w));
	c.verb = COMMAND_UNHOLD;
	CHECK(give(t, &c) == COMMAND_REPLAY);
	c = by_server(t, COMMAND_END, 6);
	CHECK(give(t, &c) == COMMAND_REPLAY && talk_is_quiet(t, &t->phone));
	/* The other was told something else by that counter; then it has ended another call; then
	 * its half of this one. */
	atomic_store(&common.counters[OTHER][3].last, 7);
	c.counter = 7;
	CHECK(give(t, &c) == COMMAND_REPLAY);
	atomic_store(&common.counters[OTHER][3].ended, c.call + 1);
	CHECK(give(t, &c) == COMMAND_REPLAY);
	atomic_store(&common.counters[OTHER][3].ended, c.call);
	CHECK(give(t, &c) == COMMAND_DONE && talk_hears(t, &t->phone, "BYE "));
	return ERR_NONE;
}

TEST(halves_counter,
     "a command of a server counts once, whichever worker had it, also after one was "
     "started again; what ends a call reaches each half")
{
	return talk_with_settings(with_server, once);
}
