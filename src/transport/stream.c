/* SPDX-License-Identifier: Apache-2.0 */
/* Framing: each byte is looked at once or twice, however small the pieces are. */
#include "transport/stream.h"

#include "base/run.h"
#include "sip/msg.h"

static enum stream_step take_breaks(struct stream *s, struct view bytes, size_t *ret_used)
{
	static const char ping[] = "\r\n\r\n";
	size_t at = 0;

	while (at < bytes.len && (bytes.at[at] == '\r' || bytes.at[at] == '\n')) {
		if (bytes.at[at] == ping[s->breaks])
			s->breaks++;
		else
			s->breaks = bytes.at[at] == '\r' ? 1 : 0;
		at++;
		if (s->breaks == sizeof(ping) - 1) {
			s->breaks = 0;
			*ret_used = at;
			return STREAM_PING;
		}
	}
	*ret_used = at;
	return STREAM_BLANK;
}

/* All but controls; of these TAB and CR. */
static const struct run_set line_bytes = {
	.rows = RUN_ROWS(UINT64_C(0xffffffff00000000) | RUN_BYTE('\t') | RUN_BYTE('\r'),
	                 ~RUN_BYTE(0x7f)),
	.has_high = true,
};

/* Few URIs have a slash. */
static bool names_sip(struct view line)
{
	size_t slash = view_find(line, '/', 0);

	for (; slash < line.len; slash = view_find(line, '/', slash + 1))
		if (slash >= 3 &&
		    view_equal_nocase(view_first(view_after(line, slash - 3), 3), VIEW("SIP")))
			return true;
	return false;
}

/* Whether its first line, as far as it is there, cannot be one of SIP. */
static bool is_hopeless(struct stream *s, struct view bytes)
{
	size_t end = view_find(bytes, '\n', 0);
	struct view line = view_first(bytes, end);

	if (s->has_good_line)
		return false;
	if (line.len > 0 && run_end(line.at, line.at + line.len, &line_bytes) != line.at + line.len)
		return true;
	s->has_good_line = end < bytes.len;
	return s->has_good_line && !names_sip(line);
}

/* A line end must come before the headers can be whole, and one more byte before a header is
 * known to be: without either there is nothing to look for. */
static bool is_worth_a_look(const struct stream *s, struct view bytes)
{
	return s->seen == 0 || bytes.len > sip_limits_default.headers ||
	       bytes.at[s->seen - 1] == '\n' || view_find(bytes, '\n', s->seen) < bytes.len;
}

static enum stream_step take_message(struct stream *s, struct view bytes, size_t *ret_used)
{
	size_t len = 0;
	enum err err;

	if (is_hopeless(s, bytes))
		return STREAM_BROKEN;
	if (s->need == 0) {
		if (!is_worth_a_look(s, bytes)) {
			s->seen = (uint32_t)bytes.len;
			return STREAM_MORE;
		}
		err = sip_msg_measure(bytes, &sip_limits_default, &len);
		s->seen = (uint32_t)bytes.len;
		if (err == ERR_SHORT)
			return STREAM_MORE;
		if (err != ERR_NONE)
			return STREAM_BROKEN;
		s->need = (uint32_t)len;
	}
	if (bytes.len < s->need)
		return STREAM_MORE;
	*ret_used = s->need;
	*s = (struct stream){ 0 };
	return STREAM_MESSAGE;
}

enum stream_step stream_next(struct stream *s, struct view bytes, size_t *ret_used)
{
	*ret_used = 0;
	if (bytes.len == 0)
		return STREAM_MORE;
	if (s->seen == 0 && (bytes.at[0] == '\r' || bytes.at[0] == '\n'))
		return take_breaks(s, bytes, ret_used);
	s->breaks = 0;
	return take_message(s, bytes, ret_used);
}
