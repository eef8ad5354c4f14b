/* SPDX-License-Identifier: Apache-2.0 */
/* What the other end does to a session once the handshake is over, or while policies change. */
#include "runner/test.h"
#include "tls_stage.h"

#include <string.h>

#define PEER "sbc.carrier.example"

enum { UPDATES = 200 };

static const struct paper *ours(void)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:sip.office.example" });
}

static struct stage_wish mutual(void)
{
	struct stage_wish w = { .own = { ours(), NULL }, .peer_count = 1 };

	w.rows[0] = (struct transport_signalling){ .mode = SIGNALLING_MUTUAL,
		                                   .certificate = CONF_NO_ROW,
		                                   .authority = "x" };
	w.peers[0] = (struct tls_peer){ .label = "peer0", .name = PEER };
	w.authority[0] = view_of(paper_authority(0)->pem);
	return w;
}

/* Each wants an answer (RFC 8446 4.6.3). */
static bool asks_for_new_keys(struct stage *s)
{
	for (int i = 0; i < UPDATES; i++)
		if (SSL_key_update(s->client, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_do_handshake(s->client) != 1)
			return false;
	stage_carry(s);
	return true;
}

TEST(tls_key_updates, "a flood of new keys is read by pieces: others have their turn between")
{
	const struct stage_wish wish = { .own = { ours(), NULL } };
	struct stage s;
	char text[64];
	size_t len = 0;
	unsigned reads = 0;
	enum err err;

	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(stage_talks(&s) && asks_for_new_keys(&s));
	CHECK(SSL_write(s.client, "there", 5) == 5);
	stage_carry(&s);
	for (err = ERR_AGAIN; err == ERR_AGAIN && reads < 3 * UPDATES; reads++)
		err = tls_read(s.session, text, sizeof(text), &len);
	CHECK(err == ERR_NONE && len == 5 && reads > UPDATES);
	stage_close(&s);
	return ERR_NONE;
}

/* Reads until it stands still. */
static bool reads_to_answer(struct stage *s)
{
	char text[64];
	size_t len = 0;

	for (unsigned i = 0; i < 2 && !tls_is_answering(s->session); i++)
		if (tls_read(s->session, text, sizeof(text), &len) != ERR_AGAIN)
			return false;
	return tls_is_answering(s->session) && tls_wants_write(s->session);
}

TEST(tls_key_update_unread, "who takes no answer is not read on until he does")
{
	const struct stage_wish wish = { .own = { ours(), NULL } };
	struct stage s;
	char text[64];
	size_t len = 0, left;

	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(stage_talks(&s) && !tls_is_answering(s.session));
	CHECK(asks_for_new_keys(&s));
	s.out.is_full = true;
	CHECK(reads_to_answer(&s));
	left = s.in.end - s.in.start;
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_AGAIN);
	CHECK(tls_is_answering(s.session) && s.in.end - s.in.start == left);
	s.out.is_full = false;
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_AGAIN);
	CHECK(!tls_is_answering(s.session));
	s.out.is_full = true;
	CHECK(reads_to_answer(&s));
	/* What we have to say goes behind the answer, and takes it along. */
	CHECK(tls_write(s.session, VIEW("back"), &len) == ERR_AGAIN);
	CHECK(tls_is_answering(s.session));
	s.out.is_full = false;
	CHECK(tls_write(s.session, VIEW("back"), &len) == ERR_NONE);
	CHECK(!tls_is_answering(s.session) && !tls_wants_write(s.session));
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_caught_up, "who has taken all that waited is not waited for any more")
{
	const struct stage_wish wish = { .own = { ours(), NULL } };
	struct stage s;
	size_t len = 0;

	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(stage_talks(&s));
	s.out.is_full = true;
	CHECK(tls_write(s.session, VIEW("back"), &len) == ERR_AGAIN);
	CHECK(tls_wants_write(s.session) && !tls_is_answering(s.session));
	s.out.is_full = false;
	CHECK(tls_write(s.session, VIEW("back"), &len) == ERR_NONE && len == 4);
	CHECK(!tls_wants_write(s.session));
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_revoked_meanwhile,
     "who is revoked between his certificate and the end of the handshake is refused")
{
	static char text[4096];
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	const struct stage_wish before = mutual();
	struct stage_wish after = mutual();

	memcpy(after.rows[0].revoked, "x", 2);
	after.revoked[0] = paper_list(0, right, DAY_S, text);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct stage s;
		size_t end;
		enum err err;

		TRY(stage_open(&s, &before));
		SSL_CTX_set_max_proto_version(s.client_context, version);
		CHECK(stage_connect(&s, right) == ERR_NONE);
		(void)SSL_do_handshake(s.client);
		stage_carry(&s);
		CHECK(tls_shake(s.session, s.now) == ERR_AGAIN);
		stage_carry(&s);
		(void)SSL_do_handshake(s.client);
		stage_carry(&s);
		/* All but the last byte: his certificate is looked at by then. */
		end = s.in.end--;
		CHECK(tls_shake(s.session, s.now) == ERR_AGAIN);
		CHECK(strcmp(tls_peer_label(s.session), "peer0") == 0);
		err = stage_reload(&s, &after);
		if (err != ERR_NONE) {
			stage_close(&s);
			return err;
		}
		s.in.bytes[s.in.start] = s.in.bytes[end - 1];
		s.in.end = s.in.start + 1;
		CHECK(tls_shake(s.session, s.now) == ERR_DENIED);
		CHECK(tls_why(s.session) == TLS_REFUSED_REVOKED);
		CHECK(tls_peer_label(s.session)[0] == '\0');
		stage_close(&s);
	}
	return ERR_NONE;
}
