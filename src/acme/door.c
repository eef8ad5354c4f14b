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
