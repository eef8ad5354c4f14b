/* SPDX-License-Identifier: Apache-2.0 */
/* Digest. Parameters are read by the table; one that stands twice is refused,
 * since two readers could take different ones. Quotes are taken wherever they
 * stand: half of the phones quote what should stand bare. */
#include "sip/auth.h"

#include <string.h>

#include "base/cursor.h"
#include "base/run.h"
#include "sip/glance_priv.h"
#include "sip/param.h"
#include "sip/tokens.h"

enum form { FORM_QUOTED, FORM_PLAIN, FORM_EITHER };

static const struct {
	struct view name;
	enum form form;
} rows[SIP_DIGEST_COUNT] = {
#define DIGEST(id, name, form, first)                                                              \
	[SIP_DIGEST_##id] = { { name, sizeof(name) - 1 }, FORM_##form },
#include "sip/digest.def"
#undef DIGEST
};

_Static_assert(SIP_DIGEST_COUNT <= 32, "parameters fit a set of 32 bits");

enum { LETTERS = 32 };

/* One more than its number; 0 is none, and equals nothing. Those without a letter share a place
 * that stays 0. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint8_t by_shape[LETTERS][GLANCE] = {
#define DIGEST(id, name, form, first)                                                              \
	[(first) % LETTERS][(first) ? sizeof(name) - 1 : 0] = (first) ? SIP_DIGEST_##id + 1 : 0,
#include "sip/digest.def"
#undef DIGEST
};
#pragma GCC diagnostic pop

static const struct glance_name starts[SIP_DIGEST_COUNT + 1] = {
	{ "", GLANCE_ALL },
#define DIGEST(id, name, form, first)                                                              \
	[SIP_DIGEST_##id + 1] = { name "=", (UINT32_C(1) << sizeof(name)) - 1 },
#include "sip/digest.def"
#undef DIGEST
};

static enum sip_digest_param param_of(struct view name)
{
	enum sip_digest_param p = 0;

	while (p < SIP_DIGEST_COUNT && !view_equal_nocase(rows[p].name, name))
		p++;
	return p;
}

/* Where the text ends that is quoted from within the first 16 bytes on beyond them: by 16 bytes,
 * of which the last are the last of all. 0: not told. */
static size_t find_quote(const char *at, size_t left)
{
	for (size_t next = GLANCE; next < left; next += GLANCE) {
		size_t from = next <= left - GLANCE ? next : left - GLANCE;
		uint32_t stops = glance_unquoted(at + from) & GLANCE_ALL << (next - from);

		if (stops != 0)
			return from + (unsigned)__builtin_ctz(stops);
	}
	return 0;
}

/* Where the value ends that begins with the `from`th byte: behind the closing quote or the last
 * letter or digit. `seen` are the first 16 of the bytes. 0: not told. */
static size_t end_of_usual(const char *at, size_t left, const char *seen, size_t from)
{
	uint32_t stops;
	size_t end;

	if (seen[from] != '"') {
		stops = glance_signs(seen) >> from;
		end = stops != 0 ? from + (unsigned)__builtin_ctz(stops) : GLANCE;
		return end > left || (end == GLANCE && left > GLANCE) ? 0 : end;
	}
	stops = glance_unquoted(seen) >> (from + 1);
	end = stops != 0 ? from + 1 + (unsigned)__builtin_ctz(stops) : find_quote(at, left);
	return end != 0 && end < left && at[end] == '"' ? end + 1 : 0;
}

/* name="value" or name=word, without blanks but for one in front. False: nothing was taken. */
static bool take_usual(struct cursor *in, struct sip_digest *d)
{
	const char *at = in->at + (in->at != in->end && *in->at == ' '), *seen = at;
	size_t left = (size_t)(in->end - at), len, end, quote;
	char copy[GLANCE];
	unsigned shape;

	if (left < GLANCE) {
		run_load(at, left, copy);
		seen = copy;
	}
	len = (unsigned)__builtin_ctz(glance_equal(seen, '=') | UINT32_C(1) << (GLANCE - 2));
	shape = by_shape[(unsigned char)*seen % LETTERS][len];
	if (len + 1 >= left || (~glance_alike(seen, &starts[shape]) & starts[shape].bytes) != 0 ||
	    sip_digest_has(d, shape - 1))
		return false;
	end = end_of_usual(at, left, seen, len + 1);
	if (end <= len + 1 || (end != left && at[end] != ','))
		return false;
	quote = at[len + 1] == '"';
	sip_digest_set(d, shape - 1,
	               (struct view){ at + len + 1 + quote, end - len - 1 - 2 * quote });
	in->at = at + end;
	return true;
}

static void read_param(struct cursor *in, struct sip_digest *d)
{
	enum sip_digest_param p;
	struct view value;

	if (in->err == ERR_NONE && take_usual(in, d))
		return;
	cursor_blanks(in);
	p = param_of(cursor_token(in));
	cursor_blanks(in);
	cursor_expect(in, '=');
	cursor_blanks(in);
	value = cursor_peek(in) == '"' ? cursor_quoted(in) : cursor_token(in);
	cursor_blanks(in);
	if (in->err != ERR_NONE)
		return;
	if (p == SIP_DIGEST_COUNT)
		d->unknown++;
	else if (sip_digest_has(d, p))
		cursor_fail(in, ERR_EXISTS);
	else
		sip_digest_set(d, p, value);
}

static bool has_all(const struct sip_digest *d, const uint8_t *needed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!sip_digest_has(d, needed[i]))
			return false;
	return true;
}

static bool is_complete(const struct sip_digest *d, enum sip_auth_kind kind)
{
	static const uint8_t challenge[] = { SIP_DIGEST_REALM, SIP_DIGEST_NONCE };
	static const uint8_t credentials[] = { SIP_DIGEST_REALM, SIP_DIGEST_NONCE, SIP_DIGEST_URI,
		                               SIP_DIGEST_RESPONSE };

	if (kind == SIP_AUTH_CHALLENGE)
		return has_all(d, challenge, sizeof(challenge));
	if (kind == SIP_AUTH_CREDENTIALS)
		return has_all(d, credentials, sizeof(credentials)) &&
		       (sip_digest_has(d, SIP_DIGEST_USERNAME) ||
		        sip_digest_has(d, SIP_DIGEST_USERNAME_STAR));
	return d->present != 0;
}

static enum err read_scheme(struct cursor *in)
{
	struct view scheme = cursor_token(in);

	if (in->err == ERR_NONE && !view_equal_nocase(scheme, VIEW("Digest")))
		return ERR_UNSUPPORTED;
	if (cursor_peek(in) != ' ' && cursor_peek(in) != '\t')
		cursor_fail(in, cursor_is_at_end(in) ? ERR_SHORT : ERR_SYNTAX);
	return in->err;
}

enum err sip_auth_parse(struct view text, enum sip_auth_kind kind, struct sip_digest *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_digest d = { .present = 0 };
	size_t count = 0;
	enum err err;

	if (kind != SIP_AUTH_INFO && text.len > 8 && memcmp(text.at, "Digest ", 7) == 0) {
		in.at += 7;
	} else if (kind != SIP_AUTH_INFO) {
		err = read_scheme(&in);
		if (err != ERR_NONE)
			return err;
	}
	do {
		if (++count > MAX_SIP_DIGEST_PARAMS)
			cursor_fail(&in, ERR_LIMIT);
		read_param(&in, &d);
	} while (cursor_skip(&in, ','));
	cursor_end(&in);
	if (in.err != ERR_NONE)
		return in.err;
	if (!is_complete(&d, kind))
		return ERR_NOT_FOUND;
	*ret = d;
	return ERR_NONE;
}

/* qop is a quoted list in a challenge and one bare word in credentials. */
static bool is_written_quoted(enum sip_digest_param p, enum sip_auth_kind kind)
{
	return rows[p].form == FORM_QUOTED ||
	       (rows[p].form == FORM_EITHER && kind == SIP_AUTH_CHALLENGE);
}

void sip_auth_write(struct buffer *b, const struct sip_digest *d, enum sip_auth_kind kind)
{
	bool is_first = true;

	if (kind != SIP_AUTH_INFO)
		buffer_text(b, "Digest ");
	for (enum sip_digest_param p = 0; p < SIP_DIGEST_COUNT; p++) {
		if (!sip_digest_has(d, p))
			continue;
		if (!is_first)
			buffer_text(b, ", ");
		is_first = false;
		buffer_put(b, rows[p].name);
		buffer_char(b, '=');
		if (is_written_quoted(p, kind)) {
			sip_quoted_put(b, d->values[p]);
			continue;
		}
		if (!sip_token_is(d->values[p]))
			buffer_fail(b, ERR_SYNTAX);
		buffer_put(b, d->values[p]);
	}
}

void sip_digest_set(struct sip_digest *d, enum sip_digest_param p, struct view value)
{
	d->values[p] = value;
	d->present |= UINT32_C(1) << p;
}

void sip_digest_unset(struct sip_digest *d, enum sip_digest_param p)
{
	d->values[p] = VIEW_EMPTY;
	d->present &= ~(UINT32_C(1) << p);
}

enum sip_algorithm sip_digest_algorithm(const struct sip_digest *d)
{
	static const struct view names[] = {
		[SIP_ALGORITHM_MD5] = { "MD5", 3 },
		[SIP_ALGORITHM_MD5_SESS] = { "MD5-sess", 8 },
		[SIP_ALGORITHM_SHA256] = { "SHA-256", 7 },
		[SIP_ALGORITHM_SHA256_SESS] = { "SHA-256-sess", 12 },
	};

	if (!sip_digest_has(d, SIP_DIGEST_ALGORITHM))
		return SIP_ALGORITHM_MD5;
	for (enum sip_algorithm a = 0; a < SIP_ALGORITHM_OTHER; a++)
		if (view_equal_nocase(d->values[SIP_DIGEST_ALGORITHM], names[a]))
			return a;
	return SIP_ALGORITHM_OTHER;
}

bool sip_digest_has_qop(const struct sip_digest *d, struct view word)
{
	struct cursor in = cursor_on(d->values[SIP_DIGEST_QOP]);

	while (!cursor_is_at_end(&in)) {
		if (view_equal_nocase(view_trim(cursor_until(&in, ',')), word))
			return true;
		(void)cursor_skip(&in, ',');
	}
	return false;
}

bool sip_digest_is_stale(const struct sip_digest *d)
{
	return view_equal_nocase(d->values[SIP_DIGEST_STALE], VIEW("true"));
}
