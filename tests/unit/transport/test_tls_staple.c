/* SPDX-License-Identifier: Apache-2.0 */
/* Staples: what an authority says of a certificate, brought by who is called, and by us. */
#include "runner/test.h"
#include "tls_stage.h"
#include "transport/tls_staple.h"

#include <openssl/ocsp.h>
#include <string.h>

#define PEER "sbc.carrier.example"

enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED };
enum { HOUR_S = 3600, MINUTE_S = 60 };

static const struct paper *right(void)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
}

static const struct paper *other(void)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:other.example" });
}

static const struct paper *responder(const char *use)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:ocsp.example", .use = use });
}

/* Of the right one, for two hours. */
static struct staple_wish usual(void)
{
	return (struct staple_wish){ .by = paper_authority(0),
		                     .of = right(),
		                     .status = GOOD,
		                     .from_s = -HOUR_S,
		                     .to_s = HOUR_S };
}

static struct stage_wish called(enum tls_staple_wish staple)
{
	struct stage_wish w = { .own = { other(), NULL }, .peer_count = 1 };

	w.rows[0] = (struct transport_signalling){ .mode = SIGNALLING_TLS,
		                                   .certificate = CONF_NO_ROW,
		                                   .staple = (uint8_t)staple,
		                                   .authority = "x" };
	w.peers[0] = (struct tls_peer){ .name = PEER, .label = "peer0" };
	w.authority[0] = view_of(paper_authority(0)->pem);
	return w;
}

static enum tls_refusal judged(const struct staple_wish *w)
{
	char text[STAPLE_SIZE];

	return tls_staple_judge(paper_staple(w, text), right()->certificate,
	                        paper_authority(0)->certificate, STAGE_WALL_S * (int64_t)SECOND_US);
}

TEST(tls_staple_judged, "a staple counts in its time, for its certificate, signed by who may")
{
	struct {
		const char *name;
		struct staple_wish wish;
		enum tls_refusal why;
	} cases[14];
	size_t n = 0;

#define CASE(words, result, ...)                                                                   \
	do {                                                                                       \
		struct staple_wish w = usual();                                                    \
		__VA_ARGS__;                                                                       \
		cases[n].name = words;                                                             \
		cases[n].wish = w;                                                                 \
		cases[n++].why = result;                                                           \
	} while (0)
	CASE("the authority's", TLS_REFUSED_NOT, );
	CASE("without an end", TLS_REFUSED_NOT, w.to_s = 0);
	CASE("by a clock that is late", TLS_REFUSED_NOT, w.from_s = 4 * MINUTE_S);
	CASE("by one that is early", TLS_REFUSED_NOT, w.to_s = -4 * MINUTE_S);
	CASE("a responder's", TLS_REFUSED_NOT, w.by = responder("OCSPSigning"),
	     w.is_delegate = true);
	CASE("one for something else", TLS_REFUSED_STAPLE_BAD, w.by = responder("serverAuth"),
	     w.is_delegate = true);
	CASE("its owner's", TLS_REFUSED_STAPLE_BAD, w.by = right(), w.is_delegate = true);
	CASE("a stranger's", TLS_REFUSED_STAPLE_BAD, w.by = paper_authority(1),
	     w.is_delegate = true);
	CASE("unknown", TLS_REFUSED_STAPLE_BAD, w.status = V_OCSP_CERTSTATUS_UNKNOWN);
	CASE("too old", TLS_REFUSED_STAPLE_OLD, w.to_s = -6 * MINUTE_S);
	CASE("of tomorrow", TLS_REFUSED_STAPLE_OLD, w.from_s = 6 * MINUTE_S);
	CASE("of two days ago without an end", TLS_REFUSED_STAPLE_OLD, w.from_s = -2L * DAY_S,
	     w.to_s = 0);
	CASE("another's", TLS_REFUSED_STAPLE_OTHER, w.of = other());
	CASE("revoked, and old", TLS_REFUSED_STAPLE_REVOKED, w.status = REVOKED,
	     w.to_s = -6 * MINUTE_S);
#undef CASE
	for (size_t i = 0; i < n; i++)
		CHECK_CASE(judged(&cases[i].wish) == cases[i].why, cases[i].name);
	return ERR_NONE;
}

TEST(tls_staple_same_serial, "the same number of another authority is another certificate")
{
	struct staple_wish w = usual();

	w.authority = 1;
	CHECK(judged(&w) == TLS_REFUSED_STAPLE_OTHER);
	return ERR_NONE;
}

TEST(tls_staple_cut, "a staple that is cut, changed or followed by anything is none")
{
	struct staple_wish w = usual();
	X509 *leaf = right()->certificate, *issuer = paper_authority(0)->certificate;
	int64_t wall_us = STAGE_WALL_S * (int64_t)SECOND_US;
	char text[STAPLE_SIZE + 1] = { 0 };
	struct view der = paper_staple(&w, text);

	CHECK(tls_staple_judge(der, leaf, issuer, wall_us) == TLS_REFUSED_NOT);
	CHECK(tls_staple_judge(der, leaf, NULL, wall_us) == TLS_REFUSED_STAPLE_BAD);
	for (size_t len = 0; len < der.len; len++)
		CHECK(tls_staple_judge(view_first(der, len), leaf, issuer, wall_us) ==
		      TLS_REFUSED_STAPLE_BAD);
	CHECK(tls_staple_judge(view_bytes(text, der.len + 1), leaf, issuer, wall_us) ==
	      TLS_REFUSED_STAPLE_BAD);
	for (size_t i = 0; i < der.len; i++) {
		text[i] ^= 1;
		CHECK(tls_staple_judge(der, leaf, issuer, wall_us) != TLS_REFUSED_NOT);
		text[i] ^= 1;
	}
	return ERR_NONE;
}

TEST(tls_staple_called,
     "who is called is asked for a staple, and refused for what it says as far as is wished")
{
	const struct {
		const char *name;
		int status;
		long to_s;
		bool is_brought;
		enum tls_refusal wanted, required;
	} cases[] = {
		{ "good", GOOD, HOUR_S, true, TLS_REFUSED_NOT, TLS_REFUSED_NOT },
		{ "none", GOOD, HOUR_S, false, TLS_REFUSED_NOT, TLS_REFUSED_NO_STAPLE },
		{ "old", GOOD, -HOUR_S, true, TLS_REFUSED_NOT, TLS_REFUSED_STAPLE_OLD },
		{ "revoked", REVOKED, HOUR_S, true, TLS_REFUSED_STAPLE_REVOKED,
		  TLS_REFUSED_STAPLE_REVOKED },
	};
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct stage_wish wish = called(TLS_STAPLE_WANTED);
	char text[STAPLE_SIZE];
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < 3 * sizeof(cases) / sizeof(cases[0]); i++) {
		const struct staple_wish w = {
			paper_authority(0), right(),           0,    cases[i / 3].status,
			-2L * HOUR_S,       cases[i / 3].to_s, false
		};
		enum tls_refusal why = i % 3 == TLS_STAPLE_OFF      ? TLS_REFUSED_NOT
		                     : i % 3 == TLS_STAPLE_REQUIRED ? cases[i / 3].required
		                                                    : cases[i / 3].wanted;

		wish.rows[0].staple = (uint8_t)(i % 3);
		s.staple = cases[i / 3].is_brought ? paper_staple(&w, text) : VIEW_EMPTY;
		RELOAD(&s, &wish, ERR_NONE);
		for (unsigned v = 0; v < 2; v++) {
			SSL_CTX_set_max_proto_version(s.client_context, versions[v]);
			CHECK(stage_call(&s, right()) == ERR_NONE);
			CHECK_CASE(stage_shake(&s) ==
			                   (why == TLS_REFUSED_NOT ? ERR_NONE : ERR_DENIED),
			           cases[i / 3].name);
			CHECK_CASE(tls_why(s.session) == why, cases[i / 3].name);
			CHECK((SSL_get_tlsext_status_type(s.client) == TLSEXT_STATUSTYPE_ocsp) ==
			      (i % 3 != TLS_STAPLE_OFF));
		}
	}
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_staple_must, "a certificate that must come with a staple comes with one or not at all")
{
	const struct paper *must =
		paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER, .is_must = true });
	struct stage_wish wish = called(TLS_STAPLE_WANTED);
	struct staple_wish w = usual();
	char text[STAPLE_SIZE];
	struct stage s;

	CHECK(tls_staple_is_must(must->certificate) && !tls_staple_is_must(right()->certificate));
	TRY(stage_open(&s, &wish));
	CHECK(stage_call(&s, must) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_NO_STAPLE);
	w.of = must;
	s.staple = paper_staple(&w, text);
	CHECK(stage_call(&s, must) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(stage_talks(&s));
	/* Who stands is looked at anew, with what it brought then. */
	wish.rows[0].staple = TLS_STAPLE_REQUIRED;
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(tls_still_fits(s.session, s.now));
	s.now.wall_us += DAY_S * (int64_t)SECOND_US / 2;
	CHECK(!tls_still_fits(s.session, s.now));
	CHECK(tls_why(s.session) == TLS_REFUSED_STAPLE_OLD);
	stage_close(&s);
	return ERR_NONE;
}

static bool is_brought(struct stage *s, struct view staple)
{
	const unsigned char *at = NULL;
	long len;

	if (stage_connect(s, NULL) != ERR_NONE ||
	    SSL_set_tlsext_status_type(s->client, TLSEXT_STATUSTYPE_ocsp) != 1 ||
	    stage_shake(s) != ERR_NONE)
		return false;
	len = SSL_get_tlsext_status_ocsp_resp(s->client, &at);
	return len > 0 && view_equal(view_bytes(at, (size_t)len), staple);
}

TEST(tls_staple_ours, "ours is shown to who asks, while it is fresh, ours and says good")
{
	struct stage_wish wish = called(TLS_STAPLE_OFF);
	struct staple_wish w = usual();
	char text[STAPLE_SIZE];
	struct stage s;

	wish.are_elsewhere = true;
	w.of = other();
	wish.staple = paper_staple(&w, text);
	TRY(stage_open(&s, &wish));
	CHECK(is_brought(&s, wish.staple));
	s.now.wall_us += 2 * HOUR_S * (int64_t)SECOND_US;
	CHECK(!is_brought(&s, wish.staple) && SSL_is_init_finished(s.client));
	s.now.wall_us -= 2 * HOUR_S * (int64_t)SECOND_US;
	w.of = right();
	wish.staple = paper_staple(&w, text);
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(!is_brought(&s, wish.staple) && SSL_is_init_finished(s.client));
	w.of = other();
	w.status = REVOKED;
	wish.staple = paper_staple(&w, text);
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(!is_brought(&s, wish.staple) && SSL_is_init_finished(s.client));
	wish.staple = VIEW("nothing");
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(!is_brought(&s, wish.staple) && SSL_is_init_finished(s.client));
	stage_close(&s);
	return ERR_NONE;
}
