/* SPDX-License-Identifier: Apache-2.0 */
/* One question has an answer. */
#include "acme/door.h"
#include "runner/test.h"

static enum err ask(const char *question, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);
	enum err err = acme_door_answer(view_of(question), VIEW("tok-1"), VIEW("tok-1.print"), &b);

	ret[b.len] = 0;
	return err;
}

#define PATH "/.well-known/acme-challenge/"

TEST(door_answers, "answers the one question with the authorization")
{
	char text[512];

	TRY(ask("GET " PATH "tok-1 HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof(text)));
	CHECK(view_starts(view_of(text), VIEW("HTTP/1.1 200 OK\r\n")));
	CHECK(view_contains(view_of(text), VIEW("Content-Length: 11\r\n\r\ntok-1.print")));
	return ERR_NONE;
}

TEST(door_others, "says to all others that there is nothing, and never the authorization")
{
	static const char *const cases[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET " PATH " HTTP/1.1\r\n\r\n",
		"GET " PATH "tok HTTP/1.1\r\n\r\n",
		"GET " PATH "tok-12 HTTP/1.1\r\n\r\n",
		"GET " PATH "../" PATH "tok-1 HTTP/1.1\r\n\r\n",
		"POST " PATH "tok-1 HTTP/1.1\r\n\r\n",
		"GET " PATH "tok-1\r\n\r\n",
		"\r\n\r\n",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_CASE(ask(cases[i], text, sizeof(text)) == ERR_NONE, cases[i]);
		CHECK_CASE(view_starts(view_of(text), VIEW("HTTP/1.1 404 ")), cases[i]);
		CHECK_CASE(!view_contains(view_of(text), VIEW("print")), cases[i]);
	}
	return ERR_NONE;
}

TEST(door_waits, "waits for the end of the head, but not for ever, and hangs up on what is no line")
{
	char text[512], long_one[ACME_QUESTION_MAX + 1];

	CHECK(ask("GET " PATH "tok-1 HTTP/1.1\r\nHost:", text, sizeof(text)) == ERR_SHORT);
	CHECK(ask("\x16\x03\x01 hello", text, sizeof(text)) == ERR_SYNTAX);
	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[ACME_QUESTION_MAX] = 0;
	CHECK(ask(long_one, text, sizeof(text)) == ERR_SYNTAX);
	return ERR_NONE;
}

static void read_one(struct view text)
{
	char out[512];
	struct buffer b = BUFFER_ON(out);

	(void)!acme_door_answer(text, VIEW("tok-1"), VIEW("p"), &b);
}

TEST(door_truncated, "reads no byte beyond a question that ends anywhere")
{
	test_truncations(VIEW("GET " PATH "tok-1 HTTP/1.1\r\nHost: x\r\n\r\n"), read_one);
	return ERR_NONE;
}

/* ---- who stands there ---- */

enum { GUESTS = 16, AUTHORITY = 9 };

static struct addr host(unsigned last)
{
	struct addr a;

	(void)!addr_parse(VIEW("192.0.2.1"), &a);
	a.bytes[15] = (uint8_t)last;
	return a;
}

static unsigned come(struct acme_guest guests[GUESTS], unsigned last, uint64_t now_us)
{
	const struct addr from = host(last);
	unsigned row = acme_door_place(guests, GUESTS, &from);

	guests[row] = (struct acme_guest){ from, now_us, true };
	return row;
}

TEST(door_crowd, "who comes often, from one address or a few, does not send another's guest away")
{
	for (unsigned crowd = 1; crowd <= 8; crowd++) {
		struct acme_guest guests[GUESTS] = { 0 };
		unsigned row;

		for (unsigned i = 0; i < 100; i++)
			(void)come(guests, 100 + i % crowd, i);
		row = come(guests, AUTHORITY, 100);
		for (unsigned i = 0; i < 500; i++)
			CHECK(come(guests, 100 + i % crowd, 101 + i) != row);
	}
	return ERR_NONE;
}

TEST(door_full, "gives each address its share, then lets the eldest of those go that have most")
{
	struct acme_guest guests[GUESTS] = { 0 };
	unsigned first = come(guests, 1, 1);

	for (unsigned i = 2; i <= MAX_GUESTS_PER_ADDRESS; i++)
		(void)come(guests, 1, i);
	CHECK(come(guests, 1, 50) == first);
	for (unsigned i = MAX_GUESTS_PER_ADDRESS; i < GUESTS; i++)
		(void)come(guests, 10 + i, 10 + i);
	for (unsigned i = 0; i < GUESTS; i++)
		CHECK(guests[i].is_there);
	CHECK(guests[come(guests, 77, 99)].since_us == 99);
	/* The eldest of the one with four went: that of time 2. */
	for (unsigned i = 0; i < GUESTS; i++)
		CHECK(guests[i].since_us != 2);
	return ERR_NONE;
}
