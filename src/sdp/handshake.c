/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of handshakes, ICE and shared ports. */
#include "sdp/handshake.h"

#include "sdp/level_priv.h"
#include "sdp/reader_priv.h"

#include <string.h>

/* --- which lines ----------------------------------------------------------- */

static bool has_attribute(const struct sdp_session *s, const struct sdp_level *level,
                          struct view name)
{
	for (size_t i = 0; i < level->attribute_count; i++)
		if (view_equal(s->attributes[level->first_attribute + i].name, name))
			return true;
	return false;
}

bool sdp_media_shakes(const struct sdp_session *s, const struct sdp_media *m)
{
	if (m->protocol == SDP_PROTOCOL_DTLS_SAVP || m->protocol == SDP_PROTOCOL_DTLS_SAVPF)
		return true;
	return (m->protocol == SDP_PROTOCOL_SAVP || m->protocol == SDP_PROTOCOL_SAVPF) &&
	       !has_attribute(s, &m->level, VIEW("crypto")) &&
	       (has_attribute(s, &m->level, VIEW("fingerprint")) ||
	        has_attribute(s, &s->level, VIEW("fingerprint")));
}

/* --- values ------------------------------------------------------------------ */

struct reading {
	struct sdp_handshake h;
	bool has_ufrag, has_pwd, is_lite;
};

static enum err read_fingerprint(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;
	uint8_t bytes[MAX_SDP_FINGERPRINT];
	enum sdp_hash hash;
	enum err err = sdp_fingerprint_parse(value, &hash, bytes);

	if (err != ERR_NONE)
		return err == ERR_UNSUPPORTED ? ERR_NONE : err;
	if (r->h.has_fingerprint && r->h.hash == hash)
		return memcmp(bytes, r->h.fingerprint, sizeof(bytes)) == 0 ? ERR_NONE
		                                                           : ERR_UNSUPPORTED;
	if (r->h.has_fingerprint && r->h.hash > hash)
		return ERR_NONE;
	r->h.has_fingerprint = true;
	r->h.hash = (uint8_t)hash;
	memcpy(r->h.fingerprint, bytes, sizeof(bytes));
	return ERR_NONE;
}

static enum err read_setup(struct view value, void *context)
{
	return sdp_setup_parse(value, &((struct reading *)context)->h.setup);
}

/* RFC 8839 5.4: letters, digits, '+' and '/', of bounded length. */
static enum err read_ice_word(struct view value, size_t min)
{
	enum { MAX_ICE_WORD = 256 };

	if (value.len < min || value.len > MAX_ICE_WORD)
		return ERR_SYNTAX;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '+' || c == '/'))
			return ERR_SYNTAX;
	}
	return ERR_NONE;
}

static enum err read_ufrag(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;

	r->has_ufrag = true;
	return read_ice_word(value, 4);
}

static enum err read_pwd(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;

	r->has_pwd = true;
	return read_ice_word(value, 22);
}

static enum err read_lite(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;

	(void)value;
	r->is_lite = true;
	return ERR_NONE;
}

static enum err read_mux(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;

	(void)value;
	r->h.has_mux = true;
	return ERR_NONE;
}

static enum err read_mid(struct view value, void *context)
{
	struct reading *r = (struct reading *)context;

	if (!sdp_is_token(value))
		return ERR_SYNTAX;
	if (value.len <= MAX_SDP_MID)
		r->h.mid = value;
	return ERR_NONE;
}

/* RFC 8285 8: number, perhaps a direction, URI, perhaps attributes. One of a direction is none. */
static enum err read_extension(struct view value, void *context)
{
	static const struct view wanted = { "urn:ietf:params:rtp-hdrext:sdes:mid", 35 };
	enum { MAX_ID = 255 };
	size_t blank = view_find(value, ' ', 0);
	struct view id = view_first(value, blank), name = view_after(value, blank + 1);
	struct reading *r = (struct reading *)context;
	uint64_t number;

	if (view_equal(view_first(name, view_find(name, ' ', 0)), wanted) &&
	    view_decimal(id, MAX_ID, &number))
		r->h.mid_id = (uint8_t)number;
	return ERR_NONE;
}

static const struct sdp_known known[] = {
	{ { "fingerprint", 11 }, SDP_OF_BOTH, true, read_fingerprint },
	{ { "setup", 5 }, SDP_OF_BOTH, false, read_setup },
	{ { "ice-ufrag", 9 }, SDP_OF_BOTH, false, read_ufrag },
	{ { "ice-pwd", 7 }, SDP_OF_BOTH, false, read_pwd },
	{ { "ice-lite", 8 }, SDP_OF_SESSION, true, read_lite },
	{ { "rtcp-mux", 8 }, SDP_OF_LINE, true, read_mux },
	{ { "mid", 3 }, SDP_OF_LINE, false, read_mid },
	{ { "extmap", 6 }, SDP_OF_BOTH, true, read_extension },
};

/* a=group:BUNDLE mid mid ...; empty: the mid is in none. */
static struct view tag_of_bundle(const struct sdp_session *s, struct view mid)
{
	for (size_t i = 0; i < s->level.attribute_count && mid.len > 0; i++) {
		const struct sdp_attribute *a = &s->attributes[s->level.first_attribute + i];
		struct view rest = a->value, tag;

		if (!view_equal(a->name, VIEW("group")) || !view_starts(rest, VIEW("BUNDLE ")))
			continue;
		rest = view_after(rest, sizeof("BUNDLE ") - 1);
		tag = view_first(rest, view_find(rest, ' ', 0));
		while (rest.len > 0) {
			size_t blank = view_find(rest, ' ', 0);

			if (view_equal(view_first(rest, blank), mid))
				return tag;
			rest = view_after(rest, blank + 1);
		}
	}
	return VIEW_EMPTY;
}

static enum err read_line(const struct sdp_session *s, const struct sdp_media *m,
                          struct sdp_handshake *ret)
{
	struct reading r = { 0 };
	enum err err = sdp_read_known(s, m, known, sizeof(known) / sizeof(known[0]), &r);

	if (err != ERR_NONE)
		return err;
	r.h.has_ice = r.has_ufrag && r.has_pwd && !r.is_lite;
	r.h.tag = tag_of_bundle(s, r.h.mid);
	r.h.is_bundled = r.h.tag.len > 0;
	*ret = r.h;
	return ERR_NONE;
}

static enum err inherit(const struct sdp_session *s, struct sdp_handshake *h)
{
	struct sdp_handshake first;

	for (size_t i = 0; i < s->media_count; i++) {
		enum err err = read_line(s, &s->media[i], &first);

		if (err != ERR_NONE)
			return err;
		if (!view_equal(first.mid, h->tag))
			continue;
		if (h->has_fingerprint && !first.has_ice)
			break;
		first.mid = h->mid;
		first.tag = h->tag;
		first.mid_id = h->mid_id;
		first.has_mux |= h->has_mux;
		*h = first;
		break;
	}
	return ERR_NONE;
}

enum err sdp_handshake_read(const struct sdp_session *s, const struct sdp_media *m,
                            struct sdp_handshake *ret)
{
	struct sdp_handshake h;
	enum err err = read_line(s, m, &h);

	if (err == ERR_NONE && h.is_bundled && !h.has_ice && !view_equal(h.mid, h.tag))
		err = inherit(s, &h);
	if (err == ERR_NONE)
		*ret = h;
	return err;
}

bool sdp_media_is_bundle_only(const struct sdp_session *s, const struct sdp_media *m)
{
	return m->port == 0 && has_attribute(s, &m->level, VIEW("bundle-only"));
}

void sdp_media_take_bundled(struct sdp_session *s, struct sdp_media *m,
                            const struct sdp_media *host)
{
	m->port = host->port;
	m->rtp = host->rtp;
	m->rtcp = host->rtcp;
	m->is_held_by_address = host->is_held_by_address;
	for (size_t i = 0; i < m->format_count; i++) {
		struct sdp_format *f = &s->formats[m->first_format + i];

		f->is_dropped |= f->clock_rate_hz == 0;
	}
}

void sdp_ice_draw(const uint8_t random[SDP_ICE_RANDOM_SIZE], char ufrag[SDP_UFRAG_SIZE],
                  char pwd[SDP_PWD_SIZE])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; /* ice-char */

	for (size_t i = 0; i < SDP_UFRAG_SIZE + SDP_PWD_SIZE; i++) { /* six bits each */
		const uint8_t *at = random + i / 4 * 3;
		uint32_t word = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
		char letter = letters[word >> (18 - 6 * (i % 4)) & 63];

		if (i < SDP_UFRAG_SIZE)
			ufrag[i] = letter;
		else
			pwd[i - SDP_UFRAG_SIZE] = letter;
	}
}

/* --- written ------------------------------------------------------------------ */

static void put(struct buffer *b, const char *before, struct view text)
{
	buffer_text(b, before);
	buffer_put(b, text);
	buffer_text(b, "\r\n");
}

/* RFC 8445 5.1.2.1: a host's, of the first component. */
static void put_candidate(struct buffer *b, const struct addr *at)
{
	buffer_text(b, "a=candidate:1 1 UDP 2130706431 ");
	addr_write(b, at);
	buffer_char(b, ' ');
	buffer_decimal(b, at->port);
	buffer_text(b, " typ host\r\na=end-of-candidates\r\n");
}

void sdp_shake_write(struct buffer *b, const struct sdp_shake *shake, const struct addr *at)
{
	if (shake->mid.len > 0)
		put(b, "a=mid:", shake->mid);
	if (shake->is_bundled && shake->mid_id != 0) {
		buffer_text(b, "a=extmap:");
		buffer_decimal(b, shake->mid_id);
		buffer_text(b, " urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
	}
	/* RFC 8843 7.1.3 would have it there only once too; Chromium wants it in each line. */
	if (shake->has_mux)
		buffer_text(b, "a=rtcp-mux\r\n");
	if (shake->is_guest)
		return;
	buffer_text(b, "a=fingerprint:");
	sdp_fingerprint_write(b, shake->fingerprint);
	put(b, "\r\na=setup:", view_of(sdp_setup_text((enum sdp_setup)shake->setup)));
	if (shake->ufrag.len == 0)
		return;
	put(b, "a=ice-ufrag:", shake->ufrag);
	put(b, "a=ice-pwd:", shake->pwd);
	put_candidate(b, at);
}
