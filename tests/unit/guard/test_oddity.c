/* SPDX-License-Identifier: Apache-2.0 */
/* Oddities, each beside what honest devices write that comes closest to it. */
#include "guard/oddity.h"
#include "runner/test.h"
#include "sip/check.h"

#include <stdio.h>
#include <string.h>

static const char base[] =
	"INVITE sip:202@pbx.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKnashds8;rport\r\n"
	"Max-Forwards: 70\r\nFrom: <sip:201@pbx.example>;tag=1928301774\r\n"
	"To: <sip:202@pbx.example>\r\nCall-ID: a84b4c76e66710\r\nCSeq: 1 INVITE\r\n"
	"Contact: <sip:201@192.0.2.7>\r\nUser-Agent: Example Phone 1.0\r\n\r\n";

/* `take` is cut from the base, `put` written there, `body` behind it. */
static const struct {
	const char *name, *take, *put, *body;
	enum guard_oddity want;
} cases[] = {
	{ "an ordinary call", "", "", "", ODDITY_NONE },

	{ "a script in User-Agent", "Example Phone", "<script>alert(1)</script>", "",
	  ODDITY_INJECTION },
	{ "SQL in a user", "sip:201@pbx", "sip:a'or'1'='1@pbx", "", ODDITY_INJECTION },
	{ "a union in a display name", "From: <", "From: \"x UNION SELECT y\" <", "",
	  ODDITY_INJECTION },
	{ "printf in a Call-ID", "a84b4c76e66710", "%n%n%n%n", "", ODDITY_INJECTION },
	{ "a shell in User-Agent", "Example Phone", "() {;}; /bin/sh -c id", "", ODDITY_INJECTION },
	{ "a lookup in User-Agent", "Example Phone", "${jndi:ldap://a}", "", ODDITY_INJECTION },
	{ "line ends in a user", "sip:202@pbx.example SIP", "sip:202%0d%0aX@pbx.example SIP", "",
	  ODDITY_INJECTION },
	{ "a person called O'Brien", "From: <", "From: \"Mary O'Brien -- Sales & Support\" <", "",
	  ODDITY_NONE },
	{ "a union man", "From: <", "From: \"Western Union (select)\" <", "", ODDITY_NONE },
	{ "an escaped blank", "sip:201@pbx", "sip:john%20smith@pbx", "", ODDITY_NONE },
	{ "a device that writes its brackets twice", "Example Phone", "Phone <rev 1.2> (a/b)", "",
	  ODDITY_NONE },

	{ "a NUL in the user asked for", "To: <sip:202@", "To: <sip:a%00b@", "",
	  ODDITY_ESCAPED_CONTROL },
	{ "an escaped hash", "To: <sip:202@", "To: <sip:%23202@", "", ODDITY_NONE },

	{ "an unknown method of 50 letters", "INVITE sip",
	  "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ sip", "", ODDITY_LONG_METHOD },
	{ "a method of an extension", "INVITE sip", "SERVICE sip", "", ODDITY_NONE },

	{ "a branch of nothing", "z9hG4bKnashds8", "z9hG4bK", "", ODDITY_BARE_BRANCH },
	{ "a short branch", "z9hG4bKnashds8", "z9hG4bK1", "", ODDITY_NONE },

	{ "a trace of the way", "Max-Forwards: 70", "Max-Forwards: 0", "", ODDITY_SPENT_HOPS },
	{ "a request that used up its hops", "Max-Forwards: 70",
	  "Max-Forwards: 0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK7", "", ODDITY_NONE },

	{ "an invented scheme", "Contact", "Authorization: Magic a=b\r\nContact", "",
	  ODDITY_AUTH_SCHEME },
	{ "Digest", "Contact", "Authorization: digest username=\"a\"\r\nContact", "", ODDITY_NONE },
	{ "a token", "Contact", "Authorization: Bearer abc\r\nContact", "", ODDITY_NONE },

	{ "an invented type", "Contact", "Accept: text/nonsense\r\nContact", "",
	  ODDITY_STRANGE_ACCEPT },
	{ "an invented type beside a real one", "Contact",
	  "Accept: text/nonsense, application/sdp\r\nContact", "", ODDITY_NONE },
	{ "types of a messenger", "Contact", "Accept: text/lpidf;q=0.5\r\nContact", "",
	  ODDITY_NONE },
	{ "an empty Accept", "Contact", "Accept:\r\nContact", "", ODDITY_NONE },

	{ "a description without a type", "", "", "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n",
	  ODDITY_UNTYPED_SDP },
	{ "a description without a type of an old sender", "192.0.2.7:5060;branch",
	  "2001:db8:0:0:0:0:0:7:5060;branch", "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n",
	  ODDITY_NONE },
	{ "a text without a type", "", "", "hello", ODDITY_NONE },
	{ "a payload type beyond all", "Contact", "Content-Type: application/sdp\r\nContact",
	  "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
	  "m=audio 4000 RTP/AVP 0\r\na=rtpmap:4294967296 x/8000\r\n",
	  ODDITY_BROKEN_SDP },
	{ "bandwidth without a colon", "Contact", "Content-Type: application/sdp\r\nContact",
	  "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nb=AS\r\nt=0 0\r\n"
	  "m=audio 4000 RTP/AVP 0\r\n",
	  ODDITY_BROKEN_SDP },
	{ "a sloppy description", "Contact", "Content-Type: application/sdp\r\nContact",
	  "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\nc=IN IP4 192.0.2.7\r\nm=audio 4000 RTP/AVP 0\r\n",
	  ODDITY_NONE },

	{ "a multipart without its boundary", "Contact",
	  "Content-Type: multipart/mixed;boundary=abc\r\nContact", "--abd\r\n\r\nx\r\n--abd--\r\n",
	  ODDITY_OPEN_MULTIPART },
	{ "a multipart without an end", "Contact",
	  "Content-Type: multipart/mixed;boundary=abc\r\nContact", "--abc\r\n\r\nx\r\n",
	  ODDITY_OPEN_MULTIPART },
	{ "a whole multipart", "Contact",
	  "Content-Type: multipart/mixed;boundary=\"abc\"\r\nContact",
	  "--abc\r\n\r\nx\r\n--abc--\r\n", ODDITY_NONE },
};

static void write_message(char *ret, size_t size, const char *take, const char *put,
                          const char *body)
{
	const char *at = strstr(base, take);
	int before = (int)(at - base);

	if (!*take)
		snprintf(ret, size, "%s%s", base, body);
	else
		snprintf(ret, size, "%.*s%s%s%s", before, base, put, at + strlen(take), body);
}

static enum guard_oddity oddity_of(char *text)
{
	static struct sip_msg msg;

	if (sip_msg_parse(text, strlen(text), &sip_limits_default, &msg) != ERR_NONE &&
	    msg.reason != SIP_REASON_CSEQ_METHOD)
		return ODDITY_END;
	return guard_oddity_of(&msg);
}

TEST(oddity_cases, "each oddity is found, and what honest devices write is none")
{
	char text[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_message(text, sizeof(text), cases[i].take, cases[i].put, cases[i].body);
		CHECK_CASE(oddity_of(text) == cases[i].want, cases[i].name);
	}
	return ERR_NONE;
}

TEST(oddity_code, "each piece of code is found in either case, at the end of a text too")
{
	static const char *const pieces[] = {
		"<script", "<img",      "<svg",         "<iframe",     "<?php",
		"<!--",    "<!doctype", "<!entity",     "javascript:", "onerror=",
		"onload=", "' or ",     "'or ",         "'or'",        "document.cookie",
		"' and '", "' union",   "'--",          "' --",        "union all",
		"%n%n",    "%s%s",      "union select", "xp_cmdshell", "waitfor de",
		"%x%x",    "%p%p",      "benchmark(",   "sleep(",      "drop tabl",
		"%08x",    "../../",    "insert into",  "..\\..",      "$(",
		"${",      "/bin/sh",   "/bin/bash",    "/etc/passwd", ";wget ",
		"; wget ", "|wget ",    ";curl ",       "; curl ",     "|curl ",
		"cmd.exe", "%0d%0a",    "powershell ",
	};
	char text[4096], loud[32], put[64];

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		for (size_t k = 0; k <= strlen(pieces[i]); k++)
			loud[k] = pieces[i][k] >= 'a' && pieces[i][k] <= 'z'
			                ? (char)(pieces[i][k] - 0x20)
			                : pieces[i][k];
		snprintf(put, sizeof(put), "A%s.", pieces[i]);
		write_message(text, sizeof(text), "Example Phone 1.0", put, "");
		CHECK_CASE(oddity_of(text) == ODDITY_INJECTION, pieces[i]);
		snprintf(put, sizeof(put), "\"A%s\" <sip:201@192", loud);
		write_message(text, sizeof(text), "<sip:201@192", put, "");
		CHECK_CASE(oddity_of(text) == ODDITY_INJECTION, loud);
	}
	return ERR_NONE;
}

TEST(oddity_lengths, "names and rows are odd beyond the longest of the torture tests alone")
{
	static const struct {
		const char *name, *before;
		const char *unit;
		size_t count;
		enum guard_oddity want;
	} sizes[] = {
		{ "tag of 500", "201@pbx.example>;tag=", "7", 500, ODDITY_NONE },
		{ "tag of 800", "201@pbx.example>;tag=", "7", 800, ODDITY_LONG_TOKEN },
		{ "Call-ID of 800", "Call-ID: ", "a", 800, ODDITY_LONG_TOKEN },
		{ "branch of 800", "branch=z9hG4bK", "b", 800, ODDITY_LONG_TOKEN },
		{ "user of 800", "To: <sip:", "2", 800, ODDITY_LONG_TOKEN },
		{ "20 Accept", "70\r\n", "Accept: application/sdp\r\n", 20, ODDITY_NONE },
		{ "50 Accept", "70\r\n", "Accept: application/sdp\r\n", 50, ODDITY_REPEATED },
		{ "50 Via", "70\r\n", "Via: SIP/2.0/UDP 192.0.2.1\r\n", 50, ODDITY_NONE },
	};
	static char put[8192], text[16384];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = strlen(sizes[i].before);

		memcpy(put, sizes[i].before, len + 1);
		for (size_t n = 0; n < sizes[i].count; n++)
			len += (size_t)snprintf(put + len, sizeof(put) - len, "%s", sizes[i].unit);
		write_message(text, sizeof(text), sizes[i].before, put, "");
		CHECK_CASE(oddity_of(text) == sizes[i].want, sizes[i].name);
	}
	return ERR_NONE;
}

TEST(oddity_names, "every reason of an anomaly has a name and a sentence, an unknown one neither")
{
	for (uint16_t reason = ODDITY_BEFORE_FIRST + 1; reason < ODDITY_END; reason++) {
		bool is_covered = false;

		CHECK(guard_anomaly_name(reason)[0] != '?' && guard_anomaly_text(reason)[0] != '?');
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			is_covered |= cases[i].want == reason;
		is_covered |= reason == ODDITY_LONG_TOKEN || reason == ODDITY_REPEATED;
		CHECK_CASE(is_covered, guard_anomaly_name(reason));
	}
	CHECK(strcmp(guard_anomaly_name(SIP_REASON_CSEQ_METHOD), "CSEQ_METHOD") == 0);
	CHECK(guard_anomaly_name(SIP_REASON_COUNT)[0] == '?');
	CHECK(guard_anomaly_text(ODDITY_BEFORE_FIRST)[0] == '?');
	CHECK(guard_anomaly_text(UINT16_MAX)[0] == '?');
	return ERR_NONE;
}

static enum sip_grade refusal_of(const char *via, const char *from)
{
	static struct sip_msg msg;
	char text[1024];

	snprintf(text, sizeof(text),
	         "OPTIONS sip:202@pbx.example SIP/2.0\r\nVia: %s\r\nFrom: %s\r\n"
	         "To: <sip:202@pbx.example>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n",
	         via, from);
	if (sip_msg_parse(text, strlen(text), &sip_limits_default, &msg) != ERR_NONE ||
	    sip_check(&msg) == ERR_NONE)
		return SIP_GRADE_NONE;
	return guard_refusal_grade(&msg);
}

TEST(oddity_refusals, "an IPv6 address without brackets is foreign, broken grammar hostile")
{
	CHECK(refusal_of("SIP/2.0/UDP 2001:db8:0:0:0:0:0:7:5060;branch=z9hG4bK1",
	                 "<sip:201@2001:db8:0:0:0:0:0:7>;tag=1") == SIP_GRADE_FOREIGN);
	CHECK(refusal_of("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "<sip:201@>;;tag=1") ==
	      SIP_GRADE_HOSTILE);
	CHECK(refusal_of("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "<sip:201@a>;tag=1") ==
	      SIP_GRADE_NONE);
	return ERR_NONE;
}

static void look(struct view text)
{
	static struct sip_msg msg;
	char bytes[4096];

	memcpy(bytes, text.at, text.len);
	if (sip_msg_parse(bytes, text.len, &sip_limits_default, &msg) == ERR_NONE)
		(void)guard_oddity_of(&msg);
}

TEST(oddity_truncated, "no truncation confuses the search for oddities")
{
	char text[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_message(text, sizeof(text), cases[i].take, cases[i].put, cases[i].body);
		test_truncations(view_of(text), look);
	}
	return ERR_NONE;
}
