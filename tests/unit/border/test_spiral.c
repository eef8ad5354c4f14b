/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that come back to us, and how many branches they may have. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

static struct talk_end carrier;

/* To it calls go that no phone's name is for: its own, too. */
static void with_carrier(struct border_settings *s)
{
	(void)talk_add_carrier(s, &carrier);
	for (uint16_t from = 0; from <= TALK_CARRIER; from++)
		s->routes[s->route_count++] = (struct border_route){
			.from = from, .to = TALK_CARRIER, .weight = 1, .media_srtp = MEDIA_AS_PEER
		};
	s->max_calls = 32;
}

static void via_of(const struct wire_sent *sent, char *ret, size_t size)
{
	const char *at = strstr(sent->text, "\r\nVia: ");

	snprintf(ret, size, "%.*s", at ? (int)strcspn(at + 7, "\r") : 0, at ? at + 7 : "");
}

/* A proxy there sends on a request that it had from us, with our Via below its own. */
static void comes_with(struct talk *t, const struct talk_end *proxy, const char *uri,
                       const char *vias)
{
	static unsigned count;
	char text[WIRE_TEXT_MAX];

	count++;
	snprintf(text, sizeof(text),
	         "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP proxy.example;branch=z9hG4bKback%u\r\n%s"
	         "Max-Forwards: 60\r\nFrom: <sip:200@sip.example>;tag=s%u\r\n"
	         "To: <sip:201@sip.example>\r\nCall-ID: back-%u\r\nCSeq: 1 INVITE\r\n"
	         "Contact: <sip:200@10.0.0.20>\r\nContent-Length: 0\r\n\r\n",
	         uri, count, vias, count, count);
	wire_receive(t->w, &proxy->flow, text);
}

static void comes_back(struct talk *t, const struct talk_end *proxy, const char *uri,
                       const struct wire_sent *sent)
{
	char via[256], lines[400];

	via_of(sent, via, sizeof(via));
	snprintf(lines, sizeof(lines),
	         "Via: SIP/2.0/UDP between.example;branch=z9hG4bKb, %s;received=10.0.0.2\r\n", via);
	comes_with(t, proxy, uri, lines);
}

/* That end hears 100 and another one the call. */
static bool goes_on(struct talk *t, struct talk_end *proxy, struct talk_end *to)
{
	return talk_hears(t, proxy, "SIP/2.0 100 ") && talk_hears(t, to, "INVITE ");
}

static bool is_refused(struct talk *t, struct talk_end *proxy)
{
	return talk_hears(t, proxy, "SIP/2.0 482 Loop Detected\r\n");
}

static const char outside_uri[] = "sip:00353155512345@10.0.0.2:5060";

/* The PBX calls out, and the carrier sends it back to us, for which we would ask the carrier. */
static enum err loops_at_carrier(struct talk *t)
{
	comes_with(t, &t->pbx, outside_uri, "");
	CHECK(goes_on(t, &t->pbx, &carrier));
	comes_back(t, &carrier, outside_uri, &t->at_pbx);
	CHECK(goes_on(t, &carrier, &carrier));
	comes_back(t, &carrier, outside_uri, &t->at_pbx);
	CHECK(is_refused(t, &carrier) && talk_is_quiet(t, &carrier));
	CHECK(wire_has(&t->at_pbx, "\r\nWarning: 399 ringfence \"50 "));
	return ERR_NONE;
}

TEST(spiral_loop, "answers 482 to a request that comes back for the same target from the same peer")
{
	return talk_with_settings(with_carrier, loops_at_carrier);
}

/* Who died had the marks in no memory of its own. */
static enum err loops_over_restart(struct talk *t)
{
	struct wire_sent sent;

	comes_with(t, &t->pbx, outside_uri, "");
	CHECK(goes_on(t, &t->pbx, &carrier));
	comes_back(t, &carrier, outside_uri, &t->at_pbx);
	CHECK(goes_on(t, &carrier, &carrier));
	sent = t->at_pbx;
	TRY(wire_restart(t->w));
	while (wire_take(t->w, &carrier.flow))
		;
	comes_back(t, &carrier, outside_uri, &sent);
	CHECK(is_refused(t, &carrier));
	return ERR_NONE;
}

TEST(spiral_survives, "knows a loop that began before its worker died")
{
	return talk_with_settings(with_carrier, loops_over_restart);
}

TALK_TEST(spiral_goes_on, "lets a PBX that is a proxy send calls of phones back to phones")
{
	comes_with(t, &t->phone, "sip:201@sip.example", "");
	CHECK(goes_on(t, &t->phone, &t->pbx));
	/* Each of several phones that it rings is another target. */
	comes_back(t, &t->pbx, t->w->pbx_contact, &t->at_pbx);
	CHECK(goes_on(t, &t->pbx, &t->phone));
	return ERR_NONE;
}

TALK_TEST(spiral_circle, "finds a circle of several targets, each of which is another than before")
{
	struct wire_sent sent;
	unsigned passes = 1;

	comes_with(t, &t->phone, "sip:201@sip.example", "");
	CHECK(goes_on(t, &t->phone, &t->pbx));
	for (sent = t->at_pbx; passes < 6; passes++) {
		struct talk_end *proxy = passes % 2 ? &t->pbx : &t->phone;

		comes_back(t, proxy, passes % 2 ? t->w->pbx_contact : "sip:201@sip.example", &sent);
		if (passes == 4)
			break;
		CHECK(goes_on(t, proxy, passes % 2 ? &t->phone : &t->pbx));
		sent = passes % 2 ? t->at_phone : t->at_pbx;
	}
	CHECK(passes == 4 && is_refused(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static const struct forged_case {
	const char *name;
	const char *branch; /* in place of our name; NULL: that */
	const char *mark;   /* in place of our mark; NULL: that */
	const char *after;
} forged[] = {
	{ "no mark", NULL, "", "" },
	{ "another mark", NULL, ".1.0", "" },
	{ "a mark that is none", NULL, ".x.0", "" },
	{ "a mark too large", NULL, ".99999999999.0", "" },
	{ "more than a mark", NULL, NULL, ".1" },
	{ "passes beyond all", NULL, ".1.255", "" },
	{ "our mark behind a name of nobody's", "z9hG4bKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL,
	  "" },
	{ "our mark behind a stranger's branch", "z9hG4bKother", NULL, "" },
};

/* Our Via, forged so. */
static void forge(const struct forged_case *c, const struct wire_sent *sent, char *ret, size_t size)
{
	char via[256];
	char *branch, *mark;
	int name, marked;

	via_of(sent, via, sizeof(via));
	branch = strstr(via, "branch=") + 7;
	name = (int)strcspn(branch, ".");
	mark = branch + name;
	marked = (int)strcspn(mark, ";");
	snprintf(ret, size, "Via: %.*s%.*s%.*s%s\r\n", (int)(branch - via), via,
	         c->branch ? (int)strlen(c->branch) : name, c->branch ? c->branch : branch,
	         c->mark ? (int)strlen(c->mark) : marked, c->mark ? c->mark : mark, c->after);
}

static enum err goes_on_forged(struct talk *t)
{
	char lines[400];

	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		fprintf(stderr, "  %s\n", forged[i].name);
		comes_with(t, &t->pbx, outside_uri, "");
		CHECK(goes_on(t, &t->pbx, &carrier));
		forge(&forged[i], &t->at_pbx, lines, sizeof(lines));
		comes_with(t, &t->pbx, outside_uri, lines);
		CHECK(goes_on(t, &t->pbx, &carrier));
	}
	return ERR_NONE;
}

TEST(spiral_forged, "is not led to refuse a call by a mark that another has written")
{
	return talk_with_settings(with_carrier, goes_on_forged);
}

/* Whoever saw a branch of ours may put it into calls of his own; they have another target. */
static enum err goes_on_borrowed(struct talk *t)
{
	comes_with(t, &t->pbx, outside_uri, "");
	CHECK(goes_on(t, &t->pbx, &carrier));
	comes_back(t, &t->pbx, "sip:00353155598765@10.0.0.2:5060", &t->at_pbx);
	CHECK(goes_on(t, &t->pbx, &carrier));
	comes_with(t, &t->pbx, outside_uri, "");
	CHECK(goes_on(t, &t->pbx, &carrier));
	return ERR_NONE;
}

TEST(spiral_borrowed, "keeps who has seen a branch of ours from harming calls of others with it")
{
	return talk_with_settings(with_carrier, goes_on_borrowed);
}

/* ---- the next target of a call ---- */

static struct talk_end other;

static void with_two(struct border_settings *s)
{
	struct border_peer *p = &s->peers[TALK_CARRIER + 1];

	with_carrier(s);
	*p = s->peers[TALK_CARRIER];
	(void)VIEW_COPY(VIEW("other"), p->name);
	p->address = wire_outside(51, 5061).remote;
	s->routes[s->route_count++] = (struct border_route){
		.to = TALK_CARRIER + 1, .priority = 1, .weight = 1, .media_srtp = MEDIA_AS_PEER
	};
	s->peer_count++;
	other.flow = wire_outside(51, 5061);
}

static enum err marks_next(struct talk *t)
{
	comes_with(t, &t->pbx, outside_uri, "Max-Breadth: 7\r\n");
	CHECK(goes_on(t, &t->pbx, &carrier));
	talk_answer(t, &carrier, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &carrier, "ACK ") && talk_hears(t, &other, "INVITE "));
	/* One at a time: nothing of it is divided. */
	CHECK(wire_has(&t->at_pbx, "\r\nMax-Breadth: 7\r\n"));
	comes_back(t, &t->pbx, outside_uri, &t->at_pbx);
	CHECK(is_refused(t, &t->pbx));
	return ERR_NONE;
}

TEST(spiral_next_target, "knows a request again that comes back from the second target of its call")
{
	return talk_with_settings(with_two, marks_next);
}

/* ---- breadth ---- */

static const struct breadth_case {
	const char *line, *sent; /* NULL: refused */
} breadths[] = {
	{ "", "\r\nMax-Breadth: 60\r\n" },
	{ "Max-Breadth: 7\r\n", "\r\nMax-Breadth: 7\r\n" },
	{ "Max-Breadth: 1\r\n", "\r\nMax-Breadth: 1\r\n" },
	{ "Max-Breadth: 61\r\n", "\r\nMax-Breadth: 60\r\n" },
	{ "Max-Breadth: 99999999999999999999\r\n", "\r\nMax-Breadth: 60\r\n" },
	{ "Max-Breadth: many\r\n", "\r\nMax-Breadth: 60\r\n" },
	{ "Max-Breadth: 0\r\n", NULL },
};

TALK_TEST(breadth_carried,
          "carries Max-Breadth on as it came, 60 at most, and writes it where none did")
{
	for (size_t i = 0; i < sizeof(breadths) / sizeof(breadths[0]); i++) {
		const struct breadth_case *c = &breadths[i];

		fprintf(stderr, "  %s\n", c->line);
		comes_with(t, &t->phone, "sip:201@sip.example", c->line);
		if (!c->sent) {
			CHECK(talk_hears(t, &t->phone, "SIP/2.0 440 Max-Breadth Exceeded\r\n"));
			CHECK(talk_is_quiet(t, &t->pbx));
			continue;
		}
		CHECK(goes_on(t, &t->phone, &t->pbx) && wire_has(&t->at_pbx, c->sent));
	}
	return ERR_NONE;
}
