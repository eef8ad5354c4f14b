/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: found by description or by their run, counted, and told with the call. */
#include "scene.h"

#include "runner/test.h"

#include <string.h>

#define CALLER_RTP "203.0.113.66:4000"
#define CALLEE_RTP "198.51.100.1:6000"

static void begin_call(struct scene *s, const char *offer, const char *answer)
{
	SAY(s, 1, ATTACKER, PBX, "INVITE", .call = "a", .sdp = offer);
	SAY(s, 1, PBX, ATTACKER, "200", .method = "INVITE", .call = "a", .to_tag = "t",
	    .sdp = answer);
	SAY(s, 1, ATTACKER, PBX, "ACK", .call = "a", .to_tag = "t");
}

static void talk(struct scene *s, const char *from, const char *to, uint8_t type, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		scene_rtp(s, 2000 + i * 20u, from, to, 77, i, type);
}

TEST(stream_of_call, "RTP that a description announced belongs to its call")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	begin_call(&s, "203.0.113.66 4000", "198.51.100.1 6000");
	talk(&s, CALLER_RTP, CALLEE_RTP, 8, 50);
	talk(&s, CALLEE_RTP, CALLER_RTP, 96, 40);
	SAY(&s, 5, ATTACKER, PBX, "BYE", .call = "a", .cseq = 2, .to_tag = "t");
	scene_advance(&s, 10);
	CHECK(s.stream_count == 2 && s.call_count == 1);
	CHECK(s.calls[0].streams == 2 && s.calls[0].packets == 90 && s.calls[0].lost == 0);
	CHECK(!s.calls[0].is_encrypted && s.streams[0].call == s.calls[0].number_in_watch);
	CHECK(strcmp(s.streams[0].codec, "PCMA") == 0 && s.streams[0].clock_hz == 8000);
	CHECK(strcmp(s.streams[1].codec, "opus") == 0 && s.streams[1].clock_hz == 48000);
	CHECK(s.streams[0].media == WATCH_MEDIA_PLAIN && s.streams[0].jitter_us == 0);
	return ERR_NONE;
}

TEST(stream_encrypted, "keys in the description make a call encrypted")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	begin_call(&s, "!203.0.113.66 4000", "!198.51.100.1 6000");
	talk(&s, CALLER_RTP, CALLEE_RTP, 8, 10);
	watch_end(s.watch);
	CHECK(s.calls[0].is_encrypted && s.streams[0].media == WATCH_MEDIA_KEYED);
	return ERR_NONE;
}

TEST(stream_found, "RTP without a description is found by its run in sequence")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	talk(&s, CALLER_RTP, CALLEE_RTP, 0, 30);
	talk(&s, CALLEE_RTP, CALLER_RTP, 0, 3);
	for (uint16_t i = 0; i < 30; i++)
		scene_rtp(&s, 2000 + i, PHONE, OTHER, 100 + i, (uint16_t)(i * 1000), 8);
	scene_advance(&s, 90);
	CHECK(s.stream_count == 1 && s.streams[0].packets == 30 && s.streams[0].call == 0);
	CHECK(strcmp(s.streams[0].codec, "PCMU") == 0);
	CHECK(s.streams[0].media == WATCH_MEDIA_UNKNOWN);
	return ERR_NONE;
}

TEST(stream_twice, "a stream whose packets are all captured twice is found all the same")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (unsigned i = 0; i < 20; i++)
		scene_rtp(&s, 1000 + 10 * i, PHONE, PBX, 7, (uint16_t)(100 + i / 2), 0);
	watch_end(s.watch);
	CHECK(s.stream_count == 1 && s.streams[0].packets == 20);
	return ERR_NONE;
}

TEST(stream_events, "digits and silence do not name the codec; what is missing is lost")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	begin_call(&s, "203.0.113.66 4000", "198.51.100.1 6000");
	scene_rtp(&s, 2000, CALLER_RTP, CALLEE_RTP, 77, 0, 101);
	scene_rtp(&s, 2020, CALLER_RTP, CALLEE_RTP, 77, 1, 13);
	scene_rtp(&s, 2040, CALLER_RTP, CALLEE_RTP, 77, 4, 8);
	watch_end(s.watch);
	CHECK(s.stream_count == 1 && strcmp(s.streams[0].codec, "PCMA") == 0);
	CHECK(s.streams[0].payload_type == 8 && s.streams[0].lost == 2 && s.calls[0].lost == 2);
	return ERR_NONE;
}

TEST(stream_rtcp, "RTCP beside a stream is noted, on the port above or on the same")
{
	static const struct {
		const char *name, *from, *to;
		bool want;
	} cases[] = {
		{ "port above", "203.0.113.66:4001", "198.51.100.1:6001", true },
		{ "same port", CALLER_RTP, CALLEE_RTP, true },
		{ "elsewhere", "203.0.113.66:4003", "198.51.100.1:6003", false },
	};
	const struct view report = VIEW("\x80\xc9\0\1\0\0\0\x4d");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_SCENE s;
		struct flow flow = scene_flow(cases[i].from, cases[i].to);

		TRY(scene_init(&s));
		talk(&s, CALLER_RTP, CALLEE_RTP, 8, 10);
		watch_datagram(s.watch, &flow, report, (struct now){ 4 * SECOND_US, 0 });
		watch_end(s.watch);
		CHECK_CASE(s.streams[0].has_rtcp == cases[i].want, cases[i].name);
	}
	return ERR_NONE;
}

TEST(stream_two_sources, "two sources on one flow are two streams")
{
	OWNED_SCENE s;

	TRY(scene_init(&s));
	for (uint16_t i = 0; i < 20; i++) {
		scene_rtp(&s, 2000 + i * 20u, CALLER_RTP, CALLEE_RTP, 1, i, 8);
		scene_rtp(&s, 2000 + i * 20u, CALLER_RTP, CALLEE_RTP, 2, (uint16_t)(i + 500), 8);
	}
	watch_end(s.watch);
	CHECK(s.stream_count == 2 && s.streams[0].packets == 20 && s.streams[0].lost == 0);
	return ERR_NONE;
}

TEST(stream_noise, "datagrams that are no media cost nothing and say nothing")
{
	OWNED_SCENE s;
	struct flow flow = scene_flow(PHONE, OTHER);

	TRY(scene_init(&s));
	watch_datagram(s.watch, &flow, VIEW(""), (struct now){ 1, 1 });
	watch_datagram(s.watch, &flow, VIEW("\x80"), (struct now){ 2, 2 });
	watch_datagram(s.watch, &flow, VIEW("\x80\xc8\0\0"), (struct now){ 2, 2 });
	watch_datagram(s.watch, &flow, VIEW("a question about a name"), (struct now){ 3, 3 });
	watch_end(s.watch);
	CHECK(s.stream_count == 0 && watch_counters_of(s.watch)->other == 4);
	return ERR_NONE;
}
