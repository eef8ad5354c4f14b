/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogs made from either end, and the requests within them. */
#include "runner/test.h"
#include "ua/dialog.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static const char invite[] = "INVITE sip:desk@border.example SIP/2.0\r\n"
			     "Via: SIP/2.0/UDP 10.1.1.7:5070;branch=z9hG4bKa1\r\n"
			     "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\n"
			     "From: \"A Phone\" <sip:phone@border.example>;tag=caller\r\n"
			     "To: <sip:desk@border.example>\r\n"
			     "Call-ID: bench-call\r\n"
			     "CSeq: 41 INVITE\r\n"
			     "Contact: <sip:phone@10.1.1.7:5070;line=2?Subject=x>;expires=5\r\n"
			     "Content-Length: 0\r\n\r\n";

static const struct ua_dialog_start start = {
	.call_id = VIEW("our-call"),
	.local_tag = VIEW("ours"),
	.local_uri = VIEW("sip:phone@border.example"),
	.remote_uri = VIEW("sip:desk@border.example"),
	.target = VIEW("sip:desk@10.0.0.20"),
	.cseq = 17,
};

static struct wire_msg came;

static const struct sip_msg *response(unsigned status, const char *tag, const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
	         "SIP/2.0 %u Whatever\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKz\r\n%s"
	         "From: <sip:phone@border.example>;tag=ours\r\n"
	         "To: <sip:desk@border.example>%s%s\r\n"
	         "Call-ID: our-call\r\nCSeq: 17 INVITE\r\n\r\n",
	         status, more, *tag ? ";tag=" : "", tag);
	return wire_read(&came, text);
}

static const struct sip_msg *within(const char *method, unsigned cseq, const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
	         "%s sip:us@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.7;branch=z9hG4bKq\r\n%s"
	         "From: <sip:phone@border.example>;tag=caller\r\n"
	         "To: <sip:desk@border.example>;tag=mine\r\n"
	         "Call-ID: bench-call\r\nCSeq: %u %s\r\n\r\n",
	         method, more, cseq, method);
	return wire_read(&came, text);
}

TEST(dialog_accept, "keeps what the called end needs, without display names and URI headers")
{
	struct ua_dialog d;

	TRY(ua_dialog_accept(wire_read(&came, invite), VIEW("mine"), false, &d));
	CHECK(strcmp(d.call_id, "bench-call") == 0 && strcmp(d.local_tag, "mine") == 0);
	CHECK(strcmp(d.remote_tag, "caller") == 0 && d.remote_cseq == 41);
	CHECK(strcmp(d.local_uri, "sip:desk@border.example") == 0);
	CHECK(strcmp(d.remote_uri, "sip:phone@border.example") == 0);
	CHECK(strcmp(d.remote_target, "sip:phone@10.1.1.7:5070;line=2") == 0);
	CHECK(strcmp(d.routes, "<sip:p2.example;lr>, <sip:p1.example;lr>") == 0);
	CHECK(d.state == UA_DIALOG_EARLY && d.local_cseq == 0);
	return ERR_NONE;
}

TEST(dialog_answer, "turns the route set round for the calling end")
{
	struct ua_dialog d;

	TRY(ua_dialog_begin(&start, &d));
	TRY(ua_dialog_answer(&d, response(180, "theirs",
	                                  "Record-Route: <sip:p2.example;lr>\r\n"
	                                  "Record-Route: <sip:p1.example;lr>\r\n"
	                                  "Contact: <sip:desk@10.0.0.31>\r\n")));
	CHECK(d.state == UA_DIALOG_EARLY && strcmp(d.remote_tag, "theirs") == 0);
	CHECK(strcmp(d.routes, "<sip:p1.example;lr>, <sip:p2.example;lr>") == 0);
	CHECK(strcmp(d.remote_target, "sip:desk@10.0.0.31") == 0);

	TRY(ua_dialog_answer(&d, response(200, "theirs", "Contact: <sip:desk@10.0.0.32>\r\n")));
	CHECK(d.state == UA_DIALOG_CONFIRMED && d.routes[0] == '\0');
	CHECK(strcmp(d.remote_target, "sip:desk@10.0.0.32") == 0);
	return ERR_NONE;
}

TEST(dialog_fork, "takes no answer with another tag, and stays as it was")
{
	struct ua_dialog d, before;

	TRY(ua_dialog_begin(&start, &d));
	TRY(ua_dialog_answer(&d, response(180, "one", "Contact: <sip:desk@10.0.0.31>\r\n")));
	before = d;
	CHECK(ua_dialog_answer(&d, response(200, "two", "Contact: <sip:desk@10.0.0.32>\r\n")) ==
	      ERR_DENIED);
	CHECK(memcmp(&d, &before, sizeof(d)) == 0);
	return ERR_NONE;
}

static const struct answer_case {
	const char *name;
	unsigned status;
	const char *tag, *more;
	enum err want;
	enum ua_dialog_state state;
} answers[] = {
	{ "100 makes none", 100, "", "", ERR_DENIED, UA_DIALOG_NONE },
	{ "180 without tag makes none", 180, "", "", ERR_NONE, UA_DIALOG_NONE },
	{ "180 without Contact makes one", 180, "t", "", ERR_NONE, UA_DIALOG_EARLY },
	{ "200 without Contact makes none", 200, "t", "", ERR_SYNTAX, UA_DIALOG_NONE },
	{ "200 without tag is RFC 2543's", 200, "", "Contact: <sip:a@b>\r\n", ERR_NONE,
	  UA_DIALOG_CONFIRMED },
	{ "486 makes none", 486, "t", "", ERR_DENIED, UA_DIALOG_NONE },
	{ "Contact * makes none", 200, "t", "Contact: *\r\n", ERR_SYNTAX, UA_DIALOG_NONE },
	{ "tel Contact makes none", 200, "t", "Contact: <tel:+4420>\r\n", ERR_SYNTAX,
	  UA_DIALOG_NONE },
};

TEST(dialog_answers, "makes a dialog of the answers that may make one")
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer_case *c = &answers[i];
		struct ua_dialog d;

		TRY(ua_dialog_begin(&start, &d));
		CHECK_CASE(ua_dialog_answer(&d, response(c->status, c->tag, c->more)) == c->want,
		           c->name);
		CHECK_CASE(d.state == c->state, c->name);
	}
	return ERR_NONE;
}

TEST(dialog_matches, "knows its own requests and responses by Call-ID and both tags")
{
	struct ua_dialog called, calling;

	TRY(ua_dialog_accept(wire_read(&came, invite), VIEW("mine"), false, &called));
	TRY(ua_dialog_begin(&start, &calling));
	TRY(ua_dialog_answer(&calling, response(200, "theirs", "Contact: <sip:a@b>\r\n")));
	CHECK(ua_dialog_matches(&calling, &came.msg));
	CHECK(!ua_dialog_matches(&called, &came.msg));
	response(200, "other", "");
	CHECK(!ua_dialog_matches(&calling, &came.msg));
	CHECK(ua_dialog_matches(&called, within("BYE", 42, "")));
	(void)VIEW_COPY(VIEW("minE"), called.local_tag);
	CHECK(!ua_dialog_matches(&called, within("BYE", 42, "")));
	return ERR_NONE;
}

TEST(dialog_cseq, "takes rising numbers with gaps, and no number twice")
{
	struct ua_dialog d;

	TRY(ua_dialog_accept(wire_read(&came, invite), VIEW("mine"), false, &d));
	CHECK(ua_dialog_request(&d, within("INFO", 41, "")) == ERR_STALE);
	CHECK(ua_dialog_request(&d, within("INFO", 40, "")) == ERR_STALE);
	TRY(ua_dialog_request(&d, within("INFO", 42, "")));
	TRY(ua_dialog_request(&d, within("INFO", 2147483647, "")));
	CHECK(ua_dialog_request(&d, within("INFO", 2147483647, "")) == ERR_STALE);
	return ERR_NONE;
}

TEST(dialog_first_cseq, "takes any first number of the called end, zero too")
{
	struct ua_dialog d;

	TRY(ua_dialog_begin(&start, &d));
	TRY(ua_dialog_request(&d, within("INFO", 0, "")));
	CHECK(ua_dialog_request(&d, within("INFO", 0, "")) == ERR_STALE);
	return ERR_NONE;
}

TEST(dialog_next_cseq, "counts its own requests up to the largest number")
{
	struct ua_dialog d;
	uint32_t cseq = 0;

	TRY(ua_dialog_begin(&start, &d));
	TRY(ua_dialog_next_cseq(&d, &cseq));
	CHECK(cseq == 18);
	d.local_cseq = 2147483646;
	TRY(ua_dialog_next_cseq(&d, &cseq));
	CHECK(cseq == 2147483647);
	CHECK(ua_dialog_next_cseq(&d, &cseq) == ERR_LIMIT && cseq == 2147483647);
	return ERR_NONE;
}

TEST(dialog_skip, "leaves out what another may have used, and stays below the largest number")
{
	struct ua_dialog d;
	uint32_t cseq = 0;

	TRY(ua_dialog_begin(&start, &d));
	ua_dialog_skip(&d);
	TRY(ua_dialog_next_cseq(&d, &cseq));
	CHECK(cseq == 18 + UA_DIALOG_SKIP);
	d.local_cseq = 2147483646;
	ua_dialog_skip(&d);
	TRY(ua_dialog_next_cseq(&d, &cseq));
	CHECK(cseq == 2147483647);
	return ERR_NONE;
}

TEST(dialog_refresh, "moves the target by Contact, and only by a good one")
{
	struct ua_dialog d;

	TRY(ua_dialog_accept(wire_read(&came, invite), VIEW("mine"), false, &d));
	TRY(ua_dialog_refresh(&d, within("INVITE", 42, "Contact: <sip:phone@10.1.1.8>\r\n")));
	CHECK(strcmp(d.remote_target, "sip:phone@10.1.1.8") == 0);
	TRY(ua_dialog_refresh(&d, within("INVITE", 43, "")));
	CHECK(ua_dialog_refresh(&d, within("INVITE", 44, "Contact: <tel:+44>\r\n")) == ERR_SYNTAX);
	CHECK(strcmp(d.remote_target, "sip:phone@10.1.1.8") == 0);
	return ERR_NONE;
}

static const struct route_case {
	const char *name, *routes, *uri, *sent, *hop;
} routes[] = {
	{ "no route", "", "sip:a@10.0.0.1", "", "sip:a@10.0.0.1" },
	{ "loose", "<sip:p1;lr>, <sip:p2;lr>", "sip:a@10.0.0.1", "<sip:p1;lr>, <sip:p2;lr>",
	  "sip:p1;lr" },
	{ "strict alone", "<sip:p1>", "sip:p1", "<sip:a@10.0.0.1>", "sip:p1" },
	{ "strict first", "<sip:p1>, <sip:p2;lr>", "sip:p1", "<sip:p2;lr>, <sip:a@10.0.0.1>",
	  "sip:p1" },
};

TEST(dialog_route, "routes by loose and strict routers as RFC 3261 12.2.1.1 says")
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route_case *c = &routes[i];
		char uri_text[256], route_text[256];
		struct buffer uri = BUFFER_ON(uri_text), route = BUFFER_ON(route_text);
		struct ua_dialog d = { .remote_target = "sip:a@10.0.0.1" };

		(void)VIEW_COPY(view_of(c->routes), d.routes);
		TRY(ua_dialog_route(&d, &uri, &route));
		CHECK_CASE(view_equal(buffer_view(&uri), view_of(c->uri)), c->name);
		CHECK_CASE(view_equal(buffer_view(&route), view_of(c->sent)), c->name);
		CHECK_CASE(view_equal(ua_dialog_next_hop(&d), view_of(c->hop)), c->name);
	}
	return ERR_NONE;
}

TEST(dialog_write, "writes the start of a request that the other end's parser reads")
{
	char text[2048];
	struct buffer b = BUFFER_ON(text);
	struct ua_dialog d;
	const struct ua_dialog_line line = {
		.method = VIEW("BYE"),
		.via = VIEW("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnn"),
		.cseq = 4,
		.max_forwards = 66,
	};
	const struct sip_msg *m;

	TRY(ua_dialog_accept(wire_read(&came, invite), VIEW("mine"), false, &d));
	TRY(ua_dialog_write(&d, &line, &b));
	buffer_text(&b, "Content-Length: 0\r\n\r\n");
	m = wire_read_bytes(&came, text, b.len);
	CHECK(m->method == SIP_METHOD_BYE && m->cseq.number == 4);
	CHECK(view_equal(m->uri, VIEW("sip:phone@10.1.1.7:5070;line=2")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_FROM),
	                 VIEW("<sip:desk@border.example>;tag=mine")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_TO),
	                 VIEW("<sip:phone@border.example>;tag=caller")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_MAX_FORWARDS), VIEW("66")));
	CHECK(view_equal(sip_msg_value(m, SIP_HEADER_ROUTE),
	                 VIEW("<sip:p2.example;lr>, <sip:p1.example;lr>")));
	return ERR_NONE;
}

TEST(dialog_bounds, "refuses what does not fit instead of cutting it")
{
	char text[4096], name[400];
	struct ua_dialog d = { .state = UA_DIALOG_ENDED };

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text),
	         "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa1\r\n"
	         "From: <sip:p@b>;tag=%s\r\nTo: <sip:d@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
	         "Contact: <sip:p@h>\r\n\r\n",
	         name);
	CHECK(ua_dialog_accept(wire_read(&came, text), VIEW("mine"), false, &d) == ERR_LIMIT);
	snprintf(text, sizeof(text),
	         "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa1\r\n"
	         "From: <sip:p@b>;tag=t\r\nTo: <sip:d@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
	         "Contact: <sip:%s@h>\r\n\r\n",
	         name);
	CHECK(ua_dialog_accept(wire_read(&came, text), VIEW("mine"), false, &d) == ERR_LIMIT);
	CHECK(d.state == UA_DIALOG_ENDED);
	return ERR_NONE;
}

TEST(dialog_routes_full, "refuses the seventeenth route")
{
	char more[1024] = "";
	size_t used = 0;

	for (unsigned count = 1; count <= 17; count++) {
		struct ua_dialog d;
		char text[2048];
		enum err want = count <= 16 ? ERR_NONE : ERR_LIMIT;

		used += (size_t)snprintf(more + used, sizeof(more) - used,
		                         "Record-Route: <sip:r%u;lr>\r\n", count);
		snprintf(text, sizeof(text),
		         "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa1\r\n%s"
		         "From: <sip:p@b>;tag=t\r\nTo: <sip:d@b>\r\nCall-ID: c\r\n"
		         "CSeq: 1 INVITE\r\nContact: <sip:p@h>\r\n\r\n",
		         more);
		CHECK(ua_dialog_accept(wire_read(&came, text), VIEW("mine"), false, &d) == want);
	}
	return ERR_NONE;
}
