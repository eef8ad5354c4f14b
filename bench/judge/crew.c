/* SPDX-License-Identifier: Apache-2.0 */
/* Who attacks from where: the part that all variants share, and their list. */
#include "judge/crew.h"

#include <stdio.h>
#include <string.h>

const struct variant variants[] = {
	{ DETECTOR_SCANNER, "scan", play_scan, 50 },
	{ DETECTOR_SCANNER, "distributed scan", play_distributed_scan, 26 },
	{ DETECTOR_SCANNER, "wide sweep without a tool's shape", play_wide_sweep, 26 },
	{ DETECTOR_ENUMERATION, "users of one server", play_enumeration, 70 },
	{ DETECTOR_ENUMERATION, "users of many servers", play_spread_enumeration, 31 },
	{ DETECTOR_GUESSING, "passwords of one account", play_guesser, 60 },
	{ DETECTOR_GUESSING, "one account from many addresses", play_many_guessers, 21 },
	{ DETECTOR_GUESSING, "many accounts, few passwords", play_spray, 20 },
	{ DETECTOR_TOLL_FRAUD, "prefixes hunted", play_prefix_hunt, 80 },
	{ DETECTOR_TOLL_FRAUD, "stolen account dials", play_stolen_phone, 21 },
	{ DETECTOR_ANOMALY, "broken grammar", play_malformed, 80 },
	{ DETECTOR_ANOMALY, "text meant for another program", play_injection, 21 },
	{ DETECTOR_NON_SIP, "another protocol", play_not_sip, 101 },
};

const uint32_t variant_count = sizeof(variants) / sizeof(variants[0]);

static const char *const guises[MAKE_COUNT] = {
	[MAKE_PHONE] = "Softphone 3.9",
	[MAKE_PLAIN] = NULL,
	[MAKE_VICIOUS] = "friendly-scanner",
	[MAKE_DISGUISED] = "Cisco-SIPGateway/IOS-15.2",
	[MAKE_LIST_SCANNER] = "pplsip",
	[MAKE_DIALLER] = "sipcli/v1.8",
	[MAKE_PORT_PROBE] = NULL,
};

static struct addr address(uint32_t host, uint16_t port)
{
	struct addr a = { .bytes = { [10] = 0xff, [11] = 0xff }, .family = 4, .port = port };

	a.bytes[12] = (uint8_t)(host >> 24);
	a.bytes[13] = (uint8_t)(host >> 16);
	a.bytes[14] = (uint8_t)(host >> 8);
	a.bytes[15] = (uint8_t)host;
	return a;
}

void crew_draw(struct crew *c, struct stage *s, uint32_t sources, uint32_t targets)
{
	static const uint64_t paces_us[] = { 5000,      50000,   200000,
		                             SECOND_US, 5000000, 60 * UINT64_C(1000000) };
	struct chance *chance = &s->chance;

	memset(c, 0, sizeof(*c));
	c->stage = s;
	c->source_count = sources;
	c->target_count = targets;
	for (uint32_t i = 0; i < sources; i++)
		c->sources[i] = address(0x2d000000U + (uint32_t)(chance_next(chance) & 0xffffffU),
		                        (uint16_t)chance_between(chance, 1025, 65000));
	for (uint32_t i = 0; i < targets; i++)
		c->targets[i] = address(0xc6336400U + i, 5060);
	c->make = (enum make)chance_below(chance, MAKE_COUNT);
	c->agent = guises[c->make];
	c->pace_us = paces_us[chance_below(chance, 6)];
	(void)snprintf(c->story, sizeof(c->story), "make %d, %u sources, %u targets, %g s apart",
	               (int)c->make, sources, targets, (double)c->pace_us / SECOND_US);
}

struct parties crew_turn(struct crew *c)
{
	struct parties p = { c->sources[c->turn % c->source_count],
		             c->targets[c->turn / c->source_count % c->target_count], c->is_tcp };

	c->turn++;
	return p;
}

static void host_text(const struct addr *a, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);

	addr_write(&b, a);
	ret[b.len] = '\0';
}

void crew_words(struct crew *c, const struct parties *p, const char *method, const char *user,
                struct words *ret)
{
	char here[ADDR_TEXT_MAX], there[ADDR_TEXT_MAX];
	bool is_vicious = c->make == MAKE_VICIOUS || c->make == MAKE_DISGUISED;
	/* Asked for servers; asked for users the same tools name the user in To. */
	bool is_scan = strcmp(method, "OPTIONS") == 0 && strcmp(user, "100") == 0;

	host_text(&p->client, here, sizeof(here));
	host_text(&p->server, there, sizeof(there));
	*ret = (struct words){ .make = c->make,
		               .method = method,
		               .agent = guises[c->make],
		               .cseq = 1,
		               .expires = 60 };
	(void)snprintf(ret->via, sizeof(ret->via), "%s:%u", here, p->client.port);
	if (strcmp(method, "REGISTER") == 0)
		(void)snprintf(ret->uri, sizeof(ret->uri), "sip:%s", there);
	else
		(void)snprintf(ret->uri, sizeof(ret->uri), "sip:%s@%s", user, there);
	(void)snprintf(ret->to, sizeof(ret->to), "sip:%s@%s", user, there);
	(void)snprintf(ret->from, sizeof(ret->from), "sip:%s@%s",
	               strcmp(method, "INVITE") == 0 ? "1000" : user, there);
	if (is_scan && is_vicious) {
		(void)snprintf(ret->to, sizeof(ret->to), "sip:100@1.1.1.1");
		(void)snprintf(ret->from, sizeof(ret->from), "sip:100@1.1.1.1");
	}
	if (is_scan && c->make == MAKE_PORT_PROBE) {
		(void)snprintf(ret->to, sizeof(ret->to), "sip:nm@nm");
		(void)snprintf(ret->from, sizeof(ret->from), "sip:nm@nm");
		(void)snprintf(ret->uri, sizeof(ret->uri), "sip:nm");
	}
	(void)snprintf(ret->contact, sizeof(ret->contact), "sip:%s@%s:%u", user, here,
	               p->client.port);
	words_renew(ret, &c->stage->chance);
}

void crew_pause(struct crew *c)
{
	stage_wait(c->stage, chance_between(&c->stage->chance, c->pace_us / 2, c->pace_us * 3 / 2));
}
