/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of MRCPv2: read strictly, written anew, and nothing that is not understood. */
#include "rtp/mrcp.h"
#include "runner/test.h"

#include <stdio.h>

#define CHANNEL "Channel-Identifier:7F3A91C4E2@speechrecog\r\n"

/* `LEN` in the text stands for its length. */
static struct view with_length(const char *text, char *out, size_t size)
{
	enum { MARK = 3 };
	const char *mark = strstr(text, "LEN");
	size_t others = strlen(text) - MARK, len = others;
	int written = 0;

	if (!mark)
		return view_of(text);
	while (written == 0 || (size_t)written != len) {
		len = written == 0 ? others : (size_t)written;
		written = snprintf(out, size, "%.*s%zu%s", (int)(mark - text), text, len,
		                   mark + MARK);
	}
	return view_bytes(out, len);
}

static const struct {
	const char *name, *text;
	enum err want;
	uint8_t kind;
} cases[] = {
	{ "a request without a body", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "\r\n", ERR_NONE,
	  MRCP_REQUEST },
	{ "a request with a body",
	  "MRCP/2.0 LEN RECOGNIZE 18\r\n" CHANNEL "Content-Type:text/uri-list\r\n"
	  "Content-Length:21\r\n\r\nsession:numbers@desk\n",
	  ERR_NONE, MRCP_REQUEST },
	{ "an answer", "MRCP/2.0 LEN 18 200 IN-PROGRESS\r\n" CHANNEL "\r\n", ERR_NONE,
	  MRCP_RESPONSE },
	{ "an event",
	  "MRCP/2.0 LEN RECOGNITION-COMPLETE 18 COMPLETE\r\n" CHANNEL
	  "Completion-Cause:000 success\r\n\r\n",
	  ERR_NONE, MRCP_EVENT },
	{ "a length padded with zeros", "MRCP/2.0 00069 STOP 17\r\n" CHANNEL "\r\n", ERR_NONE,
	  MRCP_REQUEST },
	{ "a folded field and an empty one",
	  "MRCP/2.0 LEN GET-PARAMS 17\r\n" CHANNEL
	  "Voice-Gender:\r\nLogging-Tag: a\r\n\tb\r\n  c\r\n\r\n",
	  ERR_NONE, MRCP_REQUEST },
	{ "another version", "MRCP/1.0 LEN STOP 17\r\n" CHANNEL "\r\n", ERR_SYNTAX, 0 },
	{ "another length", "MRCP/2.0 73 STOP 17\r\n" CHANNEL "\r\n", ERR_SYNTAX, 0 },
	{ "no channel", "MRCP/2.0 LEN STOP 17\r\nLogging-Tag:x\r\n\r\n", ERR_SYNTAX, 0 },
	{ "two channels", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL CHANNEL "\r\n", ERR_SYNTAX, 0 },
	{ "a channel without its resource",
	  "MRCP/2.0 LEN STOP 17\r\nChannel-Identifier:7F3A91C4E2\r\n\r\n", ERR_SYNTAX, 0 },
	{ "a resource that is not known",
	  "MRCP/2.0 LEN STOP 17\r\nChannel-Identifier:7F3A91C4E2@teleport\r\n\r\n", ERR_UNSUPPORTED,
	  0 },
	{ "a method that is not known", "MRCP/2.0 LEN FORMAT-DISK 17\r\n" CHANNEL "\r\n",
	  ERR_UNSUPPORTED, 0 },
	{ "a method of another resource", "MRCP/2.0 LEN SPEAK 17\r\n" CHANNEL "\r\n",
	  ERR_UNSUPPORTED, 0 },
	{ "an event in the place of a method",
	  "MRCP/2.0 LEN RECOGNITION-COMPLETE 17\r\n" CHANNEL "\r\n", ERR_UNSUPPORTED, 0 },
	{ "a method in the place of an event", "MRCP/2.0 LEN STOP 17 COMPLETE\r\n" CHANNEL "\r\n",
	  ERR_UNSUPPORTED, 0 },
	{ "a body without its length", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "\r\nx", ERR_SYNTAX, 0 },
	{ "a body of another length",
	  "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "Content-Length:2\r\n\r\nx", ERR_SYNTAX, 0 },
	{ "two lengths of a body",
	  "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "Content-Length:1\r\nContent-Length:1\r\n\r\nx",
	  ERR_SYNTAX, 0 },
	{ "a number of a request beyond 32 bits", "MRCP/2.0 LEN STOP 4294967296\r\n" CHANNEL "\r\n",
	  ERR_LIMIT, 0 },
	{ "a status of two digits", "MRCP/2.0 LEN 17 20 COMPLETE\r\n" CHANNEL "\r\n", ERR_SYNTAX,
	  0 },
	{ "a status of no class", "MRCP/2.0 LEN 17 900 COMPLETE\r\n" CHANNEL "\r\n", ERR_SYNTAX,
	  0 },
	{ "a state that there is not", "MRCP/2.0 LEN 17 200 MAYBE\r\n" CHANNEL "\r\n", ERR_SYNTAX,
	  0 },
	{ "line ends without CR", "MRCP/2.0 LEN STOP 17\n" CHANNEL "\r\n", ERR_SYNTAX, 0 },
	{ "a control byte in a field",
	  "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "Logging-Tag:a\001b\r\n\r\n", ERR_SYNTAX, 0 },
	{ "a lone CR in a field", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "Logging-Tag:a\rb\r\n\r\n",
	  ERR_SYNTAX, 0 },
	{ "a field without a name", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL ":x\r\n\r\n", ERR_SYNTAX,
	  0 },
	{ "no end of the fields", "MRCP/2.0 LEN STOP 17\r\n" CHANNEL "Logging-Tag:x\r\n",
	  ERR_SYNTAX, 0 },
};

TEST(mrcp_cases, "reads a message whole or not at all")
{
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view whole = with_length(cases[i].text, text, sizeof(text));
		struct mrcp_message m = { .request_id = 99 };
		enum err err = mrcp_message_parse(whole, &m);

		if (cases[i].want == ERR_SYNTAX)
			CHECK_CASE(err == ERR_SYNTAX || err == ERR_SHORT, cases[i].name);
		else
			CHECK_CASE(err == cases[i].want, cases[i].name);
		CHECK_CASE((m.request_id == 99) == (err != ERR_NONE), cases[i].name);
		if (err == ERR_NONE)
			CHECK_CASE(m.kind == cases[i].kind &&
			                   view_equal(m.channel, VIEW("7F3A91C4E2@speechrecog")),
			           cases[i].name);
	}
	return ERR_NONE;
}

TEST(mrcp_cut, "takes no message that was cut, and knows its length as soon as it is said")
{
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view whole = with_length(cases[i].text, text, sizeof(text));
		struct mrcp_message m;
		size_t said;

		if (cases[i].want != ERR_NONE)
			continue;
		for (size_t len = 0; len < whole.len; len++) {
			enum err err = mrcp_message_length(view_first(whole, len), &said);

			CHECK_CASE(mrcp_message_parse(view_first(whole, len), &m) != ERR_NONE,
			           cases[i].name);
			CHECK_CASE(err == ERR_SHORT || (err == ERR_NONE && said == whole.len),
			           cases[i].name);
		}
		CHECK_CASE(mrcp_message_length(whole, &said) == ERR_NONE && said == whole.len,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(mrcp_anew, "writes what it read, its folds as blanks, and reads that the same")
{
	static const char want[] = "MRCP/2.0 107 GET-PARAMS 17\r\n" CHANNEL
				   "Voice-Gender:\r\nLogging-Tag:a b c\r\n\r\n";
	char text[512], out[512], again[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view whole = with_length(cases[i].text, text, sizeof(text));
		struct buffer b = BUFFER_ON(out), c = BUFFER_ON(again);
		struct mrcp_message m;

		if (mrcp_message_parse(whole, &m) != ERR_NONE)
			continue;
		mrcp_message_write(&b, &m);
		CHECK_CASE(b.err == ERR_NONE, cases[i].name);
		CHECK_CASE(mrcp_message_parse(buffer_view(&b), &m) == ERR_NONE, cases[i].name);
		mrcp_message_write(&c, &m);
		CHECK_CASE(view_equal(buffer_view(&b), buffer_view(&c)), cases[i].name);
		if (strstr(cases[i].text, "GET-PARAMS"))
			CHECK(view_equal(buffer_view(&b), view_of(want)));
	}
	return ERR_NONE;
}

TEST(mrcp_limits, "has a ceiling for the message, its fields and its channel")
{
	static char text[4096];
	char field[] = "A:1\r\n", out[8192];
	struct mrcp_message m;
	size_t len;

	CHECK(mrcp_message_length(VIEW("MRCP/2.0 65536 STOP"), &len) == ERR_NONE);
	CHECK(mrcp_message_length(VIEW("MRCP/2.0 65537 STOP"), &len) == ERR_LIMIT);
	CHECK(mrcp_message_length(VIEW("MRCP/2.0 00000000000000000001"), &len) == ERR_SYNTAX);
	CHECK(mrcp_message_length(VIEW("MRCP/2.0 9 STOP"), &len) == ERR_SYNTAX);
	CHECK(mrcp_message_length(VIEW("GET / HTTP/1.1"), &len) == ERR_SYNTAX);
	for (unsigned count = MAX_MRCP_FIELDS - 1; count <= MAX_MRCP_FIELDS; count++) {
		int at = snprintf(text, sizeof(text), "MRCP/2.0 LEN STOP 17\r\n" CHANNEL);

		for (unsigned i = 0; i < count; i++)
			at += snprintf(text + at, sizeof(text) - (size_t)at, "%s", field);
		snprintf(text + at, sizeof(text) - (size_t)at, "\r\n");
		CHECK(mrcp_message_parse(with_length(text, out, sizeof(out)), &m) ==
		      (count < MAX_MRCP_FIELDS ? ERR_NONE : ERR_LIMIT));
	}
	return ERR_NONE;
}

TEST(mrcp_channels, "knows a channel by a word, an at sign and a resource")
{
	char text[MAX_MRCP_CHANNEL + 2];
	enum mrcp_resource r;
	const size_t resource = sizeof("@recorder") - 1;

	for (unsigned i = 0; i < MRCP_RESOURCE_COUNT; i++)
		CHECK(mrcp_resource_parse(view_of(mrcp_resource_text(i)), &r) == ERR_NONE &&
		      r == i);
	CHECK(mrcp_channel_parse(VIEW("1@2@recorder"), &r) == ERR_SYNTAX);
	CHECK(mrcp_channel_parse(VIEW("@recorder"), &r) == ERR_SYNTAX);
	CHECK(mrcp_channel_parse(VIEW("a-b@recorder"), &r) == ERR_SYNTAX);
	CHECK(mrcp_channel_parse(VIEW("ab@"), &r) == ERR_SYNTAX);
	for (size_t len = MAX_MRCP_CHANNEL; len <= MAX_MRCP_CHANNEL + 1; len++) {
		memset(text, 'a', len);
		memcpy(text + len - resource, "@recorder", resource);
		CHECK(mrcp_channel_parse(view_bytes(text, len), &r) ==
		      (len == MAX_MRCP_CHANNEL ? ERR_NONE : ERR_LIMIT));
	}
	return ERR_NONE;
}

TEST(mrcp_talk, "lets each end say what is its own, and nothing about what nobody asked")
{
	struct mrcp_talk t = { 0 };
	struct mrcp_message ask = { .kind = MRCP_REQUEST, .request_id = 20 },
			    answer = { .kind = MRCP_RESPONSE, .request_id = 20 },
			    event = { .kind = MRCP_EVENT, .request_id = 21 };

	CHECK(mrcp_talk_note(&t, &answer, false) == ERR_DENIED);
	CHECK(mrcp_talk_note(&t, &ask, false) == ERR_DENIED);
	CHECK(mrcp_talk_note(&t, &ask, true) == ERR_NONE);
	CHECK(mrcp_talk_note(&t, &answer, true) == ERR_DENIED);
	CHECK(mrcp_talk_note(&t, &answer, false) == ERR_NONE);
	CHECK(mrcp_talk_note(&t, &event, false) == ERR_DENIED);
	ask.request_id = 21;
	CHECK(mrcp_talk_note(&t, &ask, true) == ERR_NONE);
	CHECK(mrcp_talk_note(&t, &event, false) == ERR_NONE);
	ask.request_id = 3;
	CHECK(mrcp_talk_note(&t, &ask, true) == ERR_NONE);
	answer.request_id = 3;
	CHECK(mrcp_talk_note(&t, &answer, false) == ERR_DENIED);
	return ERR_NONE;
}
