/* SPDX-License-Identifier: Apache-2.0 */
/* Challenge and credentials, with the cookie between them. */
#include "border/challenge.h"

#include "sip/auth.h"
#include "sip/build.h"
#include "sip/values.h"

#include <string.h>

enum { NONCE_MAX = 256 };

static enum sip_header_id challenge_header(uint16_t status)
{
	return status == 407 ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE;
}

enum err challenge_read(const struct sip_msg *response, struct challenge *ret)
{
	struct challenge c = { .status = response->status };
	const struct sip_header *h = sip_msg_header(response, challenge_header(response->status));
	struct sip_digest digest;

	for (; h; h = sip_msg_next(response, h)) {
		/* Schemes that we do not know are kept out, as all that we did not understand. */
		if (sip_auth_parse(h->value, SIP_AUTH_CHALLENGE, &digest) != ERR_NONE)
			continue;
		if (c.count == MAX_CHALLENGE_ROWS || !VIEW_COPY(h->value, c.rows[c.count]))
			return ERR_LIMIT;
		c.count++;
	}
	if (c.count == 0)
		return ERR_NOT_FOUND;
	*ret = c;
	return ERR_NONE;
}

bool challenge_is_stale(const struct challenge *c)
{
	struct sip_digest digest;

	for (unsigned i = 0; i < c->count; i++) {
		if (sip_auth_parse(view_of(c->rows[i]), SIP_AUTH_CHALLENGE, &digest) == ERR_NONE &&
		    sip_digest_is_stale(&digest))
			return true;
	}
	return false;
}

static void take_over(const struct border *b, struct sip_digest *digest, const struct addr *source,
                      enum guard_cookie_user user, struct buffer *opaque)
{
	struct guard_cookie_subject subject = { *source, digest->values[SIP_DIGEST_NONCE] };
	struct guard_cookie_issue issue = { .user = user, .now_us = b->now.us };

	if (sip_digest_has(digest, SIP_DIGEST_OPAQUE)) {
		issue.opaque = digest->values[SIP_DIGEST_OPAQUE];
		if (!issue.opaque.at)
			issue.opaque = VIEW("");
	}
	guard_cookie_write(opaque, &b->cookie_keys, &subject, &issue);
	sip_digest_set(digest, SIP_DIGEST_OPAQUE, buffer_view(opaque));
	if (sip_digest_has(digest, SIP_DIGEST_QOP))
		sip_digest_set(digest, SIP_DIGEST_QOP, VIEW("auth"));
}

void challenge_write(const struct border *b, const struct challenge *c, const struct addr *source,
                     enum guard_cookie_user user, struct buffer *lines)
{
	char text[CHALLENGE_ROW_SIZE + COOKIE_WITH_SEPARATOR];

	for (unsigned i = 0; i < c->count; i++) {
		struct sip_digest digest;
		enum err err = sip_auth_parse(view_of(c->rows[i]), SIP_AUTH_CHALLENGE, &digest);

		if (err != ERR_NONE) {
			buffer_fail(lines, err);
			return;
		}
		struct buffer opaque = BUFFER_ON(text);

		take_over(b, &digest, source, user, &opaque);
		if (opaque.err != ERR_NONE)
			buffer_fail(lines, opaque.err);
		sip_build_auth(lines, challenge_header(c->status), &digest);
	}
}

static bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Signs that structure a nonce stay where they are; the rest is drawn from its own alphabet. */
static void vary_nonce(struct border *b, struct view nonce, char ret[NONCE_MAX])
{
	static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint8_t drawn[NONCE_MAX];
	unsigned letters = 16;

	for (size_t i = 0; i < nonce.len; i++) {
		if (is_letter_or_digit(nonce.at[i]) && !is_lower_hex(nonce.at[i]))
			letters = sizeof(all) - 1;
	}
	b->ports.random(b->ports.context, drawn, sizeof(drawn));
	for (size_t i = 0; i < nonce.len; i++)
		ret[i] = is_letter_or_digit(nonce.at[i]) ? all[drawn[i] % letters] : nonce.at[i];
}

void challenge_vary(struct border *b, struct challenge *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		char nonce[NONCE_MAX], row[CHALLENGE_ROW_SIZE];
		struct buffer out = buffer_on(row, sizeof(row) - 1);
		struct sip_digest digest;

		if (sip_auth_parse(view_of(c->rows[i]), SIP_AUTH_CHALLENGE, &digest) != ERR_NONE)
			continue;
		struct view old = view_first(digest.values[SIP_DIGEST_NONCE], sizeof(nonce));
		vary_nonce(b, old, nonce);
		sip_digest_set(&digest, SIP_DIGEST_NONCE, view_bytes(nonce, old.len));
		sip_digest_unset(&digest, SIP_DIGEST_STALE);
		sip_auth_write(&out, &digest, SIP_AUTH_CHALLENGE);
		if (out.err == ERR_NONE)
			(void)VIEW_COPY(buffer_view(&out), c->rows[i]);
	}
}

void challenge_make_stale(struct challenge *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		char row[CHALLENGE_ROW_SIZE];
		struct buffer out = buffer_on(row, sizeof(row) - 1);
		struct sip_digest digest;

		if (sip_auth_parse(view_of(c->rows[i]), SIP_AUTH_CHALLENGE, &digest) != ERR_NONE)
			continue;
		sip_digest_set(&digest, SIP_DIGEST_STALE, VIEW("true"));
		sip_auth_write(&out, &digest, SIP_AUTH_CHALLENGE);
		if (out.err == ERR_NONE)
			(void)VIEW_COPY(buffer_view(&out), c->rows[i]);
	}
}

void challenge_default(struct border *b, struct view realm, struct challenge *ret)
{
	struct challenge c = { .count = 1, .status = 401 };
	struct buffer row = buffer_on(c.rows[0], sizeof(c.rows[0]) - 1);

	buffer_text(&row, "Digest realm=\"");
	buffer_put(&row, realm);
	buffer_text(&row,
	            "\", nonce=\"00000000000000000000000000000000\", algorithm=MD5, qop=\"auth\"");
	challenge_vary(b, &c);
	*ret = c;
}

static bool is_own_login(const struct border *b, const struct inbound *in, uint64_t login_hash)
{
	return in->standing != STANDING_KNOWN ||
	       registration_has_login(&b->registrations, in->flow, login_hash);
}

/* True where the row may go on; its opaque then is the PBX's own. */
static bool take_cookie(const struct border *b, const struct inbound *in,
                        enum credentials_policy policy, struct sip_digest *digest,
                        struct credentials *found)
{
	struct guard_cookie_subject subject = { in->flow->remote,
		                                digest->values[SIP_DIGEST_NONCE] };
	struct guard_cookie cookie =
		guard_cookie_read(digest->values[SIP_DIGEST_OPAQUE], &b->cookie_keys, &subject,
	                          b->settings.door.cookie_life_s, b->now.us);

	uint64_t login_hash =
		fact_hash(b, digest->values[sip_digest_has(digest, SIP_DIGEST_USERNAME)
	                                            ? SIP_DIGEST_USERNAME
	                                            : SIP_DIGEST_USERNAME_STAR]);

	if (policy == CREDENTIALS_ANY && !is_own_login(b, in, login_hash))
		return false;
	if (cookie.verdict == COOKIE_ABSENT)
		return policy == CREDENTIALS_ANY;
	if (cookie.verdict != COOKIE_GOOD)
		return false;
	if (cookie.user == COOKIE_USER_HERE) {
		found->is_here = true;
		found->here_login_hash = login_hash;
		found->here_age_s = cookie.age_s;
		return false;
	}
	found->is_proven = true;
	found->nonce_hash = fact_hash(b, digest->values[SIP_DIGEST_NONCE]);
	found->login_hash = login_hash;
	found->response_hash = fact_hash(b, digest->values[SIP_DIGEST_RESPONSE]);
	if (cookie.user == COOKIE_USER_UNKNOWN)
		found->is_unknown_user = true;
	if (cookie.has_opaque)
		sip_digest_set(digest, SIP_DIGEST_OPAQUE, cookie.opaque);
	else
		sip_digest_unset(digest, SIP_DIGEST_OPAQUE);
	return true;
}

struct credentials credentials_pass(const struct border *b, const struct inbound *in,
                                    enum credentials_policy policy, struct buffer *lines)
{
	static const enum sip_header_id ids[] = { SIP_HEADER_AUTHORIZATION,
		                                  SIP_HEADER_PROXY_AUTHORIZATION };
	struct credentials found = { 0 };
	struct sip_digest digest __attribute__((uninitialized)); /* filled before it is read */

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct sip_header *h = sip_msg_header(in->msg, ids[i]);

		for (; h; h = sip_msg_next(in->msg, h)) {
			bool passes = found.passed < MAX_CHALLENGE_ROWS &&
			              sip_auth_parse(h->value, SIP_AUTH_CREDENTIALS, &digest) ==
			                      ERR_NONE &&
			              take_cookie(b, in, policy, &digest, &found);

			if (passes)
				sip_build_auth(lines, ids[i], &digest);
			found.passed += passes;
			found.has_any = true;
		}
	}
	return found;
}
