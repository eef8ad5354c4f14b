/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of one instance (RFC 5626): connections, each of which may end, and ways of datagrams. */
#include "unit/border/phone.h"

#include "border/registration.h"

#include <stdio.h>
#include <string.h>

#define INSTANCE  ";+sip.instance=\"<urn:uuid:0-1>\""
#define AT_WIFI   "<sip:201@192.168.1.10>" INSTANCE
#define AT_MOBILE "<sip:201@10.55.0.2>" INSTANCE
#define OUTBOUND  "Supported: path, outbound\r\n"

static const struct flow *connection(unsigned host, uint32_t number)
{
	static struct flow flows[4];
	struct flow *f = &flows[number % 4];

	*f = wire_outside(host, (uint16_t)(30000 + number));
	f->transport = TRANSPORT_TCP;
	f->connection = number;
	return f;
}

/* By Wi-Fi and by the mobile network. */
struct pair {
	struct phone wifi, mobile;
};

static enum err register_both(struct talk *t, struct pair *ret)
{
	ret->wifi.r.call_id = "wifi";
	ret->mobile.r.call_id = "mobile";
	ret->wifi.r.headers = ret->mobile.r.headers = OUTBOUND;
	ret->wifi.r.contact = AT_WIFI ";reg-id=1";
	ret->mobile.r.contact = AT_MOBILE ";reg-id=2";
	TRY(phone_registers(&ret->wifi));
	wire_advance(t->w, SECOND_US);
	return phone_registers(&ret->mobile);
}

static enum err register_pair(struct talk *t, struct pair *ret)
{
	ret->wifi = phone_on(t->w, connection(40, 5));
	ret->mobile = phone_on(t->w, connection(41, 6));
	return register_both(t, ret);
}

static bool is_offered(const struct phone *p)
{
	return wire_has(&p->heard, "\r\nRequire: outbound\r\n") &&
	       wire_has(&p->heard, "\r\nFlow-Timer: 120\r\n");
}

/* Where a call of the PBX to the name that it has rings: 'w', 'm', or '-' where it gets 480. */
static char rings(struct talk *t, const struct pair *p)
{
	struct talk_end wifi = { .flow = p->wifi.flow }, mobile = { .flow = p->mobile.flow };
	const struct wire_sent *sent;

	/* What calls before have left. */
	while (wire_take(t->w, &t->pbx.flow) || wire_take(t->w, &wifi.flow) ||
	       wire_take(t->w, &mobile.flow))
		;
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	sent = wire_take(t->w, &wifi.flow);
	if (sent)
		return wire_has(sent, "INVITE sip:201@192.168.1.10 ") ? 'w' : '?';
	sent = wire_take(t->w, &mobile.flow);
	if (sent)
		return wire_has(sent, "INVITE sip:201@10.55.0.2 ") ? 'm' : '?';
	return talk_hears(t, &t->pbx, "SIP/2.0 480 ") ? '-' : '?';
}

/* The Contacts of the last REGISTER that the PBX heard. */
static unsigned said_to_pbx(const struct wire *w, char *ret, size_t size)
{
	const struct wire_sent *last = wire_last_register(w);
	unsigned count = 0;
	const char *at;

	at = last ? strstr(last->text, "\r\nContact: ") : NULL;
	snprintf(ret, size, "%.*s", at ? (int)strcspn(at + 2, "\r") : 0, at ? at + 2 : "");
	for (; at; at = strstr(at + 2, "\r\nContact: "))
		count++;
	return count;
}

static enum err fails_over(struct talk *t)
{
	struct pair p;
	char first[256];

	TRY(register_pair(t, &p));
	CHECK(is_offered(&p.wifi) && is_offered(&p.mobile));
	snprintf(first, sizeof(first), "%s", t->w->pbx_contact);
	CHECK(rings(t, &p) == 'm');
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(rings(t, &p) == 'w');
	/* It comes back by another connection, under its old name. */
	p.mobile.flow = *connection(41, 7);
	TRY(phone_registers(&p.mobile));
	CHECK(strcmp(first, t->w->pbx_contact) == 0 && rings(t, &p) == 'm');
	border_disconnected(t->w->border, &p.wifi.flow, t->w->now.us, t->w->now);
	CHECK(rings(t, &p) == 'm');
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(rings(t, &p) == '-');
	return ERR_NONE;
}

TALK_TEST(flows_fail_over,
          "is one Contact to the PBX, called by its freshest flow and by the other when that ends")
{
	return fails_over(t);
}

TALK_TEST(flows_end, "ends one flow of an instance without the PBX forgetting the other")
{
	struct pair p;
	char said[256];

	TRY(register_pair(t, &p));
	p.mobile.r.ends = true;
	TRY(phone_registers(&p.mobile));
	CHECK(!is_offered(&p.mobile) && !wire_has(&p.mobile.heard, "Contact"));
	CHECK(said_to_pbx(t->w, said, sizeof(said)) == 1 && !strstr(said, ";expires=0"));
	CHECK(rings(t, &p) == 'w');
	p.wifi.r.ends = true;
	TRY(phone_registers(&p.wifi));
	CHECK(said_to_pbx(t->w, said, sizeof(said)) == 1 && strstr(said, ";expires=0"));
	CHECK(rings(t, &p) == '-');
	return ERR_NONE;
}

TALK_TEST(flows_replaced, "binds a flow and ends another in one REGISTER, and refuses to bind two")
{
	struct pair p;
	char said[256];
	unsigned heard;

	TRY(register_pair(t, &p));
	p.wifi.r.contact = AT_MOBILE ";reg-id=2;expires=0, " AT_WIFI ";reg-id=1";
	TRY(phone_registers(&p.wifi));
	CHECK(said_to_pbx(t->w, said, sizeof(said)) == 1 && strstr(said, ";expires=3600"));
	CHECK(is_offered(&p.wifi) && rings(t, &p) == 'w');
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	CHECK(wire_said_last(t->w, FACT_UNREGISTERED, &p.mobile.flow));
	heard = t->w->pbx_registers;
	p.wifi.r.contact = AT_WIFI ";reg-id=1, " AT_WIFI ";reg-id=3";
	phone_says(&p.wifi, true);
	CHECK(wire_has(&p.wifi.heard, "SIP/2.0 400 ") && t->w->pbx_registers == heard);
	return ERR_NONE;
}

TALK_TEST(flows_star, "ends by Contact * the flow that says it")
{
	struct pair p;
	char said[256];

	TRY(register_pair(t, &p));
	p.mobile.r.contact = "*";
	p.mobile.r.ends = true;
	TRY(phone_registers(&p.mobile));
	CHECK(said_to_pbx(t->w, said, sizeof(said)) == 1 && !strstr(said, ";expires=0"));
	CHECK(rings(t, &p) == 'w');
	return ERR_NONE;
}

TALK_TEST(flows_many, "gives up the flow that ends first where one comes that is too many")
{
	struct flow first = *connection(40, 1);
	char contact[128];

	for (uint32_t i = 1; i <= MAX_REGISTRATION_FLOWS + 1; i++) {
		struct phone p = phone_on(t->w, connection(40, i));

		CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 0);
		snprintf(contact, sizeof(contact), AT_WIFI ";reg-id=%u", (unsigned)i);
		p.r.headers = OUTBOUND;
		p.r.contact = contact;
		TRY(phone_registers(&p));
		wire_advance(t->w, SECOND_US);
	}
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	CHECK(wire_said_last(t->w, FACT_UNREGISTERED, &first));
	return ERR_NONE;
}

/* ---- calls on the way ---- */

/* What that flow hears next begins so; it is kept in at_phone. */
static bool hears(struct talk *t, const struct phone *p, const char *start)
{
	struct talk_end end = { .flow = p->flow };
	const struct wire_sent *sent = wire_take(t->w, &end.flow);

	if (!sent || strncmp(sent->text, start, strlen(start)) != 0)
		return false;
	t->at_phone = *sent;
	return true;
}

static void answers(struct talk *t, const struct phone *p, const char *status, const char *body)
{
	struct talk_end end = { .flow = p->flow };

	talk_answer(t, &end, &t->at_phone, status, "", body);
}

static enum err is_called(struct talk *t, struct pair *p)
{
	TRY(register_pair(t, p));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(hears(t, &p->mobile, "INVITE sip:201@10.55.0.2 "));
	return ERR_NONE;
}

TALK_TEST(flows_invite, "sends an INVITE that nobody answered by the other flow when its own ends")
{
	struct pair p;
	char call_id[128], cseq[64];

	TRY(is_called(t, &p));
	snprintf(call_id, sizeof(call_id), "\r\nCall-ID: %.40s",
	         strstr(t->at_phone.text, "Call-ID: ") + strlen("Call-ID: "));
	call_id[strcspn(call_id + 2, "\r") + 2] = 0;
	snprintf(cseq, sizeof(cseq), "\r\nCSeq: 2 INVITE\r\n");
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(hears(t, &p.wifi, "INVITE sip:201@192.168.1.10 ") && talk_is_quiet(t, &t->pbx));
	CHECK(wire_has(&t->at_phone, call_id) && wire_has(&t->at_phone, cseq));
	answers(t, &p.wifi, "200 OK", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(hears(t, &p.wifi, "ACK "));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(hears(t, &p.wifi, "BYE "));
	return ERR_NONE;
}

TALK_TEST(flows_invite_lost, "tells who calls where no other flow is left, or the phone has rung")
{
	struct pair p;

	TRY(is_called(t, &p));
	answers(t, &p.mobile, "180 Ringing", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(!hears(t, &p.wifi, ""));
	talk_cancel(t, &t->pbx);
	while (wire_take(t->w, &t->pbx.flow) || wire_take(t->w, &p.wifi.flow))
		;
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && hears(t, &p.wifi, "INVITE "));
	border_disconnected(t->w->border, &p.wifi.flow, t->w->now.us, t->w->now);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	return ERR_NONE;
}

TALK_TEST(flows_call, "goes on with a call by the other flow when its own ends")
{
	struct pair p;

	TRY(is_called(t, &p));
	answers(t, &p.mobile, "200 OK", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(hears(t, &p.mobile, "ACK "));
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(hears(t, &p.wifi, "BYE "));
	return ERR_NONE;
}

/* ---- calls by sips: ---- */

static void with_sips(struct border_settings *s) { s->needs_sips = true; }

/* The PBX calls by that scheme the pair whose freshest flow is by TLS, the other one not. */
static enum err is_called_by(struct talk *t, struct pair *p, const char *scheme)
{
	char user_and_host[200];

	p->wifi = phone_on(t->w, connection(40, 5));
	p->mobile = phone_on(t->w, connection(41, 6));
	p->mobile.flow.transport = TRANSPORT_TLS;
	TRY(register_both(t, p));
	CHECK(sscanf(t->w->pbx_contact, "%*[^:]:%199s", user_and_host) == 1);
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s:%s", scheme, user_and_host);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(hears(t, &p->mobile, "INVITE sip:201@10.55.0.2 "));
	return ERR_NONE;
}

static enum err keeps_invite(struct talk *t)
{
	struct pair p;

	TRY(is_called_by(t, &p, "sips"));
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(!hears(t, &p.wifi, "") && talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	return ERR_NONE;
}

static enum err moves_invite(struct talk *t)
{
	struct pair p;

	TRY(is_called_by(t, &p, "sip"));
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(hears(t, &p.wifi, "INVITE sip:201@192.168.1.10 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TEST(flows_sips_invite,
     "sends an INVITE by sips: to no other flow in the clear where TLS is required")
{
	TRY(talk_with_settings(with_sips, keeps_invite));
	return talk_with_settings(with_sips, moves_invite);
}

static enum err is_up(struct talk *t, struct pair *p, const char *scheme)
{
	TRY(is_called_by(t, p, scheme));
	talk_learns(&t->phone, &t->at_phone);
	answers(t, &p->mobile, "200 OK", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(hears(t, &p->mobile, "ACK "));
	border_disconnected(t->w->border, &p->mobile.flow, t->w->now.us, t->w->now);
	return ERR_NONE;
}

static enum err keeps_call(struct talk *t)
{
	struct pair p;

	TRY(is_up(t, &p, "sips"));
	/* What the phone says in the clear is no reason either. */
	t->phone.flow = p.wifi.flow;
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(hears(t, &p.wifi, "SIP/2.0 403 ") && talk_is_quiet(t, &t->pbx));
	/* It comes back by TLS. */
	p.mobile.flow.connection++;
	TRY(phone_registers(&p.mobile));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(!hears(t, &p.wifi, "") && hears(t, &p.mobile, "BYE "));
	return ERR_NONE;
}

static enum err moves_call(struct talk *t)
{
	struct pair p;

	TRY(is_up(t, &p, "sip"));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(hears(t, &p.wifi, "BYE "));
	return ERR_NONE;
}

TEST(flows_sips_call, "nor a call by sips: that is up, which goes on by TLS again")
{
	TRY(talk_with_settings(with_sips, keeps_call));
	return talk_with_settings(with_sips, moves_call);
}

TALK_TEST(flows_full, "holds eight flows of an instance, the one that would end first making room")
{
	struct pair p;
	char contact[128];

	TRY(register_pair(t, &p));
	CHECK(phone_registrations(t->w) == 3);
	for (unsigned i = 0; i < 12; i++) {
		wire_advance(t->w, SECOND_US);
		snprintf(contact, sizeof(contact), AT_MOBILE ";reg-id=%u", i + 3);
		p.mobile.r.contact = contact;
		TRY(phone_registers(&p.mobile));
		CHECK(phone_registrations(t->w) == (i < 6 ? i + 4 : 9));
	}
	CHECK(rings(t, &p) == 'm');
	/* One that is there already displaces none. */
	TRY(phone_registers(&p.mobile));
	CHECK(phone_registrations(t->w) == 9);
	border_disconnected(t->w->border, &p.mobile.flow, t->w->now.us, t->w->now);
	CHECK(phone_registrations(t->w) == 1 && rings(t, &p) == '-');
	return ERR_NONE;
}

static const struct unoffered_case {
	const char *name, *contact, *headers;
} unoffered[] = {
	{ "who does not know it", AT_WIFI ";reg-id=1", "Supported: path\r\n" },
	{ "who says nothing", AT_WIFI ";reg-id=1", NULL },
	{ "no reg-id", AT_WIFI, OUTBOUND },
	{ "reg-id 0", AT_WIFI ";reg-id=0", OUTBOUND },
	{ "reg-id no number", AT_WIFI ";reg-id=x", OUTBOUND },
	{ "reg-id too large", AT_WIFI ";reg-id=2147483648", OUTBOUND },
	{ "no instance", "<sip:201@192.168.1.10>;reg-id=1", OUTBOUND },
	{ "behind a proxy", AT_WIFI ";reg-id=1",
	  "Via: SIP/2.0/TCP 192.168.1.10;branch=z9hG4bKbehind\r\n" OUTBOUND },
};

TALK_TEST(flows_unoffered,
          "offers no flows where they could not be kept, and registers all the same")
{
	for (unsigned i = 0; i < sizeof(unoffered) / sizeof(unoffered[0]); i++) {
		const struct unoffered_case *c = &unoffered[i];
		struct flow at = *connection(50 + i, 10 + i);
		struct phone p;

		fprintf(stderr, "  %s\n", c->name);
		p = phone_on(t->w, &at);
		p.r.contact = c->contact;
		p.r.headers = c->headers;
		TRY(phone_registers(&p));
		CHECK(!wire_has(&p.heard, "outbound") && !wire_has(&p.heard, "Flow-Timer"));
	}
	return ERR_NONE;
}

/* By two ways of datagrams. */
static enum err register_datagrams(struct talk *t, struct pair *ret)
{
	struct flow wifi = wire_outside(40, 30005), mobile = wire_outside(41, 30006);

	ret->wifi = phone_on(t->w, &wifi);
	ret->mobile = phone_on(t->w, &mobile);
	return register_both(t, ret);
}

TALK_TEST(flows_udp, "are offered over UDP, with the keeping that phones do there by themselves")
{
	struct pair p;
	char first[256];

	TRY(register_datagrams(t, &p));
	CHECK(wire_has(&p.wifi.heard, "\r\nRequire: outbound\r\n"));
	CHECK(wire_has(&p.mobile.heard, "\r\nRequire: outbound\r\n"));
	CHECK(!wire_has(&p.wifi.heard, "Flow-Timer") && !wire_has(&p.mobile.heard, "Flow-Timer"));
	snprintf(first, sizeof(first), "%s", t->w->pbx_contact);
	CHECK(rings(t, &p) == 'm');
	/* Its NAT forgot it: what it is seen at is another port, and the flow a new one. */
	p.mobile.flow = wire_outside(41, 30007);
	TRY(phone_registers(&p.mobile));
	CHECK(strcmp(first, t->w->pbx_contact) == 0 && rings(t, &p) == 'm');
	/* One that says no more ends by its time. */
	for (unsigned i = 0; i < 5; i++) {
		wire_advance(t->w, 30 * (uint64_t)SECOND_US);
		TRY(phone_registers(&p.wifi));
	}
	CHECK(rings(t, &p) == 'w');
	return ERR_NONE;
}

TALK_TEST(flows_restart, "over UDP outlive the worker, and are still one Contact")
{
	struct pair p;

	TRY(register_datagrams(t, &p));
	TRY(wire_restart(t->w));
	CHECK(rings(t, &p) == 'm');
	p.mobile.r.ends = true;
	TRY(phone_registers(&p.mobile));
	CHECK(rings(t, &p) == 'w');
	return ERR_NONE;
}

TALK_TEST(flows_required, "are given to a phone that demands them, at first and when it refreshes")
{
	struct pair p;

	p.wifi = phone_on(t->w, connection(40, 5));
	p.wifi.r.contact = AT_WIFI ";reg-id=1";
	p.wifi.r.headers = "Require: outbound\r\n";
	for (unsigned i = 0; i < 2; i++) {
		TRY(phone_registers(&p.wifi));
		CHECK(is_offered(&p.wifi));
	}
	p.wifi.r.headers = "Require: outbound, teleport\r\n";
	phone_says(&p.wifi, false);
	CHECK(wire_has(&p.wifi.heard, "SIP/2.0 420 "));
	CHECK(wire_has(&p.wifi.heard, "\r\nUnsupported: teleport\r\n"));
	return ERR_NONE;
}

TALK_TEST(flows_gruu,
          "promise no name by which everybody reaches that instance, and refuse who demands one")
{
	struct phone p = phone_on(t->w, connection(40, 5));

	p.r.contact = AT_WIFI ";reg-id=1";
	p.r.headers = "Supported: path, gruu, outbound\r\n";
	TRY(phone_registers(&p));
	CHECK(is_offered(&p) && !wire_has(&p.heard, "gruu"));
	p.r.headers = "Require: gruu\r\n";
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 420 "));
	CHECK(wire_has(&p.heard, "\r\nUnsupported: gruu\r\n"));
	return ERR_NONE;
}

TALK_TEST(flows_apart, "keeps instances and accounts apart, whatever reg-id they have")
{
	struct pair p;
	struct phone others[2] = { phone_on(t->w, connection(42, 9)),
		                   phone_on(t->w, connection(43, 8)) };
	char name[256];

	TRY(register_pair(t, &p));
	snprintf(name, sizeof(name), "%s", t->w->pbx_contact);
	others[0].r.contact = "<sip:201@10.1.1.1>;+sip.instance=\"<urn:uuid:0-2>\";reg-id=1";
	others[1].r.contact = AT_WIFI ";reg-id=1";
	others[1].r.user = "202";
	for (unsigned i = 0; i < 2; i++) {
		others[i].r.call_id = i == 0 ? "o1" : "o2";
		others[i].r.headers = OUTBOUND;
		TRY(phone_registers(&others[i]));
		CHECK(is_offered(&others[i]) && strcmp(name, t->w->pbx_contact) != 0);
	}
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", name);
	CHECK(rings(t, &p) == 'm');
	return ERR_NONE;
}
