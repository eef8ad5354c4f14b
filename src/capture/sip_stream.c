/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer holds at most one message and what came behind it. Two states: at the
 * beginning of a message, and lost, looking for a line that begins one. */
#include "capture/sip_stream.h"

#include "capture/sip_find.h"
#include "sip/msg.h"

static struct view in_hand(const struct capture_sip_stream *s, size_t from)
{
	return view_after(capture_pile_view(&s->pile), from);
}

static void drop(struct capture_sip_stream *s, size_t len)
{
	capture_pile_drop(&s->pile, 0, len);
	s->is_open = s->is_open && len == 0;
}

/* Where the headers end: behind the empty line, or 0. */
static size_t end_of_headers(struct view text)
{
	for (size_t at = view_find(text, '\n', 0); at < text.len;
	     at = view_find(text, '\n', at + 1)) {
		struct view rest = view_after(text, at + 1);

		if (view_starts(rest, VIEW("\n")))
			return at + 2;
		if (view_starts(rest, VIEW("\r\n")))
			return at + 3;
	}
	return 0;
}

/* A message whose length cannot be known: up to the next start line, or all that
 * is there, and the rest of its body is passed over. */
static size_t end_of_unframed(struct view text)
{
	size_t headers = end_of_headers(text);

	return headers ? capture_sip_find(text, headers) : text.len;
}

/* How much of the bytes at `from` is one message; 0 where more is needed. */
static size_t message_at(struct capture_sip_stream *s, size_t from, bool *ret_lost)
{
	struct sip_limits limits = sip_limits_default;
	struct view text = in_hand(s, from);
	size_t len = 0;
	enum err err;

	limits.framing = SIP_STREAM;
	limits.message = MAX_CAPTURE_SIP;
	*ret_lost = false;
	s->want = 0;
	err = sip_msg_measure(text, &limits, &len);
	if (err == ERR_NONE) {
		s->is_open = false;
		s->want = len <= text.len ? 0 : len;
		return s->want ? 0 : len;
	}
	s->is_open = end_of_headers(text) == 0;
	if (err == ERR_SHORT && text.len < MAX_CAPTURE_SIP)
		return 0;
	/* Its headers may still be coming: they are worth the wait. */
	if (err == ERR_SYNTAX && s->is_open && text.len <= limits.headers)
		return 0;
	*ret_lost = true;
	return end_of_unframed(text);
}

/* The first byte that may begin a message, from `from` on. */
static size_t seek(struct capture_sip_stream *s, size_t from)
{
	size_t at = capture_sip_find(capture_pile_view(&s->pile), from);

	if (at < s->pile.len)
		s->is_lost = capture_sip_starts(in_hand(s, at)) != ERR_NONE;
	return at;
}

static void tell_foreign(struct capture_sip_stream *s, size_t from,
                         const struct capture_sip_sink *sink)
{
	if (!s->has_foreign)
		sink->foreign(sink->context, in_hand(s, from));
	s->has_foreign = true;
	s->is_lost = true;
}

/* Whether a message begins here; else the stream is lost or more is needed. */
static bool begins(struct capture_sip_stream *s, size_t at, const struct capture_sip_sink *sink)
{
	enum err start = capture_sip_starts(in_hand(s, at));

	if (start == ERR_SHORT)
		return false;
	/* A broken first line over SIP's headers begins a message too. */
	if (start == ERR_NONE || capture_kind_of(in_hand(s, at)) == CAPTURE_SIP)
		return true;
	tell_foreign(s, at, sink);
	return false;
}

/* Hands out what is whole; false where more is needed. *at moves on. */
static bool step(struct capture_sip_stream *s, const struct capture_sip_sink *sink, size_t *at)
{
	bool is_lost, was_lost = s->is_lost;
	struct view text;
	size_t len;

	while (*at < s->pile.len && (s->pile.at[*at] == '\r' || s->pile.at[*at] == '\n'))
		(*at)++;
	if (was_lost)
		*at = seek(s, *at);
	if (*at == s->pile.len || s->is_lost)
		return false;
	if (!begins(s, *at, sink))
		return s->is_lost; /* only now: it looks for a start line at once */
	len = message_at(s, *at, &is_lost);
	if (len == 0)
		return false;
	text = view_bytes(s->pile.at + *at, len);
	sink->message(sink->context, text, is_lost && s->is_open);
	*at += len;
	s->is_lost = is_lost;
	return true;
}

static enum err take_part(struct capture_sip_stream *s, struct view bytes,
                          const struct capture_sip_sink *sink)
{
	size_t at = 0;
	enum err err = capture_pile_add(&s->pile, bytes);

	if (err != ERR_NONE) {
		drop(s, s->pile.len);
		s->want = 0;
		s->is_lost = true;
		return err;
	}
	/* Spares a look at each of many small pieces: of a body, or of headers, which do not
	 * end without a line end. */
	if (s->pile.len < s->want)
		return ERR_NONE;
	if (s->is_open && s->pile.len < MAX_CAPTURE_SIP && view_find(bytes, '\n', 0) == bytes.len)
		return ERR_NONE;
	while (step(s, sink, &at))
		;
	drop(s, at);
	return ERR_NONE;
}

enum err capture_sip_stream_take(struct capture_sip_stream *s, struct view bytes,
                                 const struct capture_sip_sink *sink)
{
	enum err err = ERR_NONE;

	/* What was passed over does not belong to the start line that comes now. */
	if (s->is_lost && capture_sip_starts(bytes) == ERR_NONE)
		drop(s, s->pile.len);
	while (bytes.len > 0 && err == ERR_NONE) {
		struct view part = view_first(bytes, MAX_CAPTURE_SIP);

		err = take_part(s, part, sink);
		bytes = view_after(bytes, part.len);
	}
	return err;
}

void capture_sip_stream_break(struct capture_sip_stream *s, const struct capture_sip_sink *sink)
{
	struct view text = capture_pile_view(&s->pile);

	if (!s->is_lost && capture_sip_starts(text) == ERR_NONE &&
	    view_find(text, '\n', 0) < text.len)
		sink->message(sink->context, text, true);
	drop(s, s->pile.len);
	s->want = 0;
	s->is_lost = true;
}

void capture_sip_stream_clear(struct capture_sip_stream *s)
{
	capture_pile_clear(&s->pile);
	*s = (struct capture_sip_stream){ 0 };
}
