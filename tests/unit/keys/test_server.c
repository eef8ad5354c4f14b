/* SPDX-License-Identifier: Apache-2.0 */
/* The server of keys: what it takes, what it signs, and what it does not. */
#include "keys/server.h"
#include "runner/test.h"
#include "unit/tls/papers.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { STORAGE = 65536 };

static enum err put_key(struct buffer *b, const char *name, EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;
	enum err err = ERR_IO;

	if (out && key && PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1) {
		long len = BIO_get_mem_data(out, &at);

		err = keys_bundle_put(b, KEYS_PRIVATE, view_of(name), view_bytes(at, (size_t)len));
	}
	BIO_free(out);
	return err;
}

static enum err take(struct keys_server *s, const struct buffer *b)
{
	const struct keys_bundle none = { .count = 0 };
	char text[256];
	struct buffer words = BUFFER_ON(text);
	struct keys_bundle bundle;
	enum err err = keys_bundle_open(buffer_view(b), &bundle);

	return err == ERR_NONE ? keys_server_take(s, &bundle, &none, &words) : err;
}

static enum err take_key(struct keys_server *s, EVP_PKEY *key)
{
	char *storage = malloc(STORAGE);
	struct buffer b;
	enum err err;

	if (!storage)
		return ERR_NO_MEMORY;
	b = buffer_on(storage, STORAGE);
	err = put_key(&b, "main", key);
	if (err == ERR_NONE)
		err = take(s, &b);
	free(storage);
	return err;
}

static enum err ask(struct keys_server *s, const EVP_PKEY *key, unsigned digest, unsigned size)
{
	struct keys_request q = { .id = 5, .digest = (uint8_t)digest, .size = (uint16_t)size };
	struct keys_answer a;

	q.padding = EVP_PKEY_is_a(key, "RSA") ? KEYS_PADDING_PSS : KEYS_PADDING_NONE;
	if (!keys_name_of(key, q.key))
		return ERR_IO;
	keys_server_sign(s, &q, &a);
	return a.id == 5 && (a.size > 0) == (a.result == ERR_NONE) ? (enum err)a.result
	                                                           : ERR_DENIED;
}

TEST(server_generations, "signs with the keys before the last ones too, and not with older ones")
{
	EVP_PKEY *keys[3] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-256"), EVP_EC_gen("P-384") };
	struct keys_server *s = NULL;
	enum err err = keys_server_new(&s), seen[3] = { ERR_IO, ERR_IO, ERR_IO };

	for (int i = 0; i < 3 && err == ERR_NONE; i++)
		err = take_key(s, keys[i]);
	for (int i = 0; i < 3 && err == ERR_NONE; i++)
		seen[i] = ask(s, keys[i], KEYS_SHA256, 32);
	keys_server_free(&s);
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	TRY(err);
	CHECK(seen[0] == ERR_NOT_FOUND && seen[1] == ERR_NONE && seen[2] == ERR_NONE);
	return ERR_NONE;
}

static const struct {
	const char *name, *sort;
	enum err want;
} sorts[] = {
	{ "RSA of 1024 bits", "1024", ERR_UNSUPPORTED },
	{ "RSA of 2048 bits", "2048", ERR_NONE },
	{ "P-256", "P-256", ERR_NONE },
	{ "P-384", "P-384", ERR_NONE },
	{ "P-521", "P-521", ERR_UNSUPPORTED },
	{ "Ed25519", "ED25519", ERR_NONE },
	{ "X25519", "X25519", ERR_UNSUPPORTED },
};

TEST(server_sorts,
     "takes the sorts of keys that it can sign with, and keeps the old ones otherwise")
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++) {
		const char *sort = sorts[i].sort;
		bool is_rsa = sort[0] == '1' || sort[0] == '2';
		EVP_PKEY *old = EVP_EC_gen("P-256");
		EVP_PKEY *key = is_rsa         ? EVP_RSA_gen((unsigned)atol(sort))
		              : sort[0] == 'P' ? EVP_EC_gen(sort)
		                               : EVP_PKEY_Q_keygen(NULL, NULL, sort);
		struct keys_server *s = NULL;
		enum err err = keys_server_new(&s), taken = ERR_IO, signs_old = ERR_IO;
		size_t count = 0;

		if (err == ERR_NONE)
			err = take_key(s, old);
		if (err == ERR_NONE) {
			taken = take_key(s, key);
			signs_old = ask(s, old, KEYS_SHA256, 32);
			count = keys_server_count(s);
		}
		keys_server_free(&s);
		EVP_PKEY_free(key);
		EVP_PKEY_free(old);
		TRY(err);
		if (taken == ERR_NO_MEMORY)
			return taken;
		CHECK_CASE(taken == sorts[i].want && signs_old == ERR_NONE && count == 1,
		           sorts[i].name);
	}
	return ERR_NONE;
}

static const struct {
	const char *name, *sort;
	unsigned digest, size;
	enum err want;
} asks[] = {
	{ "a digest", "P-256", KEYS_SHA256, 32, ERR_NONE },
	{ "a longer digest", "P-256", KEYS_SHA512, 64, ERR_NONE },
	{ "a digest that is cut", "P-256", KEYS_SHA256, 31, ERR_SYNTAX },
	{ "a message for a digest", "P-256", KEYS_DIGEST_NONE, 32, ERR_SYNTAX },
	{ "a digest that is not known", "P-256", KEYS_DIGEST_COUNT, 32, ERR_SYNTAX },
	{ "a message", "ED25519", KEYS_DIGEST_NONE, KEYS_MESSAGE_MAX, ERR_NONE },
	{ "nothing", "ED25519", KEYS_DIGEST_NONE, 0, ERR_SYNTAX },
	{ "more than a slot holds", "ED25519", KEYS_DIGEST_NONE, KEYS_MESSAGE_MAX + 1, ERR_SYNTAX },
	{ "a digest for a message", "ED25519", KEYS_SHA256, 32, ERR_SYNTAX },
};

TEST(server_asks, "signs what handshakes sign, and nothing that looks otherwise")
{
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		EVP_PKEY *key = asks[i].sort[0] == 'P'
		                      ? EVP_EC_gen(asks[i].sort)
		                      : EVP_PKEY_Q_keygen(NULL, NULL, asks[i].sort);
		struct keys_server *s = NULL;
		enum err err = keys_server_new(&s), seen = ERR_IO;

		if (err == ERR_NONE)
			err = take_key(s, key);
		if (err == ERR_NONE)
			seen = ask(s, key, asks[i].digest, asks[i].size);
		keys_server_free(&s);
		EVP_PKEY_free(key);
		TRY(err);
		CHECK_CASE(seen == asks[i].want, asks[i].name);
	}
	return ERR_NONE;
}

TEST(server_full, "takes no more keys than it has room for, and none of them then")
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char *storage = malloc(STORAGE);
	struct keys_server *s = NULL;
	enum err err = storage ? keys_server_new(&s) : ERR_NO_MEMORY, taken = ERR_IO;
	struct buffer b = buffer_on(storage, storage ? STORAGE : 0);
	size_t count = 0;

	for (int i = 0; i <= MAX_KEYS && err == ERR_NONE; i++)
		err = put_key(&b, "main", key);
	if (err == ERR_NONE) {
		taken = take(s, &b);
		count = keys_server_count(s);
	}
	keys_server_free(&s);
	EVP_PKEY_free(key);
	free(storage);
	TRY(err);
	if (taken == ERR_NO_MEMORY)
		return taken;
	CHECK(taken == ERR_FULL && count == 0);
	return ERR_NONE;
}

/* Two keys, of which the first is of the certificate that the listener shows. */
static enum err take_listener(struct keys_server *s, const struct paper *shown,
                              const struct paper *other, bool is_shown)
{
	char *storage = malloc(STORAGE), text[256];
	struct buffer b = buffer_on(storage, storage ? STORAGE : 0), words = BUFFER_ON(text);
	struct keys_bundle bundle;
	enum err err = storage ? put_key(&b, "shown", shown->key) : ERR_NO_MEMORY;

	if (err == ERR_NONE)
		err = put_key(&b, "other", other->key);
	if (err == ERR_NONE && is_shown)
		err = keys_bundle_put(&b, KEYS_CONTROL_CHAIN, VIEW("control"), view_of(shown->pem));
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle);
	if (err == ERR_NONE)
		err = keys_server_take(s, &bundle, &bundle, &words);
	free(storage);
	return err;
}

static enum err ask_control(struct keys_server *s, const struct paper *of)
{
	struct keys_request q = { .id = 5, .digest = KEYS_SHA256, .size = 32 };
	struct keys_answer a;

	if (!keys_name_of(of->key, q.key))
		return ERR_IO;
	keys_server_sign_control(s, &q, &a);
	return (enum err)a.result;
}

TEST(server_control, "signs for the listener of servers by the key of its certificate alone")
{
	const struct paper_wish wishes[] = { { .common_name = "shown" },
		                             { .common_name = "other" } };
	const struct paper *shown = paper_issue(0, &wishes[0]), *other = paper_issue(0, &wishes[1]);
	enum err seen[4] = { ERR_IO, ERR_IO, ERR_IO, ERR_IO };
	struct keys_server *s = NULL;
	enum err err = keys_server_new(&s);

	if (err == ERR_NONE)
		err = take_listener(s, shown, other, true);
	if (err == ERR_NONE) {
		seen[0] = ask_control(s, shown);
		seen[1] = ask_control(s, other);
		/* Twice, since the certificate before the last counts too. */
		err = take_listener(s, shown, other, false);
		seen[2] = ask_control(s, shown);
	}
	if (err == ERR_NONE)
		err = take_listener(s, shown, other, false);
	if (err == ERR_NONE)
		seen[3] = ask_control(s, shown);
	keys_server_free(&s);
	TRY(err);
	CHECK(seen[0] == ERR_NONE && seen[1] == ERR_NOT_FOUND);
	CHECK(seen[2] == ERR_NONE && seen[3] == ERR_NOT_FOUND);
	return ERR_NONE;
}
