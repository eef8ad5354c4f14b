/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the ladder. */
#include "cli/trace_ladder.h"
#include "runner/test.h"

#define INVITE                                                                                     \
	"INVITE sip:210@office.example SIP/2.0\r\nFrom: \"A\" <sip:200@office.example>;tag=1\r\n"  \
	"To: <sip:210@office.example>\r\nCall-ID: abc@192.0.2.7\r\nCSeq: 1 INVITE\r\n\r\n"
#define RINGING                                                                                    \
	"SIP/2.0 180 Ringing\r\nf: <sip:200@office.example>;tag=1\r\n"                             \
	"t: <sip:210@office.example>;tag=2\r\ni: abc@192.0.2.7\r\nCSeq: 1 INVITE\r\n\r\n"

TEST(labels,
     "a request is its method and whom it is for, a response its status and what it answers")
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{ "request", INVITE, "INVITE 210" },
		{ "response", RINGING, "180 Ringing (INVITE)" },
		{ "no user", "OPTIONS sip:office.example SIP/2.0\r\n", "OPTIONS office.example" },
		{ "control bytes", "A\x1b[31m sip:1@x SIP/2.0\r\n", "A\\x1b[31m 1" },
		{ "nothing", "", "" },
		{ "one word", "hello", "hello" },
		{ "no CSeq", "SIP/2.0 200 OK\r\n", "200 OK ()" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];
		struct buffer b = BUFFER_ON(text);

		cli_trace_label(&b, view_of(cases[i].text));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cases[i].want)), cases[i].name);
	}
	return ERR_NONE;
}

TEST(lines,
     "outside stands on the left, inside on the right, and the arrow goes where the message goes")
{
	static const struct {
		const char *name, *text, *want;
		uint32_t side;
		bool is_sent, is_watching;
	} cases[] = {
		{ "from outside", INVITE,
		  "10:11:12.345  192.0.2.7:5060        ── INVITE 210 ───────────▶│"
		  "                                                   200 > 210  abc@192.0.2.7",
		  0, false, false },
		{ "to outside", RINGING,
		  "10:11:12.345  192.0.2.7:5060        ◀─ 180 Ringing (INVITE) ──│"
		  "                                                   200 > 210  abc@192.0.2.7",
		  0, true, false },
		{ "to inside", INVITE,
		  "10:11:12.345                                                  │"
		  "── INVITE 210 ───────────▶ 192.0.2.7:5060          200 > 210  abc@192.0.2.7",
		  1, true, false },
		{ "watched", INVITE,
		  "10:11:12.345  192.0.2.7:5060        ── INVITE 210 ───────────▶ "
		  "192.0.2.7:5060          200 > 210  abc@192.0.2.7",
		  0, false, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[CLI_TRACE_LINE_MAX];
		struct buffer b = BUFFER_ON(text);
		struct cli_trace t = { .time = VIEW("2026-11-22T10:11:12.345Z"),
			               .from = VIEW("192.0.2.7:5060"),
			               .to = VIEW("192.0.2.7:5060"),
			               .text = view_of(cases[i].text),
			               .side = cases[i].side,
			               .is_sent = cases[i].is_sent,
			               .is_watching = cases[i].is_watching };

		cli_trace_line(&b, &t);
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cases[i].want)), cases[i].name);
	}
	return ERR_NONE;
}

static void draw(struct view text)
{
	char line[CLI_TRACE_LINE_MAX];
	struct buffer b = BUFFER_ON(line);
	struct cli_trace t = { .text = text, .time = text, .from = text, .to = text };

	cli_trace_line(&b, &t);
}

TEST(cut_lines, "a message is drawn wherever it ends")
{
	test_truncations(view_of(INVITE), draw);
	test_truncations(view_of(RINGING), draw);
	return ERR_NONE;
}
