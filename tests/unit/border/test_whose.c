/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers of signal: whose a message is, and what they count together. */
#include "unit/border/phone.h"
#include "unit/border/talk.h"

#include "border/border_priv.h"
#include "border/common.h"
#include "border/peers.h"
#include "border/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 3, MINE = 2 };

/* What every worker says of it; WORKERS: they differ. */
static unsigned whose(struct talk *t, const struct flow *flow, const char *text)
{
	unsigned mine = border_whose(t->w->border, flow, view_of(text)), theirs;
	struct talk_worker other;

	/* The ladder takes its memory away. */
	if (talk_worker_new(t, 0, &other) != ERR_NONE)
		return mine;
	theirs = border_whose(other.border, flow, view_of(text));
	talk_worker_free(&other);
	return mine == theirs ? mine : WORKERS;
}

static const char *request(const char *line, const char *to, const char *call_id, const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text),
	         "%s SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKpbx\r\n"
	         "f: \"a <b;tag=c\" <sip:201@10.0.0.20>;tag=inner\r\nt: %s\r\n"
	         "i: %s\r\n%sCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	         "To: <sip:x@y>;tag=of the body\r\n",
	         line, to, call_id, more);
	return text;
}

static void name_of(const char *text, const char *header, const char *param, char ret[128])
{
	const char *at = strstr(text, header);

	at = at ? strstr(at, param) : NULL;
	ret[0] = 0;
	if (at)
		snprintf(ret, 128, "%.*s", (int)strcspn(at + strlen(param), ";\r, "),
		         at + strlen(param));
}

TALK_TEST(whose_names, "what a peer sends is the worker's whose name it carries: as branch, tag, "
                       "Contact, Call-ID or within Replaces")
{
	const struct flow *pbx = &t->pbx.flow;
	char tag[128], branch[128], line[512], to[512], more[512];

	TRY(talk_becomes(t, MINE, WORKERS));
	TRY(talk_call(t));
	name_of(t->at_pbx.text, "\r\nFrom:", ";tag=", tag);
	name_of(t->at_pbx.text, "\r\nVia:", ";branch=", branch);
	CHECK(tag[0] && branch[0]);
	snprintf(line, sizeof(line),
	         "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.2:5060 ; Branch = %s"
	         ",SIP/2.0/UDP h;branch=z\r\n\r\n",
	         branch);
	CHECK(whose(t, pbx, line) == MINE);
	snprintf(to, sizeof(to), "\"x;tag=y\" <sip:200@10.0.0.2;tag=z>\r\n ;tag=%s", tag);
	CHECK(whose(t, pbx, request("BYE sip:x@10.0.0.2", to, "a1", "")) == MINE);
	snprintf(more, sizeof(more), "Replaces: a2;to-tag=x;from-tag=%s\r\n", tag);
	CHECK(whose(t, pbx, request("INVITE sip:x@10.0.0.2", "<sip:b>", "a1", more)) == MINE);
	snprintf(line, sizeof(line), "INVITE %s", t->w->pbx_contact);
	CHECK(whose(t, pbx, request(line, "<sip:b>", "a3", "")) == MINE);
	CHECK(whose(t, pbx, request("INVITE sip:x@10.0.0.2", "<sip:b>", t->pbx.call_id, "")) ==
	      MINE);
	return ERR_NONE;
}

TALK_TEST(whose_drawn,
          "what carries none of our names is shared out by its Call-ID, a stranger's and "
          "a phone's by its address, and all workers agree")
{
	unsigned calls[WORKERS] = { 0 }, sources[WORKERS] = { 0 };
	char call_id[32];

	TRY(talk_becomes(t, MINE, WORKERS));
	for (unsigned i = 0; i < 60; i++) {
		struct flow phone = wire_outside(i, 5060), again = wire_outside(i, 9);
		unsigned call, source;

		snprintf(call_id, sizeof(call_id), "call-%u", i);
		call = whose(t, &t->pbx.flow,
		             request("INVITE sip:201@10.0.0.2", "<sip:b>", call_id, ""));
		source = whose(t, &phone, request("INVITE sip:x@h", "<sip:b>", "one", ""));
		CHECK(call < WORKERS && source < WORKERS);
		CHECK(whose(t, &again, "OPTIONS sip:x") == source);
		calls[call]++;
		sources[source]++;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		CHECK(calls[i] > 5 && sources[i] > 5);
	return ERR_NONE;
}

TALK_TEST(whose_connection, "a connection that is no peer's is the worker's that accepted it")
{
	struct flow flow = wire_outside(9, 5060);

	TRY(talk_becomes(t, MINE, WORKERS));
	flow.transport = TRANSPORT_TCP;
	for (unsigned i = 0; i < 20; i++) {
		flow.remote.bytes[3] = (uint8_t)i;
		CHECK(border_whose(t->w->border, &flow, VIEW("INVITE sip:x")) == MINE);
	}
	return ERR_NONE;
}

TALK_TEST(whose_alone, "one worker alone has all, and its Contacts look as they always did")
{
	struct flow flow = wire_outside(9, 5060);

	CHECK(border_whose(t->w->border, &flow, VIEW("INVITE sip:x")) == 0);
	CHECK(border_whose(t->w->border, &t->pbx.flow, VIEW("SIP/2.0 200 OK\r\n")) == 0);
	return ERR_NONE;
}

TALK_TEST(whose_broken, "a message that breaks off, or is none, belongs to somebody")
{
	const char *text;
	size_t len;

	TRY(talk_becomes(t, MINE, WORKERS));
	text = request("INVITE sip:x@10.0.0.2", "\"\\", "a1",
	               "Replaces: ;to-tag=\r\nTo\r\n: \r\nVia:;branch\r\n");
	len = strlen(text);
	for (size_t i = 0; i <= len; i++) {
		char *copy = malloc(i + 1);
		unsigned owner;

		if (!copy)
			return ERR_NO_MEMORY;
		memcpy(copy, text, i);
		owner = border_whose(t->w->border, &t->pbx.flow, view_bytes(copy, i));
		free(copy);
		CHECK(owner < WORKERS);
	}
	return ERR_NONE;
}

TALK_TEST(whose_wrong,
          "a call for a phone of another worker goes nowhere here: who reads it has to "
          "hand it over")
{
	struct border *mine;
	struct talk_worker other;

	TRY(talk_becomes(t, MINE, WORKERS));
	TRY(talk_worker_new(t, 0, &other));
	mine = t->w->border;
	t->w->border = other.border;
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	t->w->border = mine;
	talk_worker_free(&other);
	CHECK(talk_is_quiet(t, &t->phone));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	return ERR_NONE;
}

TALK_TEST(whose_moved,
          "a phone that registered from another worker's address speaks in its call: the "
          "other one says whose it is, and the account decides")
{
	struct flow was = t->phone.flow, moved = wire_outside(77, 5060);
	uint64_t account;
	char text[2048];

	TRY(talk_becomes(t, MINE, WORKERS));
	TRY(talk_call(t));
	account = border_account(t->w->border, &was);
	CHECK(account != 0 && border_account(t->w->border, &moved) == 0);
	snprintf(text, sizeof(text),
	         "BYE sip:x@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	         "203.0.113.77:5060;branch=z9hG4bKmoved\r\n"
	         "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 99 BYE\r\nMax-Forwards: 70\r\n"
	         "Content-Length: 0\r\n\r\n",
	         t->phone.ours, t->phone.theirs, t->phone.call_id);
	border_attest(t->w->border, account + 1);
	border_receive(t->w->border, &moved, text, strlen(text), t->w->now);
	CHECK(talk_is_quiet(t, &t->pbx));
	/* Where it is registered, its call's tag says whose it is; a stranger's says nothing. */
	CHECK(border_moved(t->w->border, &was, view_of(text)) == MINE);
	memcpy(strstr(text, "z9hG4bKmoved"), "z9hG4bKagain", 12);
	border_attest(t->w->border, account);
	border_receive(t->w->border, &moved, text, strlen(text), t->w->now);
	border_attest(t->w->border, 0);
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	/* The next one is a stranger's again. */
	memcpy(strstr(text, "z9hG4bKagain"), "z9hG4bKthird", 12);
	moved.remote.port = 9;
	border_receive(t->w->border, &moved, text, strlen(text), t->w->now);
	CHECK(talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

/* Whether the phone is registered here by a name of that worker's; one from before it had others
 * beside it has none. */
static bool is_named(struct talk *t, unsigned owner)
{
	struct view name = border_registration(t->w->border, &t->phone.flow);

	return !view_is_empty(name) && name.at[0] == (char)('0' + owner);
}

TALK_TEST(whose_registered,
          "a phone that registers with another worker under the name that it has here has "
          "moved: it is registered here no more; under another name it stays")
{
	const struct flow moved = wire_outside(77, 5060);
	uint64_t account;
	char name[REGISTRATION_TOKEN_SIZE] = { 0 };

	TRY(talk_becomes(t, MINE, WORKERS));
	/* By its name from before it is registered there too. */
	border_disconnected(t->w->border, &t->phone.flow, t->w->now.us, t->w->now);
	TRY(talk_register(t));
	account = border_account(t->w->border, &t->phone.flow);
	(void)VIEW_COPY(border_registration(t->w->border, &t->phone.flow), name);
	CHECK(account != 0 && is_named(t, MINE) && strlen(name) == NAMES_HASH_LEN);
	CHECK(view_is_empty(border_registration(t->w->border, &moved)));
	name[0] = '0';
	name[5] ^= 1;
	border_registered(t->w->border, &moved, account, view_of(name), t->w->now);
	border_registered(t->w->border, &moved, account, VIEW_EMPTY, t->w->now);
	border_registered(t->w->border, &moved, account, VIEW("0"), t->w->now);
	CHECK(is_named(t, MINE) && wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	name[5] ^= 1;
	border_registered(t->w->border, &moved, account, view_of(name), t->w->now);
	CHECK(!is_named(t, MINE) && wire_count_facts(t->w, FACT_UNREGISTERED) == 2);
	CHECK(wire_said_last(t->w, FACT_UNREGISTERED, &t->phone.flow));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && talk_is_quiet(t, &t->phone));
	return talk_register(t);
}

/* What another worker would be told of each registration. */
static struct {
	void (*fact)(void *context, struct fact *fact);
	const struct border *border;
	unsigned count;
	uint64_t account;
	char name[REGISTRATION_TOKEN_SIZE];
} announcement;

static void tell(void *context, struct fact *fact)
{
	if (fact->kind == FACT_REGISTERED) {
		announcement.count++;
		announcement.account = border_account(announcement.border, &fact->flow);
		memset(announcement.name, 0, sizeof(announcement.name));
		(void)VIEW_COPY(border_registration(announcement.border, &fact->flow),
		                announcement.name);
	}
	announcement.fact(context, fact);
}

static enum err announced(struct talk *t)
{
	struct phone others[2] = { phone_on(t->w, &t->phone.flow), phone_on(t->w, &t->phone.flow) };
	char names[2][REGISTRATION_TOKEN_SIZE];
	uint64_t accounts[2];

	announcement.fact = t->w->border->ports.fact;
	announcement.border = t->w->border;
	announcement.count = 0;
	t->w->border->ports.fact = tell;
	others[1].r.user = "202";
	others[1].r.call_id = "third";
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 2; i++) {
			TRY(phone_registers(&others[i]));
			CHECK(announcement.count == 2 * round + i + 1 && announcement.name[0] &&
			      announcement.account);
			if (round == 0) {
				memcpy(names[i], announcement.name, sizeof(names[i]));
				accounts[i] = announcement.account;
			}
			CHECK(strcmp(names[i], announcement.name) == 0 &&
			      accounts[i] == announcement.account);
		}
	}
	CHECK(strcmp(names[0], names[1]) != 0 && accounts[0] != accounts[1]);
	return ERR_NONE;
}

TEST(whose_announced, "of several accounts on one flow the one is announced that has registered")
{
	return talk_with(announced);
}

/* ---- counted together ---- */

static struct border_common common;

static void with_common(struct talk *t)
{
	memset(&common, 0, sizeof(common));
	t->w->ports.common = &common;
}

TALK_TEST(common_calls,
          "calls of all workers count against how many there may be at once; those of "
          "one that died count until its successor has counted")
{
	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	atomic_store(&common.rows[0].calls, WIRE_CALLS - 1);
	TRY(talk_call(t));
	CHECK(atomic_load(&common.rows[MINE].calls) == 1);
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 "));
	TRY(wire_restart(t->w));
	CHECK(atomic_load(&common.rows[MINE].calls) == 1);
	atomic_store(&common.rows[0].calls, 0);
	return talk_call(t);
}

static enum err hears_route(struct talk *t, struct talk_worker *first)
{
	struct border *b = t->w->border;
	char told[PATH_SIZE] = "<sip:core.carrier.example;lr>", heard[PATH_SIZE] = "";
	uint64_t until_us = t->w->now.us + SECOND_US;

	common_tell_route(b, 1, told, until_us);
	CHECK(!common_route(b, 1, heard));
	common_tell_route(first->border, 1, told, until_us);
	CHECK(common_route(b, 1, heard) && strcmp(heard, told) == 0);
	CHECK(!common_route(b, 0, heard));
	/* Its writer died in the middle of it. */
	atomic_fetch_add(&common.routes[1].version, 1);
	CHECK(!common_route(b, 1, heard));
	common_tell_route(first->border, 1, told, until_us);
	CHECK(common_route(b, 1, heard));
	wire_advance(t->w, SECOND_US);
	CHECK(!common_route(b, 1, heard));
	told[0] = 0;
	common_tell_route(first->border, 1, told, until_us + SECOND_US);
	CHECK(!common_route(b, 1, heard));
	return ERR_NONE;
}

TALK_TEST(common_route, "by which proxies a carrier is asked, the first tells the others")
{
	struct talk_worker first;
	enum err err;

	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	TRY(talk_worker_new(t, 0, &first));
	err = hears_route(t, &first);
	talk_worker_free(&first);
	return err;
}

static void one_at_once(struct border_settings *s) { s->peers[0].max_calls = 2; }

static enum err bounded(struct talk *t)
{
	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	atomic_store(&common.rows[1].peer_calls[0], 1);
	TRY(talk_call(t));
	CHECK(atomic_load(&common.rows[MINE].peer_calls[0]) == 1);
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TEST(common_peer, "calls at once of a peer are those of all workers")
{
	return talk_with_settings(one_at_once, bounded);
}

static void ten_a_second(struct border_settings *s) { s->peers[0].max_new_calls = 10; }

static enum err paced(struct talk *t)
{
	unsigned count = 0;

	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	while (count < 100 && common_may_begin(t->w->border, 0, 10))
		count++;
	CHECK(count == 10);
	wire_advance(t->w, SECOND_US / 2);
	while (count < 100 && common_may_begin(t->w->border, 0, 10))
		count++;
	CHECK(count == 15);
	return ERR_NONE;
}

TEST(common_pace, "new calls a second of a peer are those of all workers")
{
	return talk_with_settings(ten_a_second, paced);
}

TALK_TEST(common_ports,
          "each worker draws ports of its share alone, and knows those that another has")
{
	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	TRY(talk_call(t));
	for (unsigned leg = 0; leg < 2; leg++) {
		uint32_t port = talk_order(t)->legs[leg].port;

		CHECK(common.taken[port] == 1 && port % WIRE_PAIRS % WORKERS == MINE);
	}
	CHECK(border_has_port(t->w->border, 0));
	return ERR_NONE;
}

static void asked(struct border_settings *s) { s->peers[0].check_s = 5; }

static enum err heard(struct talk *t)
{
	struct talk_worker first;
	struct ways ways;

	with_common(t);
	TRY(talk_becomes(t, MINE, WORKERS));
	/* Asked while we were alone. */
	while (wire_take(t->w, &t->pbx.flow))
		;
	wire_advance(t->w, 20 * SECOND_US);
	CHECK(talk_is_quiet(t, &t->pbx) && !peers_is_away(t->w->border, 0));
	TRY(talk_worker_new(t, 0, &first));
	ways = *peers_ways(first.border, 0);
	ways.ways[0].presence = PRESENCE_AWAY;
	common_tell_presence(first.border, 0, &ways);
	wire_advance(t->w, SECOND_US);
	ways.ways[0].presence = PRESENCE_HERE;
	common_tell_presence(t->w->border, 0, &ways);
	if (peers_is_away(t->w->border, 0))
		common_tell_presence(first.border, 0, &ways);
	wire_advance(t->w, SECOND_US);
	talk_worker_free(&first);
	CHECK(peers_ways(t->w->border, 0)->ways[0].presence == PRESENCE_HERE);
	/* Who left a call without an answer is asked last by all. */
	CHECK(!ways_is_away(t->w->border, &ways.ways[0]));
	common_tell_rest(t->w->border, &ways.ways[0], t->w->now.us + 1);
	CHECK(ways_is_away(t->w->border, &ways.ways[0]));
	common_tell_rest(t->w->border, &ways.ways[0], 0);
	CHECK(!ways_is_away(t->w->border, &ways.ways[0]));
	/* Of another address nothing is known. */
	ways.ways[0].to.to.port++;
	CHECK(common_presence(t->w->border, 0, &ways.ways[0]) == PRESENCE_UNKNOWN);
	CHECK(common_presence(t->w->border, 1, &ways.ways[0]) == PRESENCE_UNKNOWN);
	return ERR_NONE;
}

TEST(common_presence,
     "one worker asks whether a peer is there, and the others hear of it from that one alone")
{
	return talk_with_settings(asked, heard);
}
