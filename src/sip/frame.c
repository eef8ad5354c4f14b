/* SPDX-License-Identifier: Apache-2.0 */
/* Delimits a message in a stream without changing a byte: the same reading of
 * lines, folds and Content-Length as the parser's, so that both agree where
 * the next message begins. */
#include "sip/msg.h"

struct walk {
	struct view bytes;
	size_t at; /* next byte to look at */
};

/* One header with the lines that continue it; true with *ret once it is known
 * that the next line does not. */
static bool next_header(struct walk *w, struct view *ret)
{
	size_t start = w->at, end = w->at;

	do {
		end = view_find(w->bytes, '\n', end);
		if (end == w->bytes.len)
			return false;
		end++;
		/* An empty line is never continued: what follows it is the body. */
		if ((w->bytes.at[start] == '\r' || w->bytes.at[start] == '\n') &&
		    view_trim((struct view){ w->bytes.at + start, end - start }).len == 0)
			break;
		if (end == w->bytes.len)
			return false;
	} while (w->bytes.at[end] == ' ' || w->bytes.at[end] == '\t');
	*ret = (struct view){ w->bytes.at + start, end - start };
	w->at = end;
	return true;
}

static bool is_empty_line(struct view line)
{
	return view_equal(line, VIEW("\r\n")) || view_equal(line, VIEW("\n"));
}

/* What a name cannot be by its first letter needs no second look: "Content-Length", or "l". */
static bool may_be_length(char first)
{
	char lower = first | 0x20;

	return lower == 'c' || lower == 'l' || (unsigned char)first <= ' ';
}

/* Takes the value of a Content-Length; all others are passed over. */
static enum err take_length(struct view header, uint32_t max, bool *has, uint64_t *ret)
{
	size_t colon;

	if (!may_be_length(header.at[0]))
		return ERR_NONE;
	colon = view_find(header, ':', 0);
	if (sip_header_of(view_trim(view_first(header, colon))) != SIP_HEADER_CONTENT_LENGTH)
		return ERR_NONE;
	if (*has || !view_decimal(view_trim(view_after(header, colon + 1)), max, ret))
		return ERR_SYNTAX;
	*has = true;
	return ERR_NONE;
}

static enum err too_long_or_short(const struct walk *w, size_t start,
                                  const struct sip_limits *limits)
{
	return w->bytes.len - start > limits->headers ? ERR_LIMIT : ERR_SHORT;
}

enum err sip_msg_measure(struct view bytes, const struct sip_limits *limits, size_t *ret)
{
	struct walk w = { .bytes = bytes };
	struct view line;
	bool has_length = false;
	uint64_t length = 0;
	size_t start;

	while (w.at < bytes.len && (bytes.at[w.at] == '\r' || bytes.at[w.at] == '\n'))
		w.at++;
	start = w.at;
	if (!next_header(&w, &line))
		return too_long_or_short(&w, start, limits);
	while (!is_empty_line(line)) {
		enum err err;

		if (!next_header(&w, &line))
			return too_long_or_short(&w, start, limits);
		if (w.at - start > limits->headers && !is_empty_line(line))
			return ERR_LIMIT;
		err = take_length(line, limits->message, &has_length, &length);
		if (err != ERR_NONE)
			return err;
	}
	if (!has_length)
		return ERR_SYNTAX;
	if (w.at + length > limits->message)
		return ERR_LIMIT;
	*ret = w.at + (size_t)length;
	return ERR_NONE;
}

enum err sip_msg_frame(struct view bytes, const struct sip_limits *limits, size_t *ret)
{
	size_t len = 0;
	enum err err = sip_msg_measure(bytes, limits, &len);

	if (err == ERR_NONE && len > bytes.len)
		return ERR_SHORT;
	if (err == ERR_NONE)
		*ret = len;
	return err;
}
