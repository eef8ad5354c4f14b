/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of ours: who answers has to be who was called. */
#include "runner/test.h"
#include "tls_stage.h"

#include <string.h>

#define PEER "sbc.carrier.example"

static const struct paper *ours(void)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:sip.office.example" });
}

/* Two peers, each with a name of its own. */
static struct stage_wish both(void)
{
	static const char *const names[] = { PEER, "other.example" };
	struct stage_wish w = { .own = { ours(), NULL }, .peer_count = 2 };

	for (uint16_t i = 0; i < 2; i++) {
		w.rows[i] = (struct transport_signalling){ .mode = SIGNALLING_MUTUAL,
			                                   .peer = i,
			                                   .certificate = CONF_NO_ROW,
			                                   .authority = "x" };
		w.peers[i] = (struct tls_peer){ .row = i, .label = { 'p', (char)('0' + i) } };
		(void)VIEW_COPY(view_of(names[i]), w.peers[i].name);
		w.authority[i] = view_of(paper_authority(0)->pem);
	}
	return w;
}

TEST(tls_called,
     "a peer that is called has to be who is called, each that is at one place; we show our own")
{
	static const struct {
		const char *name;
		struct paper_wish wish;
		unsigned authority;
		bool are_together;
		enum tls_refusal why;
	} cases[] = {
		{ "the right one",
		  { .names = "DNS:" PEER, .use = "serverAuth" },
		  0,
		  false,
		  TLS_REFUSED_NOT },
		{ "for clients",
		  { .names = "DNS:" PEER, .use = "clientAuth" },
		  0,
		  false,
		  TLS_REFUSED_USAGE },
		{ "another name", { .names = "DNS:x.example" }, 0, false, TLS_REFUSED_NAME },
		{ "another authority", { .names = "DNS:" PEER }, 1, false, TLS_REFUSED_AUTHORITY },
		{ "one of two", { .names = "DNS:" PEER }, 0, true, TLS_REFUSED_NAME },
		{ "both", { .names = "DNS:" PEER ",DNS:other.example" }, 0, true, TLS_REFUSED_NOT },
	};
	struct stage_wish wish = both();
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err wanted = cases[i].why == TLS_REFUSED_NOT ? ERR_NONE : ERR_DENIED;

		wish.are_together = cases[i].are_together;
		CHECK_CASE(stage_call(&s, paper_issue(cases[i].authority, &cases[i].wish)) ==
		                   ERR_NONE,
		           cases[i].name);
		CHECK_CASE(stage_shake(&s) == wanted, cases[i].name);
		CHECK_CASE(tls_why(s.session) == cases[i].why, cases[i].name);
		CHECK(strcmp(SSL_get_servername(s.client, TLSEXT_NAMETYPE_host_name), PEER) == 0);
		if (wanted == ERR_NONE) {
			X509 *shown = SSL_get0_peer_certificate(s.client);

			CHECK(shown && X509_cmp(shown, ours()->certificate) == 0 &&
			      stage_talks(&s));
		}
	}
	wish.are_elsewhere = true;
	CHECK(stage_call(&s, ours()) == ERR_NOT_FOUND);
	stage_close(&s);
	return ERR_NONE;
}
