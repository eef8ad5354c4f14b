/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of handshakes, ICE and shared ports. */
#include "sdp/handshake.h"

#include "sdp/reader_priv.h"

#include <string.h>

static const struct {
	struct view name;
	size_t size;
} hashes[SDP_HASH_COUNT] = {
	[SDP_SHA256] = { { "sha-256", 7 }, 32 },
	[SDP_SHA384] = { { "sha-384", 7 }, 48 },
	[SDP_SHA512] = { { "sha-512", 7 }, 64 },
};

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
	unsigned seen; /* by row of `known`, at the level in hand and below */
	bool has_ufrag, has_pwd, is_lite;
};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 8122 5: pairs of digits with colons between. */
static enum err read_pairs(struct view hex, size_t size, uint8_t *ret)
{
	enum { PAIR = 3 };

	if (hex.len != PAIR * size - 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < size; i++) {
		const char *at = hex.at + PAIR * i;
		int high = digit_of(at[0]), low = digit_of(at[1]);

		if (high < 0 || low < 0 || (i + 1 < size && at[2] != ':'))
			return ERR_SYNTAX;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return ERR_NONE;
}

static enum err read_fingerprint(struct view value, struct reading *r)
{
	size_t blank = view_find(value, ' ', 0);
	struct view name = view_first(value, blank);
	uint8_t bytes[MAX_SDP_FINGERPRINT] = { 0 };
	enum err err;

	for (size_t i = 0; i < SDP_HASH_COUNT; i++) {
		if (!view_equal_nocase(name, hashes[i].name))
			continue;
		err = read_pairs(view_after(value, blank + 1), hashes[i].size, bytes);
		if (err != ERR_NONE)
			return err;
		if (r->h.has_fingerprint && r->h.hash == i)
			return memcmp(bytes, r->h.fingerprint, sizeof(bytes)) == 0
			             ? ERR_NONE
			             : ERR_UNSUPPORTED;
		if (r->h.has_fingerprint && r->h.hash > i)
			return ERR_NONE;
		r->h.has_fingerprint = true;
		r->h.hash = (uint8_t)i;
		memcpy(r->h.fingerprint, bytes, sizeof(bytes));
	}
	return ERR_NONE;
}

static enum err read_setup(struct view value, struct reading *r)
{
	for (unsigned i = SDP_ACTIVE; i <= SDP_HOLDCONN; i++) {
		if (!view_equal_nocase(value, view_of(sdp_setup_text((enum sdp_setup)i))))
			continue;
		r->h.setup = (uint8_t)i;
		return ERR_NONE;
	}
	return ERR_SYNTAX;
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

static enum err read_ufrag(struct view value, struct reading *r)
{
	r->has_ufrag = true;
	return read_ice_word(value, 4);
}

static enum err read_pwd(struct view value, struct reading *r)
{
	r->has_pwd = true;
	return read_ice_word(value, 22);
}

static enum err read_lite(struct view value, struct reading *r)
{
	(void)value;
	r->is_lite = true;
	return ERR_NONE;
}

static enum err read_mux(struct view value, struct reading *r)
{
	(void)value;
	r->h.has_mux = true;
	return ERR_NONE;
}

static enum err read_mid(struct view value, struct reading *r)
{
	if (!sdp_is_token(value))
		return ERR_SYNTAX;
	if (value.len <= MAX_SDP_MID)
		r->h.mid = value;
	return ERR_NONE;
}

enum place { OF_LINE = 1, OF_SESSION = 2, OF_BOTH = 3 };

static const struct {
	struct view name;
	enum place place;
	bool is_repeated;
	enum err (*read)(struct view value, struct reading *r);
} known[] = {
	{ { "fingerprint", 11 }, OF_BOTH, true, read_fingerprint },
	{ { "setup", 5 }, OF_BOTH, false, read_setup },
	{ { "ice-ufrag", 9 }, OF_BOTH, false, read_ufrag },
	{ { "ice-pwd", 7 }, OF_BOTH, false, read_pwd },
	{ { "ice-lite", 8 }, OF_SESSION, true, read_lite },
	{ { "rtcp-mux", 8 }, OF_LINE, true, read_mux },
	{ { "mid", 3 }, OF_LINE, false, read_mid },
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

/* What a line says itself goes before what the session says. */
static enum err read_level(const struct sdp_session *s, const struct sdp_level *level,
                           enum place place, struct reading *r)
{
	unsigned before = r->seen;

	for (size_t i = 0; i < level->attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[level->first_attribute + i];

		for (unsigned k = 0; k < KNOWN; k++) {
			enum err err;

			if (!(known[k].place & place) || !view_equal(a->name, known[k].name) ||
			    (before & 1U << k))
				continue;
			if ((r->seen & 1U << k) && !known[k].is_repeated)
				return ERR_SYNTAX;
			r->seen |= 1U << k;
			err = known[k].read(a->value, r);
			if (err != ERR_NONE)
				return err;
		}
	}
	return ERR_NONE;
}

/* a=group:BUNDLE mid mid ... */
static bool is_in_bundle(const struct sdp_session *s, struct view mid)
{
	for (size_t i = 0; i < s->level.attribute_count && mid.len > 0; i++) {
		const struct sdp_attribute *a = &s->attributes[s->level.first_attribute + i];
		struct view rest = a->value;

		if (!view_equal(a->name, VIEW("group")) || !view_starts(rest, VIEW("BUNDLE ")))
			continue;
		while (rest.len > 0) {
			size_t blank = view_find(rest, ' ', 0);

			if (view_equal(view_first(rest, blank), mid))
				return true;
			rest = view_after(rest, blank + 1);
		}
	}
	return false;
}

enum err sdp_handshake_read(const struct sdp_session *s, const struct sdp_media *m,
                            struct sdp_handshake *ret)
{
	struct reading r = { 0 };
	enum err err = read_level(s, &m->level, OF_LINE, &r);

	if (err == ERR_NONE)
		err = read_level(s, &s->level, OF_SESSION, &r);
	if (err != ERR_NONE)
		return err;
	r.h.has_ice = r.has_ufrag && r.has_pwd && !r.is_lite;
	r.h.is_bundled = is_in_bundle(s, r.h.mid);
	*ret = r.h;
	return ERR_NONE;
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
	buffer_text(b, "a=fingerprint:");
	sdp_fingerprint_write(b, shake->fingerprint);
	put(b, "\r\na=setup:", view_of(sdp_setup_text((enum sdp_setup)shake->setup)));
	if (shake->has_mux)
		buffer_text(b, "a=rtcp-mux\r\n");
	if (shake->ufrag.len == 0)
		return;
	put(b, "a=ice-ufrag:", shake->ufrag);
	put(b, "a=ice-pwd:", shake->pwd);
	put_candidate(b, at);
}
