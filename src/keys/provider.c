/* SPDX-License-Identifier: Apache-2.0 */
/* An OpenSSL provider whose keys hold their public half alone. What is public (sizes, curve,
 * whether a certificate fits) is answered by that half in the default provider; a signature is
 * asked of the process `keys`. Keys cannot be exported, so no other provider can be made to sign
 * by them, and OpenSSL comes here by itself. */
#include "keys/client_priv.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

/* OpenSSL looks for these by name; a pointer to a function of one sort stands for any. */
#define ENTRY(id, function)                                                                        \
	{                                                                                          \
		(id), (void (*)(void))(function)                                                   \
	}

static struct keys_client *the_client;

void provider_serve(struct keys_client *k) { the_client = k; }

struct keys_client *provider_client(void) { return the_client; }

/* ---- keys ---- */

struct handle {
	const char *type; /* as OpenSSL calls it */
	EVP_PKEY *public;
	uint8_t name[KEYS_NAME_BYTES];
	bool is_ours; /* else a public key that was brought here to be compared */
};

static void *handle_new(const char *type)
{
	struct handle *h = OPENSSL_zalloc(sizeof(*h));

	if (h)
		h->type = type;
	return h;
}

static void *rsa_new(void *context)
{
	(void)context;
	return handle_new("RSA");
}

static void *ec_new(void *context)
{
	(void)context;
	return handle_new("EC");
}

static void *edwards_new(void *context)
{
	(void)context;
	return handle_new("ED25519");
}

static void handle_free(void *at)
{
	struct handle *h = at;

	if (h)
		EVP_PKEY_free(h->public);
	OPENSSL_free(h);
}

static int handle_has(const void *at, int selection)
{
	const struct handle *h = at;

	if (!h || !h->public)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || h->is_ours;
}

static int handle_match(const void *a, const void *b, int selection)
{
	const struct handle *left = a, *right = b;

	(void)selection;
	return left->public && right->public && EVP_PKEY_eq(left->public, right->public) == 1;
}

static int handle_import(void *at, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *name = OSSL_PARAM_locate_const(params, PROVIDER_HANDLE);
	struct handle *h = at;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, h->type, "provider=default");
	bool is_good;

	(void)selection;
	is_good = c && EVP_PKEY_fromdata_init(c) == 1 &&
	          EVP_PKEY_fromdata(c, &h->public, EVP_PKEY_PUBLIC_KEY,
	                            (OSSL_PARAM *)(uintptr_t)params) == 1;
	EVP_PKEY_CTX_free(c);
	if (is_good && name && name->data_type == OSSL_PARAM_OCTET_STRING &&
	    name->data_size == sizeof(h->name)) {
		memcpy(h->name, name->data, sizeof(h->name));
		h->is_ours = true;
	}
	return is_good;
}

static const OSSL_PARAM *import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_string(PROVIDER_HANDLE, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return types;
}

static int handle_get(void *at, OSSL_PARAM params[])
{
	const struct handle *h = at;

	return h->public ? EVP_PKEY_get_params(h->public, params) : 0;
}

static const OSSL_PARAM *gettable(void *context)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)context;
	return list;
}

/* By which name the signature of a sort of key is looked for. */
static const char *ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define KEY_FUNCTIONS                                                                              \
	ENTRY(OSSL_FUNC_KEYMGMT_FREE, handle_free), ENTRY(OSSL_FUNC_KEYMGMT_HAS, handle_has),      \
		ENTRY(OSSL_FUNC_KEYMGMT_MATCH, handle_match),                                      \
		ENTRY(OSSL_FUNC_KEYMGMT_IMPORT, handle_import),                                    \
		ENTRY(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, import_types),                               \
		ENTRY(OSSL_FUNC_KEYMGMT_GET_PARAMS, handle_get),                                   \
		ENTRY(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable)

static const OSSL_DISPATCH rsa_key[] = { ENTRY(OSSL_FUNC_KEYMGMT_NEW, rsa_new),
	                                 KEY_FUNCTIONS,
	                                 { 0, NULL } };
static const OSSL_DISPATCH ec_key[] = { ENTRY(OSSL_FUNC_KEYMGMT_NEW, ec_new),
	                                KEY_FUNCTIONS,
	                                ENTRY(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation),
	                                { 0, NULL } };
static const OSSL_DISPATCH edwards_key[] = { ENTRY(OSSL_FUNC_KEYMGMT_NEW, edwards_new),
	                                     KEY_FUNCTIONS,
	                                     { 0, NULL } };

/* ---- signatures ---- */

struct signing {
	const struct handle *handle; /* lives with the EVP_PKEY, which the caller holds */
	uint8_t padding, digest;
};

static const struct {
	const char *name;
	enum keys_digest digest;
} digests[] = {
	{ "MD5-SHA1", KEYS_MD5_SHA1 }, { "SHA1", KEYS_SHA1 },       { "SHA2-256", KEYS_SHA256 },
	{ "SHA2-384", KEYS_SHA384 },   { "SHA2-512", KEYS_SHA512 },
};

static void *signing_new(void *context, const char *properties)
{
	(void)context;
	(void)properties;
	return OPENSSL_zalloc(sizeof(struct signing));
}

static void signing_free(void *at) { OPENSSL_free(at); }

static bool find_digest(const char *name, uint8_t *ret)
{
	const EVP_MD *md = EVP_get_digestbyname(name);

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (strcmp(name, digests[i].name) == 0 ||
		    (md && EVP_MD_is_a(md, digests[i].name))) {
			*ret = (uint8_t)digests[i].digest;
			return true;
		}
	}
	return false;
}

static bool set_padding(struct signing *s, const OSSL_PARAM *p)
{
	int number = 0;

	if (p->data_type == OSSL_PARAM_UTF8_STRING) {
		s->padding = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0 ? KEYS_PADDING_PSS
		                                                              : KEYS_PADDING_PKCS1;
		return s->padding == KEYS_PADDING_PSS ||
		       strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0;
	}
	if (!OSSL_PARAM_get_int(p, &number))
		return false;
	s->padding = number == RSA_PKCS1_PSS_PADDING ? KEYS_PADDING_PSS : KEYS_PADDING_PKCS1;
	return number == RSA_PKCS1_PSS_PADDING || number == RSA_PKCS1_PADDING;
}

/* Length of the salt and digest of the mask are as TLS has them, whatever is asked for here. */
static int signing_set(void *at, const OSSL_PARAM params[])
{
	const OSSL_PARAM *padding =
		params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE) : NULL;

	return !padding || set_padding(at, padding);
}

static const OSSL_PARAM *settable(void *at, void *context)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)at;
	(void)context;
	return list;
}

static int signing_init(void *at, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct signing *s = at;
	const struct handle *h = key;
	bool is_edwards;

	if (!h || !h->is_ours)
		return 0;
	is_edwards = strcmp(h->type, "ED25519") == 0;
	s->handle = h;
	s->digest = KEYS_DIGEST_NONE;
	s->padding = strcmp(h->type, "RSA") == 0 ? KEYS_PADDING_PKCS1 : KEYS_PADDING_NONE;
	if (!is_edwards && (!digest || !find_digest(digest, &s->digest)))
		return 0;
	return signing_set(s, params);
}

static bool fill(const struct signing *s, struct keys_request *q, const uint8_t *data, size_t len)
{
	static const char *const names[KEYS_DIGEST_COUNT] = {
		[KEYS_MD5_SHA1] = "MD5-SHA1", [KEYS_SHA1] = "SHA1",     [KEYS_SHA256] = "SHA256",
		[KEYS_SHA384] = "SHA384",     [KEYS_SHA512] = "SHA512",
	};
	const EVP_MD *md = s->digest ? EVP_get_digestbyname(names[s->digest]) : NULL;
	unsigned size = 0;

	q->padding = s->padding;
	q->digest = s->digest;
	memcpy(q->key, s->handle->name, sizeof(q->key));
	if (!s->digest) {
		/* Of TLS 1.2 a client signs all that was said: with Ed25519 that does not fit. */
		if (len > sizeof(q->bytes))
			return false;
		memcpy(q->bytes, data, len);
		q->size = (uint16_t)len;
		return true;
	}
	if (!md || EVP_Digest(data, len, q->bytes, &size, md, NULL) != 1)
		return false;
	q->size = (uint16_t)size;
	return true;
}

static int signing_sign(void *at, unsigned char *ret, size_t *ret_len, size_t size,
                        const unsigned char *data, size_t len)
{
	const struct signing *s = at;
	struct keys_request q = { 0 };
	struct keys_answer a;

	if (!s->handle)
		return 0;
	if (!ret) {
		*ret_len = (size_t)EVP_PKEY_get_size(s->handle->public);
		return 1;
	}
	if (!provider_client() || !fill(s, &q, data, len) ||
	    !client_sign(provider_client(), &q, &a) || a.size > size)
		return 0;
	memcpy(ret, a.bytes, a.size);
	*ret_len = a.size;
	return 1;
}

static const OSSL_DISPATCH signing[] = {
	ENTRY(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new),
	ENTRY(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_init),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_sign),
	ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signing_set),
	ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable),
	{ 0, NULL },
};

/* ---- the provider ---- */

#define OURS "provider=ringfence"

static const OSSL_ALGORITHM keys[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", OURS, rsa_key, NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", OURS, ec_key, NULL },
	{ "ED25519:1.3.101.112", OURS, edwards_key, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", OURS, signing, NULL },
	{ "ECDSA", OURS, signing, NULL },
	{ "ED25519:1.3.101.112", OURS, signing, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *context, int operation, int *ret_no_cache)
{
	(void)context;
	*ret_no_cache = 0;
	return operation == OSSL_OP_KEYMGMT   ? keys
	     : operation == OSSL_OP_SIGNATURE ? signatures
	                                      : NULL;
}

static const OSSL_DISPATCH functions[] = { ENTRY(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
	                                   { 0, NULL } };

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **ret,
                 void **ret_context)
{
	static int context;

	(void)handle;
	(void)in;
	*ret = functions;
	*ret_context = &context;
	return 1;
}

static OSSL_PROVIDER *ours;

void provider_close(void)
{
	if (ours)
		(void)OSSL_PROVIDER_unload(ours);
	ours = NULL;
}

/* Of two providers of one algorithm the default one is preferred: ours is for its keys alone. */
enum err provider_open(void)
{
	static OSSL_PROVIDER *usual;
	static bool is_known;

	if (!is_known)
		is_known = OSSL_PROVIDER_add_builtin(NULL, "ringfence", start) == 1;
	/* Once another one is loaded by name, the default one is no longer there by itself; it
	 * stays, since all else of the process is made with it. */
	if (!usual)
		usual = OSSL_PROVIDER_load(NULL, "default");
	if (usual && is_known && EVP_set_default_properties(NULL, "?provider=default") == 1)
		ours = OSSL_PROVIDER_load(NULL, "ringfence");
	if (ours)
		return ERR_NONE;
	provider_close();
	return ERR_UNSUPPORTED;
}
