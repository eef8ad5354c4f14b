/* SPDX-License-Identifier: Apache-2.0 */
/* Writes messages from few words, and keeps what comes out. */
#include "scene.h"

#include <stdio.h>
#include <string.h>

static const int64_t begin_wall_us = INT64_C(1700000000) * SECOND_US;

/* ---- ports ---- */

static void on_fact(void *context, const struct fact *fact)
{
	struct scene *s = context;

	s->has_unsound |= !fact_is_sound(fact);
	if (s->fact_count < MAX_SCENE_FACTS)
		s->facts[s->fact_count] = *fact;
	s->fact_count++;
}

static void on_call(void *context, const struct watch_call *call)
{
	struct scene *s = context;

	if (s->call_count < MAX_SCENE_REPORTS)
		s->calls[s->call_count] = *call;
	s->call_count++;
}

static void on_stream(void *context, const struct watch_stream *stream)
{
	struct scene *s = context;

	if (s->stream_count < MAX_SCENE_REPORTS)
		s->streams[s->stream_count] = *stream;
	s->stream_count++;
}

static void on_phone(void *context, const struct watch_phone *phone)
{
	struct scene *s = context;

	if (s->phone_count < MAX_SCENE_REPORTS)
		s->phones[s->phone_count] = *phone;
	s->phone_count++;
}

static uint16_t on_signature(void *context, const struct sip_msg *msg, const struct flow *flow)
{
	(void)msg;
	(void)flow;
	return ((struct scene *)context)->signature;
}

static uint16_t on_oddity(void *context, const struct sip_msg *msg)
{
	(void)msg;
	return ((struct scene *)context)->oddity;
}

static uint16_t on_agent(void *context, const struct sip_msg *msg)
{
	(void)msg;
	return ((struct scene *)context)->agent;
}

static uint16_t on_grade(void *context, const struct sip_msg *msg)
{
	(void)msg;
	return ((struct scene *)context)->grade;
}

/* ---- life ---- */

enum err scene_init_with(struct scene *s, const struct watch_settings *settings)
{
	const struct hash_key key = { "scene" };
	const struct watch_ports ports = { .context = s,
		                           .fact = on_fact,
		                           .call = on_call,
		                           .stream = on_stream,
		                           .phone = on_phone,
		                           .inspector = &s->inspector };

	memset(s, 0, sizeof(*s));
	s->inspector = (struct inspector){ .context = s,
		                           .signature = on_signature,
		                           .agent = on_agent,
		                           .oddity = on_oddity,
		                           .grade = on_grade };
	s->settings = *settings;
	return watch_new(settings, &ports, &key, &s->watch);
}

enum err scene_init(struct scene *s)
{
	struct watch_settings settings = watch_settings_default;

	settings.max_transactions = settings.max_hosts = settings.max_nonces = 64;
	settings.max_known = settings.max_calls = settings.max_phones = 16;
	settings.max_media = settings.max_streams = 16;
	return scene_init_with(s, &settings);
}

void scene_clear(struct scene *s) { watch_free(&s->watch); }

/* ---- talk ---- */

struct flow scene_flow(const char *from, const char *to)
{
	struct flow flow = { 0 };

	if (addr_parse_port(view_of(from), &flow.remote) != ERR_NONE ||
	    addr_parse_port(view_of(to), &flow.local) != ERR_NONE)
		return (struct flow){ 0 };
	return flow;
}

static struct now at_ms(uint64_t ms)
{
	return (struct now){ .us = 1000000 + ms * MILLISECOND_US,
		             .wall_us = begin_wall_us + (int64_t)ms * MILLISECOND_US };
}

static void send_at(struct scene *s, uint64_t ms, struct flow flow, struct view bytes)
{
	char copy[MAX_SCENE_BYTES];
	struct watch_message in = { .flow = &flow,
		                    .bytes = copy,
		                    .len = bytes.len < sizeof(copy) ? bytes.len : sizeof(copy),
		                    .now = at_ms(ms),
		                    .is_cut = s->is_cut,
		                    .is_connected = s->is_connected };

	memcpy(copy, bytes.at, in.len);
	if (s->is_connected)
		flow.transport = TRANSPORT_TCP;
	watch_message(s->watch, &in);
}

void scene_send(struct scene *s, unsigned at_s, const char *from, const char *to, struct view bytes)
{
	send_at(s, (uint64_t)at_s * 1000, scene_flow(from, to), bytes);
}

static void put_lines(struct buffer *b, const char *lines)
{
	for (; lines && *lines; lines++) {
		if (*lines == '\n')
			buffer_char(b, '\r');
		buffer_char(b, *lines);
	}
}

static void put_description(struct buffer *b, const char *sdp)
{
	bool is_keyed = sdp[0] == '!';
	const char *blank = strchr(sdp, ' ');
	char text[512];

	sdp += is_keyed;
	(void)snprintf(text, sizeof(text),
	               "v=0\no=- 1 1 IN IP4 %.*s\ns=-\nc=IN IP4 %.*s\nt=0 0\n"
	               "m=audio %s RTP/%s 8 96 101\na=rtpmap:96 opus/48000/2\n"
	               "a=rtpmap:101 telephone-event/8000\n",
	               (int)(blank - sdp), sdp, (int)(blank - sdp), sdp, blank + 1,
	               is_keyed ? "SAVP" : "AVP");
	put_lines(b, text);
}

static void put_start(struct buffer *b, const struct words *words, const char *user)
{
	char text[256];

	if (words->method)
		(void)snprintf(text, sizeof(text), "SIP/2.0 %s Words\n", words->what);
	else if (strcmp(words->what, "REGISTER") == 0)
		(void)snprintf(text, sizeof(text), "REGISTER sip:pbx.example SIP/2.0\n");
	else
		(void)snprintf(text, sizeof(text), "%s sip:%s@pbx.example SIP/2.0\n", words->what,
		               user);
	put_lines(b, text);
}

void scene_say(struct scene *s, unsigned at_s, const char *from, const char *to,
               const struct words *words)
{
	const char *method = words->method ? words->method : words->what;
	const char *user = words->user ? words->user : "201";
	const char *tag = words->from_tag ? words->from_tag : words->call;
	unsigned cseq = words->cseq ? words->cseq : 1;
	char bytes[MAX_SCENE_BYTES], text[1024], branch[64];
	struct buffer b = BUFFER_ON(bytes);

	(void)snprintf(branch, sizeof(branch), "z9hG4bK-%s-%u", words->call, cseq);
	put_start(&b, words, user);
	(void)snprintf(text, sizeof(text),
	               "Via: SIP/2.0/UDP %s;branch=%s\nMax-Forwards: 70\n"
	               "From: <sip:%s@pbx.example>;tag=%s\nTo: <sip:%s@pbx.example>%s%s\n"
	               "Call-ID: %s\nCSeq: %u %s\n",
	               words->method ? to : from, words->branch ? words->branch : branch,
	               words->caller ? words->caller : user, tag, user,
	               words->to_tag ? ";tag=" : "", words->to_tag ? words->to_tag : "",
	               words->call, cseq, method);
	put_lines(&b, text);
	put_lines(&b, words->more);
	if (words->sdp)
		put_lines(&b, "Content-Type: application/sdp\n");
	put_lines(&b, "\n");
	if (words->sdp)
		put_description(&b, words->sdp);
	send_at(s, (uint64_t)at_s * 1000, scene_flow(from, to), buffer_view(&b));
}

void scene_rtp(struct scene *s, unsigned ms, const char *from, const char *to, uint32_t ssrc,
               uint16_t sequence, uint8_t payload_type)
{
	struct flow flow = scene_flow(from, to);
	char bytes[172] = { 0 };
	struct buffer b = BUFFER_ON(bytes);

	buffer_char(&b, (char)0x80);
	buffer_char(&b, (char)payload_type);
	buffer_u16(&b, sequence);
	buffer_u32(&b, sequence * 160u);
	buffer_u32(&b, ssrc);
	watch_datagram(s->watch, &flow, view_bytes(bytes, sizeof(bytes)), at_ms(ms));
}

void scene_advance(struct scene *s, unsigned at_s)
{
	watch_advance(s->watch, at_ms((uint64_t)at_s * 1000));
}

/* ---- what came out ---- */

static unsigned kept(const struct scene *s)
{
	return s->fact_count < MAX_SCENE_FACTS ? s->fact_count : MAX_SCENE_FACTS;
}

unsigned scene_count(const struct scene *s, enum fact_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < kept(s); i++)
		count += s->facts[i].kind == kind;
	return count;
}

const struct fact *scene_last(const struct scene *s, enum fact_kind kind)
{
	for (unsigned i = kept(s); i > 0; i--) {
		if (s->facts[i - 1].kind == kind)
			return &s->facts[i - 1];
	}
	return NULL;
}
