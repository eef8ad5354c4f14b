/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of servers: which lists of revocations count for them. */
#include "runner/test.h"
#include "web/control.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

struct paper {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem;
};

/* Signed by itself where `by` is NULL. */
static struct paper issue(const char *name, const struct paper *by)
{
	static unsigned char serial;
	struct paper p;

	serial++;
	gnutls_x509_privkey_init(&p.key);
	gnutls_x509_privkey_generate(p.key, GNUTLS_PK_ECDSA,
	                             GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&p.certificate);
	gnutls_x509_crt_set_version(p.certificate, 3);
	gnutls_x509_crt_set_serial(p.certificate, &serial, 1);
	gnutls_x509_crt_set_activation_time(p.certificate, time(NULL) - 100);
	gnutls_x509_crt_set_expiration_time(p.certificate, time(NULL) + 90000);
	gnutls_x509_crt_set_dn_by_oid(p.certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
	                              (unsigned)strlen(name));
	gnutls_x509_crt_set_key(p.certificate, p.key);
	gnutls_x509_crt_set_basic_constraints(p.certificate, by == NULL, -1);
	gnutls_x509_crt_sign2(p.certificate, by ? by->certificate : p.certificate,
	                      by ? by->key : p.key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(p.certificate, GNUTLS_X509_FMT_PEM, &p.pem);
	/* Read again: what was only put together knows no names yet. */
	gnutls_x509_crt_deinit(p.certificate);
	gnutls_x509_crt_init(&p.certificate);
	gnutls_x509_crt_import(p.certificate, &p.pem, GNUTLS_X509_FMT_PEM);
	return p;
}

static void forget(struct paper *p)
{
	gnutls_x509_crt_deinit(p->certificate);
	gnutls_x509_privkey_deinit(p->key);
	gnutls_free(p->pem.data);
}

static gnutls_datum_t list_of(const struct paper *by)
{
	const unsigned char number = 1;
	gnutls_x509_crl_t list;
	gnutls_datum_t pem;

	gnutls_x509_crl_init(&list);
	gnutls_x509_crl_set_version(list, 2);
	gnutls_x509_crl_set_this_update(list, time(NULL) - 50);
	gnutls_x509_crl_set_next_update(list, time(NULL) + 5000);
	gnutls_x509_crl_set_number(list, &number, 1);
	gnutls_x509_crl_sign2(list, by->certificate, by->key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crl_export2(list, GNUTLS_X509_FMT_PEM, &pem);
	gnutls_x509_crl_deinit(list);
	return pem;
}

static struct view view_of_datum(const gnutls_datum_t *d)
{
	return view_bytes((const char *)d->data, d->size);
}

static enum err open_control(const struct paper *own, const struct paper *authority,
                             const gnutls_datum_t *revoked, struct web_control **ret)
{
	const struct web_control_list nobody = { NULL, 0 };
	struct web_control_files files = { .chain = view_of_datum(&own->pem),
		                           .authority = view_of_datum(&authority->pem) };
	const struct web_control_port port = { NULL, { NULL, NULL } };
	const char *why = NULL;

	if (revoked)
		files.revoked = view_of_datum(revoked);
	return web_control_new(&nobody, &files, &port, ret, &why);
}

/* Whether a list of `revoked` is there for our own certificate, which `authority` signed. */
static enum err ask(const struct paper *own, const struct paper *authority,
                    const gnutls_datum_t *revoked, bool *ret)
{
	struct web_control *c = NULL;
	enum err err = open_control(own, authority, revoked, &c);

	if (err == ERR_NONE)
		*ret = web_control_has_list(c, own->certificate);
	web_control_free(&c);
	return err;
}

TEST(web_control_lists,
     "where revocations are asked for, a list of another authority is none of this one")
{
	struct paper authority = issue("Authority", NULL), other = issue("Other", NULL);
	struct paper own = issue("own", &authority);
	gnutls_datum_t right = list_of(&authority), wrong = list_of(&other);
	bool has_none = false, has_right = false, has_wrong = true;
	enum err err = ask(&own, &authority, NULL, &has_none);

	if (err == ERR_NONE)
		err = ask(&own, &authority, &right, &has_right);
	if (err == ERR_NONE)
		err = ask(&own, &authority, &wrong, &has_wrong);
	gnutls_free(right.data);
	gnutls_free(wrong.data);
	forget(&own);
	forget(&other);
	forget(&authority);
	TRY(err);
	CHECK(has_none && has_right && !has_wrong);
	return ERR_NONE;
}
