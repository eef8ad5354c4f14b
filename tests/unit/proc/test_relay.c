/* SPDX-License-Identifier: Apache-2.0 */
/* The grant table: every kind of ask from every role, and answers that nobody
 * asked for. The processes are mailboxes of this file. */
#include "os/log.h"
#include "proc/resolved.h"
#include "runner/test.h"

#include <string.h>

enum { MAX_SEEN = 2 * MAX_PENDING };

static struct parent parent;
static struct ask seen[MAX_SEEN];
static enum role seen_by[MAX_SEEN];
static size_t seen_count;
static bool is_dead[ROLE_COUNT];
static size_t answered_by_parent;
static struct channel_message m;
static struct ask question;

enum err children_send(struct parent *p, enum role to, const struct channel_message *message)
{
	(void)p;
	if (is_dead[to])
		return ERR_CLOSED;
	if (seen_count == MAX_SEEN || frame_ask_read(message, &seen[seen_count]) != ERR_NONE)
		return ERR_IO;
	seen_by[seen_count++] = to;
	return ERR_NONE;
}

void resolved_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
}

void acme_open_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
}

void acme_record_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
}

void acme_chain_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
}

void connect_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
	answered_by_parent++;
}

void connect_stream_answer(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
	answered_by_parent++;
}

void status_answer(struct parent *p, const struct ask_head *head, struct now now)
{
	(void)p;
	(void)head;
	(void)now;
	answered_by_parent++;
}

void apply_get(struct parent *p, const struct ask_head *head)
{
	(void)p;
	(void)head;
	answered_by_parent++;
}

void drain_start(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
	answered_by_parent++;
}

void upgrade_start(struct parent *p, const struct ask *asked)
{
	(void)p;
	(void)asked;
	answered_by_parent++;
}

void apply_start(struct parent *p, const struct ask *ask)
{
	(void)p;
	(void)ask;
	answered_by_parent++;
}

static void begin(void)
{
	log_open("test", LOG_PLAIN, (enum log_level)0);
	memset(&parent.relay, 0, sizeof(parent.relay));
	memset(is_dead, 0, sizeof(is_dead));
	seen_count = answered_by_parent = 0;
}

static void give(enum role from, struct ask_head head)
{
	question.head = head;
	frame_ask_write(&m, &question);
	relay_take(&parent, from, &m);
}

static const struct {
	enum role from, to;
} table[] = {
#define ASK(name, asker, answerer) { ROLE_##asker, ROLE_##answerer },
#include "event/ask.def"
#undef ASK
};

TEST(relay_grants, "each ask passes from the one role that may ask it, and from no other")
{
	for (uint16_t kind = 0; kind < ASK_KIND_COUNT; kind++) {
		for (int from = ROLE_SIGNAL; from < ROLE_COUNT; from++) {
			bool may = table[kind].from == role_kind((enum role)from);

			begin();
			/* What it says of itself is a lie. */
			give((enum role)from,
			     (struct ask_head){
				     .kind = kind, .id = 5, .from = (uint8_t)table[kind].from });
			if (may && table[kind].to != ROLE_PARENT) {
				CHECK_CASE(seen_count == 1 && seen_by[0] == table[kind].to,
				           ask_kind_name((enum ask_kind)kind));
				CHECK(seen[0].head.from == from && !seen[0].head.is_answer);
			} else if (!may) {
				CHECK_CASE(seen_count == 1 && seen_by[0] == (enum role)from &&
				                   seen[0].head.is_answer && seen[0].head.is_last &&
				                   seen[0].head.result == ERR_DENIED &&
				                   seen[0].head.id == 5,
				           ask_kind_name((enum ask_kind)kind));
				CHECK(answered_by_parent == 0);
			}
		}
	}
	return ERR_NONE;
}

TEST(relay_answers, "rows come back under the asker's own number until the last")
{
	uint32_t id;

	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_REGISTRATIONS, .id = 99 });
	CHECK(seen_count == 1 && seen_by[0] == ROLE_SIGNAL);
	id = seen[0].head.id;
	give(ROLE_SIGNAL, (struct ask_head){ .kind = ASK_REGISTRATIONS, .id = id, .is_answer = 1 });
	give(ROLE_SIGNAL,
	     (struct ask_head){
		     .kind = ASK_REGISTRATIONS, .id = id, .is_answer = 1, .is_last = 1 });
	CHECK(seen_count == 3 && seen_by[1] == ROLE_WEB && seen_by[2] == ROLE_WEB);
	CHECK(seen[1].head.id == 99 && !seen[1].head.is_last && seen[2].head.is_last);
	give(ROLE_SIGNAL, (struct ask_head){ .kind = ASK_REGISTRATIONS, .id = id, .is_answer = 1 });
	CHECK(seen_count == 3 && parent.relay.refused == 1);
	return ERR_NONE;
}

TEST(relay_forged, "an answer from who was not asked, or of another kind, goes nowhere")
{
	uint32_t id;

	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_WHY, .id = 1 });
	id = seen[0].head.id;
	give(ROLE_MEDIA,
	     (struct ask_head){ .kind = ASK_WHY, .id = id, .is_answer = 1, .is_last = 1 });
	give(ROLE_JUDGE,
	     (struct ask_head){ .kind = ASK_MODE, .id = id, .is_answer = 1, .is_last = 1 });
	give(ROLE_JUDGE,
	     (struct ask_head){
		     .kind = ASK_WHY, .id = id + MAX_PENDING, .is_answer = 1, .is_last = 1 });
	CHECK(seen_count == 1 && parent.relay.refused == 3);
	give(ROLE_JUDGE,
	     (struct ask_head){
		     .kind = ASK_WHY, .id = id, .is_answer = 1, .is_last = 1, .result = 250 });
	CHECK(seen_count == 2 && seen[1].head.result == ERR_IO);
	return ERR_NONE;
}

enum { TWO_WORKERS = 1 << ROLE_SIGNAL | 1 << ROLE_SIGNAL_2 };

static void answer(enum role from, uint16_t kind, uint32_t id, uint8_t result, bool is_last)
{
	give(from, (struct ask_head){ .kind = kind,
	                              .id = id,
	                              .is_answer = 1,
	                              .is_last = is_last,
	                              .result = result });
}

TEST(relay_shared, "what each worker of signal has its own of is asked of all: their rows come "
                   "behind each other, and the end once, with the error of one that failed")
{
	for (int fails = 0; fails < 2; fails++) {
		begin();
		parent.holdings.roles = TWO_WORKERS;
		give(ROLE_WEB, (struct ask_head){ .kind = ASK_LIVE_CALLS, .id = 7 });
		CHECK(seen_count == 2 && seen_by[0] == ROLE_SIGNAL && seen_by[1] == ROLE_SIGNAL_2);
		answer(ROLE_SIGNAL, ASK_LIVE_CALLS, seen[0].head.id, ERR_NONE, false);
		if (fails)
			relay_child_ended(&parent, ROLE_SIGNAL);
		else
			answer(ROLE_SIGNAL, ASK_LIVE_CALLS, seen[0].head.id, ERR_NONE, true);
		CHECK(seen_count == 3 && !seen[2].head.is_last);
		answer(ROLE_SIGNAL_2, ASK_LIVE_CALLS, seen[1].head.id, ERR_NONE, false);
		answer(ROLE_SIGNAL_2, ASK_LIVE_CALLS, seen[1].head.id, ERR_NONE, true);
		CHECK(seen_count == 5 && seen[4].head.is_last && seen[4].head.id == 7);
		CHECK(seen[4].head.result == (fails ? ERR_CLOSED : ERR_NONE));
	}
	/* One that is not there at all. */
	begin();
	is_dead[ROLE_SIGNAL_2] = true;
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_LIVE_CALLS, .id = 8 });
	answer(ROLE_SIGNAL, ASK_LIVE_CALLS, seen[0].head.id, ERR_NONE, true);
	CHECK(seen_by[seen_count - 1] == ROLE_WEB &&
	      seen[seen_count - 1].head.result == ERR_CLOSED);
	parent.holdings.roles = 0;
	return ERR_NONE;
}

TEST(relay_known_to_one, "a command on a call is answered by the worker that has the call, whoever "
                         "is first to say that he has not; by any where none has it")
{
	begin();
	parent.holdings.roles = TWO_WORKERS;
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_COMMAND, .id = 7 });
	CHECK(seen_count == 2);
	answer(ROLE_SIGNAL, ASK_COMMAND, seen[0].head.id, ERR_NOT_FOUND, true);
	CHECK(seen_count == 2);
	answer(ROLE_SIGNAL_2, ASK_COMMAND, seen[1].head.id, ERR_NONE, true);
	CHECK(seen_count == 3 && seen[2].head.result == ERR_NONE && seen[2].head.is_last);
	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_COMMAND, .id = 8 });
	answer(ROLE_SIGNAL_2, ASK_COMMAND, seen[1].head.id, ERR_DENIED, true);
	CHECK(seen_count == 3 && seen[2].head.result == ERR_DENIED);
	answer(ROLE_SIGNAL, ASK_COMMAND, seen[0].head.id, ERR_NOT_FOUND, true);
	CHECK(seen_count == 3 && parent.relay.refused == 1);
	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_COMMAND, .id = 9 });
	answer(ROLE_SIGNAL, ASK_COMMAND, seen[0].head.id, ERR_NOT_FOUND, true);
	answer(ROLE_SIGNAL_2, ASK_COMMAND, seen[1].head.id, ERR_NOT_FOUND, true);
	CHECK(seen_count == 3 && seen[2].head.result == ERR_NOT_FOUND && seen[2].head.is_last);
	parent.holdings.roles = 0;
	return ERR_NONE;
}

static void refuse(enum role from, uint32_t id, enum command_refusal why)
{
	memset(&question.body, 0, sizeof(question.body));
	question.body.commanded.refusal = (uint8_t)why;
	give(from, (struct ask_head){ .kind = ASK_COMMAND,
	                              .id = id,
	                              .is_answer = 1,
	                              .is_last = 1,
	                              .result = (uint8_t)command_refusal_err(why),
	                              .size = sizeof(struct commanded) });
}

TEST(relay_refusal,
     "of workers that do not carry a command out the one that has the call says why, "
     "whoever is last")
{
	for (unsigned last = 0; last < 2; last++) {
		enum role roles[] = { ROLE_SIGNAL, ROLE_SIGNAL_2 };
		enum command_refusal words[] = { COMMAND_NO_CALL, COMMAND_NOT_YOURS };

		begin();
		parent.holdings.roles = TWO_WORKERS;
		give(ROLE_WEB, (struct ask_head){ .kind = ASK_COMMAND, .id = 7 });
		refuse(roles[0], seen[0].head.id, words[last]);
		refuse(roles[1], seen[1].head.id, words[1 - last]);
		CHECK(seen_count == 3 && seen[2].head.result == ERR_NOT_FOUND);
		CHECK(seen[2].body.commanded.refusal == COMMAND_NOT_YOURS);
	}
	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_COMMAND, .id = 8 });
	refuse(ROLE_SIGNAL, seen[0].head.id, COMMAND_NO_CALL);
	refuse(ROLE_SIGNAL_2, seen[1].head.id, COMMAND_NO_CALL);
	CHECK(seen_count == 3 && seen[2].body.commanded.refusal == COMMAND_NO_CALL);
	parent.holdings.roles = 0;
	return ERR_NONE;
}

TEST(relay_ended, "who waits for a process that ends is told, and a dead one is said to be so")
{
	begin();
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_PEERS, .id = 3 });
	relay_child_ended(&parent, ROLE_SIGNAL);
	CHECK(seen_count == 2 && seen_by[1] == ROLE_WEB && seen[1].head.result == ERR_CLOSED &&
	      seen[1].head.id == 3 && seen[1].head.is_last);
	is_dead[ROLE_SIGNAL] = true;
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_PEERS, .id = 4 });
	CHECK(seen_count == 3 && seen[2].head.result == ERR_CLOSED && seen[2].head.id == 4);
	return ERR_NONE;
}

TEST(relay_full, "a flood of questions is refused at its ceiling and times out")
{
	begin();
	for (uint32_t i = 0; i < MAX_PENDING; i++)
		give(ROLE_WEB, (struct ask_head){ .kind = ASK_PEERS, .id = i });
	CHECK(seen_count == MAX_PENDING);
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_PEERS, .id = 77 });
	CHECK(seen_count == MAX_PENDING + 1 && seen[MAX_PENDING].head.result == ERR_AGAIN);
	seen_count = 0;
	relay_advance(&parent, (struct now){ UINT64_MAX / 2, 0 });
	CHECK(seen_count == MAX_PENDING && seen[0].head.result == ERR_STALE);
	give(ROLE_WEB, (struct ask_head){ .kind = ASK_PEERS, .id = 78 });
	CHECK(seen_by[seen_count - 1] == ROLE_SIGNAL);
	return ERR_NONE;
}

TEST(relay_rubbish, "bytes that are no ask are counted and dropped")
{
	begin();
	m.len = 7;
	relay_take(&parent, ROLE_SIGNAL, &m);
	CHECK(seen_count == 0 && parent.relay.refused == 1);
	return ERR_NONE;
}
