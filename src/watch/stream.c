/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of RTP. The bulk of all packets comes here: one look-up by flow and
 * source, then counting. What no description announced is believed once it has
 * run in sequence; until then it is the first to be forgotten. */
#include "watch/watch_priv.h"

#include <string.h>

enum { RUN_OF_BELIEF = 4, MOVE_US = SECOND_US };
enum { RTCP_FIRST = 192, RTCP_TYPES = 32 }; /* second byte; RFC 5761 4 */

/* ---- the look-up ---- */

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct watch_stream_key key_of(const struct flow *flow, uint32_t ssrc)
{
	uint32_t ports = (uint32_t)flow->local.port << 16 | flow->remote.port;
	struct watch_stream_key key __attribute__((uninitialized));

	memcpy(key.words, flow->remote.bytes, sizeof(flow->remote.bytes));
	memcpy(key.words + 2, flow->local.bytes, sizeof(flow->local.bytes));
	key.words[4] = (uint64_t)ssrc << 32 | ports;
	return key;
}

/* SipHash would cost as much as all the rest. Multiplying under a secret key will do: an
 * attacker who found collisions gained a chain no longer than the table is large. */
static inline uint64_t hash_of(const struct watch *w, const struct watch_stream_key *key)
{
	const uint64_t *secret = w->stream_key, *words = key->words;
	uint64_t hash = fold(words[0] ^ secret[0], words[1] ^ secret[1]);

	hash = fold(hash ^ words[2], words[3] ^ secret[2]);
	return fold(hash ^ words[4], secret[3]);
}

static inline bool is_same(const struct watch_stream_key *a, const struct watch_stream_key *b)
{
	return ((a->words[4] ^ b->words[4]) | (a->words[3] ^ b->words[3]) |
	        (a->words[1] ^ b->words[1]) | (a->words[0] ^ b->words[0]) |
	        (a->words[2] ^ b->words[2])) == 0;
}

/* ---- end ---- */

static void report(struct watch *w, struct watch_flow_of_rtp *s)
{
	struct watch_stream *ret = &s->report;
	struct watch_dialog *call = s->call;

	if (!s->is_believed)
		return;
	ret->packets = s->statistics.packets;
	ret->octets = s->statistics.octets;
	ret->lost = rtp_statistics_lost(&s->statistics);
	ret->jitter_us = rtp_statistics_jitter_us(&s->statistics);
	ret->clock_hz = s->clock_hz;
	if (call) {
		call->report.streams =
			(uint16_t)(call->report.streams + (call->report.streams < UINT16_MAX));
		call->report.packets += ret->packets;
		call->report.lost += ret->lost;
		call->has_plain |= ret->media != WATCH_MEDIA_KEYED;
	}
	if (w->ports.stream)
		w->ports.stream(w->ports.context, ret);
}

void watch_stream_forget(void *watch, void *row)
{
	struct watch_flow_of_rtp *s = row;
	struct watch *w = watch;

	wheel_cancel(&w->wheel, &s->timer);
	report(w, s);
	if (s->call)
		list_remove(&s->of_call);
}

void watch_stream_end(struct watch_flow_of_rtp *s)
{
	struct watch *w = s->watch;

	watch_stream_forget(w, s);
	watch_table_drop(&w->streams, s);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct watch_flow_of_rtp *s = HOLDER(timer, struct watch_flow_of_rtp, timer);
	uint64_t over_us =
		s->statistics.last_arrival_us + (uint64_t)s->watch->settings.silence_s * SECOND_US;

	(void)now_us;
	if (over_us > s->watch->now.us)
		wheel_set(&s->watch->wheel, &s->timer, over_us);
	else
		watch_stream_end(s);
}

/* ---- beginning ---- */

static void read_format(struct watch_flow_of_rtp *s, const struct watch_place *place,
                        uint8_t payload_type)
{
	struct watch_format format;

	s->payload_type = payload_type;
	s->is_event = watch_media_format(place, payload_type, &format);
	if (format.clock_hz != 0)
		s->clock_hz = format.clock_hz;
	if (s->is_event || s->report.codec[0] != '\0')
		return;
	s->report.payload_type = payload_type;
	memcpy(s->report.codec, format.codec, sizeof(format.codec));
}

/* A description may come behind the first packets. Returns it, or NULL. */
static const struct watch_place *meet_call(struct watch *w, struct watch_flow_of_rtp *s)
{
	const struct watch_place *place = watch_media_find(w, &s->report.to, &s->report.from);
	struct watch_dialog *call;

	s->place = place ? place->row.hash : 0;
	if (!place)
		return NULL;
	s->report.media = place->media;
	call = s->call ? NULL : watch_table_find(&w->calls, place->call);
	if (!call || call->report.number_in_watch != place->number_in_watch)
		return place;
	s->call = call;
	s->report.call = place->number_in_watch;
	list_append(&call->streams, &s->of_call);
	return place;
}

static void believe(struct watch *w, struct watch_flow_of_rtp *s)
{
	s->is_believed = true;
	watch_table_keep(&w->streams, s, true);
}

static void begin(struct watch *w, const struct flow *flow, const struct rtp_packet *p,
                  uint64_t hash, const struct watch_stream_key *key)
{
	struct watch_flow_of_rtp *s = watch_table_add(&w->streams, hash);

	s->key = *key;
	s->watch = w;
	s->moved_us = w->now.us;
	list_init(&s->of_call);
	timer_init(&s->timer, fire);
	/* A new row is zeroed. */
	s->report.from = flow->remote;
	s->report.to = flow->local;
	s->report.ssrc = p->ssrc;
	s->report.payload_type = p->payload_type;
	s->report.first_wall_us = s->report.last_wall_us = w->now.wall_us;
	read_format(s, meet_call(w, s), p->payload_type);
	rtp_statistics_start(&s->statistics, p, w->now.us, s->clock_hz);
	wheel_set(&w->wheel, &s->timer, w->now.us + (uint64_t)w->settings.silence_s * SECOND_US);
	if (s->call)
		believe(w, s);
}

/* ---- packets ---- */

static void try_to_believe(struct watch *w, struct watch_flow_of_rtp *s, const struct rtp_packet *p,
                           uint64_t expected)
{
	/* A mirror port may show each packet twice. */
	if (p->sequence != (uint16_t)(expected - 1))
		s->run = p->sequence == (uint16_t)expected ? (uint8_t)(s->run + 1) : 0;
	if (s->run + 1 < RUN_OF_BELIEF)
		return;
	read_format(s, meet_call(w, s), p->payload_type);
	believe(w, s);
}

static void note(struct watch *w, struct watch_flow_of_rtp *s, const struct rtp_packet *p)
{
	uint64_t expected = s->statistics.highest + 1;
	bool is_moved = now_since(w->now.us, s->moved_us) >= MOVE_US;

	s->report.last_wall_us = w->now.wall_us;
	if (p->payload_type != s->payload_type)
		read_format(s, watch_media_at(w, s->place), p->payload_type);
	(void)rtp_statistics_note(&s->statistics, p, w->now.us, s->clock_hz);
	if (!s->is_believed)
		try_to_believe(w, s, p, expected);
	if (!is_moved)
		return;
	s->moved_us = w->now.us;
	if (!s->call)
		(void)meet_call(w, s);
	watch_table_front(&w->streams, s);
}

/* Its sender is a source of RTP on the same ports, or on the ones below. */
static void note_rtcp(struct watch *w, const struct flow *flow, struct view payload)
{
	struct cursor in = cursor_on(view_after(payload, 4));
	uint32_t ssrc = cursor_u32(&in);

	w->counters.rtcp++;
	for (uint16_t below = 0; below < 2; below++) {
		struct flow of_rtp = *flow;
		struct watch_stream_key key;
		struct watch_flow_of_rtp *s;

		of_rtp.remote.port = (uint16_t)(of_rtp.remote.port - below);
		of_rtp.local.port = (uint16_t)(of_rtp.local.port - below);
		key = key_of(&of_rtp, ssrc);
		s = watch_table_find(&w->streams, hash_of(w, &key));
		if (s && is_same(&s->key, &key))
			s->report.has_rtcp = true;
	}
}

static inline bool is_rtcp(struct view payload)
{
	return payload.len >= 8 && (uint8_t)((uint8_t)payload.at[1] - RTCP_FIRST) < RTCP_TYPES &&
	       (uint8_t)payload.at[0] >> 6 == 2;
}

void watch_stream_packet(struct watch *w, const struct flow *flow, struct view payload)
{
	struct rtp_packet p __attribute__((uninitialized)); /* read where the parse fills it */
	struct watch_flow_of_rtp *s;
	struct watch_stream_key key;
	uint64_t hash;

	if (is_rtcp(payload)) {
		note_rtcp(w, flow, payload);
		return;
	}
	if (rtp_packet_parse(payload, &p) != ERR_NONE) {
		w->counters.other++;
		return;
	}
	w->counters.rtp++;
	key = key_of(flow, p.ssrc);
	hash = hash_of(w, &key);
	s = watch_table_find(&w->streams, hash);
	if (!s)
		begin(w, flow, &p, hash, &key);
	else if (is_same(&s->key, &key))
		note(w, s, &p);
}
