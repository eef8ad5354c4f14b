/* SPDX-License-Identifier: Apache-2.0 */
/* One INVITE that rings in several places. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORK_ANSWER                                                                                \
	"v=0\r\no=pbx 9 9 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12008 RTP/AVP 0\r\n"

enum { PLACES = 3 };

static enum err invite(struct talk *t, struct wire_sent *ret)
{
	talk_invite_from_phone(t, "Supported: 100rel\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	*ret = t->at_pbx;
	return ERR_NONE;
}

static void rings(struct talk *t, const struct wire_sent *request, const char *tag, unsigned rseq,
                  const char *body)
{
	char lines[128], reliable[64] = "";

	if (rseq)
		snprintf(reliable, sizeof(reliable), "Require: 100rel\r\nRSeq: %u\r\n", rseq);
	snprintf(lines, sizeof(lines), "%sX-Tag: %s\r\n", reliable, tag);
	talk_answer(t, &t->pbx, request, "183 Session Progress", lines, body);
}

static unsigned rseq_of(const struct wire_sent *sent)
{
	const char *at = strstr(sent->text, "\r\nRSeq: ");

	return at ? (unsigned)strtoul(at + strlen("\r\nRSeq: "), NULL, 10) : 0;
}

TALK_TEST(fork_tags, "each place that rings is a dialog with a tag of its own, on both sides")
{
	static const char *const tags[PLACES] = { "alpha", "bravo", "delta" };
	struct talk_end seen[PLACES];
	struct wire_sent request;

	TRY(invite(t, &request));
	for (unsigned i = 0; i < PLACES; i++) {
		rings(t, &request, tags[i], 0, i < 2 ? TALK_ANSWER : "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
		CHECK(wire_has(&t->at_phone, "m=audio") == (i == 0));
		CHECK(!wire_has(&t->at_phone, tags[i]));
		seen[i] = t->phone;
		for (unsigned k = 0; k < i; k++)
			CHECK(strcmp(seen[i].theirs, seen[k].theirs) != 0);
	}
	for (unsigned i = 0; i < PLACES; i++) {
		char wanted[32];

		snprintf(wanted, sizeof(wanted), ";tag=%s\r\n", tags[i]);
		talk_request(t, &seen[i], "INFO", "", "");
		CHECK(talk_hears(t, &t->pbx, "INFO ") && wire_has(&t->at_pbx, wanted));
		CHECK(wire_has(&t->at_pbx, "CSeq: 2 INFO\r\n"));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	}
	rings(t, &request, "bravo", 0, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") &&
	      strcmp(t->phone.theirs, seen[1].theirs) == 0);
	talk_answer_as(t, &t->pbx, &request, "200 OK", "bravo", FORK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
	      strcmp(t->phone.theirs, seen[1].theirs) == 0);
	CHECK(talk_order(t)->legs[1].remote.port == 12008);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, ";tag=bravo\r\n"));
	/* The others are over. */
	talk_request(t, &seen[0], "INFO", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 "));
	/* The answered one outlives the worker by its own tag. */
	TRY(wire_restart(t->w));
	t->phone.cseq = 2;
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE ") && wire_has(&t->at_pbx, ";tag=bravo\r\n"));
	return ERR_NONE;
}

TALK_TEST(fork_reliable, "two places ring reliably, each with its own count and its own PRACK")
{
	struct talk_end one;
	struct wire_sent request;
	char lines[64];

	TRY(invite(t, &request));
	rings(t, &request, "one", 500, TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") && wire_has(&t->at_phone, "m=audio"));
	one = t->phone;
	snprintf(lines, sizeof(lines), "RAck: %u 1 INVITE\r\n", rseq_of(&t->at_phone));
	/* One at a time: the second comes when the PBX repeats it. */
	rings(t, &request, "two", 900, FORK_ANSWER);
	CHECK(talk_is_quiet(t, &t->phone));
	talk_request(t, &one, "PRACK", lines, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, ";tag=one\r\n") &&
	      wire_has(&t->at_pbx, "RAck: 500 1 INVITE\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	rings(t, &request, "two", 900, FORK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") && !wire_has(&t->at_phone, "m=audio"));
	snprintf(lines, sizeof(lines), "RAck: %u 1 INVITE\r\n", rseq_of(&t->at_phone));
	t->phone.cseq = 1;
	talk_request(t, &t->phone, "PRACK", lines, "");
	CHECK(talk_hears(t, &t->pbx, "PRACK ") && wire_has(&t->at_pbx, ";tag=two\r\n") &&
	      wire_has(&t->at_pbx, "RAck: 900 1 INVITE\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	/* What it answered reliably was kept for its 200, which leaves it out. */
	talk_answer_as(t, &t->pbx, &request, "200 OK", "two", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, "m=audio 200"));
	CHECK(talk_order(t)->legs[1].remote.port == 12008);
	return ERR_NONE;
}

TALK_TEST(fork_wrong, "a fork's tag with another Call-ID or From tag is no dialog")
{
	struct talk_end one;
	struct wire_sent request;

	TRY(invite(t, &request));
	rings(t, &request, "one", 0, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	one = t->phone;
	rings(t, &request, "two", 0, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	snprintf(one.ours, sizeof(one.ours), "<sip:200@sip.example>;tag=guess");
	talk_request(t, &one, "INFO", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(fork_full,
          "beyond the places that a call may ring in, the next is not heard until it answers")
{
	struct wire_sent request;
	unsigned heard = 0;
	char tag[16];

	TRY(invite(t, &request));
	for (unsigned i = 0; i < 20; i++) {
		snprintf(tag, sizeof(tag), "place%u", i);
		rings(t, &request, tag, 0, "");
		heard += wire_has(wire_take(t->w, &t->phone.flow), "SIP/2.0 183 ");
	}
	CHECK(heard == 9);
	talk_answer_as(t, &t->pbx, &request, "200 OK", "place15", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && wire_has(&t->at_pbx, ";tag=place15\r\n"));
	return ERR_NONE;
}
