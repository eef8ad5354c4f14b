/* SPDX-License-Identifier: Apache-2.0 */
/* Full tables: nothing is lost unsaid, nothing proven is pushed out by noise. */
#include "scene.h"

#include "runner/test.h"

#include <stdio.h>

static struct watch_settings tiny(void)
{
	struct watch_settings settings = watch_settings_default;

	settings.max_transactions = settings.max_hosts = settings.max_known = 4;
	settings.max_nonces = settings.max_calls = settings.max_media = 4;
	settings.max_streams = settings.max_phones = 4;
	return settings;
}

static void from_host(unsigned i, char ret[ADDR_TEXT_MAX])
{
	(void)snprintf(ret, ADDR_TEXT_MAX, "203.0.113.%u:5060", i % 250 + 1);
}

static const char *name(unsigned i, char ret[16])
{
	(void)snprintf(ret, 16, "call-%u", i);
	return ret;
}

TEST(bounds_requests, "every request that a full table gives up is said before")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();
	char call[16], from[ADDR_TEXT_MAX];

	TRY(scene_init_with(&s, &settings));
	for (unsigned i = 0; i < 40; i++) {
		from_host(i, from);
		SAY(&s, 1, from, PBX, "OPTIONS", .call = name(i, call));
	}
	CHECK(scene_count(&s, FACT_REQUEST) == 36);
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_REQUEST) == 40 && !s.has_unsound);
	CHECK(watch_counters_of(s.watch)->forgotten >= 36);
	return ERR_NONE;
}

TEST(bounds_decided_first, "what is decided makes room for what is not")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();
	char call[16];

	TRY(scene_init_with(&s, &settings));
	SAY(&s, 1, PHONE, PBX, "OPTIONS", .call = "waits");
	for (unsigned i = 0; i < 20; i++) {
		SAY(&s, 1, ATTACKER, PBX, "OPTIONS", .call = name(i, call));
		SAY(&s, 1, PBX, ATTACKER, "404", .method = "OPTIONS", .call = name(i, call));
	}
	CHECK(scene_count(&s, FACT_REQUEST) == 20);
	SAY(&s, 2, PBX, PHONE, "403", .method = "OPTIONS", .call = "waits");
	CHECK(scene_last(&s, FACT_REQUEST)->status == 403);
	return ERR_NONE;
}

TEST(bounds_servers_stay, "forged sources by the thousand push out no server")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();
	char call[16], from[ADDR_TEXT_MAX];

	TRY(scene_init_with(&s, &settings));
	SAY(&s, 1, PHONE, PBX, "REGISTER", .call = "a");
	SAY(&s, 1, PBX, PHONE, "401", .method = "REGISTER", .call = "a", .more = CHALLENGE);
	for (unsigned i = 0; i < 100; i++) {
		from_host(i, from);
		SAY(&s, 2, from, PBX, "OPTIONS", .call = name(i, call));
	}
	s.fact_count = 0;
	SAY(&s, 3, PBX, PHONE, "INVITE", .call = "b");
	SAY(&s, 3, PHONE, PBX, "486", .method = "INVITE", .call = "b");
	CHECK(scene_last(&s, FACT_CALL) && scene_last(&s, FACT_CALL)->standing == STANDING_PEER);
	return ERR_NONE;
}

TEST(bounds_calls, "full tables of calls, media, streams and phones report what they give up")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();
	char call[16], from[ADDR_TEXT_MAX], sdp[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

	TRY(scene_init_with(&s, &settings));
	for (unsigned i = 0; i < 12; i++) {
		from_host(i, from);
		(void)snprintf(sdp, sizeof(sdp), "203.0.113.%u 4000", i + 1);
		(void)snprintf(to, sizeof(to), "203.0.113.%u:4000", i + 1);
		SAY(&s, i, from, PBX, "INVITE", .call = name(i, call), .sdp = sdp);
		SAY(&s, i, PBX, from, "200", .method = "INVITE", .call = name(i, call),
		    .to_tag = "t");
		SAY(&s, i, from, PBX, "ACK", .call = name(i, call), .to_tag = "t");
		scene_rtp(&s, i * 1000, PBX, to, i, 1, 8);
		SAY(&s, i, from, PBX, "REGISTER", .call = "r", .more = "Contact: <sip:x@y>\n");
		SAY(&s, i, PBX, from, "200", .method = "REGISTER", .call = "r");
	}
	CHECK(s.call_count == 8 && s.stream_count == 8 && s.phone_count == 8);
	watch_end(s.watch);
	CHECK(s.call_count == 12 && s.stream_count == 12 && s.phone_count == 12);
	return ERR_NONE;
}

TEST(bounds_noise_beside_streams, "packets of ever new sources push out no stream that runs")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();

	TRY(scene_init_with(&s, &settings));
	for (uint16_t i = 0; i < 5; i++)
		scene_rtp(&s, i * 20u, PHONE, OTHER, 7, i, 8);
	for (uint32_t i = 0; i < 100; i++)
		scene_rtp(&s, 100, ATTACKER, OTHER, 1000 + i, (uint16_t)i, 8);
	scene_rtp(&s, 120, PHONE, OTHER, 7, 5, 8);
	watch_end(s.watch);
	CHECK(s.stream_count == 1 && s.streams[0].packets == 6);
	return ERR_NONE;
}

TEST(bounds_defaults, "the default tables take less than 30 MiB, and none may have no row")
{
	OWNED_SCENE s;
	struct watch_settings settings = watch_settings_default;

	CHECK(watch_memory_bytes(&settings) < (size_t)30 * 1024 * 1024);
	settings.max_streams = 0;
	CHECK(scene_init_with(&s, &settings) != ERR_NONE);
	return ERR_NONE;
}

TEST(bounds_time, "time that stands still, runs back or leaps ahead does no harm")
{
	OWNED_SCENE s;
	struct watch_settings settings = tiny();
	struct flow flow = scene_flow(ATTACKER, PBX);
	static const uint64_t times[] = { 0, UINT64_MAX / 4, 1, UINT64_MAX, 5, UINT64_MAX };

	TRY(scene_init_with(&s, &settings));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[] = "OPTIONS sip:1@2 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n"
			      "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
			      "CSeq: 1 OPTIONS\r\n\r\n";
		struct watch_message in = { &flow, text, sizeof(text) - 1, { times[i], 0 }, 0, 0 };

		watch_message(s.watch, &in);
	}
	watch_end(s.watch);
	CHECK(scene_count(&s, FACT_REQUEST) >= 1 && !s.has_unsound);
	return ERR_NONE;
}
