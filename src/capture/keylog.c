/* SPDX-License-Identifier: Apache-2.0 */
/* Two rings of secrets, each under a map, taken when the first secret comes, and the
 * servers' keys as OpenSSL holds them. */
#include "capture/keylog.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/list.h"
#include "base/map.h"
#include "base/secret.h"

enum { MAX_RSA_BYTES = 1024, SESSION_NAME_SIZE = HASH_SHA256_SIZE };

struct label {
	uint8_t random[CAPTURE_RANDOM_SIZE]; /* of the ClientHello, or a session's name hashed */
	uint8_t kind;
};

struct secret {
	struct map_node node;
	struct label label;
	uint8_t len;
	bool is_there;
	uint8_t bytes[MAX_CAPTURE_SECRET];
};

/* The newest take the places of the oldest. */
struct ring {
	struct secret *secrets;
	struct map map;
	uint32_t max, next, count;
};

struct capture_keys {
	struct hash_key key;
	struct ring logged, sessions;
	EVP_PKEY *private[MAX_CAPTURE_PRIVATE_KEYS];
	size_t private_count;
};

enum err capture_keys_new(const struct hash_key *key, struct capture_keys **ret)
{
	struct capture_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return ERR_NO_MEMORY;
	k->key = *key;
	k->logged.max = MAX_CAPTURE_SECRETS;
	k->sessions.max = MAX_CAPTURE_SESSIONS;
	*ret = k;
	return ERR_NONE;
}

static void ring_clear(struct ring *r)
{
	if (r->secrets)
		secret_wipe(r->secrets, r->count * sizeof(*r->secrets));
	free(r->secrets);
	map_clear(&r->map);
}

void capture_keys_free(struct capture_keys **k)
{
	if (!*k)
		return;
	ring_clear(&(*k)->logged);
	ring_clear(&(*k)->sessions);
	for (size_t i = 0; i < (*k)->private_count; i++)
		EVP_PKEY_free((*k)->private[i]);
	free(*k);
	*k = NULL;
}

static bool is_labelled(const struct map_node *node, const void *wanted)
{
	const struct secret *s = HOLDER(node, struct secret, node);

	return memcmp(&s->label, wanted, sizeof(s->label)) == 0;
}

static struct secret *ring_find(const struct ring *r, const struct label *label)
{
	struct map_node *node;

	if (!r->secrets)
		return NULL;
	node = map_find(&r->map, map_hash(&r->map, label, sizeof(*label)), is_labelled, label);
	return node ? HOLDER(node, struct secret, node) : NULL;
}

static enum err ring_open(struct ring *r, const struct hash_key *key)
{
	enum err err;

	if (r->secrets)
		return ERR_NONE;
	err = map_init(&r->map, r->max, key);
	if (err != ERR_NONE)
		return err;
	r->secrets = calloc(r->max, sizeof(*r->secrets));
	if (!r->secrets)
		map_clear(&r->map);
	return r->secrets ? ERR_NONE : ERR_NO_MEMORY;
}

static enum err ring_put(struct ring *r, const struct hash_key *key, const struct label *label,
                         struct view bytes)
{
	enum err err = ring_open(r, key);
	struct secret *s;

	if (err != ERR_NONE)
		return err;
	s = ring_find(r, label);
	if (!s) {
		s = &r->secrets[r->next];
		r->next = (r->next + 1) % r->max;
		if (s->is_there)
			map_remove(&r->map, &s->node);
		else
			r->count++;
		s->is_there = true;
		s->label = *label;
		map_insert(&r->map, &s->node, map_hash(&r->map, label, sizeof(*label)));
	}
	memcpy(s->bytes, bytes.at, bytes.len);
	s->len = (uint8_t)bytes.len;
	return ERR_NONE;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex digits up to a blank or the end: how many bytes, 0 where they are none. */
static size_t take_hex(struct cursor *in, uint8_t *ret, size_t max)
{
	struct view digits = cursor_token(in);

	if (in->err != ERR_NONE || digits.len % 2 || digits.len / 2 > max)
		return 0;
	for (size_t i = 0; i < digits.len; i += 2) {
		int high = nibble(digits.at[i]), low = nibble(digits.at[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		ret[i / 2] = (uint8_t)(high * 16 + low);
	}
	return digits.len / 2;
}

static bool kind_of(struct view word, uint8_t *ret)
{
	static const struct view words[] = {
		[CAPTURE_SECRET_MASTER] = { "CLIENT_RANDOM", 13 },
		[CAPTURE_SECRET_CLIENT] = { "CLIENT_TRAFFIC_SECRET_0", 23 },
		[CAPTURE_SECRET_SERVER] = { "SERVER_TRAFFIC_SECRET_0", 23 },
	};

	for (uint8_t i = 0; i < CAPTURE_SECRET_KIND_COUNT; i++) {
		if (view_equal(word, words[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* LABEL SP client random SP secret; ERR_SYNTAX where it is something else. */
static enum err add_line(struct capture_keys *k, struct view line)
{
	struct cursor in = cursor_on(view_trim(line));
	uint8_t bytes[MAX_CAPTURE_SECRET];
	struct label label = { 0 };
	size_t len;
	enum err err;

	if (!kind_of(cursor_token(&in), &label.kind))
		return ERR_SYNTAX;
	cursor_blanks(&in);
	if (take_hex(&in, label.random, sizeof(label.random)) != sizeof(label.random))
		return ERR_SYNTAX;
	cursor_blanks(&in);
	len = take_hex(&in, bytes, sizeof(bytes));
	cursor_end(&in);
	if (in.err != ERR_NONE || len < 32)
		return ERR_SYNTAX;
	if (label.kind == CAPTURE_SECRET_MASTER && len != MAX_CAPTURE_SECRET)
		return ERR_SYNTAX;
	err = ring_put(&k->logged, &k->key, &label, view_bytes(bytes, len));
	secret_wipe(bytes, sizeof(bytes));
	return err;
}

enum err capture_keys_add_log(struct capture_keys *k, struct view text, size_t *ret)
{
	size_t taken = 0;

	while (text.len > 0) {
		size_t end = view_find(text, '\n', 0);
		enum err err = add_line(k, view_first(text, end));

		if (err == ERR_NO_MEMORY)
			return err;
		taken += err == ERR_NONE;
		text = view_after(text, end + 1);
	}
	if (ret)
		*ret = taken;
	return ERR_NONE;
}

/* A key behind a passphrase is refused: nobody is asked here. */
static int no_passphrase(char *text, int size, int is_writing, void *context)
{
	(void)text;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

enum err capture_keys_add_private(struct capture_keys *k, struct view pem)
{
	BIO *bio;
	EVP_PKEY *key;

	if (k->private_count == MAX_CAPTURE_PRIVATE_KEYS)
		return ERR_FULL;
	if (pem.len == 0 || pem.len > INT32_MAX)
		return ERR_SYNTAX;
	bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	if (!bio)
		return ERR_NO_MEMORY;
	key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (!key)
		return ERR_SYNTAX;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_size(key) > MAX_RSA_BYTES) {
		EVP_PKEY_free(key);
		return ERR_UNSUPPORTED;
	}
	k->private[k->private_count++] = key;
	return ERR_NONE;
}

bool capture_keys_are_empty(const struct capture_keys *k)
{
	return k->logged.count == 0 && k->private_count == 0;
}

bool capture_keys_have_private(const struct capture_keys *k) { return k->private_count > 0; }

struct view capture_keys_secret(const struct capture_keys *k, enum capture_secret_kind kind,
                                const uint8_t random[CAPTURE_RANDOM_SIZE])
{
	struct label label = { .kind = (uint8_t)kind };
	const struct secret *s;

	memcpy(label.random, random, sizeof(label.random));
	s = ring_find(&k->logged, &label);
	return s ? view_bytes(s->bytes, s->len) : VIEW_EMPTY;
}

bool capture_keys_open(const struct capture_keys *k, size_t number, struct view encrypted,
                       uint8_t ret[MAX_CAPTURE_SECRET])
{
	uint8_t bytes[MAX_RSA_BYTES];
	size_t len = sizeof(bytes);
	EVP_PKEY_CTX *ctx;
	bool is_open;

	if (number >= k->private_count)
		return false;
	ctx = EVP_PKEY_CTX_new(k->private[number], NULL);
	is_open = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	          EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	          EVP_PKEY_decrypt(ctx, bytes, &len, (const uint8_t *)encrypted.at,
	                           encrypted.len) == 1 &&
	          len == MAX_CAPTURE_SECRET;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (is_open)
		memcpy(ret, bytes, MAX_CAPTURE_SECRET);
	secret_wipe(bytes, sizeof(bytes));
	return is_open;
}

static struct label session_label(struct view name)
{
	struct label label = { 0 };
	uint8_t digest[HASH_MAX_SIZE];

	(void)hash_digest(HASH_SHA256, &name, 1, digest);
	memcpy(label.random, digest, sizeof(label.random));
	return label;
}

enum err capture_keys_session_note(struct capture_keys *k, struct view name,
                                   const uint8_t master[MAX_CAPTURE_SECRET])
{
	struct label label = session_label(name);

	return ring_put(&k->sessions, &k->key, &label, view_bytes(master, MAX_CAPTURE_SECRET));
}

bool capture_keys_session_find(const struct capture_keys *k, struct view name,
                               uint8_t ret[MAX_CAPTURE_SECRET])
{
	struct label label = session_label(name);
	const struct secret *s = ring_find(&k->sessions, &label);

	if (s)
		memcpy(ret, s->bytes, MAX_CAPTURE_SECRET);
	return s != NULL;
}
