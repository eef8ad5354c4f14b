/* SPDX-License-Identifier: Apache-2.0 */
/* Several contacts of one account, of one REGISTER or of several, and their end. */
#include "unit/border/phone.h"

#include <stdio.h>
#include <string.h>

static enum err two_phones(struct talk *t)
{
	struct flow desk_at = wire_outside(40, 5060), soft_at = wire_outside(41, 5070);
	struct phone desk = phone_on(t->w, &desk_at), soft = phone_on(t->w, &soft_at);
	struct talk_end ends[2] = { { .flow = desk_at }, { .flow = soft_at } };
	char first[256];

	soft.r.call_id = "r2";
	soft.r.contact = "<sip:201@10.9.9.9:5070;ob>";
	TRY(phone_registers(&desk));
	snprintf(first, sizeof(first), "%s", t->w->pbx_contact);
	TRY(phone_registers(&soft));
	CHECK(strcmp(first, t->w->pbx_contact) != 0);
	CHECK(!wire_has(&soft.heard, "Contact: <sip:201@192"));
	/* The PBX forks to both. */
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &ends[1], "INVITE sip:201@10.9.9.9:5070;ob "));
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", first);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &ends[0], "INVITE sip:201@192.168.1.10:5060;line=7 "));
	/* The end of one leaves the other. */
	desk.r.ends = true;
	phone_says(&desk, true);
	CHECK(wire_has(&desk.heard, "SIP/2.0 200 "));
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(contacts_apart, "two phones of one account are two bindings, and each is reached")
{
	return talk_with(two_phones);
}

/* Texts to the PBX that hold all of these. */
static unsigned told_pbx(const struct wire *w, const char *one, const char *other)
{
	unsigned count = 0;

	for (unsigned i = 0; i < WIRE_SENT_MAX; i++) {
		const struct wire_sent *s = &w->sent[i];

		count +=
			s->len && s->to.side == 1 && strstr(s->text, one) && strstr(s->text, other);
	}
	return count;
}

static enum err star(struct talk *t)
{
	struct flow at = wire_outside(40, 5060), far = wire_outside(41, 5060);
	struct phone line = phone_on(t->w, &at), other = phone_on(t->w, &far);
	char tokens[3][300];

	TRY(phone_registers(&other));
	snprintf(tokens[2], 300, "<%s>;expires=0", t->w->pbx_contact);
	TRY(phone_registers(&line));
	snprintf(tokens[0], 300, "<%s>;expires=0", t->w->pbx_contact);
	line.r.contact = "<sip:201-2@192.168.1.10:5060>";
	phone_says(&line, true);
	CHECK(wire_has(&line.heard, "SIP/2.0 200 "));
	snprintf(tokens[1], 300, "<%s>;expires=0", t->w->pbx_contact);
	line.r.contact = "*";
	phone_says(&line, true);
	CHECK(wire_has(&line.heard, "SIP/2.0 400 "));
	line.r.ends = true;
	phone_says(&line, true);
	CHECK(wire_has(&line.heard, "SIP/2.0 200 ") && !wire_has(&line.heard, "Contact"));
	CHECK(told_pbx(t->w, tokens[0], tokens[1]) == 1);
	CHECK(told_pbx(t->w, tokens[2], "") == 0 && told_pbx(t->w, "Contact: *", "") == 0);
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(contacts_star, "Contact * with Expires 0 ends this phone's bindings, each by name, no other's")
{
	return talk_with(star);
}

static enum err instance(struct talk *t)
{
	struct flow wifi = wire_outside(40, 5060), mobile = wire_outside(44, 31000);
	struct phone p = phone_on(t->w, &wifi);
	struct talk_end end = { .flow = mobile };
	char first[256];

	p.r.contact = "<sip:201@192.168.1.10>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=1";
	TRY(phone_registers(&p));
	snprintf(first, sizeof(first), "%s", t->w->pbx_contact);
	p.flow = mobile;
	p.r.call_id = "r3";
	p.r.contact = "<sip:201@10.55.0.2>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=1";
	TRY(phone_registers(&p));
	CHECK(strcmp(first, t->w->pbx_contact) == 0);
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	CHECK(wire_said_last(t->w, FACT_UNREGISTERED, &wifi));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &end, "INVITE sip:201@10.55.0.2 "));
	/* A second flow of it, and another instance, stand beside it. */
	p.r.contact = "<sip:201@10.55.0.2>;+sip.instance=\"<urn:uuid:0-1>\";reg-id=2";
	TRY(phone_registers(&p));
	CHECK(strcmp(first, t->w->pbx_contact) != 0);
	p.r.contact = "<sip:201@10.55.0.2>;+sip.instance=\"<urn:uuid:0-2>\";reg-id=1";
	TRY(phone_registers(&p));
	CHECK(strcmp(first, t->w->pbx_contact) != 0);
	/* One of two moves back: the other is registered there still. */
	p.flow = wifi;
	TRY(phone_registers(&p));
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(contacts_instance, "a phone that names its instance takes its binding along when it moves")
{
	return talk_with(instance);
}

/* ---- several of one REGISTER ---- */

#define DESK  "<sip:201@192.168.1.10:5060>"
#define SOFT  "<sip:201@192.168.1.10:5070>"
#define THIRD "<sip:201@192.168.1.10:5080>"

/* The names that the PBX heard last, in the order of the Contacts. */
static unsigned names_of(const struct wire *w, char ret[8][256])
{
	const struct wire_sent *last = wire_last_register(w);
	const char *at;
	unsigned count = 0;

	for (at = last ? strstr(last->text, "Contact: <") : NULL; at && count < 8; count++) {
		at += strlen("Contact: <");
		snprintf(ret[count], 256, "%.*s", (int)strcspn(at, ">"), at);
		at = strstr(at, "Contact: <");
	}
	return count;
}

/* A call of the PBX to that name of ours rings there. */
static bool rings(struct talk *t, const char *name, const struct flow *at, const char *uri)
{
	struct talk_end end = { .flow = *at };
	char start[300];

	snprintf(start, sizeof(start), "INVITE %s ", uri);
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", name);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	return talk_hears(t, &end, start);
}

static enum err several(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	char names[8][256];

	p.r.contact = DESK ";expires=40, " SOFT;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, "Contact: " DESK ";expires=40\r\n"));
	CHECK(wire_has(&p.heard, "Contact: " SOFT ";expires=60\r\n"));
	CHECK(!wire_has(&p.heard, "other@") && !wire_has(&p.heard, "10.0.0"));
	CHECK(names_of(t->w, names) == 2 && strcmp(names[0], names[1]) != 0);
	CHECK(wire_count_facts(t->w, FACT_REGISTERED) == 3); /* and the phone of the talk */
	CHECK(rings(t, names[0], &at, "sip:201@192.168.1.10:5060"));
	CHECK(rings(t, names[1], &at, "sip:201@192.168.1.10:5070"));
	TRY(wire_restart(t->w));
	CHECK(phone_registrations(t->w) == 3);
	/* Each ends by its own time. */
	wire_advance(t->w, 75 * SECOND_US);
	CHECK(phone_registrations(t->w) == 2 && wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
	wire_advance(t->w, 20 * SECOND_US);
	CHECK(phone_registrations(t->w) == 0 && wire_count_facts(t->w, FACT_UNREGISTERED) == 2);
	return ERR_NONE;
}

TEST(contacts_several, "registers each Contact of a REGISTER, by its own name and for its own time")
{
	return talk_with(several);
}

static enum err replaced(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	char before[8][256], names[8][256];

	p.r.contact = DESK;
	TRY(phone_registers(&p));
	CHECK(names_of(t->w, before) == 1);
	p.r.contact = SOFT ", " DESK ";expires=0";
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, "Contact: " SOFT ";expires=60\r\n") && !wire_has(&p.heard, DESK));
	CHECK(names_of(t->w, names) == 2 && strcmp(names[1], before[0]) == 0);
	/* Somebody is registered there still. */
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
	CHECK(rings(t, names[0], &at, "sip:201@192.168.1.10:5070"));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", before[0]);
	while (wire_take(t->w, &t->pbx.flow))
		;
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	return ERR_NONE;
}

TEST(contacts_replaced, "ends the old Contact of a phone that names its new one beside it")
{
	return talk_with(replaced);
}

/* Of one instance each is the same to the PBX, in whatever order it is said. */
static enum err renewed(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	char names[8][256];

#define INSTANCE ";+sip.instance=\"<urn:uuid:0-1>\""
	p.r.contact = DESK INSTANCE;
	TRY(phone_registers(&p));
	for (unsigned i = 0; i < 2; i++) {
		p.r.contact = i == 0 ? DESK INSTANCE ";expires=0, " SOFT INSTANCE
		                     : SOFT INSTANCE ", " DESK INSTANCE ";expires=0";
		TRY(phone_registers(&p));
		CHECK(wire_has(&p.heard, "Contact: " SOFT ";expires=60\r\n"));
		CHECK(names_of(t->w, names) == 1 && wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
		CHECK(rings(t, names[0], &at, "sip:201@192.168.1.10:5070"));
	}
	return ERR_NONE;
}

TEST(contacts_renewed,
     "keeps the binding of an instance that ends its old Contact beside the new one")
{
	return talk_with(renewed);
}

static const char *const refused_contacts[] = {
	DESK ", " SOFT ", " THIRD ", <sip:201@192.168.1.10:5090>, <sip:201@192.168.1.10:5100>",
	DESK ", *",
	"*, " DESK,
	DESK ", <mailto:201@office.example>",
	DESK ", <sip:>",
};

static enum err refused(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned heard;

	p.r.contact = DESK;
	TRY(phone_registers(&p));
	heard = t->w->pbx_registers;
	for (size_t i = 0; i < sizeof(refused_contacts) / sizeof(refused_contacts[0]); i++) {
		fprintf(stderr, "  %s\n", refused_contacts[i]);
		p.r.contact = refused_contacts[i];
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, "SIP/2.0 400 ") && t->w->pbx_registers == heard);
	}
	CHECK(phone_registrations(t->w) == 2);
	return ERR_NONE;
}

TEST(contacts_refused, "refuses more than four, and all where one is none that may be")
{
	return talk_with(refused);
}

static enum err partly(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);

	t->w->pbx_binds = 1;
	p.r.contact = DESK ", " SOFT;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, DESK) && !wire_has(&p.heard, SOFT));
	CHECK(phone_registrations(t->w) == 2);
	return ERR_NONE;
}

TEST(contacts_partly, "binds those alone that the PBX has bound")
{
	return talk_with(partly);
}

static void narrow(struct border_settings *s) { s->subscribers.max_registrations = 3; }

static enum err fills(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);

	p.r.contact = DESK ", " SOFT ", " THIRD;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, DESK) && wire_has(&p.heard, SOFT) && !wire_has(&p.heard, THIRD));
	CHECK(phone_registrations(t->w) == 3);
	CHECK(t->w->counters.values[COUNT_limit_transactions] == 1);
	wire_advance(t->w, 120 * SECOND_US);
	p.r.contact = THIRD;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, THIRD) && phone_registrations(t->w) == 1);
	return ERR_NONE;
}

TEST(contacts_full, "tells no phone of a binding for which the table has no room")
{
	return talk_with_settings(narrow, fills);
}

static enum err others(struct talk *t)
{
	struct flow at = wire_outside(40, 5060), beside = wire_outside(40, 5062);
	struct phone p = phone_on(t->w, &at), other = phone_on(t->w, &beside);

	p.r.contact = DESK;
	TRY(phone_registers(&p));
	other.r.user = "202";
	other.r.call_id = "r9";
	other.r.contact = SOFT ", " DESK ";expires=0";
	TRY(phone_registers(&other));
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
	CHECK(phone_registrations(t->w) == 3);
	return ERR_NONE;
}

TEST(contacts_others, "lets no account end the Contact of another at the same address")
{
	return talk_with(others);
}

static void seldom(struct border_settings *s) { s->subscribers.ask_pbx_s = 300; }

static enum err refreshed(struct talk *t)
{
	static const char *const asked_for[] = { DESK ", " SOFT ", " THIRD,
		                                 DESK ", " SOFT ";expires=0" };
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned heard;

	p.r.contact = DESK ";expires=1800, " SOFT;
	TRY(phone_registers(&p));
	heard = t->w->pbx_registers;
	for (unsigned i = 0; i < 4; i++) {
		wire_advance(t->w, 30 * SECOND_US);
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, DESK ";expires=60\r\n"));
		CHECK(wire_has(&p.heard, SOFT ";expires=60\r\n"));
	}
	CHECK(t->w->pbx_registers == heard);
	CHECK(t->w->counters.values[COUNT_registrations_held] == 4);
	/* What is news to the PBX it hears. */
	for (unsigned i = 0; i < 2; i++) {
		p.r.contact = asked_for[i];
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == ++heard);
	}
	return ERR_NONE;
}

TEST(contacts_refreshed,
     "answers a refresh of several where the PBX has let in each, and asks else")
{
	return talk_with_settings(seldom, refreshed);
}
