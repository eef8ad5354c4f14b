/* SPDX-License-Identifier: Apache-2.0 */
/* What detectors are told of strangers: whom they asked for, by what tool, and
 * what was odd. */
#include "guard/agent.h"
#include "guard/oddity.h"
#include "guard/refrain.h"
#include "guard/screen.h"
#include "unit/border/wire.h"

#include <stdio.h>
#include <string.h>

#define REQUEST(method, user, rest)                                                                \
	method " sip:" user "@198.51.100.1 SIP/2.0\r\n"                                            \
	       "Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bKnashds8\r\nMax-Forwards: 70\r\n"  \
	       "From: <sip:100@far.example>;tag=1928301774\r\nTo: <sip:" user "@198.51.100.1>\r\n" \
	       "Call-ID: a84b4c76e66710\r\nCSeq: 1 " method "\r\n" rest                            \
	       "Content-Length: 0\r\n\r\n"

static const struct {
	const char *name, *text;
	enum fact_kind kind;
	uint16_t reason, agent;
	const char *account, *number;
} cases[] = {
	{ "OPTIONS", REQUEST("OPTIONS", "201", ""), FACT_REQUEST, 0, 0, "201@sip.example", "201" },
	{ "INVITE", REQUEST("INVITE", "00441632960001", ""), FACT_REQUEST, 0, 0,
	  "00441632960001@sip.example", "00441632960001" },
	{ "a tool's name", REQUEST("OPTIONS", "201", "User-Agent: sipcli/v1.8\r\n"), FACT_REQUEST,
	  0, AGENT_SIPCLI, "201@sip.example", "201" },
	{ "a shape",
	  "OPTIONS sip:100@198.51.100.1 SIP/2.0\r\n"
	  "Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bK-3221225472;rport\r\n"
	  "To: <sip:100@1.1.1.1>\r\nFrom: <sip:100@1.1.1.1>;tag=a\r\nCall-ID: 1\r\n"
	  "CSeq: 1 OPTIONS\r\nContact: sip:100@203.0.113.66:5060\r\nAccept: application/sdp\r\n"
	  "User-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n",
	  FACT_SCANNER, SIGNATURE_NOWHERE, AGENT_FRIENDLY_SCANNER, "100@1.1.1.1", "100" },
	{ "an oddity", REQUEST("INVITE", "201", "User-Agent: <script>x</script>\r\n"), FACT_ANOMALY,
	  ODDITY_INJECTION, 0, "", "" },
	{ "HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", FACT_NON_SIP, NON_SIP_HTTP, 0, "", "" },
	{ "noise", "\x80\x81\x82 and so on", FACT_NON_SIP, NON_SIP_NOISE, 0, "", "" },
};

static const struct fact *find(const struct wire *w, enum fact_kind kind)
{
	for (unsigned i = w->fact_count; i > 0; i--) {
		if (w->facts[i - 1].kind == kind)
			return &w->facts[i - 1];
	}
	return NULL;
}

TEST(facts_strangers, "a stranger's fact says whom he asked for, by what tool and how")
{
	struct flow stranger = wire_outside(66, 5060);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		__attribute__((cleanup(wire_free))) struct wire *w = NULL;
		const struct fact *fact;

		TRY(wire_new(&w));
		wire_receive(w, &stranger, cases[i].text);
		fact = find(w, cases[i].kind);
		CHECK_CASE(fact != NULL, cases[i].name);
		CHECK_CASE(fact->reason == cases[i].reason, cases[i].name);
		CHECK_CASE(fact->agent == cases[i].agent, cases[i].name);
		CHECK_CASE(strcmp(fact->account, cases[i].account) == 0, cases[i].name);
		CHECK_CASE(strcmp(fact->number, cases[i].number) == 0, cases[i].name);
		CHECK_CASE(fact_is_sound(fact) || fact->version == 0, cases[i].name);
		CHECK_CASE(wire_take(w, &stranger) == NULL, cases[i].name);
	}
	return ERR_NONE;
}

TEST(facts_control_bytes, "a refused message with control bytes in its method is told all the same")
{
	__attribute__((cleanup(wire_free))) struct wire *w = NULL;
	struct flow stranger = wire_outside(66, 5060);
	struct fact fact;

	TRY(wire_new(&w));
	wire_receive(w, &stranger, REQUEST("\rCK", "201", ""));
	CHECK(find(w, FACT_ANOMALY) != NULL);
	fact = *find(w, FACT_ANOMALY);
	fact.version = FACT_VERSION;
	CHECK(fact_is_sound(&fact));
	CHECK(strcmp(fact.method, "?CK") == 0);
	return ERR_NONE;
}

/* A flow's bound on strangers, raised: else it drops a flood before any signature is asked. */
static void raise_bounds(struct border_settings *s)
{
	s->door.stranger_flow = s->door.stranger_address = (struct guard_rate){ 100000, 1000 };
}

static uint64_t dropped(const struct wire *w, enum counter which)
{
	return counters_get(&w->counters, which);
}

TEST(facts_refrain, "of a tool's flood few are read and told, each is counted, none is forgotten")
{
	enum { FLOOD = 2000 };
	__attribute__((cleanup(wire_free))) struct wire *w = NULL;
	struct flow tool = wire_outside(66, 5060);
	char text[1024];
	uint64_t told = 0;

	TRY(wire_new_with(raise_bounds, &w));
	for (unsigned i = 0; i < FLOOD; i++) {
		(void)snprintf(text, sizeof(text),
		               "OPTIONS sip:%u@198.51.100.1 SIP/2.0\r\n"
		               "Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bK%u\r\n"
		               "From: \"sipvicious\" <sip:%u@1.1.1.1>;tag=%u\r\n"
		               "To: <sip:%u@1.1.1.1>\r\nCall-ID: %u\r\nCSeq: 1 OPTIONS\r\n"
		               "Max-Forwards: 70\r\n\r\n",
		               i, i, i, i, i, i);
		wire_receive(w, &tool, text);
	}
	CHECK(dropped(w, COUNT_dropped_screen) == FLOOD);
	CHECK(wire_count_facts(w, FACT_SCANNER) < FLOOD / 20);
	for (unsigned i = 0; i < w->fact_count; i++)
		told += w->facts[i].kind == FACT_SCANNER ? w->facts[i].count : 0;
	CHECK(told <= FLOOD && told + REFRAIN_STEP > FLOOD);
	/* What the same flow writes in another form is read. */
	wire_receive(w, &tool, REQUEST("OPTIONS", "201", "Subject: another\r\n"));
	CHECK(find(w, FACT_REQUEST) != NULL);
	return ERR_NONE;
}
