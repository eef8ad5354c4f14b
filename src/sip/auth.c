/* SPDX-License-Identifier: Apache-2.0 */
/* Digest. Parameters are read by the table; one that stands twice is refused,
 * since two readers could take different ones. Quotes are taken wherever they
 * stand: half of the phones quote what should stand bare. */
#include "sip/auth.h"

#include "base/cursor.h"
#include "sip/param.h"
#include "sip/tokens.h"

enum form { FORM_QUOTED, FORM_PLAIN, FORM_EITHER };

static const struct {
	struct view name;
	enum form form;
} rows[SIP_DIGEST_COUNT] = {
#define DIGEST(id, name, form) [SIP_DIGEST_##id] = { { name, sizeof(name) - 1 }, FORM_##form },
#include "sip/digest.def"
#undef DIGEST
};

_Static_assert(SIP_DIGEST_COUNT <= 32, "parameters fit a set of 32 bits");

static enum sip_digest_param param_of(struct view name)
{
	enum sip_digest_param p = 0;

	while (p < SIP_DIGEST_COUNT && !view_equal_nocase(rows[p].name, name))
		p++;
	return p;
}

static void read_param(struct cursor *in, struct sip_digest *d)
{
	enum sip_digest_param p = param_of(cursor_token(in));
	struct view value;

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

enum err sip_auth_parse(struct view text, enum sip_auth_kind kind, struct sip_digest *ret)
{
	struct cursor in = cursor_on(text);
	struct sip_digest d = { .present = 0 };
	size_t count = 0;

	if (kind != SIP_AUTH_INFO) {
		struct view scheme = cursor_token(&in);

		if (in.err == ERR_NONE && !view_equal_nocase(scheme, VIEW("Digest")))
			return ERR_UNSUPPORTED;
		if (cursor_peek(&in) != ' ' && cursor_peek(&in) != '\t')
			cursor_fail(&in, cursor_is_at_end(&in) ? ERR_SHORT : ERR_SYNTAX);
	}
	do {
		if (++count > MAX_SIP_DIGEST_PARAMS)
			cursor_fail(&in, ERR_LIMIT);
		cursor_blanks(&in);
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
