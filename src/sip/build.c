/* SPDX-License-Identifier: Apache-2.0 */
/* Writing messages. Every line is checked once more when it is complete, byte
 * by byte: this is the last place before the wire. */
#include "sip/build.h"

#include "sip/cseq.h"
#include "sip/status.h"
#include "sip/tokens.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether one of eight bytes is below a blank, or DEL: each borrow begins at such a byte. */
static bool has_control(const char *at)
{
	uint64_t eight, other;

	memcpy(&eight, at, sizeof(eight));
	other = eight ^ EACH(0x7f);
	return ((((eight - EACH(0x20)) & ~eight) | ((other - EACH(1)) & ~other)) & EACH(0x80)) != 0;
}

enum { HALF = 8, STEP = 16 };

static bool has_control_in_step(const char *at)
{
#ifdef __SSE2__
	__m128i bytes = _mm_loadu_si128((const void *)at),
		low = _mm_min_epu8(bytes, _mm_set1_epi8(0x1f)),
		control = _mm_cmpeq_epi8(low, bytes),
		del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));

	return _mm_movemask_epi8(_mm_or_si128(control, del)) != 0;
#else
	return has_control(at) || has_control(at + HALF);
#endif
}

static bool is_text(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* What was put since `from` may hold no byte that ends a line or a string. */
static void check_from(struct buffer *b, size_t from)
{
	const char *at = b->at + from;
	size_t len = b->len - from, done = 0;

	if (b->err != ERR_NONE)
		return;
	while (len - done >= STEP && !has_control_in_step(at + done))
		done += STEP;
	/* What is left, with some of what was looked at already. */
	if (len - done < STEP && len >= STEP && !has_control_in_step(at + len - STEP))
		return;
	if (len < STEP && len >= HALF && !has_control(at) && !has_control(at + len - HALF))
		return;
	if (!is_text(at + done, len - done))
		buffer_fail(b, ERR_SYNTAX);
}

static void end_line(struct buffer *b, size_t from)
{
	check_from(b, from);
	buffer_text(b, "\r\n");
}

void sip_build_request(struct buffer *b, struct view method, struct view uri)
{
	size_t from = b->len;

	/* A blank in either would move the next reader's idea of what the other is. */
	if (!sip_token_is(method) || uri.len == 0 || view_find(uri, ' ', 0) < uri.len ||
	    view_find(uri, '\t', 0) < uri.len)
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, method);
	buffer_char(b, ' ');
	buffer_put(b, uri);
	buffer_text(b, " SIP/2.0");
	end_line(b, from);
}

void sip_build_status(struct buffer *b, unsigned status, struct view phrase)
{
	size_t from = b->len;

	if (status < SIP_STATUS_MIN || status > SIP_STATUS_MAX)
		buffer_fail(b, ERR_SYNTAX);
	buffer_text(b, "SIP/2.0 ");
	buffer_decimal(b, status);
	buffer_char(b, ' ');
	buffer_put(b, phrase.len > 0 ? phrase : sip_status_phrase(status));
	end_line(b, from);
}

size_t sip_build_begin(struct buffer *b, enum sip_header_id id)
{
	size_t from = b->len;

	if (id == SIP_HEADER_OTHER || id >= SIP_HEADER_COUNT) {
		buffer_fail(b, ERR_SYNTAX);
		return from;
	}
	buffer_put(b, sip_header_name(id));
	buffer_text(b, ": ");
	return from;
}

void sip_build_finish(struct buffer *b, size_t begun) { end_line(b, begun); }

void sip_build_header(struct buffer *b, enum sip_header_id id, struct view value)
{
	size_t begun = sip_build_begin(b, id);

	buffer_put(b, value);
	sip_build_finish(b, begun);
}

void sip_build_named(struct buffer *b, struct view name, struct view value)
{
	size_t from = b->len;

	if (!sip_token_is(name))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, name);
	buffer_text(b, ": ");
	buffer_put(b, value);
	end_line(b, from);
}

void sip_build_number(struct buffer *b, enum sip_header_id id, uint64_t number)
{
	size_t begun = sip_build_begin(b, id);

	buffer_decimal(b, number);
	sip_build_finish(b, begun);
}

void sip_build_via(struct buffer *b, const struct sip_via *v)
{
	size_t begun = sip_build_begin(b, SIP_HEADER_VIA);

	sip_via_write(b, v);
	sip_build_finish(b, begun);
}

void sip_build_name_addr(struct buffer *b, enum sip_header_id id, struct view display,
                         struct view uri, struct view tag)
{
	size_t begun = sip_build_begin(b, id);

	sip_name_addr_put(b, display, uri, tag);
	sip_build_finish(b, begun);
}

void sip_build_cseq(struct buffer *b, uint32_t number, struct view method)
{
	size_t begun = sip_build_begin(b, SIP_HEADER_CSEQ);

	if (!sip_token_is(method))
		buffer_fail(b, ERR_SYNTAX);
	sip_cseq_write(b, &(struct sip_cseq){ .number = number, .method_text = method });
	sip_build_finish(b, begun);
}

static enum sip_auth_kind auth_kind_of(enum sip_header_id id)
{
	if (id == SIP_HEADER_WWW_AUTHENTICATE || id == SIP_HEADER_PROXY_AUTHENTICATE)
		return SIP_AUTH_CHALLENGE;
	return id == SIP_HEADER_AUTHENTICATION_INFO ? SIP_AUTH_INFO : SIP_AUTH_CREDENTIALS;
}

void sip_build_auth(struct buffer *b, enum sip_header_id id, const struct sip_digest *d)
{
	size_t begun = sip_build_begin(b, id);

	sip_auth_write(b, d, auth_kind_of(id));
	sip_build_finish(b, begun);
}

void sip_build_body(struct buffer *b, struct view body)
{
	sip_build_number(b, SIP_HEADER_CONTENT_LENGTH, body.len);
	buffer_text(b, "\r\n");
	buffer_put(b, body);
}

void sip_build_copy(struct buffer *b, const struct sip_msg *from, enum sip_header_id id)
{
	for (const struct sip_header *h = sip_msg_header(from, id); h; h = sip_msg_next(from, h))
		sip_build_header(b, id, h->value);
}
