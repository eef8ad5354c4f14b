/* SPDX-License-Identifier: Apache-2.0 */
/* Lines, the few headers that count, and their parameters. */
#include "border/whose.h"

static struct view line_at(struct view text, size_t at)
{
	size_t end = at;

	do {
		end = view_find(text, '\n', end) + 1;
	} while (end < text.len && (text.at[end] == ' ' || text.at[end] == '\t'));
	return view_first(view_after(text, at), end - at);
}

static bool is_header(struct view line, const char *name, char brief, struct view *ret)
{
	size_t colon = view_find(line, ':', 0);
	struct view found = view_trim(view_first(line, colon));

	if (!view_equal_nocase(found, view_of(name)) &&
	    !(brief && found.len == 1 && (found.at[0] | 0x20) == brief))
		return false;
	*ret = view_trim(view_after(line, colon + 1));
	return true;
}

/* The value of a parameter behind what stands in quotes or < >. */
struct view whose_param(struct view value, const char *name)
{
	bool is_quoted = false, is_address = false;
	size_t at = 0;

	for (; at < value.len; at++) {
		char c = value.at[at];

		if (c == '"' && !is_address)
			is_quoted = !is_quoted;
		else if (c == '\\' && is_quoted)
			at++;
		else if ((c == '<' || c == '>') && !is_quoted)
			is_address = c == '<';
		else if (c == ';' && !is_quoted && !is_address) {
			size_t end = view_find(value, ';', at + 1);
			struct view one = view_first(view_after(value, at + 1), end - at - 1);
			size_t sign = view_find(one, '=', 0);

			if (view_equal_nocase(view_trim(view_first(one, sign)), view_of(name)))
				return view_trim(view_after(one, sign + 1));
		}
	}
	return VIEW_EMPTY;
}

/* "INVITE sip:USER@HOST SIP/2.0" */
static struct view user_of(struct view line)
{
	struct view uri = view_after(line, view_find(line, ' ', 0) + 1);
	size_t at;

	uri = view_first(uri, view_find(uri, ' ', 0));
	at = view_find(uri, '@', 0);
	if (at >= uri.len)
		return VIEW_EMPTY;
	uri = view_first(uri, at);
	uri = view_after(uri, view_find(uri, ':', 0) + 1);
	return view_first(uri, view_find(uri, ';', 0));
}

static void note(struct whose_clues *c, struct view line)
{
	struct view value;

	if (view_is_empty(c->branch) && is_header(line, "Via", 'v', &value)) {
		value = view_first(value, view_find(value, ',', 0));
		c->branch = whose_param(value, "branch");
	} else if (is_header(line, "To", 't', &value)) {
		c->tag = whose_param(value, "tag");
	} else if (is_header(line, "Call-ID", 'i', &value)) {
		c->call_id = value;
	} else if (is_header(line, "Replaces", 0, &value)) {
		c->replaces = value;
	}
}

struct whose_clues whose_read(struct view bytes)
{
	struct whose_clues c = { 0 };
	struct view line;
	size_t at = 0;

	/* What stands before the first line is left out there too. */
	while (at < bytes.len && (bytes.at[at] == '\r' || bytes.at[at] == '\n'))
		at++;
	line = line_at(bytes, at);
	c.is_request = !view_starts_nocase(line, VIEW("SIP/2.0 "));
	if (c.is_request)
		c.user = user_of(line);
	for (at += line.len; at < bytes.len; at += line.len) {
		line = line_at(bytes, at);
		if (view_is_empty(view_trim(line)))
			break;
		note(&c, line);
	}
	return c;
}
