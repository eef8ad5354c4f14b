/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of the control listener whose signatures come from the server of keys. */
#include "keys/server.h"
#include "runner/test.h"
#include "web/control_key.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

enum { PIPE = 16384, ROUNDS = 20 };

/* Bytes on their way to one end. */
struct pipe {
	unsigned char bytes[PIPE];
	size_t len;
};

struct talk {
	struct keys_server *keys;
	struct pipe to_server, to_client;
	bool is_away; /* nobody signs */
	unsigned asked;
};

struct end {
	struct pipe *in, *out;
};

static ssize_t push(gnutls_transport_ptr_t at, const void *bytes, size_t len)
{
	struct pipe *p = ((struct end *)at)->out;

	if (len > PIPE - p->len)
		return -1;
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
	return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t at, void *ret, size_t size)
{
	struct pipe *p = ((struct end *)at)->in;
	size_t len = p->len < size ? p->len : size;

	memcpy(ret, p->bytes, len);
	memmove(p->bytes, p->bytes + len, p->len - len);
	p->len -= len;
	return (ssize_t)len;
}

/* What is not there yet is not the end. */
static int is_there(gnutls_transport_ptr_t at, unsigned ms)
{
	(void)ms;
	return ((struct end *)at)->in->len > 0;
}

static ssize_t pull_some(gnutls_transport_ptr_t at, void *ret, size_t size)
{
	ssize_t len = pull(at, ret, size);

	return len > 0 ? len : -1;
}

static int error_of(gnutls_transport_ptr_t at)
{
	(void)at;
	return EAGAIN;
}

static enum err sign(void *context, struct keys_request *q, struct keys_answer *ret)
{
	struct talk *t = context;

	t->asked++;
	if (t->is_away)
		return ERR_AGAIN;
	keys_server_sign_control(t->keys, q, ret);
	return (enum err)ret->result;
}

/* ---- certificates ---- */

static gnutls_x509_privkey_t new_key(gnutls_pk_algorithm_t sort)
{
	gnutls_x509_privkey_t key;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, sort,
	                             sort == GNUTLS_PK_RSA ? 2048
	                             : sort == GNUTLS_PK_ECDSA
	                                     ? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)
	                                     : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519),
	                             0);
	return key;
}

static gnutls_datum_t certificate_of(gnutls_x509_privkey_t key)
{
	const unsigned char serial = 7;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 100);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 90000);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "own", 3);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_sign2(crt, crt, key,
	                      gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519
	                              ? GNUTLS_DIG_SHA512
	                              : GNUTLS_DIG_SHA256,
	                      0);
	gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	gnutls_x509_crt_deinit(crt);
	return pem;
}

static struct view view_of_datum(const gnutls_datum_t *d)
{
	return view_bytes((const char *)d->data, d->size);
}

/* The key under `name`; and the chain as that of the listener, where it is. */
static enum err give(struct keys_server *s, gnutls_x509_privkey_t key, const gnutls_datum_t *chain)
{
	static char storage[65536];
	struct buffer b = BUFFER_ON(storage), words = buffer_on(storage, 0);
	struct keys_bundle bundle;
	gnutls_datum_t pem;
	enum err err;

	gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	err = keys_bundle_put(&b, KEYS_PRIVATE, VIEW("main"), view_of_datum(&pem));
	gnutls_free(pem.data);
	if (err == ERR_NONE && chain)
		err = keys_bundle_put(&b, KEYS_CONTROL_CHAIN, VIEW("control"),
		                      view_of_datum(chain));
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	return err == ERR_NONE ? keys_server_take(s, &bundle, &bundle, &words) : err;
}

/* ---- a handshake ---- */

static gnutls_session_t open_end(unsigned role, struct end *at, const char *priorities,
                                 gnutls_certificate_credentials_t credentials)
{
	gnutls_session_t s;

	gnutls_init(&s, role | GNUTLS_NONBLOCK);
	gnutls_priority_set_direct(s, priorities, NULL);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_ptr(s, at);
	gnutls_transport_set_push_function(s, push);
	gnutls_transport_set_pull_function(s, pull_some);
	gnutls_transport_set_pull_timeout_function(s, is_there);
	gnutls_transport_set_errno_function(s, error_of);
	return s;
}

static bool shake(struct talk *t, gnutls_certificate_credentials_t own, const char *priorities)
{
	struct end here = { &t->to_server, &t->to_client },
		   there = { &t->to_client, &t->to_server };
	gnutls_certificate_credentials_t none;
	gnutls_session_t server = open_end(GNUTLS_SERVER, &here, WEB_CONTROL_PRIORITIES, own);
	gnutls_session_t client;
	int seen[2] = { GNUTLS_E_AGAIN, GNUTLS_E_AGAIN };

	t->to_server.len = t->to_client.len = 0;
	gnutls_certificate_allocate_credentials(&none);
	client = open_end(GNUTLS_CLIENT, &there, priorities, none);
	for (int i = 0; i < ROUNDS; i++) {
		if (seen[0] == GNUTLS_E_AGAIN)
			seen[0] = gnutls_handshake(client);
		if (seen[1] == GNUTLS_E_AGAIN)
			seen[1] = gnutls_handshake(server);
	}
	gnutls_deinit(client);
	gnutls_deinit(server);
	gnutls_certificate_free_credentials(none);
	return seen[0] == 0 && seen[1] == 0;
}

static const struct {
	const char *name, *priorities;
	gnutls_pk_algorithm_t sort;
} cases[] = {
	{ "ECDSA, 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", GNUTLS_PK_ECDSA },
	{ "ECDSA, 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_PK_ECDSA },
	{ "RSA, 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", GNUTLS_PK_RSA },
	{ "RSA, 1.2, PKCS #1", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA256",
	  GNUTLS_PK_RSA },
	{ "RSA, 1.2, PSS", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA384",
	  GNUTLS_PK_RSA },
	{ "Ed25519, 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", GNUTLS_PK_EDDSA_ED25519 },
	{ "Ed25519, 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_PK_EDDSA_ED25519 },
};

/* ERR_NONE: as the case wants it: done where `keys` signs for it, failed elsewhere. */
static enum err try_case(size_t row)
{
	static struct talk t;
	const struct web_control_signer signer = { &t, sign };
	gnutls_x509_privkey_t key = new_key(cases[row].sort);
	gnutls_datum_t chain = certificate_of(key);
	gnutls_certificate_credentials_t own;
	bool is_done = false, is_done_away = true, is_done_other = true;
	enum err err;

	memset(&t, 0, sizeof(t));
	gnutls_certificate_allocate_credentials(&own);
	err = keys_server_new(&t.keys);
	if (err == ERR_NONE)
		err = give(t.keys, key, &chain);
	if (err == ERR_NONE)
		err = control_key_show(own, &chain, &signer);
	if (err == ERR_NONE) {
		is_done = t.asked == 0 && shake(&t, own, cases[row].priorities) && t.asked == 1;
		t.is_away = true;
		is_done_away = shake(&t, own, cases[row].priorities);
		t.is_away = false;
		/* The same key, and it is not the listener's; twice, since the last ones count. */
		err = give(t.keys, key, NULL);
	}
	if (err == ERR_NONE)
		err = give(t.keys, key, NULL);
	if (err == ERR_NONE)
		is_done_other = shake(&t, own, cases[row].priorities);
	keys_server_free(&t.keys);
	gnutls_certificate_free_credentials(own);
	gnutls_free(chain.data);
	gnutls_x509_privkey_deinit(key);
	TRY(err);
	return is_done && !is_done_away && !is_done_other ? ERR_NONE : ERR_DENIED;
}

TEST(web_control_key_signs,
     "a handshake of the control listener is signed elsewhere, by its certificate's key alone")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err err = try_case(i);

		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_NONE, cases[i].name);
	}
	return ERR_NONE;
}
