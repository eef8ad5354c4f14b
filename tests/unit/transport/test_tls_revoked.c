/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of revoked certificates where an authority stands between the root and a peer. */
#include "runner/test.h"
#include "tls_stage.h"

#include <string.h>

#define PEER "sbc.carrier.example"

enum { BETWEEN = 2, LIST_SIZE = 4096 };

/* The lists of a file, one behind the other. */
struct lists {
	char text[2 * LIST_SIZE];
	size_t len;
};

static void add_list(struct lists *l, unsigned authority, const struct paper *revoked, long to_s)
{
	char one[LIST_SIZE];
	struct view list = paper_list(authority, revoked, to_s, one);

	memcpy(l->text + l->len, list.at, list.len);
	l->len += list.len;
}

TEST(tls_revoked_between,
     "an authority between that its own revoked is none; without its list that is not asked")
{
	static const struct {
		const char *name;
		bool has_upper, is_upper_old, is_between_revoked, has_lower, is_between_named;
		enum tls_refusal why;
	} cases[] = {
		{ "both lists", true, false, false, true, false, TLS_REFUSED_NOT },
		{ "revoked", true, false, true, true, false, TLS_REFUSED_AUTHORITY_REVOKED },
		{ "named itself", true, false, true, true, true, TLS_REFUSED_AUTHORITY_REVOKED },
		{ "none of the root", false, false, true, true, false, TLS_REFUSED_NOT },
		{ "an old one", true, true, false, true, false, TLS_REFUSED_NO_LIST },
		{ "none of the signer", true, false, false, false, false, TLS_REFUSED_NO_LIST },
	};
	const struct paper *between = paper_authority(BETWEEN);
	const struct paper *right =
		paper_issue(BETWEEN, &(struct paper_wish){ .names = "DNS:" PEER });
	struct stage_wish wish = {
		.own = { paper_issue(0,
		                     &(struct paper_wish){ .names = "DNS:sip.office.example" }) },
		.peer_count = 1
	};
	char authorities[2 * sizeof(between->pem)];
	struct lists lists;
	struct stage s;

	wish.rows[0] = (struct transport_signalling){ .mode = SIGNALLING_MUTUAL,
		                                      .certificate = CONF_NO_ROW,
		                                      .authority = "x",
		                                      .revoked = "x" };
	wish.peers[0] = (struct tls_peer){ .name = PEER, .label = "peer0" };
	(void)snprintf(authorities, sizeof(authorities), "%s%s", paper_authority(0)->pem,
	               between->pem);
	lists.len = 0;
	add_list(&lists, 0, NULL, DAY_S);
	wish.authority[0] = view_of(paper_authority(0)->pem);
	wish.revoked[0] = view_bytes(lists.text, lists.len);
	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_in = cases[i].why == TLS_REFUSED_NOT;

		lists.len = 0;
		if (cases[i].has_upper)
			add_list(&lists, 0, cases[i].is_between_revoked ? between : NULL,
			         cases[i].is_upper_old ? -1 : DAY_S);
		if (cases[i].has_lower)
			add_list(&lists, BETWEEN, NULL, DAY_S);
		wish.revoked[0] = view_bytes(lists.text, lists.len);
		wish.authority[0] =
			view_of(cases[i].is_between_named ? authorities : paper_authority(0)->pem);
		RELOAD(&s, &wish, ERR_NONE);
		CHECK(stage_connect(&s, right) == ERR_NONE);
		CHECK_CASE(stage_shake(&s) == (is_in ? ERR_NONE : ERR_DENIED), cases[i].name);
		CHECK_CASE(tls_why(s.session) == cases[i].why, cases[i].name);
	}
	stage_close(&s);
	return ERR_NONE;
}
