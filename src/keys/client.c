/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a signature: a table of fixed size. A row is part of its request's number, so
 * that an answer finds it without a search, and an answer to an earlier use of the row does not. */
#include "keys/client.h"

#include "keys/bundle.h"
#include "keys/client_priv.h"
#include "keys/server.h"

#include <openssl/async.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* A handshake has some seconds in all; a restart of the process keys takes some milliseconds. */
enum { LATE_US = 3 * SECOND_US };

enum row_state { ROW_FREE, ROW_WAITING, ROW_ANSWERED, ROW_FAILED };

struct row {
	uint64_t id, token, due_us;
	enum row_state state;
	enum keys_failure why;
	struct keys_answer answer;
};

struct keys_client {
	struct keys_client_ports ports;
	uint64_t next, token;
	struct now now;
	bool is_inside;
	enum keys_failure why;
	uint32_t waiting;
	struct row rows[MAX_KEYS_UNDER_WAY];
};

static const char *const failures[KEYS_FAILURE_COUNT] = {
	[KEYS_WELL] = "keys-well",       [KEYS_FULL] = "keys-full",
	[KEYS_LATE] = "keys-late",       [KEYS_UNKNOWN] = "keys-unknown",
	[KEYS_REFUSED] = "keys-refused", [KEYS_CANCELLED] = "keys-cancelled",
	[KEYS_BESIDE] = "keys-beside",
};

const char *keys_failure_name(enum keys_failure f) { return failures[f]; }

enum keys_failure keys_client_why(const struct keys_client *k) { return k->why; }

uint32_t keys_client_under_way(const struct keys_client *k) { return k->waiting; }

/* ---- life ---- */

enum err keys_client_new(const struct keys_client_ports *ports, uint64_t first,
                         struct keys_client **ret)
{
	struct keys_client *k = calloc(1, sizeof(*k));
	enum err err;

	if (!k)
		return ERR_NO_MEMORY;
	k->ports = *ports;
	k->next = first;
	/* As many jobs as rows: who finds no job is told so by OpenSSL before it begins. */
	err = ASYNC_is_capable() && ASYNC_init_thread(MAX_KEYS_UNDER_WAY, 8) == 1 ? provider_open()
	                                                                          : ERR_UNSUPPORTED;
	if (err != ERR_NONE) {
		free(k);
		return err;
	}
	provider_serve(k);
	*ret = k;
	return ERR_NONE;
}

void keys_client_free(struct keys_client **k)
{
	if (!*k)
		return;
	provider_serve(NULL);
	provider_close();
	ASYNC_cleanup_thread();
	free(*k);
	*k = NULL;
}

/* ---- keys ---- */

/* All that is public of the certificate's key, and its name. */
static enum err make_handle(EVP_PKEY *public, EVP_PKEY **ret)
{
	uint8_t name[KEYS_NAME_BYTES];
	OSSL_PARAM *of_key = NULL, *all = NULL;
	OSSL_PARAM ours[2] = { OSSL_PARAM_construct_octet_string(PROVIDER_HANDLE, name,
		                                                 sizeof(name)),
		               OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(public),
	                                             "provider=ringfence");
	EVP_PKEY *key = NULL;
	enum err err = ERR_UNSUPPORTED;

	if (c && keys_name_of(public, name) &&
	    EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &of_key) == 1)
		all = OSSL_PARAM_merge(of_key, ours);
	if (all && EVP_PKEY_fromdata_init(c) == 1 &&
	    EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, all) == 1) {
		*ret = key;
		err = ERR_NONE;
	}
	OSSL_PARAM_free(all);
	OSSL_PARAM_free(of_key);
	EVP_PKEY_CTX_free(c);
	return err;
}

enum err keys_client_pkey(struct keys_client *k, struct x509_st *leaf, struct evp_pkey_st **ret)
{
	EVP_PKEY *public = X509_get0_pubkey(leaf);

	(void)k;
	return public ? make_handle(public, ret) : ERR_UNSUPPORTED;
}

/* ---- waiting ---- */

void keys_client_enter(struct keys_client *k, uint64_t token, struct now now)
{
	k->token = token;
	k->now = now;
	k->is_inside = true;
	k->why = KEYS_WELL;
}

void keys_client_leave(struct keys_client *k) { k->is_inside = false; }

static void settle(struct keys_client *k, struct row *r, enum row_state state,
                   enum keys_failure why)
{
	r->state = state;
	r->why = why;
	k->waiting--;
}

static struct row *row_new(struct keys_client *k)
{
	for (uint32_t i = 0; i < MAX_KEYS_UNDER_WAY; i++) {
		struct row *r = &k->rows[(k->next + i) % MAX_KEYS_UNDER_WAY];

		if (r->state != ROW_FREE)
			continue;
		k->next += i + 1;
		r->id = k->next - 1;
		r->token = k->token;
		r->due_us = k->now.us + LATE_US;
		r->state = ROW_WAITING;
		k->waiting++;
		return r;
	}
	return NULL;
}

static bool fail(struct keys_client *k, enum keys_failure why)
{
	k->why = why;
	return false;
}

bool client_sign(struct keys_client *k, struct keys_request *q, struct keys_answer *ret)
{
	struct row *r;
	bool is_good;

	if (!k->is_inside || !ASYNC_get_current_job())
		return fail(k, KEYS_BESIDE);
	r = row_new(k);
	if (!r)
		return fail(k, KEYS_FULL);
	q->id = r->id;
	if (k->ports.send(k->ports.context, q) != ERR_NONE) {
		settle(k, r, ROW_FREE, KEYS_FULL);
		return fail(k, KEYS_FULL);
	}
	/* Whoever lets the job go on too early finds it set aside again. */
	while (r->state == ROW_WAITING)
		if (!ASYNC_pause_job())
			settle(k, r, ROW_FAILED, KEYS_BESIDE);
	is_good = r->state == ROW_ANSWERED;
	k->why = r->why;
	if (is_good)
		*ret = r->answer;
	r->state = ROW_FREE;
	return is_good;
}

void keys_client_cancel(struct keys_client *k, uint64_t token)
{
	for (uint32_t i = 0; i < MAX_KEYS_UNDER_WAY; i++)
		if (k->rows[i].state == ROW_WAITING && k->rows[i].token == token)
			settle(k, &k->rows[i], ROW_FAILED, KEYS_CANCELLED);
}

static enum keys_failure failure_of(const struct keys_answer *a)
{
	if (a->result == ERR_NOT_FOUND)
		return KEYS_UNKNOWN;
	return a->result != ERR_NONE || a->size == 0 || a->size > KEYS_SIGNATURE_MAX ? KEYS_REFUSED
	                                                                             : KEYS_WELL;
}

void keys_client_take(struct keys_client *k, const struct keys_answer *a)
{
	struct row *r = &k->rows[a->id % MAX_KEYS_UNDER_WAY];
	enum keys_failure why = failure_of(a);

	if (r->state != ROW_WAITING || r->id != a->id)
		return;
	r->answer = *a;
	settle(k, r, why == KEYS_WELL ? ROW_ANSWERED : ROW_FAILED, why);
	k->ports.woken(k->ports.context, r->token);
}

uint64_t keys_client_wait_us(const struct keys_client *k, struct now now)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; k->waiting > 0 && i < MAX_KEYS_UNDER_WAY; i++)
		if (k->rows[i].state == ROW_WAITING && now_since(k->rows[i].due_us, now.us) < least)
			least = now_since(k->rows[i].due_us, now.us);
	return least;
}

void keys_client_advance(struct keys_client *k, struct now now)
{
	for (uint32_t i = 0; k->waiting > 0 && i < MAX_KEYS_UNDER_WAY; i++) {
		struct row *r = &k->rows[i];

		if (r->state != ROW_WAITING || now.us < r->due_us)
			continue;
		settle(k, r, ROW_FAILED, KEYS_LATE);
		k->ports.woken(k->ports.context, r->token);
	}
}
