/* SPDX-License-Identifier: Apache-2.0 */
/* CSeq and RAck: numbers with a method behind them. */
#include "sip/cseq.h"

#include "base/cursor.h"
#include "sip/digits_priv.h"

/* "314159 INVITE"; *ret holds anything after an error. */
static void read_cseq(struct cursor *in, struct sip_cseq *ret)
{
	ret->number = cursor_decimal(in, INT32_MAX); /* RFC 3261 8.1.1.5 */
	/* A number and a method that touch are one token, not two. */
	if (cursor_peek(in) != ' ' && cursor_peek(in) != '\t')
		cursor_fail(in, cursor_is_at_end(in) ? ERR_SHORT : ERR_SYNTAX);
	cursor_blanks(in);
	ret->method_text = cursor_token(in);
	cursor_end(in);
	ret->method = sip_method_of(ret->method_text);
}

/* A few digits, a blank, a method of ours. False: *ret holds anything. */
static bool read_usual(struct view text, struct sip_cseq *ret)
{
	size_t at = digits_read(text, &ret->number);

	if (at == 0 || at >= text.len || text.at[at] != ' ')
		return false;
	ret->method_text = view_after(text, at + 1);
	ret->method = sip_method_of(ret->method_text);
	return ret->method != SIP_METHOD_OTHER;
}

static enum err parse_with_care(struct view text, struct sip_cseq *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_cseq cseq;

	read_cseq(&in, &cseq);
	if (in.err == ERR_NONE)
		*ret = cseq;
	return in.err;
}

enum err sip_cseq_parse(struct view text, struct sip_cseq *ret)
{
	struct sip_cseq cseq;

	if (!read_usual(text, &cseq))
		return parse_with_care(text, ret);
	*ret = cseq;
	return ERR_NONE;
}

void sip_cseq_write(struct buffer *b, const struct sip_cseq *c)
{
	buffer_decimal(b, c->number);
	buffer_char(b, ' ');
	buffer_put(b, c->method_text);
}

enum err sip_rack_parse(struct view text, struct sip_rack *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_rack rack;

	rack.rseq = cursor_decimal(&in, UINT32_MAX);
	if (cursor_peek(&in) != ' ' && cursor_peek(&in) != '\t')
		cursor_fail(&in, cursor_is_at_end(&in) ? ERR_SHORT : ERR_SYNTAX);
	cursor_blanks(&in);
	read_cseq(&in, &rack.cseq);
	if (in.err == ERR_NONE)
		*ret = rack;
	return in.err;
}

void sip_rack_write(struct buffer *b, const struct sip_rack *r)
{
	buffer_decimal(b, r->rseq);
	buffer_char(b, ' ');
	sip_cseq_write(b, &r->cseq);
}
