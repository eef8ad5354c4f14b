/* SPDX-License-Identifier: Apache-2.0 */
/* What descriptions promise: where RTP is to go, in which codecs, with keys or
 * without. */
#include "watch/watch_priv.h"

#include "sip/content_type.h"

#include <string.h>

/* ---- codecs ---- */

/* RFC 3551 6, by payload type. */
static const char static_codecs[][8] = {
	[0] = "PCMU",  [3] = "GSM",   [4] = "G723",  [5] = "DVI4",  [6] = "DVI4",   [7] = "LPC",
	[8] = "PCMA",  [9] = "G722",  [10] = "L16",  [11] = "L16",  [12] = "QCELP", [13] = "CN",
	[14] = "MPA",  [15] = "G728", [16] = "DVI4", [17] = "DVI4", [18] = "G729",  [25] = "CelB",
	[26] = "JPEG", [28] = "nv",   [31] = "H261", [32] = "MPV",  [33] = "MP2T",  [34] = "H263",
};

_Static_assert(sizeof(static_codecs[0]) <= WATCH_CODEC_SIZE, "a codec's name fits");

static struct watch_format static_format(uint8_t payload_type)
{
	struct watch_format format = { .payload_type = payload_type,
		                       .clock_hz = sdp_static_clock_hz(payload_type) };

	if (payload_type < sizeof(static_codecs) / sizeof(static_codecs[0]))
		memcpy(format.codec, static_codecs[payload_type], sizeof(static_codecs[0]));
	return format;
}

static bool is_no_sound(const struct watch_format *format)
{
	switch (format->codec[0] | 0x20) {
	case 't':
		return view_equal_nocase(view_of(format->codec), VIEW("telephone-event"));
	case 'c':
		return view_equal_nocase(view_of(format->codec), VIEW("CN"));
	default:
		return false;
	}
}

bool watch_media_format(const struct watch_place *place, uint8_t payload_type,
                        struct watch_format *ret)
{
	/* Of two that say the same number the later one holds. */
	for (unsigned i = place ? place->count : 0; i > 0; i--) {
		if (place->formats[i - 1].payload_type == payload_type) {
			*ret = place->formats[i - 1];
			return is_no_sound(ret);
		}
	}
	*ret = static_format(payload_type);
	return is_no_sound(ret);
}

/* ---- places ---- */

const struct watch_place *watch_media_at(const struct watch *w, uint64_t place)
{
	return place ? watch_table_find(&w->places, place) : NULL;
}

/* By where it goes; else by where it comes from, for whoever sends before he knows better. */
const struct watch_place *watch_media_find(const struct watch *w, const struct addr *to,
                                           const struct addr *from)
{
	const struct watch_place *place = watch_table_find(&w->places, watch_hash_place(w, 0, to));

	return place ? place : watch_table_find(&w->places, watch_hash_place(w, 0, from));
}

static bool is_keyed(const struct sdp_session *s, const struct sdp_media *m)
{
	return m->protocol == SDP_PROTOCOL_SAVP || m->protocol == SDP_PROTOCOL_SAVPF ||
	       m->protocol == SDP_PROTOCOL_DTLS_SAVP || m->protocol == SDP_PROTOCOL_DTLS_SAVPF ||
	       m->level.has_keys || s->level.has_keys;
}

/* Cut; a token, so there is nothing in it that must not be shown. By words that may overlap, of
 * which most names have two. */
static inline void take_codec(struct view name, char ret[WATCH_CODEC_SIZE])
{
	size_t len = name.len < WATCH_CODEC_SIZE ? name.len : WATCH_CODEC_SIZE - 1;

	memset(ret, 0, WATCH_CODEC_SIZE);
	if (len >= 8) {
		memcpy(ret, name.at, 8);
		memcpy(ret + len - 8, name.at + len - 8, 8);
	} else if (len >= 4) {
		memcpy(ret, name.at, 4);
		memcpy(ret + len - 4, name.at + len - 4, 4);
	} else {
		memcpy(ret, name.at, len);
	}
}

static uint8_t read_formats(const struct sdp_session *s, const struct sdp_media *m,
                            struct watch_format formats[MAX_MEDIA_FORMATS])
{
	const struct sdp_format *f = &s->formats[m->first_format], *end = f + m->format_count;
	uint8_t count = 0;

	for (; f < end && count < MAX_MEDIA_FORMATS; f++) {
		if (view_is_empty(f->encoding))
			continue;
		formats[count].payload_type = f->payload_type;
		formats[count].clock_hz = f->clock_rate_hz;
		take_codec(f->encoding, formats[count].codec);
		count++;
	}
	return count;
}

static void expect(struct watch *w, const struct sdp_session *s, const struct sdp_media *m,
                   const struct watch_dialog *call)
{
	bool is_new;
	struct watch_place *place =
		watch_table_touch(&w->places, watch_hash_place(w, 0, &m->rtp), &is_new);

	place->call = call->row.hash;
	place->number_in_watch = call->report.number_in_watch;
	place->media = is_keyed(s, m) ? WATCH_MEDIA_KEYED : WATCH_MEDIA_PLAIN;
	place->count = read_formats(s, m, place->formats);
}

void watch_media_read(struct watch *w, const struct watch_reading *r, struct watch_dialog *call)
{
	const struct sdp_session *s = &w->sdp;

	if (view_is_empty(r->msg->body) || sdp_parse(r->msg->body, &w->sdp) != SDP_FINE)
		return;
	for (uint16_t i = 0; i < s->media_count; i++) {
		const struct sdp_media *m = &s->media[i];

		if (m->port != 0 && m->rtp.family != 0 && m->rtp.port != 0 &&
		    (m->kind == SDP_KIND_AUDIO || m->kind == SDP_KIND_VIDEO))
			expect(w, s, m, call);
	}
}
