/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a line that has a connection of its own. */
#include "sdp/connection.h"
#include "sdp/reader_priv.h"

#include <string.h>

static const struct view setups[] = {
	[SDP_SETUP_NONE] = { "", 0 },       [SDP_ACTIVE] = { "active", 6 },
	[SDP_PASSIVE] = { "passive", 7 },   [SDP_ACTPASS] = { "actpass", 7 },
	[SDP_HOLDCONN] = { "holdconn", 8 },
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

static bool is_sha256(struct view text)
{
	return view_equal_nocase(view_first(text, view_find(text, ' ', 0)), VIEW("sha-256"));
}

enum err sdp_fingerprint_parse(struct view text, uint8_t ret[SDP_FINGERPRINT_SIZE])
{
	enum { PAIR = 3 };
	struct view hex = view_after(text, view_find(text, ' ', 0) + 1);
	uint8_t read[SDP_FINGERPRINT_SIZE];

	if (!is_sha256(text))
		return ERR_UNSUPPORTED;
	if (hex.len != PAIR * SDP_FINGERPRINT_SIZE - 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < SDP_FINGERPRINT_SIZE; i++) {
		const char *at = hex.at + PAIR * i;
		int high = digit_of(at[0]), low = digit_of(at[1]);

		if (high < 0 || low < 0 || (i + 1 < SDP_FINGERPRINT_SIZE && at[2] != ':'))
			return ERR_SYNTAX;
		read[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, read, sizeof(read));
	return ERR_NONE;
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

static enum err read_setup(struct view value, struct sdp_connection *c)
{
	for (unsigned i = SDP_ACTIVE; i <= SDP_HOLDCONN; i++) {
		if (!view_equal_nocase(value, setups[i]))
			continue;
		c->setup = (uint8_t)i;
		return ERR_NONE;
	}
	return ERR_SYNTAX;
}

static enum err read_connection(struct view value, struct sdp_connection *c)
{
	c->is_existing = view_equal_nocase(value, VIEW("existing"));
	return c->is_existing || view_equal_nocase(value, VIEW("new")) ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_fingerprint(struct view value, struct sdp_connection *c)
{
	if (!is_sha256(value))
		return ERR_NONE;
	if (c->has_fingerprint)
		return ERR_UNSUPPORTED;
	c->has_fingerprint = true;
	return sdp_fingerprint_parse(value, c->fingerprint);
}

static enum err read_channel(struct view value, struct sdp_connection *c)
{
	size_t at = view_find(value, '@', 0);

	c->channel = value;
	return value.len <= MAX_SDP_CHANNEL && sdp_is_token(view_first(value, at)) &&
	                       sdp_is_token(view_after(value, at + 1))
	             ? ERR_NONE
	             : ERR_SYNTAX;
}

static enum err read_resource(struct view value, struct sdp_connection *c)
{
	c->resource = value;
	return sdp_is_token(value) ? ERR_NONE : ERR_SYNTAX;
}

static enum err read_cmid(struct view value, struct sdp_connection *c)
{
	c->cmid = value;
	return sdp_is_token(value) ? ERR_NONE : ERR_SYNTAX;
}

/* Those before the line alone stand at the level of the session too (RFC 4145 4, 8122 5). */
static const struct {
	struct view name;
	bool is_of_session, is_repeated;
	enum err (*read)(struct view value, struct sdp_connection *c);
} known[] = {
	{ { "setup", 5 }, true, false, read_setup },
	{ { "connection", 10 }, true, false, read_connection },
	{ { "fingerprint", 11 }, true, true, read_fingerprint },
	{ { "channel", 7 }, false, false, read_channel },
	{ { "resource", 8 }, false, false, read_resource },
	{ { "cmid", 4 }, false, false, read_cmid },
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

struct seen {
	unsigned attributes; /* by row of `known` */
};

static enum err read_level(const struct sdp_session *s, const struct sdp_level *level,
                           struct seen *seen, struct sdp_connection *c)
{
	unsigned before = seen->attributes;

	for (unsigned i = 0; i < level->attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[level->first_attribute + i];
		enum err err = ERR_NONE;

		for (unsigned k = 0; k < KNOWN; k++) {
			if (!view_equal(a->name, known[k].name) || (before & 1U << k) ||
			    (level == &s->level && !known[k].is_of_session))
				continue;
			if ((seen->attributes & 1U << k) && !known[k].is_repeated)
				return ERR_SYNTAX;
			seen->attributes |= 1U << k;
			err = known[k].read(a->value, c);
		}
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

enum err sdp_connection_read(const struct sdp_session *s, const struct sdp_media *m,
                             struct sdp_connection *ret)
{
	struct sdp_connection c = { 0 };
	struct seen seen = { 0 };
	enum err err = read_level(s, &m->level, &seen, &c);

	if (err == ERR_NONE)
		err = read_level(s, &s->level, &seen, &c);
	if (err == ERR_NONE)
		*ret = c;
	return err;
}

/* ---- who connects ---- */

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
