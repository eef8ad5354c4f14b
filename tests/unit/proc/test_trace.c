/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace keeps, for how long, and what its filter takes. */
#include "proc/trace.h"
#include "runner/test.h"

#include <string.h>

#define OWNED_TRACE __attribute__((cleanup(trace_free))) struct trace

#define REGISTER                                                                                   \
	"REGISTER sip:office.example SIP/2.0\r\nTo: <sip:200@office.example>\r\n"                  \
	"Call-ID: abc@phone\r\nCSeq: 7 REGISTER\r\n"                                               \
	"Authorization: Digest username=\"200\", response=\"0123456789\"\r\n\r\n"

static const uint64_t second = 1000000;

struct heard {
	unsigned rows;
	struct ask last, row;
};

static void hear(void *context, const struct ask *row)
{
	struct heard *h = context;

	if (row->head.is_last) {
		h->last.head = row->head;
		return;
	}
	if (row->body.trace.is_end) {
		memcpy(&h->last.body, &row->body, row->head.size);
		return;
	}
	h->rows++;
	h->row.head = row->head;
	memcpy(&h->row.body, &row->body, row->head.size);
}

static struct heard ask(struct trace *t, const char *filter, uint64_t after, uint64_t now_us)
{
	struct heard h = { 0 };
	struct ask question = { .head = { .kind = ASK_TRACE }, .body.query = { .after = after } };

	(void)VIEW_COPY(view_of(filter), question.body.query.filter);
	trace_answer(t, &question, (struct now){ .us = now_us }, hear, &h);
	return h;
}

static struct flow flow_of(const char *remote)
{
	struct flow flow = { .side = 0 };

	(void)!addr_parse_port(view_of(remote), &flow.remote);
	(void)!addr_parse_port(VIEW("192.0.2.1:5060"), &flow.local);
	return flow;
}

static void note(struct trace *t, const char *remote, const char *text, uint64_t now_us)
{
	struct flow flow = flow_of(remote);

	trace_note(t, &flow, false, view_of(text), (struct now){ .us = now_us, .wall_us = 5 });
}

TEST(only_asked, "messages are kept from the first question on, until nobody has asked for a while")
{
	OWNED_TRACE *t = NULL;
	struct heard h;
	uint64_t next;

	TRY(trace_new(&t));
	note(t, "192.0.2.7:5060", REGISTER, second);
	h = ask(t, "", 0, second);
	CHECK(h.rows == 0 && h.last.head.is_last && h.last.head.result == ERR_NONE);
	next = h.last.body.trace.number;
	CHECK(next > 0);
	note(t, "192.0.2.7:5060", REGISTER, 2 * second);
	h = ask(t, "", next, 2 * second);
	CHECK(h.rows == 1 && h.row.body.trace.wall_us == 5 && h.last.body.trace.number > next);
	h = ask(t, "", h.last.body.trace.number, 3 * second);
	CHECK(h.rows == 0);
	next = h.last.body.trace.number;
	note(t, "192.0.2.7:5060", REGISTER, 3 * second + TRACE_LIFE_US);
	h = ask(t, "", next, 3 * second + TRACE_LIFE_US);
	CHECK(h.rows == 0);
	return ERR_NONE;
}

TEST(masked, "what is shown of a login does not help to guess")
{
	OWNED_TRACE *t = NULL;
	struct heard h;
	struct view text;

	TRY(trace_new(&t));
	h = ask(t, "", 0, 1);
	note(t, "192.0.2.7:5060", REGISTER, 2);
	h = ask(t, "", h.last.body.trace.number, 3);
	CHECK(h.rows == 1);
	text = view_bytes(h.row.body.trace.text, h.row.body.trace.len);
	CHECK(view_contains(text, VIEW("response=\"...\"")));
	CHECK(!view_contains(text, VIEW("0123456789")));
	CHECK(h.row.body.trace.total == strlen(REGISTER));
	return ERR_NONE;
}

TEST(full, "who is too slow misses the oldest and is told how many; answers are bounded")
{
	OWNED_TRACE *t = NULL;
	struct heard h;
	uint64_t next;
	unsigned rows = 0;

	TRY(trace_new(&t));
	h = ask(t, "", 0, 1);
	next = h.last.body.trace.number;
	for (unsigned i = 0; i < MAX_TRACE_ROWS + 10; i++)
		note(t, "192.0.2.7:5060", REGISTER, 2);
	h = ask(t, "", next, 3);
	CHECK(h.rows == MAX_TRACE_ANSWER && h.last.body.trace.missed == 10);
	for (unsigned i = 0; i < MAX_TRACE_ROWS && h.rows > 0; i++) {
		rows += h.rows;
		h = ask(t, "", h.last.body.trace.number, 3);
	}
	CHECK(rows == MAX_TRACE_ROWS && h.last.body.trace.missed == 0);
	/* A number of another process's time. */
	h = ask(t, "", next + 100000, 3);
	CHECK(h.rows == 0 && h.last.head.result == ERR_NONE);
	return ERR_NONE;
}

TEST(numbers, "numbers of two who trace are times, so one cursor serves both; what passes after an "
              "answer comes with the next one")
{
	OWNED_TRACE *one = NULL, *other = NULL;
	struct heard h;

	TRY(trace_new(&one));
	TRY(trace_new(&other));
	(void)ask(one, "", 0, second);
	(void)ask(other, "", 0, second);
	note(one, "192.0.2.7:5060", REGISTER, second + 5);
	note(one, "192.0.2.7:5060", REGISTER, second + 5);
	note(other, "192.0.2.7:5060", REGISTER, second + 9);
	h = ask(one, "", second, second + 20);
	CHECK(h.rows == 2 && h.last.body.trace.number == second + 20);
	CHECK(h.row.body.trace.number == second + 6);
	/* In the microsecond of the answer. */
	note(one, "192.0.2.7:5060", REGISTER, second + 20);
	h = ask(one, "", second + 20, second + 30);
	CHECK(h.rows == 1 && h.row.body.trace.number == second + 21);
	h = ask(other, "", second + 8, second + 30);
	CHECK(h.rows == 1 && h.row.body.trace.number == second + 9);
	h = ask(other, "", second + 9, second + 30);
	CHECK(h.rows == 0 && h.last.body.trace.number == second + 30);
	return ERR_NONE;
}

TEST(forgotten, "more is missed than is remembered: as much is told as is")
{
	OWNED_TRACE *t = NULL;
	struct heard h;

	TRY(trace_new(&t));
	(void)ask(t, "", 0, 1);
	for (unsigned i = 0; i < MAX_TRACE_NUMBERS + 100; i++)
		note(t, "192.0.2.7:5060", "x", 2);
	h = ask(t, "", 1, 3);
	CHECK(h.rows == MAX_TRACE_ANSWER &&
	      h.last.body.trace.missed == MAX_TRACE_NUMBERS - MAX_TRACE_ROWS);
	return ERR_NONE;
}

TEST(filter, "all words of a filter must fit")
{
	static const struct {
		const char *filter;
		bool is_taken;
		enum err err;
	} cases[] = {
		{ "", true, ERR_NONE },
		{ "address=192.0.2.7", true, ERR_NONE },
		{ "address=192.0.2.1", true, ERR_NONE },
		{ "address=192.0.2.8", false, ERR_NONE },
		{ "method=REGISTER", true, ERR_NONE },
		{ "method=register user=200", true, ERR_NONE },
		{ "method=REG", false, ERR_NONE },
		{ "user=200", true, ERR_NONE },
		{ "user=20", false, ERR_NONE },
		{ "call-id=abc@phone", true, ERR_NONE },
		{ "call-id=digest", false, ERR_NONE },
		{ "OFFICE.example  digest", true, ERR_NONE },
		{ "office.example other", false, ERR_NONE },
		{ "address=phone", false, ERR_SYNTAX },
		{ "user=", false, ERR_SYNTAX },
		{ "bogus=1", false, ERR_SYNTAX },
		{ "digest bogus=", false, ERR_SYNTAX },
		{ "text=username=\"200\"", true, ERR_NONE },
		{ "text=nothing=1", false, ERR_NONE },
		{ "=\"200\"", true, ERR_NONE },
	};
	struct ask_trace row = { .flow = flow_of("192.0.2.7:5060"), .len = sizeof(REGISTER) - 1 };

	memcpy(row.text, REGISTER, sizeof(REGISTER));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_taken = false;

		CHECK_CASE(trace_takes(view_of(cases[i].filter), &row, &is_taken) == cases[i].err,
		           cases[i].filter);
		CHECK_CASE(is_taken == cases[i].is_taken, cases[i].filter);
	}
	return ERR_NONE;
}
