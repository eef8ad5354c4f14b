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

static const struct sdp_known known[] = {
	{ { "fingerprint", 11 }, SDP_OF_BOTH, true, read_fingerprint },
	{ { "setup", 5 }, SDP_OF_BOTH, false, read_setup },
	{ { "ice-ufrag", 9 }, SDP_OF_BOTH, false, read_ufrag },
	{ { "ice-pwd", 7 }, SDP_OF_BOTH, false, read_pwd },
	{ { "ice-lite", 8 }, SDP_OF_SESSION, true, read_lite },
	{ { "rtcp-mux", 8 }, SDP_OF_LINE, true, read_mux },
	{ { "mid", 3 }, SDP_OF_LINE, false, read_mid },
};

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
	enum err err = sdp_read_known(s, m, known, sizeof(known) / sizeof(known[0]), &r);

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
