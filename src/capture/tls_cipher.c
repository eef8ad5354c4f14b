/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and records. Nothing here is timed by an adversary: what is decrypted was
 * captured, and no answer goes out. */
#include "capture/tls_cipher.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/secret.h"

enum mode { MODE_CBC, MODE_GCM, MODE_CHACHA, MODE_TLS_1_3 };
enum { AEAD_TAG = 16, NONCE = 12, CBC_BLOCK = 16, GCM_SALT = 4, GCM_EXPLICIT = 8 };
enum { MAX_KEY_BLOCK = 2 * (48 + 32 + 16) };

struct capture_tls_suite {
	uint16_t number;
	uint8_t mode;
	bool is_rsa;
	const EVP_CIPHER *(*cipher)(void);
	const EVP_MD *(*mac)(void), *(*derivation)(void);
};

static const struct capture_tls_suite suites[] = {
#define SUITE(number, mode, cipher, mac, derivation, is_rsa)                                       \
	{ number, MODE_##mode, is_rsa, EVP_##cipher, EVP_##mac, EVP_##derivation },
#include "capture/tls_suite.def"
#undef SUITE
};

struct capture_tls_cipher {
	const struct capture_tls_suite *suite;
	EVP_CIPHER_CTX *context;
	uint64_t sequence;
	uint16_t version;
	bool is_mac_last;
	uint8_t key[32], iv[CBC_BLOCK];
	uint8_t mac_key[48];
	uint8_t secret[48]; /* TLS 1.3: of this direction */
};

const struct capture_tls_suite *capture_tls_suite_of(uint16_t number)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

bool capture_tls_suite_is_rsa(const struct capture_tls_suite *s) { return s->is_rsa; }
bool capture_tls_suite_is_1_3(const struct capture_tls_suite *s) { return s->mode == MODE_TLS_1_3; }

static size_t mac_size(const struct capture_tls_suite *s)
{
	return s->mode == MODE_CBC ? (size_t)EVP_MD_get_size(s->mac()) : 0;
}
static size_t key_size(const struct capture_tls_suite *s)
{
	return (size_t)EVP_CIPHER_get_key_length(s->cipher());
}
static size_t derivation_size(const struct capture_tls_suite *s)
{
	return (size_t)EVP_MD_get_size(s->derivation());
}

/* --- Derivation -------------------------------------------------------------- */

struct hash_out {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned len;
};

static struct hash_out hmac(const EVP_MD *md, struct view key, struct view text)
{
	struct hash_out out = { .len = 0 };

	/* Cannot fail but for memory; then the keys are wrong and no record opens. */
	(void)HMAC(md, key.at ? key.at : "", (int)key.len, (const uint8_t *)text.at, text.len,
	           out.bytes, &out.len);
	return out;
}

/* RFC 5246 5: the bytes are mixed into what *ret holds. */
static void p_hash(const EVP_MD *md, struct view secret, struct view seed, struct buffer *ret)
{
	uint8_t text[EVP_MAX_MD_SIZE + 160];
	size_t size = (size_t)EVP_MD_get_size(md), done = 0;
	struct hash_out a = hmac(md, secret, seed);

	while (done < ret->max) {
		struct buffer b = BUFFER_ON(text);
		struct hash_out part;

		buffer_put(&b, view_bytes(a.bytes, size));
		buffer_put(&b, seed);
		part = hmac(md, secret, buffer_view(&b));
		for (size_t i = 0; i < size && done < ret->max; i++, done++)
			ret->at[done] = (char)(ret->at[done] ^ (char)part.bytes[i]);
		a = hmac(md, secret, view_bytes(a.bytes, size));
	}
}

static void prf(const struct capture_tls_terms *t, struct view secret, struct view seed,
                struct buffer *ret)
{
	size_t half = (secret.len + 1) / 2;

	memset(ret->at, 0, ret->max);
	if (t->version >= TLS_1_2) {
		p_hash(t->suite->derivation(), secret, seed, ret);
		return;
	}
	p_hash(EVP_md5(), view_first(secret, half), seed, ret); /* RFC 2246 5 */
	p_hash(EVP_sha1(), view_after(secret, secret.len - half), seed, ret);
}

static struct hash_out session_hash(const struct capture_tls_terms *t, struct view session)
{
	const EVP_MD *md = t->version >= TLS_1_2 ? t->suite->derivation() : EVP_md5_sha1();
	struct hash_out out = { .len = 0 };

	(void)EVP_Digest(session.at, session.len, out.bytes, &out.len, md, NULL);
	return out;
}

void capture_tls_master(const struct capture_tls_terms *terms, struct view premaster,
                        struct view session, uint8_t ret[TLS_MASTER_SIZE])
{
	uint8_t text[128];
	struct buffer seed = BUFFER_ON(text), out = buffer_on(ret, TLS_MASTER_SIZE);

	if (session.len > 0) {
		struct hash_out h = session_hash(terms, session);

		buffer_text(&seed, "extended master secret");
		buffer_put(&seed, view_bytes(h.bytes, h.len));
	} else {
		buffer_text(&seed, "master secret");
		buffer_put(&seed, view_bytes(terms->client_random, 32));
		buffer_put(&seed, view_bytes(terms->server_random, 32));
	}
	prf(terms, premaster, buffer_view(&seed), &out);
}

/* RFC 8446 7.1: HKDF-Expand-Label with an empty context, of one block at most. */
static void expand(const struct capture_tls_suite *s, const uint8_t *secret, const char *label,
                   struct buffer *ret)
{
	uint8_t text[64];
	struct buffer info = BUFFER_ON(text);
	struct hash_out out;

	buffer_u16(&info, (uint16_t)ret->max);
	buffer_char(&info, (char)(6 + strlen(label)));
	buffer_text(&info, "tls13 ");
	buffer_text(&info, label);
	buffer_put(&info, VIEW("\0\1"));
	out = hmac(s->derivation(), view_bytes(secret, derivation_size(s)), buffer_view(&info));
	memcpy(ret->at, out.bytes, ret->max);
	secret_wipe(&out, sizeof(out));
}

/* --- Ciphers ----------------------------------------------------------------- */

static enum err set_key(struct capture_tls_cipher *c)
{
	if (!c->context)
		c->context = EVP_CIPHER_CTX_new();
	if (!c->context ||
	    EVP_DecryptInit_ex(c->context, c->suite->cipher(), NULL, c->key, NULL) != 1)
		return ERR_NO_MEMORY;
	return ERR_NONE;
}

static enum err cipher_new(const struct capture_tls_suite *suite, struct capture_tls_cipher **ret)
{
	struct capture_tls_cipher *c = calloc(1, sizeof(*c));

	if (!c)
		return ERR_NO_MEMORY;
	c->suite = suite;
	*ret = c;
	return ERR_NONE;
}

void capture_tls_cipher_free(struct capture_tls_cipher **c)
{
	if (!*c)
		return;
	EVP_CIPHER_CTX_free((*c)->context);
	secret_wipe(*c, sizeof(**c));
	free(*c);
	*c = NULL;
}

static size_t iv_size(const struct capture_tls_suite *s)
{
	return s->mode == MODE_CBC ? CBC_BLOCK : s->mode == MODE_GCM ? GCM_SALT : NONCE;
}

/* RFC 5246 6.3: MAC keys, keys and IVs, each the client's first. */
static void split_block(struct capture_tls_cipher *c, const uint8_t *block, bool is_client)
{
	const size_t sizes[] = { mac_size(c->suite), key_size(c->suite), iv_size(c->suite) };
	uint8_t *const parts[] = { c->mac_key, c->key, c->iv };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memcpy(parts[i], block + (is_client ? 0 : sizes[i]), sizes[i]);
		block += 2 * sizes[i];
	}
}

enum err capture_tls_cipher_new(const struct capture_tls_terms *terms,
                                const uint8_t master[TLS_MASTER_SIZE], bool is_client,
                                struct capture_tls_cipher **ret)
{
	uint8_t block[MAX_KEY_BLOCK], text[128];
	struct buffer seed = BUFFER_ON(text), out = BUFFER_ON(block);
	struct capture_tls_cipher *c;
	enum err err = cipher_new(terms->suite, &c);

	if (err != ERR_NONE)
		return err;
	buffer_text(&seed, "key expansion");
	buffer_put(&seed, view_bytes(terms->server_random, 32));
	buffer_put(&seed, view_bytes(terms->client_random, 32));
	prf(terms, view_bytes(master, TLS_MASTER_SIZE), buffer_view(&seed), &out);
	split_block(c, block, is_client);
	secret_wipe(block, sizeof(block));
	c->version = terms->version;
	c->is_mac_last = terms->is_mac_last;
	err = set_key(c);
	if (err != ERR_NONE)
		capture_tls_cipher_free(&c);
	else
		*ret = c;
	return err;
}

static enum err use_secret(struct capture_tls_cipher *c)
{
	struct buffer key = buffer_on(c->key, key_size(c->suite)), iv = buffer_on(c->iv, NONCE);

	expand(c->suite, c->secret, "key", &key);
	expand(c->suite, c->secret, "iv", &iv);
	c->sequence = 0;
	return set_key(c);
}

enum err capture_tls_cipher_new_1_3(const struct capture_tls_suite *suite, struct view secret,
                                    struct capture_tls_cipher **ret)
{
	struct capture_tls_cipher *c;
	enum err err;

	if (secret.len != derivation_size(suite))
		return ERR_SYNTAX;
	err = cipher_new(suite, &c);
	if (err != ERR_NONE)
		return err;
	c->version = TLS_1_3;
	memcpy(c->secret, secret.at, secret.len);
	err = use_secret(c);
	if (err != ERR_NONE)
		capture_tls_cipher_free(&c);
	else
		*ret = c;
	return err;
}

enum err capture_tls_cipher_update(struct capture_tls_cipher *c)
{
	uint8_t next[sizeof(c->secret)] = { 0 };
	struct buffer out = buffer_on(next, derivation_size(c->suite));

	expand(c->suite, c->secret, "traffic upd", &out);
	memcpy(c->secret, next, sizeof(next));
	secret_wipe(next, sizeof(next));
	return use_secret(c);
}

/* --- Records ----------------------------------------------------------------- */

static void put_sequence(struct buffer *b, uint64_t sequence)
{
	buffer_u32(b, (uint32_t)(sequence >> 32));
	buffer_u32(b, (uint32_t)sequence);
}

/* RFC 5246 6.2.3.1, 6.2.3.3: sequence, type, version, length. */
static struct view pseudo_header(const struct capture_tls_cipher *c, struct view record, size_t len,
                                 uint8_t storage[13])
{
	struct buffer b = buffer_on(storage, 13);

	put_sequence(&b, c->sequence);
	buffer_put(&b, view_first(record, 3));
	buffer_u16(&b, (uint16_t)len);
	return buffer_view(&b);
}

struct sealed {
	uint8_t nonce[NONCE];
	struct view text, tag, head;
};

static enum err open_aead(struct capture_tls_cipher *c, const struct sealed *s,
                          struct capture_tls_plain *ret)
{
	uint8_t tag[AEAD_TAG];
	int len = 0, last = 0;

	memcpy(tag, s->tag.at, sizeof(tag));
	if (EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, s->nonce) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) != 1 ||
	    EVP_DecryptUpdate(c->context, NULL, &len, (const uint8_t *)s->head.at,
	                      (int)s->head.len) != 1 ||
	    EVP_DecryptUpdate(c->context, ret->bytes, &len, (const uint8_t *)s->text.at,
	                      (int)s->text.len) != 1 ||
	    EVP_DecryptFinal_ex(c->context, ret->bytes + len, &last) != 1) {
		ERR_clear_error();
		return ERR_DENIED;
	}
	ret->len = (size_t)(len + last);
	return ERR_NONE;
}

/* The IV with the record's number mixed into its end (RFC 7905 2, RFC 8446 5.3). */
static void mix_nonce(const struct capture_tls_cipher *c, uint8_t ret[NONCE])
{
	memcpy(ret, c->iv, NONCE);
	for (size_t i = 0; i < 8; i++)
		ret[NONCE - 1 - i] ^= (uint8_t)(c->sequence >> (8 * i));
}

static enum err open_sealed(struct capture_tls_cipher *c, struct view record,
                            struct capture_tls_plain *ret)
{
	struct view body = view_after(record, TLS_RECORD_HEADER);
	size_t explicit_len = c->suite->mode == MODE_GCM ? GCM_EXPLICIT : 0;
	uint8_t storage[13];
	struct sealed s;

	if (body.len < explicit_len + AEAD_TAG)
		return ERR_DENIED;
	mix_nonce(c, s.nonce);
	if (explicit_len > 0) { /* RFC 5288 3 */
		memcpy(s.nonce, c->iv, GCM_SALT);
		memcpy(s.nonce + GCM_SALT, body.at, GCM_EXPLICIT);
	}
	body = view_after(body, explicit_len);
	s.text = view_first(body, body.len - AEAD_TAG);
	s.tag = view_after(body, s.text.len);
	s.head = c->version == TLS_1_3 ? view_first(record, TLS_RECORD_HEADER)
	                               : pseudo_header(c, record, s.text.len, storage);
	return open_aead(c, &s, ret);
}

/* RFC 8446 5.4: the type is the last byte that is not zero. */
static enum err strip_1_3(struct capture_tls_plain *p)
{
	while (p->len > 0 && p->bytes[p->len - 1] == 0)
		p->len--;
	if (p->len == 0)
		return ERR_DENIED;
	p->type = p->bytes[--p->len];
	return ERR_NONE;
}

static bool has_mac(const struct capture_tls_cipher *c, struct view head, struct view text,
                    const void *mac)
{
	uint8_t all[13 + MAX_TLS_RECORD];
	struct buffer b = BUFFER_ON(all);
	struct hash_out want;

	buffer_put(&b, head);
	buffer_put(&b, text);
	want = hmac(c->suite->mac(), view_bytes(c->mac_key, mac_size(c->suite)), buffer_view(&b));
	return memcmp(want.bytes, mac, mac_size(c->suite)) == 0;
}

static bool decrypt_cbc(struct capture_tls_cipher *c, const uint8_t *iv, struct view text,
                        uint8_t *ret)
{
	int len = 0, last = 0;
	bool is_done = EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, iv) == 1 &&
	               EVP_CIPHER_CTX_set_padding(c->context, 0) == 1 &&
	               EVP_DecryptUpdate(c->context, ret, &len, (const uint8_t *)text.at,
	                                 (int)text.len) == 1 &&
	               EVP_DecryptFinal_ex(c->context, ret + len, &last) == 1;

	ERR_clear_error();
	return is_done;
}

/* RFC 5246 6.2.3.2: as many bytes of one value as that value says, and one more. */
static bool strip_padding(struct capture_tls_plain *p)
{
	size_t padding = p->len ? p->bytes[p->len - 1] + 1u : 0;

	if (padding == 0 || padding > p->len)
		return false;
	for (size_t i = p->len - padding; i < p->len; i++)
		if (p->bytes[i] != padding - 1)
			return false;
	p->len -= padding;
	return true;
}

static enum err open_cbc(struct capture_tls_cipher *c, struct view record,
                         struct capture_tls_plain *ret)
{
	struct view body = view_after(record, TLS_RECORD_HEADER), text = body;
	size_t mac = mac_size(c->suite);
	uint8_t storage[13], iv[CBC_BLOCK], last[CBC_BLOCK];

	if (c->is_mac_last) {
		if (body.len < mac)
			return ERR_DENIED;
		text = view_first(body, body.len - mac);
		if (!has_mac(c, pseudo_header(c, record, text.len, storage), text,
		             body.at + text.len))
			return ERR_DENIED;
	}
	memcpy(iv, c->iv, sizeof(iv));
	if (c->version > TLS_1_0 && text.len >= CBC_BLOCK) { /* before: chained, RFC 2246 */
		memcpy(iv, text.at, sizeof(iv));
		text = view_after(text, CBC_BLOCK);
	}
	if (text.len < CBC_BLOCK || text.len % CBC_BLOCK)
		return ERR_DENIED;
	memcpy(last, text.at + text.len - CBC_BLOCK, sizeof(last));
	ret->len = text.len;
	if (!decrypt_cbc(c, iv, text, ret->bytes) || !strip_padding(ret))
		return ERR_DENIED;
	if (!c->is_mac_last) {
		if (ret->len < mac)
			return ERR_DENIED;
		ret->len -= mac;
		if (!has_mac(c, pseudo_header(c, record, ret->len, storage),
		             view_bytes(ret->bytes, ret->len), ret->bytes + ret->len))
			return ERR_DENIED;
	}
	memcpy(c->iv, last, sizeof(c->iv));
	return ERR_NONE;
}

enum err capture_tls_cipher_open(struct capture_tls_cipher *c, struct view record,
                                 struct capture_tls_plain *ret)
{
	enum err err = ERR_DENIED;

	if (record.len < TLS_RECORD_HEADER || record.len > TLS_RECORD_HEADER + MAX_TLS_RECORD)
		return ERR_DENIED;
	ret->type = (uint8_t)record.at[0];
	err = c->suite->mode == MODE_CBC ? open_cbc(c, record, ret) : open_sealed(c, record, ret);
	if (err == ERR_NONE && c->version == TLS_1_3)
		err = strip_1_3(ret);
	if (err == ERR_NONE)
		c->sequence++;
	return err;
}
