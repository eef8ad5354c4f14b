/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and counts of seconds. */
#include "sip/number.h"

#include "base/cursor.h"
#include "sip/digits_priv.h"
#include "sip/param.h"

static enum err parse_with_care(struct view text, uint32_t max, uint32_t *ret)
{
	struct cursor in = cursor_on(text);
	uint32_t number = cursor_decimal(&in, max);

	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = number;
	return in.err;
}

enum err sip_number_parse(struct view text, uint32_t max, uint32_t *ret)
{
	uint32_t number;

	if (!digits_are_all(text, &number) || number > max)
		return parse_with_care(text, max, ret);
	*ret = number;
	return ERR_NONE;
}

enum err sip_number_of(const struct sip_msg *m, enum sip_header_id id, uint32_t max, uint32_t *ret)
{
	const struct sip_header *h = sip_msg_header(m, id);

	return h ? sip_number_parse(h->value, max, ret) : ERR_NOT_FOUND;
}

/* Digits of any count; what is beyond 32 bits is the largest number. */
static uint32_t read_seconds(struct cursor *in)
{
	struct view digits = cursor_digits(in);
	uint64_t number;

	if (in->err != ERR_NONE)
		return 0;
	return view_decimal(digits, UINT32_MAX, &number) ? (uint32_t)number : UINT32_MAX;
}

enum err sip_seconds_parse(struct view text, uint32_t *ret)
{
	struct cursor in = cursor_on(text);
	uint32_t seconds;

	if (digits_are_all(text, &seconds)) {
		*ret = seconds;
		return ERR_NONE;
	}
	seconds = read_seconds(&in);
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = seconds;
	return in.err;
}

enum err sip_seconds_of(const struct sip_msg *m, enum sip_header_id id, uint32_t *ret)
{
	const struct sip_header *h = sip_msg_header(m, id);

	return h ? sip_seconds_parse(h->value, ret) : ERR_NOT_FOUND;
}

/* What is left has to be parameters. */
static struct view read_params(struct cursor *in)
{
	struct view params;

	cursor_blanks(in);
	if (in->err != ERR_NONE)
		return VIEW_EMPTY;
	params = cursor_rest(in);
	cursor_fail(in, sip_params_check(params));
	return params;
}

/* "(" text ")" with inner pairs and \x escapes; the view is without the outer pair. */
static struct view read_comment(struct cursor *in)
{
	const char *start = in->at + 1;
	size_t depth = 0;

	/*@ loop invariant lies_in(in) && in->end == \at(in->end, Pre) && in->err == 0;
	    loop invariant ordered(depth > 0 ? start : start - 1, in->at);
	    loop assigns in->at, in->err, depth;
	    loop variant in->end - in->at; */
	do {
		bool is_escaped = cursor_skip(in, '\\');
		uint8_t c = cursor_byte(in);

		if (in->err == ERR_NONE && ((c < 0x20 && c != '\t') || c == 0x7f))
			cursor_fail(in, ERR_SYNTAX);
		if (!is_escaped && c == '(')
			depth++;
		else if (!is_escaped && c == ')')
			depth--;
	} while (in->err == ERR_NONE && depth > 0);
	return in->err == ERR_NONE ? (struct view){ start, (size_t)(in->at - 1 - start) }
	                           : VIEW_EMPTY;
}

enum err sip_retry_after_parse(struct view text, struct sip_retry_after *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_retry_after r = { .after_s = read_seconds(&in) };

	cursor_blanks(&in);
	if (cursor_peek(&in) == '(')
		r.comment = read_comment(&in);
	r.params = read_params(&in);
	if (in.err == ERR_NONE)
		*ret = r;
	return in.err;
}

void sip_retry_after_write(struct buffer *b, const struct sip_retry_after *r)
{
	buffer_decimal(b, r->after_s);
	if (r->comment.len > 0) {
		size_t from = b->len;
		struct cursor in;

		buffer_text(b, " (");
		buffer_put(b, r->comment);
		buffer_char(b, ')');
		/* What was put has to be one comment, not one that ends early. */
		in = cursor_on(view_after(buffer_view(b), from + 1));
		if (b->err == ERR_NONE)
			(void)read_comment(&in);
		cursor_end(&in);
		buffer_fail(b, in.err);
	}
	buffer_fail(b, sip_params_check(r->params));
	buffer_put(b, r->params);
}

enum err sip_session_expires_parse(struct view text, struct sip_session_expires *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_session_expires s = { .interval_s = read_seconds(&in) };
	struct view params = read_params(&in);
	struct sip_param param;

	if (in.err != ERR_NONE)
		return in.err;
	if (sip_params_find(params, VIEW("refresher"), &param)) {
		if (view_equal_nocase(param.value, VIEW("uac")))
			s.refresher = SIP_REFRESHER_UAC;
		else if (view_equal_nocase(param.value, VIEW("uas")))
			s.refresher = SIP_REFRESHER_UAS;
		else
			return ERR_SYNTAX;
	}
	*ret = s;
	return ERR_NONE;
}

void sip_session_expires_write(struct buffer *b, const struct sip_session_expires *s)
{
	buffer_decimal(b, s->interval_s);
	if (s->refresher != SIP_REFRESHER_NONE)
		buffer_text(b, s->refresher == SIP_REFRESHER_UAC ? ";refresher=uac"
		                                                 : ";refresher=uas");
}
