/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: headers, methods, status codes, reasons. */
#include <string.h>

#include "runner/test.h"
#include "sip/glance_priv.h"
#include "sip/header.h"
#include "sip/method.h"
#include "sip/reason.h"
#include "sip/status.h"

static const struct {
	const char *name;
	char compact;
	enum sip_header_id id;
} rows[] = {
#define HEADER(id, name, compact, times) { name, compact, SIP_HEADER_##id },
#include "sip/header.def"
#undef HEADER
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The letters of a name in the other case. */
static struct view swapped(const char *name, char ret[64])
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		bool is_letter = (name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z';

		ret[i] = (char)(is_letter ? name[i] ^ 0x20 : name[i]);
	}
	return (struct view){ ret, len };
}

TEST(header_names, "each header is found by its long and its compact form in either case")
{
	char text[64];

	for (size_t i = 0; i < ROWS; i++) {
		CHECK_CASE(sip_header_of(view_of(rows[i].name)) == rows[i].id, rows[i].name);
		CHECK_CASE(sip_header_of(swapped(rows[i].name, text)) == rows[i].id, rows[i].name);
		CHECK_CASE(view_equal(sip_header_name(rows[i].id), view_of(rows[i].name)),
		           rows[i].name);
		if (!rows[i].compact)
			continue;
		CHECK_CASE(sip_header_of((struct view){ &rows[i].compact, 1 }) == rows[i].id,
		           rows[i].name);
		text[0] = (char)(rows[i].compact ^ 0x20);
		CHECK_CASE(sip_header_of((struct view){ text, 1 }) == rows[i].id, rows[i].name);
	}
	return ERR_NONE;
}

TEST(header_near_names, "a name that differs by one byte is another header or none")
{
	char text[64];

	for (size_t i = 0; i < ROWS; i++) {
		size_t len = strlen(rows[i].name);

		for (size_t at = 0; at < len; at++)
			for (unsigned byte = 0; byte < 256; byte++) {
				bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';

				memcpy(text, rows[i].name, len);
				text[at] = (char)byte;
				if (byte == (unsigned char)rows[i].name[at] ||
				    (is_letter &&
				     ((byte ^ (unsigned char)rows[i].name[at]) & 0xdf) == 0))
					continue;
				CHECK_CASE(sip_header_of((struct view){ text, len }) != rows[i].id,
				           rows[i].name);
			}
		/* "T" is To. */
		CHECK_CASE(len == 2 || sip_header_of((struct view){ rows[i].name, len - 1 }) !=
		                               rows[i].id,
		           rows[i].name);
	}
	return ERR_NONE;
}

TEST(header_odd_names, "what is no name of ours is OTHER")
{
	static const char *const names[] = {
		"",
		"z",
		"[",
		"\r",
		"@",
		"1",
		"X-Own",
		"Call\rID",
		"C",
		"q",
		"A-Name-That-Is-Longer-Than-Any-Of-Ours-Will-Ever-Be"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool is_content_type = i == 8; /* "C" is a compact form */

		CHECK_CASE((sip_header_of(view_of(names[i])) == SIP_HEADER_OTHER) !=
		                   is_content_type,
		           names[i]);
	}
	CHECK(sip_header_of(VIEW_EMPTY) == SIP_HEADER_OTHER);
	return ERR_NONE;
}

TEST(header_compacts, "no compact form is given twice")
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t k = 0; k < i; k++)
			CHECK_CASE(!rows[i].compact || rows[i].compact != rows[k].compact,
			           rows[i].name);
	return ERR_NONE;
}

TEST(method_names, "methods are found by their exact letters only")
{
	for (enum sip_method m = SIP_METHOD_OTHER + 1; m < SIP_METHOD_COUNT; m++)
		CHECK(sip_method_of(sip_method_name(m)) == m);
	CHECK(sip_method_of(VIEW("invite")) == SIP_METHOD_OTHER);
	CHECK(sip_method_of(VIEW("INVITE ")) == SIP_METHOD_OTHER);
	CHECK(sip_method_of(VIEW("INVIT")) == SIP_METHOD_OTHER);
	CHECK(sip_method_of(VIEW_EMPTY) == SIP_METHOD_OTHER);
	return ERR_NONE;
}

TEST(glance_ways, "16 bytes are told alike by what the processor has and in plain C")
{
	static const struct glance_name name = { "call-id:", 0xff };
	char text[GLANCE];

	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < GLANCE; at++) {
			memcpy(text, "Call-ID: own\"x\\y", sizeof(text));
			text[at] = (char)byte;
			CHECK(glance_equal(text, ':') == glance_equal_plain(text, ':'));
			CHECK(glance_alike(text, &name) == glance_alike_plain(text, &name));
			CHECK(glance_unquoted(text) == glance_unquoted_plain(text));
			CHECK(glance_signs(text) == glance_signs_plain(text));
		}
	}
	return ERR_NONE;
}

TEST(status_phrases, "each code has its phrase, an unknown one that of its class")
{
	unsigned last = 0;

#define STATUS(status, phrase)                                                                     \
	CHECK(view_equal(sip_status_phrase(status), VIEW(phrase)));                                \
	CHECK((status) > last);                                                                    \
	last = (status);
#include "sip/status.def"
#undef STATUS
	CHECK(view_equal(sip_status_phrase(499), VIEW("Bad Request")));
	CHECK(view_equal(sip_status_phrase(150), VIEW("Session Progress")));
	CHECK(view_equal(sip_status_phrase(299), VIEW("OK")));
	CHECK(sip_status_phrase(0).len > 0 && sip_status_phrase(999).len > 0);
	return ERR_NONE;
}

TEST(reason_words, "each reason has a grade, a name and words")
{
	for (enum sip_reason r = SIP_REASON_NONE + 1; r < SIP_REASON_COUNT; r++) {
		CHECK(sip_reason_grade(r) != SIP_GRADE_NONE);
		CHECK(strlen(sip_reason_name(r)) > 2 && strlen(sip_reason_text(r)) > 5);
		CHECK(strlen(sip_grade_name(sip_reason_grade(r))) > 3);
	}
	return ERR_NONE;
}
