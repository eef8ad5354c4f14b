/* SPDX-License-Identifier: Apache-2.0 */
/* ACK to a refusal and CANCEL: both go hop by hop and repeat lines of the
 * INVITE as we sent it. That text is our own writing (one header a line, long
 * names, no folds), so lines are found by their name and copied. */
#include "ua/ua_priv.h"

#include "sip/build.h"

/* The line that begins with `name` ("Route: "), without CRLF, at or after
 * *place, which moves behind it. Empty view at the end of the headers. */
static struct view next_line(struct view text, struct view name, size_t *place)
{
	while (*place < text.len) {
		size_t stop = view_find(text, '\n', *place);
		struct view line = view_trim(view_first(view_after(text, *place), stop - *place));

		*place = stop + 1;
		if (view_is_empty(line))
			break;
		if (view_starts(line, name))
			return line;
	}
	*place = text.len;
	return VIEW_EMPTY;
}

static void copy_line(struct buffer *b, struct view text, struct view name)
{
	size_t place = 0;
	struct view line = next_line(text, name, &place);

	if (view_is_empty(line))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, line);
	buffer_text(b, "\r\n");
}

static struct view uri_of(struct view invite)
{
	size_t first = view_find(invite, ' ', 0);
	size_t second = view_find(invite, ' ', first + 1);

	return view_first(view_after(invite, first + 1), second - first - 1);
}

static void write_cseq(struct buffer *b, struct view invite, struct view method)
{
	size_t place = 0;
	struct view line = next_line(invite, VIEW("CSeq: "), &place);
	struct view number = view_after(line, 6);

	buffer_text(b, "CSeq: ");
	buffer_put(b, view_first(number, view_find(number, ' ', 0)));
	buffer_char(b, ' ');
	buffer_put(b, method);
	buffer_text(b, "\r\n");
}

/* Everything up to To: the same in both. */
static void write_start(struct buffer *b, struct view invite, struct view method)
{
	struct view route;
	size_t place = 0;

	sip_build_request(b, method, uri_of(invite));
	copy_line(b, invite, VIEW("Via: "));
	while (!view_is_empty(route = next_line(invite, VIEW("Route: "), &place))) {
		buffer_put(b, route);
		buffer_text(b, "\r\n");
	}
	buffer_text(b, "Max-Forwards: 70\r\n");
	copy_line(b, invite, VIEW("From: "));
}

static enum err write_end(struct buffer *b, struct view invite, struct view method,
                          struct view headers)
{
	copy_line(b, invite, VIEW("Call-ID: "));
	write_cseq(b, invite, method);
	buffer_put(b, headers);
	sip_build_body(b, VIEW_EMPTY);
	return b->err;
}

enum err ua_hop_ack(struct view invite, struct view to, struct buffer *b)
{
	write_start(b, invite, VIEW("ACK"));
	sip_build_header(b, SIP_HEADER_TO, to);
	return write_end(b, invite, VIEW("ACK"), VIEW_EMPTY);
}

enum err ua_hop_cancel(struct view invite, struct view headers, struct buffer *b)
{
	write_start(b, invite, VIEW("CANCEL"));
	copy_line(b, invite, VIEW("To: "));
	return write_end(b, invite, VIEW("CANCEL"), headers);
}
