/* SPDX-License-Identifier: Apache-2.0 */
/* Phones of several domains, each with a PBX of its own. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

static void two_homes(struct border_settings *s)
{
	struct border_peer *branch = &s->peers[1];

	*branch = s->peers[0];
	(void)VIEW_COPY(VIEW("branch"), branch->name);
	branch->address.bytes[15] = 21;
	s->peer_count = 2;
	s->registrar_count = 1;
	s->registrars[0] = (struct border_registrar){ .peer = 1 };
	(void)VIEW_COPY(VIEW("branch.example"), s->registrars[0].domain);
}

static struct flow branch_flow(void)
{
	struct flow f = wire_inside();

	f.remote.bytes[15] = 21;
	return f;
}

/* Registers 201 of that domain on a flow of its own; what the PBX heard last is in *ret. */
static enum err registers_at(struct wire *w, const struct flow *from, const char *domain)
{
	struct wire_register r = { .user = "201", .call_id = domain, .cseq = 1, .domain = domain };
	struct wire_sent challenge, *sent;

	wire_receive(w, from, wire_register_text(&r, from));
	wire_advance(w, 100 * MILLISECOND_US);
	sent = wire_take(w, from);
	CHECK(sent != NULL && wire_has(sent, "SIP/2.0 401 "));
	challenge = *sent;
	r.challenge = &challenge;
	r.credentials = WIRE_RIGHT;
	r.cseq = 2;
	wire_receive(w, from, wire_register_text(&r, from));
	wire_advance(w, 100 * MILLISECOND_US);
	sent = wire_take(w, from);
	CHECK(wire_has(sent, "SIP/2.0 200 "));
	return ERR_NONE;
}

/* How many REGISTERs with a login went to that PBX. */
static unsigned logins_at(const struct wire *w, const struct flow *pbx, const char *part)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WIRE_SENT_MAX; i++) {
		const struct wire_sent *s = &w->sent[i];

		count += s->len && flow_equal(&s->to, pbx) && strstr(s->text, "REGISTER sip:") &&
		         strstr(s->text, "username=\"201\"") && strstr(s->text, part);
	}
	return count;
}

static enum err by_domain(struct talk *t)
{
	struct flow one = wire_outside(30, 5060), other = wire_outside(31, 5060);
	struct flow office = wire_inside(), branch = branch_flow();

	TRY(registers_at(t->w, &one, "sip.example"));
	TRY(registers_at(t->w, &other, "branch.example"));
	CHECK(logins_at(t->w, &office, "REGISTER sip:10.0.0.20 ") == 1);
	CHECK(logins_at(t->w, &branch, "REGISTER sip:branch.example ") == 1);
	CHECK(logins_at(t->w, &branch, "To: <sip:201@branch.example>") == 1);
	CHECK(logins_at(t->w, &office, "@branch") == 0);
	return ERR_NONE;
}

TEST(homes_by_domain, "a phone registers to the PBX of its account's domain, whose name is kept")
{
	return talk_with_settings(two_homes, by_domain);
}

static void invite(struct talk *t, const struct flow *from, const char *domain, const char *to)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"INVITE sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK%zu;rport\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:201@%s>;tag=a\r\nTo: <sip:%s>\r\nCall-ID: c%s\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:201@192.168.1.10:5060>\r\n"
		"Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		to, strlen(to), domain, to, to, strlen(TALK_OFFER), TALK_OFFER);
	wire_receive(t->w, from, text);
}

static enum err calls_follow(struct talk *t)
{
	struct talk_end branch = { .flow = branch_flow() };
	struct flow phone = wire_outside(31, 5060);

	TRY(registers_at(t->w, &phone, "branch.example"));
	while (wire_take(t->w, &branch.flow))
		;
	invite(t, &phone, "branch.example", "202@branch.example");
	CHECK(talk_hears(t, &branch, "INVITE sip:202@branch.example "));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &branch, &t->at_pbx, "486 Busy Here", "", "");
	invite(t, &phone, "branch.example", "202@sip.example");
	CHECK(talk_hears(t, &branch, "ACK "));
	/* The other PBX's name is not its own. */
	CHECK(talk_hears(t, &branch, "INVITE sip:202@sip.example "));
	talk_answer(t, &branch, &t->at_pbx, "486 Busy Here", "", "");
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	return ERR_NONE;
}

TEST(homes_calls_follow, "a phone's calls go to the PBX where it is registered")
{
	return talk_with_settings(two_homes, calls_follow);
}

static enum err keeps_apart(struct talk *t)
{
	char token[256];

	snprintf(token, sizeof(token), "%s", t->w->pbx_contact);
	t->pbx.flow = branch_flow();
	talk_invite_from_pbx(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	t->pbx.flow = wire_inside();
	talk_invite_from_pbx(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	return ERR_NONE;
}

TEST(homes_apart, "a PBX does not reach the phones of another, though it learns their names")
{
	return talk_with_settings(two_homes, keeps_apart);
}

/* Another peer stands first: both PBXs have other rows. */
static void moved(struct border_settings *s)
{
	memmove(&s->peers[1], &s->peers[0], 2 * sizeof(s->peers[0]));
	s->peer_count = 3;
	(void)VIEW_COPY(VIEW("new"), s->peers[0].name);
	s->peers[0].address.bytes[15] = 40;
	s->subscribers.register_to = 1;
	s->registrars[0].peer = 2;
}

static enum err survives_apply(struct talk *t)
{
	struct talk_end branch = { .flow = branch_flow() };
	struct flow phone = wire_outside(31, 5060);

	TRY(registers_at(t->w, &phone, "branch.example"));
	moved(t->w->settings);
	CHECK(border_apply(t->w->border, t->w->settings, t->w->now) == ERR_NONE);
	TRY(wire_restart(t->w));
	while (wire_take(t->w, &branch.flow) || wire_take(t->w, &t->pbx.flow))
		;
	invite(t, &phone, "branch.example", "202@branch.example");
	CHECK(talk_hears(t, &branch, "INVITE sip:202@branch.example "));
	/* The PBX goes, and with it what is registered there. */
	t->w->settings->peer_count = 2;
	t->w->settings->registrar_count = 0;
	CHECK(border_apply(t->w->border, t->w->settings, t->w->now) == ERR_NONE);
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(homes_apply, "registrations go with their PBX's name when rows move, and end with it")
{
	return talk_with_settings(two_homes, survives_apply);
}

static enum err every_home_taken(struct talk *t)
{
	struct flow phone = wire_outside(31, 5060);
	char domain[32];

	for (unsigned i = 0; i < MAX_REGISTRARS; i++) {
		phone.remote.port = (uint16_t)(6000 + i);
		snprintf(domain, sizeof(domain), "d%u.example", i);
		wire_advance(t->w, 1000 * MILLISECOND_US);
		TRY(registers_at(t->w, &phone, domain));
	}
	return ERR_NONE;
}

static void many_homes(struct border_settings *s)
{
	two_homes(s);
	s->registrar_count = MAX_REGISTRARS;
	s->subscribers.max_registrations = MAX_REGISTRARS + 4;
	for (unsigned i = 0; i < MAX_REGISTRARS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "d%u.example", i);
		s->registrars[i].peer = 1;
		(void)VIEW_COPY(view_of(text), s->registrars[i].domain);
	}
}

TEST(homes_full, "each of as many domains as there may be finds its PBX")
{
	return talk_with_settings(many_homes, every_home_taken);
}
