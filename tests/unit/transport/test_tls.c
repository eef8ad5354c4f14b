/* SPDX-License-Identifier: Apache-2.0 */
/* TLS against OpenSSL as a client, in memory: what is agreed on, what is refused and why, and
 * bytes that come in pieces, too few, or wrong. */
#include "runner/test.h"
#include "tls_stage.h"

#include <openssl/x509v3.h>
#include <string.h>

#define PEER "sbc.carrier.example"

static const struct paper *own(void)
{
	return paper_issue(0, &(struct paper_wish){ .names = "DNS:sip.office.example" });
}

/* Our end without peers. */
static struct stage_wish plain_wish(void) { return (struct stage_wish){ .own = { own(), NULL } }; }

/* One peer at the other end, whose signalling is mutual TLS, and one that is elsewhere. */
static struct stage_wish mutual_wish(void)
{
	struct stage_wish w = plain_wish();

	for (uint16_t i = 0; i < 2; i++) {
		w.rows[i] = (struct transport_signalling){ .mode = SIGNALLING_MUTUAL,
			                                   .peer = i,
			                                   .certificate = CONF_NO_ROW,
			                                   .authority = "x" };
		w.peers[i] = (struct tls_peer){ .row = i };
		w.authority[i] = view_of(paper_authority(0)->pem);
	}
	memcpy(w.peers[0].label, "peer0", 6);
	memcpy(w.peers[0].name, PEER, sizeof(PEER));
	memcpy(w.peers[1].label, "peer1", 6);
	memcpy(w.peers[1].name, "other.example", 14);
	w.peer_count = 2;
	return w;
}

TEST(tls_versions, "TLS 1.2 and 1.3 are agreed on, and bytes go both ways")
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	const struct stage_wish wish = plain_wish();
	struct stage s;
	char words[TLS_WORDS_SIZE];

	TRY(stage_open(&s, &wish));
	for (unsigned i = 0; i < 2; i++) {
		SSL_CTX_set_max_proto_version(s.client_context, versions[i]);
		CHECK(stage_connect(&s, NULL) == ERR_NONE);
		CHECK(stage_shake(&s) == ERR_NONE);
		CHECK(SSL_version(s.client) == versions[i] && stage_talks(&s));
		CHECK(strstr(tls_words(s.session, words), i ? "TLSv1.3" : "TLSv1.2"));
		CHECK(tls_peer_label(s.session)[0] == '\0' && tls_why(s.session) == 0);
	}
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_one_by_one, "a handshake and a message that come byte by byte are the same")
{
	const struct stage_wish wish = mutual_wish();
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	struct stage s;

	TRY(stage_open(&s, &wish));
	s.in.each = 1;
	CHECK(stage_connect(&s, right) == ERR_NONE);
	s.out.each = 1;
	CHECK(stage_shake(&s) == ERR_NONE);
	CHECK(strcmp(tls_peer_label(s.session), "peer0") == 0 && stage_talks(&s));
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_refusals, "each certificate that is not the peer's is refused with its own reason")
{
	static const struct {
		const char *name;
		unsigned authority;
		struct paper_wish wish;
		enum tls_refusal why;
	} cases[] = {
		{ "the right one", 0, { .names = "DNS:" PEER }, TLS_REFUSED_NOT },
		{ "a SIP domain", 0, { .names = "URI:sip:" PEER }, TLS_REFUSED_NOT },
		{ "of several names",
		  0,
		  { .names = "DNS:x.example,DNS:SBC.carrier.EXAMPLE" },
		  TLS_REFUSED_NOT },
		{ "for SIP",
		  0,
		  { .names = "DNS:" PEER, .use = "1.3.6.1.5.5.7.3.20" },
		  TLS_REFUSED_NOT },
		{ "for clients",
		  0,
		  { .names = "DNS:" PEER, .use = "clientAuth" },
		  TLS_REFUSED_NOT },
		{ "no other name", 0, { .common_name = PEER }, TLS_REFUSED_NOT },
		{ "another authority", 1, { .names = "DNS:" PEER }, TLS_REFUSED_AUTHORITY },
		{ "expired",
		  0,
		  { .names = "DNS:" PEER, .from_s = -9, .to_s = -1 },
		  TLS_REFUSED_EXPIRED },
		{ "not yet",
		  0,
		  { .names = "DNS:" PEER, .from_s = 9, .to_s = 99 },
		  TLS_REFUSED_NOT_YET },
		{ "another name", 0, { .names = "DNS:x.example" }, TLS_REFUSED_NAME },
		{ "a wildcard", 0, { .names = "DNS:*.carrier.example" }, TLS_REFUSED_NAME },
		{ "a user's name", 0, { .names = "URI:sip:a@" PEER }, TLS_REFUSED_NAME },
		{ "another scheme", 0, { .names = "URI:https://" PEER }, TLS_REFUSED_NAME },
		{ "a common name beside others",
		  0,
		  { .names = "DNS:x.example", .common_name = PEER },
		  TLS_REFUSED_NAME },
		{ "for servers",
		  0,
		  { .names = "DNS:" PEER, .use = "serverAuth" },
		  TLS_REFUSED_USAGE },
		{ "for code",
		  0,
		  { .names = "DNS:" PEER, .use = "codeSigning" },
		  TLS_REFUSED_USAGE },
		{ "another peer's", 0, { .names = "DNS:other.example" }, TLS_REFUSED_OTHER_PEER },
	};
	const struct stage_wish wish = mutual_wish();
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err wanted = cases[i].why == TLS_REFUSED_NOT ? ERR_NONE : ERR_DENIED;

		CHECK_CASE(stage_connect(&s, paper_issue(cases[i].authority, &cases[i].wish)) ==
		                   ERR_NONE,
		           cases[i].name);
		CHECK_CASE(stage_shake(&s) == wanted, cases[i].name);
		CHECK_CASE(tls_why(s.session) == cases[i].why, cases[i].name);
		CHECK_CASE((tls_peer_label(s.session)[0] != '\0') == (wanted == ERR_NONE),
		           cases[i].name);
	}
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_NO_CERTIFICATE);
	SSL_CTX_set_max_proto_version(s.client_context, TLS1_1_VERSION);
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_OLD);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_elsewhere,
     "who is at no peer's address is asked for nothing, and is nobody whatever he shows")
{
	struct stage_wish wish = mutual_wish();
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	struct stage s;

	wish.are_elsewhere = true;
	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(tls_peer_label(s.session)[0] == '\0' && stage_talks(&s));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_revoked, "a revoked certificate is refused, and with a list that is too old each")
{
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	struct stage_wish wish = mutual_wish();
	char list[4096];
	struct stage s;

	wish.rows[0].revoked[0] = 'x';
	wish.revoked[0] = paper_list(0, NULL, DAY_S, list);
	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	/* Who stands is looked at anew. */
	CHECK(tls_still_fits(s.session, s.now) && strcmp(tls_peer_label(s.session), "peer0") == 0);
	wish.revoked[0] = paper_list(0, right, DAY_S, list);
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(!tls_still_fits(s.session, s.now) && tls_why(s.session) == TLS_REFUSED_REVOKED);
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_REVOKED);
	wish.revoked[0] = paper_list(0, NULL, -1, list);
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_NO_LIST);
	/* Nothing that is no list takes the place of one. */
	wish.revoked[0] = VIEW("nothing");
	RELOAD(&s, &wish, ERR_SYNTAX);
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_NO_LIST);
	stage_close(&s);
	return ERR_NONE;
}

static void write_hex(const unsigned char *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * len] = '\0';
}

TEST(tls_pins, "a pinned key or serial number is the only one that is taken")
{
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	const struct paper *next =
		paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER, .use = "clientAuth" });
	struct stage_wish wish = mutual_wish();
	unsigned char hash[32];
	unsigned len = 0;
	struct stage s;

	CHECK(X509_pubkey_digest(right->certificate, EVP_sha1(), hash, &len) == 1);
	{
		unsigned char *der = NULL;
		int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(right->certificate), &der);

		CHECK(EVP_Digest(der, (size_t)size, hash, &len, EVP_sha256(), NULL) == 1);
		OPENSSL_free(der);
	}
	write_hex(hash, sizeof(hash), wish.rows[0].pin_keys[0]);
	wish.rows[0].pin_key_count = 1;
	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(stage_connect(&s, next) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_PIN);
	wish.rows[0].pin_key_count = 0;
	wish.rows[0].pin_serial_count = 1;
	memcpy(wish.rows[0].pin_serials[0], "00ffff", 7);
	RELOAD(&s, &wish, ERR_NONE);
	CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_DENIED);
	CHECK(tls_why(s.session) == TLS_REFUSED_PIN);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_kinds, "RSA and ECDSA stand side by side, and a name chooses its certificate")
{
	static const struct {
		const char *name, *signatures, *shown;
	} cases[] = {
		{ "a.example", "ECDSA+SHA256", "a.example" },
		{ "b.example", "ECDSA+SHA256:RSA-PSS+SHA256", "b.example" },
		{ "c.example", "RSA-PSS+SHA256", "b.example" },
		{ NULL, "ECDSA+SHA256:RSA-PSS+SHA256", "a.example" },
	};
	struct stage_wish wish = plain_wish();
	struct stage s;

	wish.own[0] = paper_issue(0, &(struct paper_wish){ .names = "DNS:a.example" });
	wish.own[1] =
		paper_issue(0, &(struct paper_wish){ .names = "DNS:b.example", .is_rsa = true });
	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *shown;

		CHECK(stage_connect(&s, NULL) == ERR_NONE);
		CHECK(SSL_set1_sigalgs_list(s.client, cases[i].signatures) == 1);
		if (cases[i].name)
			CHECK(SSL_set_tlsext_host_name(s.client, cases[i].name) == 1);
		CHECK_CASE(stage_shake(&s) == ERR_NONE, cases[i].signatures);
		shown = SSL_get0_peer_certificate(s.client);
		CHECK_CASE(X509_check_host(shown, cases[i].shown, 0, 0, NULL) == 1,
		           cases[i].signatures);
	}
	stage_close(&s);
	return ERR_NONE;
}

static SSL_SESSION *ticket_of(struct stage *s)
{
	if (stage_connect(s, NULL) != ERR_NONE || stage_shake(s) != ERR_NONE || !stage_talks(s))
		return NULL;
	return SSL_get1_session(s->client);
}

static bool goes_on(struct stage *s, SSL_SESSION *ticket)
{
	return stage_connect(s, NULL) == ERR_NONE && SSL_set_session(s->client, ticket) == 1 &&
	       stage_shake(s) == ERR_NONE && SSL_session_reused(s->client) && stage_talks(s);
}

TEST(tls_tickets,
     "a session goes on by its ticket for an hour or two, and never one that showed a certificate")
{
	struct stage_wish wish = plain_wish();
	const uint64_t hour_us = 3600 * (uint64_t)SECOND_US;

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *ticket;
		struct stage s;

		TRY(stage_open(&s, &wish));
		SSL_CTX_set_max_proto_version(s.client_context, version);
		ticket = ticket_of(&s);
		CHECK(ticket);
		CHECK(goes_on(&s, ticket));
		s.now.us += hour_us;
		CHECK(goes_on(&s, ticket));
		s.now.us += hour_us;
		CHECK(stage_connect(&s, NULL) == ERR_NONE &&
		      SSL_set_session(s.client, ticket) == 1);
		CHECK(stage_shake(&s) == ERR_NONE && !SSL_session_reused(s.client));
		SSL_SESSION_free(ticket);
		stage_close(&s);
	}
	return ERR_NONE;
}

TEST(tls_no_tickets, "who showed a certificate gets no ticket: the next time it is looked at anew")
{
	const struct paper *right = paper_issue(0, &(struct paper_wish){ .names = "DNS:" PEER });
	const struct stage_wish wish = mutual_wish();
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *session;

		SSL_CTX_set_max_proto_version(s.client_context, version);
		CHECK(stage_connect(&s, right) == ERR_NONE && stage_shake(&s) == ERR_NONE);
		CHECK(stage_talks(&s));
		session = SSL_get0_session(s.client);
		CHECK(!SSL_SESSION_has_ticket(session));
	}
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_ticket_elsewhere,
     "a ticket that was got where nobody is asked opens nothing where a peer is")
{
	struct stage_wish wish = mutual_wish();

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *ticket;
		struct stage s;

		wish.are_elsewhere = true;
		TRY(stage_open(&s, &wish));
		SSL_CTX_set_max_proto_version(s.client_context, version);
		ticket = ticket_of(&s);
		CHECK(ticket && goes_on(&s, ticket));
		wish.are_elsewhere = false;
		CHECK(stage_connect(&s, NULL) == ERR_NONE &&
		      SSL_set_session(s.client, ticket) == 1);
		CHECK(stage_shake(&s) == ERR_DENIED);
		CHECK(tls_why(s.session) == TLS_REFUSED_NO_CERTIFICATE);
		SSL_SESSION_free(ticket);
		stage_close(&s);
	}
	return ERR_NONE;
}

TEST(tls_plain, "who speaks something else is told apart from who breaks TLS")
{
	static const struct {
		const char *text;
		enum tls_refusal why;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", TLS_REFUSED_PLAIN },
		{ "REGISTER sip:x SIP/2.0\r\n\r\n", TLS_REFUSED_PLAIN },
		{ "\r\n\r\n", TLS_REFUSED_PLAIN },
		{ "S", TLS_REFUSED_PLAIN },
		{ "\x16\x03\x01\x00\x05\x0b\x01\x01\x01\x01", TLS_REFUSED_BROKEN },
		{ "\x16\x09\x09\x00\x05hello", TLS_REFUSED_BROKEN },
	};
	const struct stage_wish wish = plain_wish();
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = cases[i].text[0] == 0x16 ? 10 : strlen(cases[i].text);

		CHECK(stage_connect(&s, NULL) == ERR_NONE);
		memcpy(s.in.bytes, cases[i].text, len);
		s.in.end = len;
		CHECK_CASE(tls_shake(s.session, s.now) == ERR_DENIED, cases[i].text);
		CHECK_CASE(tls_why(s.session) == cases[i].why, cases[i].text);
	}
	stage_close(&s);
	return ERR_NONE;
}

/* Our end is given the first flight cut or changed at each place. */
static enum err spoil(struct stage *s, bool is_cut)
{
	static char hello[2048];
	size_t len;

	CHECK(stage_connect(s, NULL) == ERR_NONE);
	(void)SSL_do_handshake(s->client);
	stage_carry(s);
	len = s->in.end;
	CHECK(len > 100 && len < sizeof(hello));
	memcpy(hello, s->in.bytes, len);
	for (size_t at = 0; at < len; at++) {
		enum err err;

		CHECK(stage_connect(s, NULL) == ERR_NONE);
		memcpy(s->in.bytes, hello, len);
		s->in.end = is_cut ? at : len;
		s->in.is_closed = true;
		s->in.bytes[at] ^= 0x41;
		err = tls_shake(s->session, s->now);
		CHECK(err != ERR_NONE && err != ERR_FULL);
		CHECK(!is_cut || at == 0 || err == ERR_IO || err == ERR_CLOSED);
	}
	return ERR_NONE;
}

TEST(tls_spoilt, "a first flight that is cut or changed anywhere ends in order")
{
	const struct stage_wish wish = plain_wish();
	struct stage s;

	TRY(stage_open(&s, &wish));
	TRY(spoil(&s, true));
	TRY(spoil(&s, false));
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_changed_record, "a record that was changed on its way ends the session")
{
	const struct stage_wish wish = plain_wish();
	char text[64];
	size_t len;
	struct stage s;

	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(SSL_write(s.client, "there", 5) == 5);
	stage_carry(&s);
	s.in.bytes[s.in.end - 1] ^= 1;
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_IO);
	CHECK(tls_write(s.session, VIEW("x"), &len) == ERR_IO);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_renegotiation, "a second handshake within a session does not take place")
{
	const struct stage_wish wish = plain_wish();
	char text[64];
	size_t len;
	struct stage s;

	TRY(stage_open(&s, &wish));
	SSL_CTX_set_max_proto_version(s.client_context, TLS1_2_VERSION);
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	CHECK(SSL_renegotiate(s.client) == 1);
	(void)SSL_do_handshake(s.client);
	stage_carry(&s);
	CHECK(s.in.end > 0);
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_AGAIN);
	stage_carry(&s);
	CHECK(SSL_do_handshake(s.client) != 1);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_ends, "an end that is said is one, and one that is not is a loss")
{
	const struct stage_wish wish = plain_wish();
	char text[64];
	size_t len;
	struct stage s;

	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	(void)SSL_shutdown(s.client);
	stage_carry(&s);
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_CLOSED);
	/* Answers still go. */
	CHECK(tls_write(s.session, VIEW("late"), &len) == ERR_NONE && len == 4);
	stage_carry(&s);
	CHECK(SSL_read(s.client, text, sizeof(text)) == 4);
	tls_close(&s.session);
	stage_carry(&s);
	CHECK(SSL_read(s.client, text, sizeof(text)) <= 0 &&
	      (SSL_get_shutdown(s.client) & SSL_RECEIVED_SHUTDOWN) != 0);
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	s.in.is_closed = true;
	CHECK(tls_read(s.session, text, sizeof(text), &len) == ERR_IO);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_written_once,
     "what was begun to be written is written once, whatever comes behind it meanwhile")
{
	static char big[9000], got[sizeof(big) + 64];
	const struct stage_wish wish = plain_wish();
	size_t done = 0, heard = 0, len;
	struct stage s;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i % 23);
	TRY(stage_open(&s, &wish));
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE);
	s.out.each = 100;
	while (done < sizeof(big)) {
		/* What is there to be written grows as a queue does. */
		size_t room = sizeof(big) - done < 5000 ? sizeof(big) - done : 4096 + done % 900;
		enum err err;

		s.out.is_full = !s.out.is_full;
		err = tls_write(s.session, view_bytes(big + done, room), &len);
		CHECK(err == ERR_NONE || err == ERR_AGAIN);
		CHECK(err == ERR_NONE || tls_wants_write(s.session));
		done += err == ERR_NONE ? len : 0;
	}
	s.out.is_full = false;
	stage_carry(&s);
	while (heard < sizeof(big)) {
		int n = SSL_read(s.client, got + heard, (int)(sizeof(got) - heard));

		CHECK(n > 0);
		heard += (size_t)n;
	}
	CHECK(heard == sizeof(big) && memcmp(big, got, sizeof(big)) == 0);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_ceiling, "there are so many sessions and no more, and room again when one is closed")
{
	const struct stage_wish wish = plain_wish();
	const struct tls_wire wire = { NULL, NULL, NULL };
	struct tls_session *sessions[5] = { NULL };
	struct stage s;

	TRY(stage_open(&s, &wish));
	for (unsigned i = 0; i < 4; i++)
		CHECK(tls_accept(s.tls, &s.flow, &wire, &sessions[i]) == ERR_NONE);
	CHECK(tls_accept(s.tls, &s.flow, &wire, &sessions[4]) == ERR_FULL);
	tls_close(&sessions[0]);
	CHECK(tls_accept(s.tls, &s.flow, &wire, &sessions[4]) == ERR_NONE);
	s.flow.side = 1;
	CHECK(tls_accept(s.tls, &s.flow, &wire, &sessions[0]) == ERR_NOT_FOUND);
	for (unsigned i = 1; i < 5; i++)
		tls_close(&sessions[i]);
	stage_close(&s);
	return ERR_NONE;
}

TEST(tls_load_refused, "what cannot be used changes nothing, and is named")
{
	struct stage_wish wish = plain_wish(), bad = wish;
	struct paper mixed = *own();
	struct stage s;

	memcpy(mixed.key_pem, paper_authority(0)->key_pem, sizeof(mixed.key_pem));
	TRY(stage_open(&s, &wish));
	bad.own[0] = &mixed;
	RELOAD(&s, &bad, ERR_DENIED);
	mixed.key_pem[0] = 'x';
	RELOAD(&s, &bad, ERR_SYNTAX);
	CHECK(stage_connect(&s, NULL) == ERR_NONE && stage_shake(&s) == ERR_NONE &&
	      stage_talks(&s));
	stage_close(&s);
	return ERR_NONE;
}
