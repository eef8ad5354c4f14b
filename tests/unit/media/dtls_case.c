/* SPDX-License-Identifier: Apache-2.0 */
/* The peer, the wire and the clock of test_dtls.c. */
#include "unit/media/dtls_case.h"

#include <openssl/evp.h>
#include <openssl/srtp.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

uint64_t dtls_clock_us = 1000 * (uint64_t)SECOND_US;

/* Before the C library's: OpenSSL's timers run by the test's clock. */
__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict zone);
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	(void)zone;
	tv->tv_sec = (time_t)(dtls_clock_us / SECOND_US);
	tv->tv_usec = (suseconds_t)(dtls_clock_us % SECOND_US);
	return 0;
}

struct addr dtls_case_at(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

/* --- the wire -------------------------------------------------------------- */

static void put(struct wire_queue *q, struct view bytes)
{
	if (q->count == MAX_WIRE || bytes.len > MAX_WIRE_BYTES)
		return;
	q->rows[q->count].len = bytes.len;
	memcpy(q->rows[q->count++].at, bytes.at, bytes.len);
}

enum dtls_verdict dtls_case_throw(struct dtls_case *c, struct view bytes, const struct addr *from)
{
	struct dtls_datagram datagram = { bytes, *from };
	enum dtls_verdict verdict =
		media_dtls_receive(c->dtls, &c->leg, &datagram, dtls_clock_us, &c->keys);

	c->verdicts[verdict]++;
	c->is_agreed |= verdict == DTLS_AGREED;
	return verdict;
}

static void arrive(struct dtls_case *c, struct view bytes, bool is_to_peer)
{
	put(is_to_peer ? &c->to_peer : &c->to_us, bytes);
}

static bool is_spoilt(struct dtls_case *c, unsigned nth)
{
	struct wire_rule *rule = &c->rule;

	if (rule->seed != 0) {
		rule->seed = rule->seed * UINT32_C(1664525) + UINT32_C(1013904223);
		return (rule->seed >> 8) % 5 == 0;
	}
	return nth == rule->nth ||
	       (rule->every > 0 && nth > rule->nth && (nth - rule->nth) % rule->every == 0);
}

static void carry(struct dtls_case *c, struct view bytes, bool is_to_peer)
{
	enum wire_fate fate = is_spoilt(c, c->carried) ? c->rule.fate : WIRE_CARRIES;
	struct wire_bytes held = c->held;
	bool was_held = c->is_held, was_to_peer = c->is_held_to_peer;

	c->carried++;
	c->is_held = false;
	if (fate == WIRE_HOLDS && bytes.len <= MAX_WIRE_BYTES) {
		c->held.len = bytes.len;
		memcpy(c->held.at, bytes.at, bytes.len);
		c->is_held_to_peer = is_to_peer;
	}
	if (fate == WIRE_CARRIES || fate == WIRE_DOUBLES)
		arrive(c, bytes, is_to_peer);
	if (fate == WIRE_DOUBLES)
		arrive(c, bytes, is_to_peer);
	if (was_held)
		arrive(c, view_bytes(held.at, held.len), was_to_peer);
	c->is_held |= fate == WIRE_HOLDS;
}

static void send_to_peer(void *context, const struct dtls_leg *leg, struct view datagram,
                         const struct addr *to)
{
	struct dtls_case *c = context;

	if (leg == &c->leg && addr_equal(to, &c->place))
		carry(c, datagram, true);
}

static bool take_from_peer(struct dtls_case *c)
{
	char bytes[MAX_WIRE_BYTES];
	ssize_t len = recv(c->ends[1], bytes, sizeof(bytes), MSG_DONTWAIT);

	if (len <= 0)
		return false;
	if (len > 13 && bytes[0] == 22 && bytes[13] == 1) {
		c->first_to_us.len = (size_t)len;
		memcpy(c->first_to_us.at, bytes, (size_t)len);
	}
	carry(c, view_bytes(bytes, (size_t)len), false);
	return true;
}

static bool deliver(struct dtls_case *c)
{
	bool was_moving = c->to_peer.count + c->to_us.count > 0;

	for (size_t i = 0; i < c->to_peer.count; i++)
		(void)!write(c->ends[1], c->to_peer.rows[i].at, c->to_peer.rows[i].len);
	c->to_peer.count = 0;
	for (size_t i = 0; i < c->to_us.count; i++)
		(void)dtls_case_throw(c, view_bytes(c->to_us.rows[i].at, c->to_us.rows[i].len),
		                      &c->place);
	c->to_us.count = 0;
	return was_moving;
}

static void move_peer(struct dtls_case *c)
{
	char byte;
	int n;

	if (c->is_failed)
		return;
	if (c->is_done) { /* it answers what is sent again by itself */
		(void)SSL_read(c->ssl, &byte, 1);
		return;
	}
	n = SSL_do_handshake(c->ssl);
	c->is_done = n == 1;
	c->is_failed = n != 1 && SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ;
}

void dtls_case_run(struct dtls_case *c)
{
	bool is_moving = true;

	while (is_moving) {
		move_peer(c);
		while (take_from_peer(c))
			;
		is_moving = deliver(c);
	}
}

void dtls_case_wait(struct dtls_case *c, uint64_t us)
{
	dtls_case_run(c);
	for (uint64_t i = 0; i < us && !(c->is_done && c->is_agreed); i += SECOND_US / 10) {
		dtls_clock_us += SECOND_US / 10;
		media_dtls_advance(c->dtls, dtls_clock_us);
		(void)DTLSv1_handle_timeout(c->ssl);
		dtls_case_run(c);
	}
}

/* --- the peer --------------------------------------------------------------- */

static int believes(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static enum err give_certificate(SSL_CTX *context, bool has_rsa)
{
	EVP_PKEY *key = has_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool is_done = key && x && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1 &&
	               X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	               X509_gmtime_adj(X509_getm_notAfter(x), 3600) &&
	               X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0 &&
	               SSL_CTX_use_certificate(context, x) == 1 &&
	               SSL_CTX_use_PrivateKey(context, key) == 1;

	X509_free(x);
	EVP_PKEY_free(key);
	return is_done ? ERR_NONE : ERR_UNSUPPORTED;
}

void dtls_case_drop_peer(struct dtls_case *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->context);
	for (size_t i = 0; i < 2; i++)
		if (c->ends[i] >= 0)
			(void)close(c->ends[i]);
	c->ssl = NULL;
	c->context = NULL;
	c->ends[0] = c->ends[1] = -1;
	c->to_peer.count = c->to_us.count = 0;
	c->is_held = false;
}

enum err dtls_case_peer(struct dtls_case *c, const struct peer_options *options)
{
	const char *profiles = options->profiles ? options->profiles
	                                         : "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";
	BIO *bio;

	dtls_case_drop_peer(c);
	c->is_done = c->is_failed = false;
	c->context = SSL_CTX_new(DTLS_method());
	if (!c->context || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, c->ends) != 0)
		return ERR_UNSUPPORTED;
	TRY(give_certificate(c->context, options->has_rsa));
	SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, believes);
	SSL_CTX_set_options(c->context, SSL_OP_NO_QUERY_MTU);
	if ((profiles[0] != '\0' && SSL_CTX_set_tlsext_use_srtp(c->context, profiles) != 0) ||
	    (options->groups && SSL_CTX_set1_groups_list(c->context, options->groups) != 1) ||
	    (options->suites && SSL_CTX_set_cipher_list(c->context, options->suites) != 1))
		return ERR_UNSUPPORTED;
	c->ssl = SSL_new(c->context);
	bio = BIO_new_socket(c->ends[0], BIO_NOCLOSE);
	if (!c->ssl || !bio)
		return ERR_UNSUPPORTED;
	SSL_set_bio(c->ssl, bio, bio);
	(void)SSL_set_mtu(c->ssl, options->mtu > 0 ? options->mtu : 1200);
	if (options->is_server)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	return ERR_NONE;
}

struct dtls_peer dtls_case_name(const struct dtls_case *c, enum dtls_hash hash)
{
	static const char *const names[] = { "SHA256", "SHA384", "SHA512" };
	struct dtls_peer peer = { .hash = (uint8_t)hash };
	unsigned size = 0;

	(void)X509_digest(SSL_CTX_get0_certificate(c->context), EVP_get_digestbyname(names[hash]),
	                  peer.fingerprint, &size);
	return peer;
}

enum err dtls_case_open(struct dtls_case *c, const struct peer_options *options,
                        bool is_proven_path)
{
	struct media_dtls_ports ports = { .context = c, .send = send_to_peer };
	struct dtls_peer peer;

	memset(c, 0, sizeof(*c));
	c->ends[0] = c->ends[1] = -1;
	c->rule.nth = UINT32_MAX;
	c->place = dtls_case_at("198.51.100.7:40000");
	TRY(media_dtls_new(&ports, dtls_clock_us, &c->dtls));
	TRY(dtls_case_peer(c, options));
	peer = dtls_case_name(c, DTLS_SHA256);
	peer.is_active = options->is_server;
	peer.is_proven_path = is_proven_path;
	media_dtls_begin(c->dtls, &c->leg, &peer, 1);
	return ERR_NONE;
}

void dtls_case_close(struct dtls_case *c)
{
	dtls_case_drop_peer(c);
	media_dtls_end(c->dtls, &c->leg);
	media_dtls_free(&c->dtls);
}

/* RFC 5764 4.2, worked out once more. */
bool dtls_case_is_same(struct dtls_case *c)
{
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(c->ssl);
	size_t key = 16, salt = 12;
	uint8_t all[2 * DTLS_MAX_SECRET], client[DTLS_MAX_SECRET] = { 0 },
					  server[DTLS_MAX_SECRET] = { 0 };
	bool is_client = !SSL_is_server(c->ssl);

	if (!profile || profile->id != c->keys.profile)
		return false;
	if (profile->id == SRTP_AES128_CM_SHA1_80 || profile->id == SRTP_AES128_CM_SHA1_32)
		salt = 14;
	else if (profile->id == SRTP_AEAD_AES_256_GCM)
		key = 32;
	if (SSL_export_keying_material(c->ssl, all, 2 * (key + salt), "EXTRACTOR-dtls_srtp", 19,
	                               NULL, 0, 0) != 1)
		return false;
	memcpy(client, all, key);
	memcpy(server, all + key, key);
	memcpy(client + key, all + 2 * key, salt);
	memcpy(server + key, all + 2 * key + salt, salt);
	return memcmp(c->keys.in, is_client ? client : server, sizeof(client)) == 0 &&
	       memcmp(c->keys.out, is_client ? server : client, sizeof(client)) == 0;
}
