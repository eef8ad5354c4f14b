/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from a challenge and a password; every secret in between is wiped. */
#include "border/digest.h"

#include "sip/auth.h"
#include "sip/build.h"
#include "ua/digest.h"

static void set_answer(struct sip_digest *digest, const struct digest_login *login,
                       struct view response)
{
	sip_digest_unset(digest, SIP_DIGEST_STALE);
	sip_digest_unset(digest, SIP_DIGEST_DOMAIN);
	sip_digest_unset(digest, SIP_DIGEST_QOP);
	sip_digest_set(digest, SIP_DIGEST_USERNAME, login->user);
	sip_digest_set(digest, SIP_DIGEST_URI, login->uri);
	sip_digest_set(digest, SIP_DIGEST_RESPONSE, response);
}

enum err digest_write(struct border *b, const struct digest_login *login, struct buffer *out)
{
	char response[UA_DIGEST_TEXT_MAX], cnonce_text[17], count[9];
	struct buffer cnonce = BUFFER_ON(cnonce_text);
	struct sip_digest digest;
	struct ua_ha1 ha1;
	uint8_t drawn[8];
	enum err err = sip_auth_parse(login->row, SIP_AUTH_CHALLENGE, &digest);

	if (err == ERR_NONE)
		err = ua_ha1(sip_digest_algorithm(&digest), login->user,
		             digest.values[SIP_DIGEST_REALM], login->password, &ha1);
	if (err != ERR_NONE)
		return err;
	b->ports.random(b->ports.context, drawn, sizeof(drawn));
	buffer_hex(&cnonce, drawn, sizeof(drawn));
	struct ua_digest asked = {
		.nonce = digest.values[SIP_DIGEST_NONCE],
		.cnonce = buffer_view(&cnonce),
		.method = login->method,
		.uri = login->uri,
		.nonce_count = login->nonce_count,
		.has_qop = sip_digest_has_qop(&digest, VIEW("auth")),
	};
	ua_digest_response(&ha1, &asked, response);
	ua_ha1_clear(&ha1);
	set_answer(&digest, login, view_of(response));
	if (asked.has_qop) {
		ua_digest_nc_write(login->nonce_count, count);
		sip_digest_set(&digest, SIP_DIGEST_QOP, VIEW("auth"));
		sip_digest_set(&digest, SIP_DIGEST_NC, view_of(count));
		sip_digest_set(&digest, SIP_DIGEST_CNONCE, asked.cnonce);
	}
	sip_build_auth(out,
	               login->status == 407 ? SIP_HEADER_PROXY_AUTHORIZATION
	                                    : SIP_HEADER_AUTHORIZATION,
	               &digest);
	return out->err;
}
