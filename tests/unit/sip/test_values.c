/* SPDX-License-Identifier: Apache-2.0 */
/* Lists over lines and commas, and lists of tokens. */
#include <string.h>

#include "message.h"
#include "runner/test.h"
#include "sip/call_id.h"
#include "sip/check.h"
#include "sip/number.h"
#include "sip/tokens.h"
#include "sip/values.h"

static struct sip_msg msg;

static enum err with_lines(const char *lines)
{
	static char bytes[1 << 16];
	struct buffer b = BUFFER_ON(bytes);

	buffer_text(
		&b,
		"OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\n"
		"To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n");
	buffer_text(&b, lines);
	buffer_text(&b, "\r\n");
	return sip_msg_parse(bytes, b.len, &sip_limits_default, &msg);
}

/* All values, joined by '|'; '!' at the end for an error. */
static struct view joined(enum sip_header_id id)
{
	static char text[1024];
	struct buffer b = BUFFER_ON(text);
	struct sip_values w = sip_values_of(&msg, id);
	struct view value;

	while (sip_values_next(&w, &value)) {
		if (b.len > 0)
			buffer_char(&b, '|');
		buffer_put(&b, value);
	}
	if (w.err != ERR_NONE)
		buffer_char(&b, '!');
	return buffer_view(&b);
}

TEST(values_lists, "commas separate but within quotes and brackets")
{
	static const struct {
		const char *lines, *values;
	} cases[] = {
		{ "", "" },
		{ "Route:\r\n", "" },
		{ "Route: a\r\n", "a" },
		{ "Route: a , b\r\nRoute:\r\nRoute:\tc\r\n", "a|b|c" },
		{ "Route: \"a,b\",<c,d>, e\r\n", "\"a,b\"|<c,d>|e" },
		{ "Route: \"a\\\",b\",c\r\n", "\"a\\\",b\"|c" },
		{ "Route: <a\"b>,c\r\n", "<a\"b>|c" },
		{ "Route: a,\r\n", "a!" },
		{ "Route: ,a\r\n", "!" },
		{ "Route: a,,b\r\n", "a!" },
		{ "Route: \"a,b\r\n", "!" },
		{ "Route: a, <b\r\nRoute: c\r\n", "a!" },
		{ "Route: a, \"b\\\r\n", "a!" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TRY(with_lines(cases[i].lines));
		CHECK_CASE(view_equal(joined(SIP_HEADER_ROUTE), view_of(cases[i].values)),
		           cases[i].lines);
	}
	return ERR_NONE;
}

TEST(values_rows, "commas do not separate where they belong to the value")
{
	TRY(with_lines("Authorization: Digest a=b, c=d\r\nAuthorization: Digest e=f\r\n"));
	CHECK(view_equal(joined(SIP_HEADER_AUTHORIZATION), VIEW("Digest a=b, c=d|Digest e=f")));
	return ERR_NONE;
}

TEST(tokens_sets, "tokens are found and told from unknown ones")
{
	static const struct view known[] = { { "timer", 5 }, { "100rel", 6 } };
	char text[64];
	struct buffer b = BUFFER_ON(text);

	TRY(with_lines("Require: TIMER, x,, y\r\nRequire: 100rel,\r\nAllow: INVITE, own, BYE\r\n"));
	CHECK(sip_tokens_have(&msg, SIP_HEADER_REQUIRE, VIEW("timer")));
	CHECK(!sip_tokens_have(&msg, SIP_HEADER_REQUIRE, VIEW("time")));
	CHECK(sip_tokens_allow(&msg) == (1u << SIP_METHOD_INVITE | 1u << SIP_METHOD_BYE));
	CHECK(sip_tokens_unknown(&msg, SIP_HEADER_REQUIRE, known, 2, &b) == 2);
	CHECK(view_equal(buffer_view(&b), VIEW("x, y")));
	return ERR_NONE;
}

TEST(numbers, "numbers are plain, seconds have no upper end")
{
	static const char *const bad[] = { "", "-1", "+1", "1 ", " 1", "1x", "0x1", "1.0", "1,2" };
	uint32_t number = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_CASE(sip_number_parse(view_of(bad[i]), 100, &number) != ERR_NONE, bad[i]);
		CHECK_CASE(sip_seconds_parse(view_of(bad[i]), &number) != ERR_NONE, bad[i]);
	}
	CHECK(number == 7);
	CHECK(sip_number_parse(VIEW("101"), 100, &number) == ERR_LIMIT);
	TRY(sip_number_parse(VIEW("00100"), 100, &number));
	CHECK(number == 100);
	TRY(sip_seconds_parse(VIEW("4294967296"), &number));
	CHECK(number == UINT32_MAX);
	TRY(with_lines("Expires: 60\r\nMax-Forwards: 9\r\n"));
	CHECK(sip_seconds_of(&msg, SIP_HEADER_EXPIRES, &number) == ERR_NONE && number == 60);
	CHECK(sip_number_of(&msg, SIP_HEADER_MAX_FORWARDS, 255, &number) == ERR_NONE &&
	      number == 9);
	CHECK(sip_number_of(&msg, SIP_HEADER_RSEQ, 255, &number) == ERR_NOT_FOUND);
	return ERR_NONE;
}

static enum err require(const char *value, const char *more)
{
	static char bytes[2048];
	static struct sip_msg m;
	struct buffer b = BUFFER_ON(bytes);

	buffer_text(&b, GOOD "Require: ");
	buffer_text(&b, value);
	buffer_text(&b, more);
	buffer_text(&b, "\r\n\r\n");
	if (sip_msg_parse(bytes, b.len, &sip_limits_default, &m) != ERR_NONE)
		return ERR_SYNTAX;
	(void)sip_check(&m);
	return m.anomalies & sip_reason_bit(SIP_REASON_TOKENS_SYNTAX) ? ERR_SYNTAX : ERR_NONE;
}

TEST(tokens_glance, "a list that is passed at a glance passes the full check too, and none else")
{
	static const char letters[] = "a, ;\t", more[] = ",xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
							 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	/* With so much behind it, a list is too long for the glance. */
	for (unsigned number = 0; number < 5 * 5 * 5 * 5 * 5; number++) {
		char text[8] = { 0 };

		for (unsigned i = 0, rest = number; i < 5; i++, rest /= 5)
			text[i] = letters[rest % 5];
		if (strchr(text, 'a'))
			CHECK_CASE(require(text, "") == require(text, more), text);
	}
	return ERR_NONE;
}

/* The rule, byte by byte: visible, no comma, no semicolon, one '@' at most and not at an end. */
static bool is_call_id(struct view text)
{
	size_t signs = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '!' || text.at[i] > '~' || text.at[i] == ',' || text.at[i] == ';')
			return false;
		signs += text.at[i] == '@';
	}
	return text.len > 0 && signs <= 1 && text.at[0] != '@' && text.at[text.len - 1] != '@';
}

TEST(call_id_each_byte, "takes and refuses each byte at each place of a Call-ID of any length")
{
	char text[80];

	for (size_t len = 0; len <= sizeof(text); len++) {
		for (size_t at = 0; at < len; at++) {
			for (unsigned byte = 0; byte < 256; byte++) {
				memset(text, 'x', len);
				text[len / 2] = '@';
				text[at] = (char)byte;
				CHECK(sip_call_id_is_valid((struct view){ text, len }) ==
				      is_call_id((struct view){ text, len }));
			}
		}
		memset(text, 'x', len);
		CHECK(sip_call_id_is_valid((struct view){ text, len }) == (len > 0));
	}
	return ERR_NONE;
}

TEST(cseq_shapes, "takes a CSeq of few digits as it does any other")
{
	static const struct {
		const char *text;
		enum err err;
		uint32_t number;
		enum sip_method method;
	} cases[] = {
		{ "7 ACK", ERR_NONE, 7, SIP_METHOD_ACK },
		{ "7\tACK", ERR_NONE, 7, SIP_METHOD_ACK },
		{ "7  ACK", ERR_NONE, 7, SIP_METHOD_ACK },
		{ "007 OWN", ERR_NONE, 7, SIP_METHOD_OTHER },
		{ "999999999 SUBSCRIBE", ERR_NONE, 999999999, SIP_METHOD_SUBSCRIBE },
		{ "2147483647 BYE", ERR_NONE, 2147483647, SIP_METHOD_BYE },
		{ "0000000000007 BYE", ERR_NONE, 7, SIP_METHOD_BYE },
		{ "2147483648 BYE", ERR_LIMIT, 0, SIP_METHOD_OTHER },
		{ "7BYE", ERR_SYNTAX, 0, SIP_METHOD_OTHER },
		{ "7 BYE ", ERR_SYNTAX, 0, SIP_METHOD_OTHER },
		{ "7 ", ERR_SHORT, 0, SIP_METHOD_OTHER },
		{ "7", ERR_SHORT, 0, SIP_METHOD_OTHER },
		{ " BYE", ERR_SYNTAX, 0, SIP_METHOD_OTHER },
		{ "", ERR_SHORT, 0, SIP_METHOD_OTHER },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sip_cseq cseq = { .method = SIP_METHOD_OTHER };

		CHECK_CASE(sip_cseq_parse(view_of(cases[i].text), &cseq) == cases[i].err,
		           cases[i].text);
		CHECK_CASE(cseq.number == cases[i].number && cseq.method == cases[i].method,
		           cases[i].text);
	}
	return ERR_NONE;
}
