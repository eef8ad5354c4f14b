/* SPDX-License-Identifier: Apache-2.0 */
/* Request line and the end of the head: nothing between them is of interest. */
#include "acme/door.h"

static bool is_whole(struct view question)
{
	return view_contains(question, VIEW("\r\n\r\n")) || view_contains(question, VIEW("\n\n"));
}

static bool is_asked(struct view line, struct view token)
{
	const struct view start = VIEW("GET /.well-known/acme-challenge/");
	struct view rest = view_after(line, start.len);

	return token.len > 0 && view_starts(line, start) && view_starts(rest, token) &&
	       view_starts(view_after(rest, token.len), VIEW(" HTTP/1."));
}

enum err acme_door_answer(struct view question, struct view token, struct view authorization,
                          struct buffer *ret)
{
	struct view line = view_first(question, view_find(question, '\n', 0));
	bool is_good = is_asked(line, token);

	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ' && line.at[i] != '\r')
			return ERR_SYNTAX;
	if (!is_whole(question))
		return question.len >= ACME_QUESTION_MAX ? ERR_SYNTAX : ERR_SHORT;
	buffer_text(ret, is_good ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n");
	buffer_text(ret, "Content-Type: application/octet-stream\r\nConnection: close\r\n"
	                 "Content-Length: ");
	buffer_decimal(ret, is_good ? authorization.len : 0);
	buffer_text(ret, "\r\n\r\n");
	if (is_good)
		buffer_put(ret, authorization);
	return ret->err;
}

static unsigned guests_from(const struct acme_guest *guests, unsigned count,
                            const struct addr *from)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		found += guests[i].is_there && addr_same_host(&guests[i].from, from);
	return found;
}

/* The eldest of the address that has most; of that address alone, if there is one. */
static unsigned eldest_of(const struct acme_guest *guests, unsigned count, const struct addr *only)
{
	unsigned found = 0, most = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned own =
			guests[i].is_there && (!only || addr_same_host(&guests[i].from, only))
				? guests_from(guests, count, &guests[i].from)
				: 0;

		if (own > most ||
		    (own > 0 && own == most && guests[i].since_us < guests[found].since_us)) {
			found = i;
			most = own;
		}
	}
	return found;
}

unsigned acme_door_place(const struct acme_guest *guests, unsigned count, const struct addr *from)
{
	if (guests_from(guests, count, from) >= MAX_GUESTS_PER_ADDRESS)
		return eldest_of(guests, count, from);
	for (unsigned i = 0; i < count; i++)
		if (!guests[i].is_there)
			return i;
	return eldest_of(guests, count, NULL);
}
