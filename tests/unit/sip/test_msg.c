/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a message: what is accepted, what is refused, and by which name. */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "rebuild.h"
#include "runner/test.h"
#include "sip/check.h"

static struct sip_msg msg;
static char big[1 << 18];
static enum err checked; /* what is of no interest where only crashes are looked for */

static enum err parse_framed(struct view text, enum sip_framing framing)
{
	static char bytes[1 << 18];
	struct sip_limits limits = sip_limits_default;

	memcpy(bytes, text.at, text.len);
	limits.framing = framing;
	return sip_msg_parse(bytes, text.len, &limits, &msg);
}

static enum err parse(struct view text) { return parse_framed(text, SIP_DATAGRAM); }

TEST(msg_invite, "reads a plain INVITE")
{
	TRY(parse(VIEW("INVITE sip:bert@example.com SIP/2.0\r\n" CORE "CSeq: 7 INVITE\r\n" HOPS
	               "Contact: <sip:anna@192.0.2.4:5062>\r\nContent-Type: application/sdp\r\n"
	               "Content-Length: 4\r\n\r\nv=0\n")));
	CHECK(msg.is_request && msg.method == SIP_METHOD_INVITE && msg.status == 0);
	CHECK(view_equal(msg.uri, VIEW("sip:bert@example.com")));
	CHECK(msg.count == 9 && msg.anomalies == 0);
	CHECK(view_equal(msg.call_id, VIEW("17@phone.example.net")));
	CHECK(msg.cseq.number == 7 && msg.cseq.method == SIP_METHOD_INVITE);
	CHECK(view_equal(msg.body, VIEW("v=0\n")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_CONTACT),
	                 VIEW("<sip:anna@192.0.2.4:5062>")));
	CHECK(sip_check(&msg) == ERR_NONE);
	return ERR_NONE;
}

TEST(msg_response, "reads a response, its method from CSeq")
{
	TRY(parse(VIEW("SIP/2.0 486 Busy Here\r\n" CORE "CSeq: 7 INVITE\r\n\r\n")));
	CHECK(!msg.is_request && msg.status == 486 && msg.method == SIP_METHOD_INVITE);
	CHECK(view_equal(msg.phrase, VIEW("Busy Here")) && msg.anomalies == 0);
	TRY(parse(VIEW("SIP/2.0 200 \r\n" CORE "CSeq: 7 BYE\r\n\r\n")));
	CHECK(msg.phrase.len == 0 && msg.anomalies == 0);
	return ERR_NONE;
}

struct refused {
	const char *text;
	enum sip_reason reason;
};

static const struct refused refusals[] = {
	{ "GET /admin HTTP/1.1\r\n\r\n", SIP_REASON_NOT_SIP },
	{ "OPTIONS\r\n\r\n", SIP_REASON_NOT_SIP },
	{ "OPTIONS sip:bert@example.com\r\n\r\n", SIP_REASON_NOT_SIP },
	{ "\x16\x03\x01\x02\r\n\r\n", SIP_REASON_CONTROL_BYTE },
	{ "OPTIONS  sip:bert@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_START_LINE_BLANKS },
	{ "OPTIONS sip:bert@example.com  SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_START_LINE_BLANKS },
	{ "OPTIONS sip:bert@example.com SIP/2.0 \r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_START_LINE_BLANKS },
	{ "OPTIONS sip:bert@example.com;x SIP/2.0 SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_START_LINE_BLANKS },
	{ " OPTIONS sip:bert@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_START_LINE_BLANKS },
	{ "OPTIONS\tsip:bert@example.com SIP/2.0 x\r\n" CORE SEQ HOPS "\r\n", SIP_REASON_NOT_SIP },
	{ "OPT(ONS sip:bert@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_METHOD_NOT_TOKEN },
	{ "OPT\xc3\xb6NS sip:b@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_METHOD_NOT_TOKEN },
	{ "OPTIONS <sip:bert@example.com> SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_URI_IN_BRACKETS },
	{ "OPTIONS sip:b\"t@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n", SIP_REASON_URI_BYTES },
	{ "OPTIONS sip:b\xffrt@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_URI_BYTES },
	{ "OPTIONS sip:bert@example.com SIP/1.0\r\n" CORE SEQ HOPS "\r\n", SIP_REASON_VERSION },
	{ "OPTIONS sip:bert@example.com SIP/9.9\r\n" CORE SEQ HOPS "\r\n", SIP_REASON_VERSION },
	{ "OPTIONS sip:bert@example.com SIP/2.00\r\n" CORE SEQ HOPS "\r\n", SIP_REASON_VERSION },
	{ "SIP/3.0 200 OK\r\n" CORE SEQ "\r\n", SIP_REASON_VERSION },
	{ "SIP/2.0\r\n" CORE SEQ "\r\n", SIP_REASON_NOT_SIP },
	{ "SIP/2.0 000 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ "SIP/2.0 099 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ "SIP/2.0 700 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ "SIP/2.0 4294967496 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ "SIP/2.0 20 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ "SIP/2.0 +20 No\r\n" CORE SEQ "\r\n", SIP_REASON_STATUS },
	{ GOOD "To\x01: <sip:c@example.com>\r\n\r\n", SIP_REASON_CONTROL_BYTE },
	{ GOOD "To\v: <sip:c@example.com>\r\n\r\n", SIP_REASON_CONTROL_BYTE },
	{ GOOD "X: a\x7f\r\n\r\n", SIP_REASON_CONTROL_BYTE },
	{ GOOD "X: a\rb\r\n\r\n", SIP_REASON_BARE_CR },
	{ GOOD "Call\rID: b\r\n\r\n", SIP_REASON_BARE_CR },
	{ GOOD "X: a\r\r\n\r\n", SIP_REASON_BARE_CR },
	{ GOOD, SIP_REASON_NO_HEADER_END },
	{ GOOD "X: a", SIP_REASON_NO_HEADER_END },
	{ GOOD "no colon here\r\n\r\n", SIP_REASON_NO_COLON },
	{ GOOD "Subject\r\n : folded before the colon\r\n\r\n", SIP_REASON_NO_COLON },
	{ GOOD ": no name\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ GOOD ": no name: but two colons, far from the end\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ GOOD "X Y: two words\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ GOOD "X(Y): bracket\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ GOOD "T\xc3\xb6: not ASCII\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ GOOD "To\xa0: no-break space\r\n\r\n", SIP_REASON_NAME_NOT_TOKEN },
	{ "OPTIONS sip:bert@example.com SIP/2.0\r\n folded\r\n" CORE SEQ HOPS "\r\n",
	  SIP_REASON_FOLD_FIRST },
	{ GOOD "From: <sip:c@example.com>;tag=2\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "f: <sip:c@example.com>;tag=2\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "t : <sip:c@example.com>\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "I: 18\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "MAX-FORWARDS: 69\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "cseq: 7 OPTIONS\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "Content-Length: 0\r\nl: 0\r\n\r\n", SIP_REASON_DUPLICATE },
	{ GOOD "Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde", SIP_REASON_DUPLICATE },
	{ LINE CORE HOPS "\r\n", SIP_REASON_NO_CSEQ },
	{ LINE FROM TO ID SEQ HOPS "\r\n", SIP_REASON_NO_VIA },
	{ LINE VIA TO ID SEQ HOPS "\r\n", SIP_REASON_NO_FROM },
	{ LINE VIA FROM ID SEQ HOPS "\r\n", SIP_REASON_NO_TO },
	{ LINE VIA FROM TO SEQ HOPS "\r\n", SIP_REASON_NO_CALL_ID },
	{ LINE VIA FROM TO SEQ HOPS "Call-ID:\r\n\r\n", SIP_REASON_CALL_ID_BYTES },
	{ LINE VIA FROM TO SEQ HOPS "Call-ID: a b\r\n\r\n", SIP_REASON_CALL_ID_BYTES },
	{ LINE VIA FROM TO SEQ HOPS "Call-ID: a@b@c\r\n\r\n", SIP_REASON_CALL_ID_BYTES },
	{ LINE VIA FROM TO SEQ HOPS "Call-ID: @c\r\n\r\n", SIP_REASON_CALL_ID_BYTES },
	{ LINE CORE HOPS "CSeq: 2147483648 OPTIONS\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq: -1 OPTIONS\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq: 7OPTIONS\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq: 7\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq:\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq: 7 OPTIONS x\r\n\r\n", SIP_REASON_CSEQ_SYNTAX },
	{ LINE CORE HOPS "CSeq: 7 INVITE\r\n\r\n", SIP_REASON_CSEQ_METHOD },
	{ LINE CORE HOPS "CSeq: 7 options\r\n\r\n", SIP_REASON_CSEQ_METHOD },
	{ LINE CORE SEQ "Max-Forwards: 256\r\n\r\n", SIP_REASON_MAX_FORWARDS_SYNTAX },
	{ LINE CORE SEQ "Max-Forwards: -1\r\n\r\n", SIP_REASON_MAX_FORWARDS_SYNTAX },
	{ LINE CORE SEQ "Max-Forwards:\r\n\r\n", SIP_REASON_MAX_FORWARDS_SYNTAX },
	{ GOOD "Content-Length: 4294967328\r\n\r\n", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: 18446744073709551616\r\n\r\n", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: -1\r\n\r\n", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: +5\r\n\r\nabcde", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: 5 5\r\n\r\nabcde", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: 0x5\r\n\r\nabcde", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: 5,5\r\n\r\nabcde", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length:\r\n\r\n", SIP_REASON_CONTENT_LENGTH_SYNTAX },
	{ GOOD "Content-Length: 6\r\n\r\nabcde", SIP_REASON_CONTENT_LENGTH_LONG },
	{ "\r\n\r\n", SIP_REASON_EMPTY },
	{ "", SIP_REASON_EMPTY },
};

TEST(msg_refusals, "each refused message has the reason of its fault, which is hostile")
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refused *r = &refusals[i];

		CHECK_CASE(parse(view_of(r->text)) != ERR_NONE, r->text);
		CHECK_CASE(msg.reason == r->reason, r->text);
		CHECK_CASE(sip_reason_in(msg.anomalies, r->reason), r->text);
		CHECK_CASE(sip_reason_grade(msg.reason) == SIP_GRADE_HOSTILE, r->text);
	}
	return ERR_NONE;
}

TEST(msg_nul, "a NUL is refused in a start line, a name and a value, and passes in a body")
{
	CHECK(parse(VIEW("OPTIONS sip:b\0@example.com SIP/2.0\r\n" CORE SEQ HOPS "\r\n")) ==
	      ERR_SYNTAX);
	CHECK(msg.reason == SIP_REASON_CONTROL_BYTE);
	CHECK(parse(VIEW(GOOD "X\0Y: a\r\n\r\n")) == ERR_SYNTAX &&
	      msg.reason == SIP_REASON_CONTROL_BYTE);
	CHECK(parse(VIEW(GOOD "X: a\0b\r\n\r\n")) == ERR_SYNTAX &&
	      msg.reason == SIP_REASON_CONTROL_BYTE);
	CHECK(parse(VIEW(GOOD "\r\na\0b")) == ERR_NONE && msg.body.len == 3);
	return ERR_NONE;
}

TEST(msg_body_bytes,
     "a body may hold any bytes, wherever the headers end among the blocks of the scan")
{
	for (size_t pad = 0; pad < 130; pad++) {
		struct buffer b = BUFFER_ON(big);

		buffer_text(&b, GOOD "Own: ");
		for (size_t i = 0; i < pad; i++)
			buffer_char(&b, 'x');
		buffer_text(&b, "\r\n\r\n");
		for (size_t i = 0; i < 200; i++)
			buffer_char(&b, i % 2 ? '\r' : '\0');
		CHECK(parse(buffer_view(&b)) == ERR_NONE);
		CHECK(msg.anomalies == 0 && msg.body.len == 200);
	}
	return ERR_NONE;
}

TEST(msg_control_places, "a control byte is found wherever it stands among the blocks of the scan")
{
	static const char bytes[] = "\0\x01\r\x1f\x7f";

	for (size_t pad = 0; pad < 130; pad++)
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			struct buffer b = BUFFER_ON(big);

			buffer_text(&b, GOOD "Own: ");
			for (size_t k = 0; k < pad; k++)
				buffer_char(&b, 'x');
			buffer_char(&b, bytes[i]);
			buffer_text(&b, pad % 2 ? "x\r\n\r\n" : "\n\r\n");
			/* CR before LF is a line end. */
			if (bytes[i] == '\r' && pad % 2 == 0)
				CHECK(parse(buffer_view(&b)) == ERR_NONE);
			else
				CHECK(parse(buffer_view(&b)) == ERR_SYNTAX);
		}
	return ERR_NONE;
}

struct accepted {
	const char *text;
	uint64_t anomalies;
};

#define BIT(r) (UINT64_C(1) << SIP_REASON_##r)

static const struct accepted acceptances[] = {
	{ GOOD "\r\n", 0 },
	{ LINE CORE SEQ "\r\n", BIT(NO_MAX_FORWARDS) },
	{ "\r\n\r\n" GOOD "\r\n", BIT(LEADING_LINES) },
	{ "OPTIONS sip:bert@example.com sip/2.0\r\n" CORE SEQ HOPS "\r\n", 0 },
	{ "x-ask sip:bert@example.com SIP/2.0\r\n" CORE HOPS "CSeq: 1 x-ask\r\n\r\n", 0 },
	{ "invite sip:bert@example.com SIP/2.0\r\n" CORE HOPS "CSeq: 1 invite\r\n\r\n", 0 },
	{ "OPTIONS urn:service:sos SIP/2.0\r\n" CORE SEQ HOPS "\r\n", 0 },
	{ "SIP/2.0 200\r\n" CORE SEQ "\r\n", BIT(NO_REASON_SPACE) },
	{ "SIP/2.0 699 \xc3\x9c\x62\x65r\r\n" CORE SEQ "\r\n", 0 },
	{ GOOD "Subject: a\r\n b\r\n\tc\r\n\r\n", BIT(FOLDED) },
	{ GOOD "Subject:\r\n b\r\n\r\n", BIT(FOLDED) },
	{ GOOD "Subject: a\r\n \r\n\r\n", BIT(FOLDED) },
	{ GOOD "Subject : a\r\n\r\n", BIT(BLANK_BEFORE_COLON) },
	{ GOOD "Subject \t: a\r\n\r\n", BIT(BLANK_BEFORE_COLON) },
	{ GOOD "User-Agent: a\r\nUser-Agent: b\r\n\r\n", BIT(DUPLICATE_IDLE) },
	{ GOOD "Contact: <sip:a@b>\r\nm: <sip:c@d>\r\n\r\n", 0 },
	{ GOOD "Authorization: Digest a\r\nAuthorization: Digest b\r\n\r\n", 0 },
	{ GOOD "X: a\nY: b\r\n\r\n", BIT(LF_ONLY) },
	{ GOOD "X: a\n\n", BIT(LF_ONLY) },
	{ GOOD "X:a:b::c\r\n\r\n", 0 },
	{ GOOD "X:\r\n\r\n", 0 },
	{ GOOD "Content-Length: 0000000000000000000000003\r\n\r\nabc", 0 },
	{ GOOD "Content-Length: 3\r\n\r\nabc" GOOD "\r\n", BIT(TRAILING_BYTES) },
	{ GOOD "Subject: \xe4\r\n\r\n", BIT(NOT_UTF8) },
	{ GOOD "Subject: \xc0\xaf\r\n\r\n", BIT(NOT_UTF8) },
	{ GOOD "Subject: \xed\xa0\x80\r\n\r\n", BIT(NOT_UTF8) },
	{ GOOD "Subject: \xf0\x9f\x93\x9e\r\n\r\n", 0 },
	{ GOOD "\r\n\xff\xfe", 0 },
	{ GOOD "X: a\r\n\r\n b", 0 },
};

TEST(msg_acceptances, "each accepted message is counted as what it is, and rebuilt as the same")
{
	for (size_t i = 0; i < sizeof(acceptances) / sizeof(acceptances[0]); i++) {
		const struct accepted *a = &acceptances[i];

		CHECK_CASE(parse(view_of(a->text)) == ERR_NONE, a->text);
		CHECK_CASE(msg.reason == SIP_REASON_NONE, a->text);
		CHECK_CASE(msg.anomalies == a->anomalies, a->text);
		CHECK_CASE(rebuild_is_same(&msg), a->text);
	}
	return ERR_NONE;
}

TEST(msg_fold, "a fold becomes blanks, and the value reads as one line")
{
	TRY(parse(VIEW(GOOD "Subject: a\r\n b\n\tc\r\n\r\n")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_SUBJECT), VIEW("a   b \tc")));
	TRY(parse(VIEW(GOOD "Subject: a\r\n \r\n\r\n")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_SUBJECT), VIEW("a")));
	return ERR_NONE;
}

TEST(msg_blank_before_colon, "a blank before the colon hides no header")
{
	TRY(parse(VIEW(LINE VIA FROM "To \t: <sip:bert@example.com>\r\n" ID SEQ HOPS
	                             "X-Secret : 1\r\n\r\n")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_TO), VIEW("<sip:bert@example.com>")));
	CHECK(sip_msg_find(&msg, VIEW("x-secret")) != NULL);
	CHECK(view_equal(sip_msg_find(&msg, VIEW("x-secret"))->name, VIEW("X-Secret")));
	return ERR_NONE;
}

TEST(msg_chain, "headers of one id are chained in their order, compact or long")
{
	const struct sip_header *h;

	TRY(parse(VIEW(GOOD "Route: <sip:1>\r\nX: 1\r\nroute: <sip:2>\r\nROUTE: <sip:3>\r\n\r\n")));
	h = sip_msg_header(&msg, SIP_HEADER_ROUTE);
	CHECK(h && view_equal(h->value, VIEW("<sip:1>")));
	h = sip_msg_next(&msg, h);
	CHECK(h && view_equal(h->value, VIEW("<sip:2>")));
	h = sip_msg_next(&msg, h);
	CHECK(h && view_equal(h->value, VIEW("<sip:3>")));
	CHECK(sip_msg_next(&msg, h) == NULL);
	CHECK(sip_msg_header(&msg, SIP_HEADER_CONTACT) == NULL);
	CHECK(sip_msg_value(&msg, SIP_HEADER_CONTACT).len == 0);
	CHECK(sip_msg_find(&msg, VIEW("Y")) == NULL);
	return ERR_NONE;
}

TEST(msg_stream, "a connection needs a Content-Length, a datagram does not")
{
	CHECK(parse_framed(VIEW(GOOD "\r\nabc"), SIP_DATAGRAM) == ERR_NONE && msg.body.len == 3);
	CHECK(parse_framed(VIEW(GOOD "\r\nabc"), SIP_STREAM) == ERR_SYNTAX);
	CHECK(msg.reason == SIP_REASON_NO_CONTENT_LENGTH);
	CHECK(parse_framed(VIEW(GOOD "l: 3\r\n\r\nabc"), SIP_STREAM) == ERR_NONE);
	return ERR_NONE;
}

TEST(msg_trailing, "what trails the body belongs neither to the body nor to the text")
{
	struct view text = VIEW(GOOD "l: 3\r\n\r\nabcINVITE sip:x SIP/2.0\r\n\r\n");

	TRY(parse(text));
	CHECK(view_equal(msg.body, VIEW("abc")));
	CHECK(msg.text.len == sizeof(GOOD "l: 3\r\n\r\nabc") - 1);
	return ERR_NONE;
}

TEST(msg_answerable, "only a request that can be told apart may be answered")
{
	(void)parse(VIEW(LINE CORE HOPS "CSeq: 7 INVITE\r\n\r\n"));
	CHECK(sip_msg_is_answerable(&msg));
	(void)parse(VIEW(GOOD "Content-Length: 9\r\n\r\n"));
	CHECK(sip_msg_is_answerable(&msg));
	(void)parse(VIEW(GOOD "To: <sip:c@d>\r\n\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	(void)parse(VIEW(LINE FROM TO ID SEQ HOPS "\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	(void)parse(VIEW(GOOD "X: \x01\r\n\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	(void)parse(VIEW("ACK sip:b@c SIP/2.0\r\n" CORE "CSeq: 1 ACK\r\nl: x\r\n\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	(void)parse(VIEW("SIP/2.0 200 OK\r\n" CORE "CSeq: 1 ACK\r\nl: x\r\n\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	(void)parse(VIEW("GET / HTTP/1.1\r\n\r\n"));
	CHECK(!sip_msg_is_answerable(&msg));
	return ERR_NONE;
}

static bool cut_is_sane;

static void parse_cut(struct view text)
{
	char *bytes = text.len ? test_exact_copy(text) : NULL;

	if (sip_msg_parse(bytes, text.len, &sip_limits_default, &msg) == ERR_NONE) {
		checked = sip_check(&msg);
		cut_is_sane = cut_is_sane && rebuild_is_same(&msg);
	}
	free(bytes);
}

TEST(msg_truncations, "each message of the tables may end at any byte")
{
	cut_is_sane = true;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		test_truncations(view_of(refusals[i].text), parse_cut);
	for (size_t i = 0; i < sizeof(acceptances) / sizeof(acceptances[0]); i++)
		test_truncations(view_of(acceptances[i].text), parse_cut);
	CHECK(cut_is_sane);
	return ERR_NONE;
}

static const char rich[] = LINE CORE SEQ HOPS
	"Contact: \"B, \\\"c\" <sip:b@192.0.2.1:5060;ob>;expires=60;q=0.5, <sip:c@d>\r\n"
	"Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\",\r\n"
	" response=\"0\"\r\nRoute: <sip:p1;lr>,<sip:p2;lr>\r\nRequire: 100rel, timer\r\n"
	"Reason: SIP;cause=200;text=\"x\"\r\nWarning: 399 h \"t\"\r\n"
	"Content-Type: multipart/mixed;boundary=\"b b\"\r\nl: 3\r\n\r\nabc";

TEST(msg_left_out, "each byte of a rich message may be left out")
{
	struct view text = VIEW(rich);
	char copy[2048];

	TRY(parse(text));
	CHECK(sip_check(&msg) == ERR_NONE && msg.anomalies == BIT(FOLDED));
	cut_is_sane = true;
	for (size_t at = 0; at < text.len; at++) {
		memcpy(copy, text.at, at);
		memcpy(copy + at, text.at + at + 1, text.len - at - 1);
		parse_cut((struct view){ copy, text.len - 1 });
	}
	CHECK(cut_is_sane);
	return ERR_NONE;
}

TEST(msg_changed, "each byte of a rich message may become any delimiter or control byte")
{
	static const char bytes[] = "\0\t\n\r \",:;<>=@\\\x7f\xff";
	struct view text = VIEW(rich);
	char copy[2048];

	cut_is_sane = true;
	for (size_t at = 0; at < text.len; at++)
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			memcpy(copy, text.at, text.len);
			copy[at] = bytes[i];
			parse_cut((struct view){ copy, text.len });
		}
	CHECK(cut_is_sane);
	return ERR_NONE;
}

TEST(msg_empty_headers, "every header may be empty without harm, and none that we use passes so")
{
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++) {
		struct buffer b = BUFFER_ON(big);
		struct view name = sip_header_name(id);

		buffer_text(&b, GOOD);
		buffer_put(&b, name);
		buffer_text(&b, ":\r\n\r\n");
		if (parse(buffer_view(&b)) == ERR_NONE)
			checked = sip_check(&msg);
	}
	CHECK(parse(VIEW(LINE FROM TO ID SEQ HOPS "Via:\r\n\r\n")) == ERR_NONE);
	CHECK(sip_check(&msg) == ERR_SYNTAX && msg.reason == SIP_REASON_VIA_SYNTAX);
	CHECK(parse(VIEW(LINE VIA TO ID SEQ HOPS "From:\r\n\r\n")) == ERR_NONE);
	CHECK(sip_check(&msg) == ERR_SYNTAX && msg.reason == SIP_REASON_FROM_SYNTAX);
	CHECK(parse(VIEW(LINE VIA FROM ID SEQ HOPS "To:\r\n\r\n")) == ERR_NONE);
	CHECK(sip_check(&msg) == ERR_SYNTAX && msg.reason == SIP_REASON_TO_SYNTAX);
	CHECK(parse(VIEW(GOOD "Contact:\r\n\r\n")) == ERR_NONE);
	CHECK(sip_check(&msg) == ERR_SYNTAX && msg.reason == SIP_REASON_CONTACT_SYNTAX);
	CHECK(parse(VIEW(GOOD "Supported:\r\n\r\n")) == ERR_NONE && sip_check(&msg) == ERR_NONE);
	return ERR_NONE;
}

TEST(msg_absent_pairs, "no pair of needed headers may be absent")
{
	static const char *const lines[] = { VIA, FROM, TO, ID, SEQ };

	for (size_t i = 0; i < 5; i++)
		for (size_t k = i; k < 5; k++) {
			struct buffer b = BUFFER_ON(big);

			buffer_text(&b, LINE HOPS);
			for (size_t n = 0; n < 5; n++)
				if (n != i && n != k)
					buffer_text(&b, lines[n]);
			buffer_text(&b, "\r\n");
			CHECK(parse(buffer_view(&b)) == ERR_SYNTAX);
			CHECK(!sip_msg_is_answerable(&msg));
		}
	return ERR_NONE;
}
