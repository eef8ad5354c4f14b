/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of servers, and where they come from. */
#include "web/control.h"

#include "web/control_key.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

enum {
	TOLD_A_MINUTE = 30, /* refusals that the trail hears of; all are counted */
	MAX_PURPOSES = 16,
	MAX_NAMES = 64,
};

struct web_control {
	struct web_control_list list;
	struct web_control_server servers[WEB_MAX_SERVERS];
	unsigned users; /* connections that it let in */
	bool is_retired;
	struct web *web;
	struct web_control_signer signer;
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_crl_t *lists; /* of revocations; none: nothing is asked */
	unsigned list_count;
	uint64_t minute_us; /* when the budget of lines began */
	unsigned told;
};

const char *web_control_word(enum control_refusal why)
{
	static const char *const words[CONTROL_REFUSAL_COUNT] = {
		[CONTROL_FINE] = "fine",
#define CONTROL_REFUSAL(name, word) [CONTROL_##name] = word,
#include "web/control.def"
#undef CONTROL_REFUSAL
	};

	return why < CONTROL_REFUSAL_COUNT ? words[why] : "?";
}

/* ---- our own side ---- */

static gnutls_datum_t datum(struct view v)
{
	return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)v.at,
		                 .size = (unsigned)v.len };
}

static enum err load(struct web_control *c, const struct web_control_files *f, const char **ret_why)
{
	const gnutls_datum_t chain = datum(f->chain), authority = datum(f->authority),
			     revoked = datum(f->revoked);
	enum err err = control_key_show(c->credentials, &chain, &c->signer);

	*ret_why = "the certificate cannot be read, or its sort of key cannot be used";
	if (err != ERR_NONE)
		return err;
	*ret_why = "there is no certificate in the file of `authority`";
	if (gnutls_certificate_set_x509_trust_mem(c->credentials, &authority,
	                                          GNUTLS_X509_FMT_PEM) <= 0)
		return ERR_SYNTAX;
	*ret_why = "the file of `revoked` cannot be read";
	if (revoked.size > 0 && (gnutls_certificate_set_x509_crl_mem(c->credentials, &revoked,
	                                                             GNUTLS_X509_FMT_PEM) <= 0 ||
	                         gnutls_x509_crl_list_import2(&c->lists, &c->list_count, &revoked,
	                                                      GNUTLS_X509_FMT_PEM, 0) < 0))
		return ERR_SYNTAX;
	return ERR_NONE;
}

enum err web_control_new(const struct web_control_list *list, const struct web_control_files *files,
                         const struct web_control_port *port, struct web_control **ret,
                         const char **ret_why)
{
	struct web_control *c = calloc(1, sizeof(*c));
	enum err err;

	*ret_why = "out of memory";
	if (!c)
		return ERR_NO_MEMORY;
	for (; c->list.count < list->count && c->list.count < WEB_MAX_SERVERS; c->list.count++)
		c->servers[c->list.count] = list->servers[c->list.count];
	c->list.servers = c->servers;
	c->web = port->web;
	c->signer = port->signer;
	if (gnutls_certificate_allocate_credentials(&c->credentials) < 0) {
		free(c);
		return ERR_NO_MEMORY;
	}
	err = load(c, files, ret_why);
	if (err != ERR_NONE) {
		web_control_free(&c);
		return err;
	}
	*ret_why = NULL;
	*ret = c;
	return ERR_NONE;
}

static void forget(struct web_control *c)
{
	for (unsigned i = 0; i < c->list_count; i++)
		gnutls_x509_crl_deinit(c->lists[i]);
	gnutls_free(c->lists);
	gnutls_certificate_free_credentials(c->credentials);
	free(c);
}

void web_control_free(struct web_control **control)
{
	struct web_control *c = *control;

	*control = NULL;
	if (!c)
		return;
	c->is_retired = true;
	/* Sessions have its credentials. */
	if (c->users == 0)
		forget(c);
}

void web_control_end(struct web_control_client *client)
{
	struct web_control *c = client->control;

	client->control = NULL;
	client->server = NULL;
	if (c && --c->users == 0 && c->is_retired)
		forget(c);
}

/* ---- refusing ---- */

static bool is_told(struct web_control *c)
{
	uint64_t now_us = web_now(c->web).us;

	if (c->minute_us == 0 || now_since(now_us, c->minute_us) >= 60 * SECOND_US) {
		c->minute_us = now_us;
		c->told = 0;
	}
	return c->told++ < TOLD_A_MINUTE;
}

void web_control_refuse(struct web_control *c, const struct addr *from, const char *name,
                        enum control_refusal why)
{
	char text[ADDR_TEXT_MAX];

	web_count(c->web, why == CONTROL_ADDRESS ? COUNT_control_unlisted : COUNT_control_refused);
	if (!is_told(c))
		return;
	web_note(c->web, &(struct web_note){ .actor = addr_text(from, text),
	                                     .role = "none",
	                                     .verb = "control",
	                                     .object = name,
	                                     .result = web_control_word(why) });
}

static bool is_from(const struct web_control_server *s, const struct addr *from)
{
	for (unsigned i = 0; i < s->from_count; i++)
		if (addr_net_holds(&s->from[i], from))
			return true;
	return false;
}

bool web_control_admits(struct web_control *c, const struct addr *from)
{
	for (size_t i = 0; i < c->list.count; i++)
		if (is_from(&c->list.servers[i], from))
			return true;
	web_control_refuse(c, from, "", CONTROL_ADDRESS);
	return false;
}

/* ---- the certificate ---- */

static enum control_refusal why_of(unsigned status)
{
	static const struct {
		unsigned bit;
		enum control_refusal why;
	} rows[] = {
		{ GNUTLS_CERT_REVOKED, CONTROL_REVOKED },
		{ GNUTLS_CERT_EXPIRED, CONTROL_EXPIRED },
		{ GNUTLS_CERT_NOT_ACTIVATED, CONTROL_EARLY },
		{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, CONTROL_REVOCATIONS_OLD },
		{ GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE, CONTROL_REVOCATIONS_OLD },
		{ GNUTLS_CERT_PURPOSE_MISMATCH, CONTROL_PURPOSE },
		{ GNUTLS_CERT_SIGNER_NOT_FOUND, CONTROL_AUTHORITY },
		{ GNUTLS_CERT_SIGNER_NOT_CA, CONTROL_AUTHORITY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (status & rows[i].bit)
			return rows[i].why;
	return status == 0 ? CONTROL_FINE : CONTROL_INVALID;
}

static bool is_list_of(gnutls_x509_crl_t list, const gnutls_datum_t *issuer)
{
	gnutls_datum_t own = { NULL, 0 };
	bool is_same = gnutls_x509_crl_get_raw_issuer_dn(list, &own) == 0 &&
	               own.size == issuer->size && memcmp(own.data, issuer->data, own.size) == 0;

	gnutls_free(own.data);
	return is_same;
}

bool web_control_has_list(const struct web_control *c, void *certificate)
{
	gnutls_datum_t issuer = { NULL, 0 };
	bool is_found = c->list_count == 0;

	if (!is_found && gnutls_x509_crt_get_raw_issuer_dn(certificate, &issuer) == 0)
		for (unsigned i = 0; i < c->list_count && !is_found; i++)
			is_found = is_list_of(c->lists[i], &issuer);
	gnutls_free(issuer.data);
	return is_found;
}

/* One that says nothing of its purpose is for all of them, and that is too much here. */
static bool is_for_clients(gnutls_x509_crt_t crt)
{
	for (unsigned i = 0; i < MAX_PURPOSES; i++) {
		char oid[64];
		size_t size = sizeof(oid);
		unsigned is_critical;

		if (gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, &is_critical) < 0)
			return false;
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
			return true;
	}
	return false;
}

static bool is_name(unsigned type, struct view text, const char *wanted)
{
	/* A NUL within would end the name for one reader and not for another. */
	if (memchr(text.at, 0, text.len))
		return false;
	if (type == GNUTLS_SAN_DNSNAME)
		return view_equal_nocase(text, view_of(wanted));
	return type == GNUTLS_SAN_URI && view_equal(text, view_of(wanted));
}

static bool has_name(gnutls_x509_crt_t crt, const char *wanted)
{
	for (unsigned i = 0; i < MAX_NAMES; i++) {
		char text[WEB_IDENTITY_SIZE];
		size_t size = sizeof(text);
		int type = gnutls_x509_crt_get_subject_alt_name(crt, i, text, &size, NULL);

		if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (type < 0)
			return false;
		if (is_name((unsigned)type, view_bytes(text, size), wanted))
			return true;
	}
	return false;
}

/* The first name, for the trail: printable, or nothing. */
static void first_name(gnutls_x509_crt_t crt, char ret[WEB_IDENTITY_SIZE])
{
	size_t size = WEB_IDENTITY_SIZE - 1;
	int type = gnutls_x509_crt_get_subject_alt_name(crt, 0, ret, &size, NULL);

	ret[type < 0 ? 0 : size] = 0;
	for (size_t i = 0; ret[i]; i++)
		if (ret[i] < 0x21 || ret[i] > 0x7e)
			ret[i] = '?';
}

static enum control_refusal find(struct web_control_client *client, gnutls_x509_crt_t crt)
{
	const struct web_control *c = client->control;
	enum control_refusal why = CONTROL_NAME;

	if (!is_for_clients(crt))
		return CONTROL_PURPOSE;
	for (size_t i = 0; i < c->list.count; i++) {
		if (!has_name(crt, c->list.servers[i].name))
			continue;
		why = CONTROL_PLACE;
		if (!is_from(&c->list.servers[i], &client->from))
			continue;
		client->server = &c->list.servers[i];
		return CONTROL_FINE;
	}
	return why;
}

static enum control_refusal examine(gnutls_session_t session, struct web_control_client *client,
                                    char ret_name[WEB_IDENTITY_SIZE])
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT
	};
	unsigned count = 0, status = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	enum control_refusal why;
	gnutls_x509_crt_t crt;

	ret_name[0] = 0;
	if (!chain || count == 0)
		return CONTROL_NO_CERTIFICATE;
	if (gnutls_x509_crt_init(&crt) < 0)
		return CONTROL_INVALID;
	if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) < 0) {
		gnutls_x509_crt_deinit(crt);
		return CONTROL_INVALID;
	}
	first_name(crt, ret_name);
	why = gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0 ? CONTROL_INVALID
	                                                                         : why_of(status);
	if (why == CONTROL_FINE)
		why = web_control_has_list(client->control, crt) ? find(client, crt)
		                                                 : CONTROL_REVOCATIONS_NONE;
	gnutls_x509_crt_deinit(crt);
	return why;
}

/* Within the handshake: what is not 0 ends it with an alert. */
static int verify(gnutls_session_t session)
{
	struct web_control_client *client = web_control_client_of(session);
	char name[WEB_IDENTITY_SIZE];
	enum control_refusal why;

	if (!client || !client->control)
		return GNUTLS_E_CERTIFICATE_ERROR;
	client->server = NULL;
	why = examine(session, client, name);
	if (why == CONTROL_FINE)
		return 0;
	web_control_refuse(client->control, &client->from, name, why);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

enum err web_control_begin(struct web_control_client *client, void *session)
{
	gnutls_session_t s = session;

	if (gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, client->control->credentials) < 0)
		return ERR_NO_MEMORY;
	/* Asked for and not demanded: so it is us who say that there is none, and tell it. */
	gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(s, verify);
	client->control->users++;
	return ERR_NONE;
}
