/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a line that has a connection of its own. */
#include "sdp/connection.h"
#include "sdp/level_priv.h"
#include "sdp/reader_priv.h"

#include <string.h>

static const struct view setups[] = {
	[SDP_SETUP_NONE] = { "", 0 },       [SDP_ACTIVE] = { "active", 6 },
	[SDP_PASSIVE] = { "passive", 7 },   [SDP_ACTPASS] = { "actpass", 7 },
	[SDP_HOLDCONN] = { "holdconn", 8 },
};

static const struct {
	struct view name;
	size_t size;
} hashes[SDP_HASH_COUNT] = {
	[SDP_SHA256] = { { "sha-256", 7 }, 32 },
	[SDP_SHA384] = { { "sha-384", 7 }, 48 },
	[SDP_SHA512] = { { "sha-512", 7 }, 64 },
};

/* One row a kind of line, one column a carrier. */
static const uint8_t carried[][3] = {
	{ SDP_PROTOCOL_AVP, SDP_PROTOCOL_TCP_AVP, SDP_PROTOCOL_TLS_AVP },
	{ SDP_PROTOCOL_OTHER, SDP_PROTOCOL_MRCP, SDP_PROTOCOL_TLS_MRCP },
};

enum sdp_carrier sdp_media_carrier(const struct sdp_media *m)
{
	if (m->protocol == SDP_PROTOCOL_TCP_AVP || m->protocol == SDP_PROTOCOL_MRCP)
		return SDP_OVER_TCP;
	return m->protocol == SDP_PROTOCOL_TLS_AVP || m->protocol == SDP_PROTOCOL_TLS_MRCP
	             ? SDP_OVER_TLS
	             : SDP_OVER_UDP;
}

enum sdp_protocol sdp_protocol_over(enum sdp_protocol p, enum sdp_carrier carrier)
{
	if (p == SDP_PROTOCOL_AVPF)
		return carrier == SDP_OVER_UDP ? p : (enum sdp_protocol)carried[0][carrier];
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++)
		for (size_t j = 0; j < sizeof(carried[0]); j++)
			if (carried[i][j] == p && p != SDP_PROTOCOL_OTHER)
				return (enum sdp_protocol)carried[i][carrier];
	return SDP_PROTOCOL_OTHER;
}

/* ---- fingerprints ---- */

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

enum err sdp_fingerprint_parse(struct view text, enum sdp_hash *ret_hash,
                               uint8_t ret[MAX_SDP_FINGERPRINT])
{
	size_t blank = view_find(text, ' ', 0);
	uint8_t bytes[MAX_SDP_FINGERPRINT] = { 0 };
	enum err err;

	for (unsigned i = 0; i < SDP_HASH_COUNT; i++) {
		if (!view_equal_nocase(view_first(text, blank), hashes[i].name))
			continue;
		err = read_pairs(view_after(text, blank + 1), hashes[i].size, bytes);
		if (err != ERR_NONE)
			return err;
		*ret_hash = (enum sdp_hash)i;
		memcpy(ret, bytes, sizeof(bytes));
		return ERR_NONE;
	}
	return ERR_UNSUPPORTED;
}

void sdp_fingerprint_write(struct buffer *b, const uint8_t fingerprint[SDP_FINGERPRINT_SIZE])
{
	static const char digits[] = "0123456789ABCDEF";

	buffer_text(b, "sha-256 ");
	for (size_t i = 0; i < SDP_FINGERPRINT_SIZE; i++) {
		if (i > 0)
			buffer_char(b, ':');
		buffer_char(b, digits[fingerprint[i] >> 4]);
		buffer_char(b, digits[fingerprint[i] & 15]);
	}
}

/* ---- one line ---- */

static enum err read_setup(struct view value, void *context)
{
	return sdp_setup_parse(value, &((struct sdp_connection *)context)->setup);
}

static enum err read_connection(struct view value, void *context)
{
	struct sdp_connection *c = (struct sdp_connection *)context;

	c->is_existing = view_equal_nocase(value, VIEW("existing"));
	return c->is_existing || view_equal_nocase(value, VIEW("new")) ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_fingerprint(struct view value, void *context)
{
	struct sdp_connection *c = (struct sdp_connection *)context;
	uint8_t bytes[MAX_SDP_FINGERPRINT];
	enum sdp_hash hash;
	enum err err = sdp_fingerprint_parse(value, &hash, bytes);

	if (err != ERR_NONE)
		return err == ERR_UNSUPPORTED ? ERR_NONE : err;
	if (hash != SDP_SHA256)
		return ERR_NONE;
	if (c->has_fingerprint)
		return ERR_UNSUPPORTED;
	c->has_fingerprint = true;
	memcpy(c->fingerprint, bytes, sizeof(c->fingerprint));
	return ERR_NONE;
}

static enum err read_channel(struct view value, void *context)
{
	struct sdp_connection *c = (struct sdp_connection *)context;
	size_t at = view_find(value, '@', 0);

	c->channel = value;
	return value.len <= MAX_SDP_CHANNEL && sdp_is_token(view_first(value, at)) &&
	                       sdp_is_token(view_after(value, at + 1))
	             ? ERR_NONE
	             : ERR_SYNTAX;
}

static enum err read_resource(struct view value, void *context)
{
	struct sdp_connection *c = (struct sdp_connection *)context;

	c->resource = value;
	return sdp_is_token(value) ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_cmid(struct view value, void *context)
{
	struct sdp_connection *c = (struct sdp_connection *)context;

	c->cmid = value;
	return sdp_is_token(value) ? ERR_NONE : ERR_SYNTAX;
}

/* RFC 4145 4, 8122 5. */
static const struct sdp_known known[] = {
	{ { "setup", 5 }, SDP_OF_BOTH, false, read_setup },
	{ { "connection", 10 }, SDP_OF_BOTH, false, read_connection },
	{ { "fingerprint", 11 }, SDP_OF_BOTH, true, read_fingerprint },
	{ { "channel", 7 }, SDP_OF_LINE, false, read_channel },
	{ { "resource", 8 }, SDP_OF_LINE, false, read_resource },
	{ { "cmid", 4 }, SDP_OF_LINE, false, read_cmid },
};

enum err sdp_connection_read(const struct sdp_session *s, const struct sdp_media *m,
                             struct sdp_connection *ret)
{
	struct sdp_connection c = { 0 };
	enum err err = sdp_read_known(s, m, known, sizeof(known) / sizeof(known[0]), &c);

	if (err == ERR_NONE)
		*ret = c;
	return err;
}

/* ---- who connects ---- */

enum err sdp_setup_parse(struct view text, uint8_t *ret)
{
	for (unsigned i = SDP_ACTIVE; i <= SDP_HOLDCONN; i++) {
		if (!view_equal_nocase(text, setups[i]))
			continue;
		*ret = (uint8_t)i;
		return ERR_NONE;
	}
	return ERR_SYNTAX;
}

const char *sdp_setup_text(enum sdp_setup s)
{
	return (unsigned)s <= SDP_HOLDCONN ? setups[s].at : "";
}

enum sdp_setup sdp_setup_answer(enum sdp_setup offered)
{
	if (offered == SDP_HOLDCONN)
		return SDP_HOLDCONN;
	return offered == SDP_PASSIVE ? SDP_ACTIVE : SDP_PASSIVE;
}

bool sdp_setup_fits(enum sdp_setup offered, enum sdp_setup answered, bool *ret_is_active)
{
	/* RFC 4145 4.1: active is meant where an offer says nothing, passive in an answer. */
	bool is_active = answered == SDP_ACTIVE;

	if (answered != SDP_ACTIVE && answered != SDP_PASSIVE && answered != SDP_SETUP_NONE)
		return false;
	if (offered == SDP_HOLDCONN ||
	    (offered != SDP_ACTPASS && is_active != (offered == SDP_PASSIVE)))
		return false;
	*ret_is_active = is_active;
	return true;
}
