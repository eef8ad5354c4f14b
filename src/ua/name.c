/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed names in base 32. 48 bits of code: at a million forged datagrams a
 * second one is believed in about nine years, and then it still finds nothing,
 * because its serial is not in any table. */
#include "ua/name.h"

#include "base/cursor.h"
#include "base/secret.h"

enum { NAME_BYTES = 20, PLAIN_BYTES = 14, CODE_BYTES = NAME_BYTES - PLAIN_BYTES };

static const char alphabet[32] = "abcdefghijklmnopqrstuvwxyz234567";
#define COOKIE VIEW("z9hG4bK")

static void code_of(const struct ua_namer *namer, enum ua_name_kind kind,
                    const uint8_t plain[PLAIN_BYTES], uint8_t ret[CODE_BYTES])
{
	uint8_t text[PLAIN_BYTES + 1];
	uint64_t hash;

	/* The kind is hashed but not written, so a tag sent back as a branch is a forgery. */
	for (size_t i = 0; i < PLAIN_BYTES; i++)
		text[i] = plain[i];
	text[PLAIN_BYTES] = (uint8_t)kind;
	hash = hash_siphash(&namer->key, text, sizeof(text));
	for (size_t i = 0; i < CODE_BYTES; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}

static void base32_write(struct buffer *b, const uint8_t bytes[NAME_BYTES])
{
	char text[UA_NAME_LEN], *at = text;

	for (size_t i = 0; i < NAME_BYTES; i += 5) {
		uint64_t five = 0;

		for (size_t k = 0; k < 5; k++)
			five = five << 8 | bytes[i + k];
		for (unsigned shift = 40; shift > 0; shift -= 5)
			*at++ = alphabet[five >> (shift - 5) & 31];
	}
	buffer_put(b, view_bytes(text, sizeof(text)));
}

static int base32_digit(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

static enum err base32_read(struct view text, uint8_t ret[NAME_BYTES])
{
	if (text.len != UA_NAME_LEN)
		return ERR_SYNTAX;
	for (size_t i = 0; i < UA_NAME_LEN; i += 8) {
		uint64_t five = 0;

		for (size_t k = 0; k < 8; k++) {
			int digit = base32_digit(text.at[i + k]);

			if (digit < 0)
				return ERR_SYNTAX;
			five = five << 5 | (unsigned)digit;
		}
		for (size_t k = 0; k < 5; k++)
			ret[i / 8 * 5 + k] = (uint8_t)(five >> (32 - 8 * k));
	}
	return ERR_NONE;
}

void ua_name_rewrite(struct buffer *b, const struct ua_namer *namer, enum ua_name_kind kind,
                     const struct ua_name *name)
{
	uint8_t bytes[NAME_BYTES];
	struct buffer plain = buffer_on(bytes, PLAIN_BYTES);

	buffer_u16(&plain, name->owner);
	buffer_u32(&plain, name->generation);
	buffer_u32(&plain, (uint32_t)(name->serial >> 32));
	buffer_u32(&plain, (uint32_t)name->serial);
	code_of(namer, kind, bytes, bytes + PLAIN_BYTES);
	if (kind == UA_NAME_BRANCH)
		buffer_put(b, COOKIE);
	base32_write(b, bytes);
}

void ua_name_write(struct buffer *b, const struct ua_namer *namer, enum ua_name_kind kind,
                   uint64_t serial)
{
	struct ua_name name = {
		.serial = serial,
		.generation = namer->generation,
		.owner = namer->owner,
	};

	ua_name_rewrite(b, namer, kind, &name);
}

enum err ua_name_read(struct view text, const struct ua_namer *namer, enum ua_name_kind kind,
                      struct ua_name *ret)
{
	uint8_t bytes[NAME_BYTES], code[CODE_BYTES];
	struct cursor in;
	enum err err;

	if (kind == UA_NAME_BRANCH) {
		if (!view_starts_nocase(text, COOKIE))
			return ERR_SYNTAX;
		text = view_after(text, COOKIE.len);
		if (text.len > UA_NAME_LEN && text.at[UA_NAME_LEN] == '.')
			text = view_first(text, UA_NAME_LEN);
	}
	err = base32_read(text, bytes);
	if (err != ERR_NONE)
		return err;
	code_of(namer, kind, bytes, code);
	if (!secret_equal(code, bytes + PLAIN_BYTES, CODE_BYTES))
		return ERR_DENIED;

	in = cursor_on(view_bytes(bytes, PLAIN_BYTES));
	ret->owner = cursor_u16(&in);
	ret->generation = cursor_u32(&in);
	ret->serial = (uint64_t)cursor_u32(&in) << 32;
	ret->serial |= cursor_u32(&in);
	return ERR_NONE;
}
