/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes a=crypto. */
#include "sdp/crypto.h"

#include "base/cursor.h"
#include "base/secret.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { SIXTY_FOUR = 64, NO_DIGIT = 255, LIFETIME_BITS_MAX = 48 };

static uint8_t digit_of(char c)
{
	const char *at = c ? memchr(digits, c, SIXTY_FOUR) : NULL;

	return at ? (uint8_t)(at - digits) : NO_DIGIT;
}

/* Exactly so many bytes. Some leave the padding out, which hides nothing. */
static enum err read_base64(struct view text, size_t size, uint8_t *ret)
{
	size_t whole = (size * 8 + 5) / 6, padded = (size + 2) / 3 * 4, done = 0;
	uint32_t bits = 0, held = 0;

	if (text.len != whole && text.len != padded)
		return ERR_SYNTAX;
	for (size_t i = whole; i < text.len; i++)
		if (text.at[i] != '=')
			return ERR_SYNTAX;
	for (size_t i = 0; i < whole; i++) {
		uint8_t digit = digit_of(text.at[i]);

		if (digit == NO_DIGIT)
			return ERR_SYNTAX;
		bits = bits << 6 | digit;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		ret[done++] = (uint8_t)(bits >> held);
		bits &= (1U << held) - 1;
	}
	return bits == 0 ? ERR_NONE : ERR_SYNTAX;
}

static void write_base64(struct buffer *b, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t word = (uint32_t)bytes[i] << 16 |
		                (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
		                (left > 2 ? bytes[i + 2] : 0);

		buffer_char(b, digits[word >> 18]);
		buffer_char(b, digits[word >> 12 & 63]);
		buffer_char(b, left > 1 ? digits[word >> 6 & 63] : '=');
		buffer_char(b, left > 2 ? digits[word & 63] : '=');
	}
}

/* How many packets the key may protect; it is whose key it is who has to change it. */
static bool is_lifetime(struct view text)
{
	uint64_t number;

	if (view_starts(text, VIEW("2^")))
		return view_decimal(view_after(text, 2), LIFETIME_BITS_MAX, &number);
	return view_decimal(text, UINT64_C(1) << LIFETIME_BITS_MAX, &number) && number > 0;
}

/* "inline:" key, then perhaps a lifetime, then perhaps an MKI, which is a number, a colon and
 * a length. */
static enum err read_key(struct view text, const struct suite_sizes *sizes, uint8_t *ret)
{
	struct view method = VIEW("inline:"), rest, part;
	size_t bar;
	enum err err;

	if (view_find(text, ';', 0) != text.len)
		return ERR_UNSUPPORTED;
	if (!view_equal_nocase(view_first(text, method.len), method))
		return ERR_SYNTAX;
	text = view_after(text, method.len);
	bar = view_find(text, '|', 0);
	err = read_base64(view_first(text, bar), (size_t)sizes->key + sizes->salt, ret);
	if (err != ERR_NONE || bar == text.len)
		return err;
	rest = view_after(text, bar + 1);
	part = view_first(rest, view_find(rest, '|', 0));
	if (view_find(part, ':', 0) != part.len)
		return part.len == rest.len ? ERR_UNSUPPORTED : ERR_SYNTAX;
	if (!is_lifetime(part))
		return ERR_SYNTAX;
	return part.len == rest.len ? ERR_NONE : ERR_UNSUPPORTED;
}

/* RFC 4568 6.3. A window is ours to choose. */
static enum err read_parameter(struct view text)
{
	bool may_be_passed = text.at[0] == '-' || view_starts(text, VIEW("WSH="));

	return may_be_passed || view_equal(text, VIEW("KDR=0")) ? ERR_NONE : ERR_UNSUPPORTED;
}

static struct view next_word(struct cursor *in)
{
	struct view word;

	cursor_blanks(in);
	word = cursor_rest(in);
	word = view_first(word, view_find(word, ' ', 0));
	return cursor_take(in, word.len);
}

static enum err read_value(struct view value, struct sdp_crypto *c)
{
	struct cursor in = cursor_on(value);
	struct view tag = next_word(&in), suite = next_word(&in), key = next_word(&in), word;
	enum err err = ERR_NONE;
	uint64_t number;

	if (!view_decimal(tag, SDP_CRYPTO_TAG_MAX, &number) || tag.len > 9 || key.len == 0)
		return ERR_SYNTAX;
	c->tag = (uint32_t)number;
	c->suite = (uint8_t)suite_find(suite);
	if (c->suite == SUITE_NONE)
		return ERR_UNSUPPORTED;
	err = read_key(key, suite_sizes(c->suite), c->secret);
	for (word = next_word(&in); err == ERR_NONE && word.len > 0; word = next_word(&in))
		err = read_parameter(word);
	return err;
}

enum err sdp_crypto_parse(struct view value, struct sdp_crypto *ret)
{
	struct sdp_crypto c = { 0 };
	enum err err = read_value(value, &c);

	if (err == ERR_NONE)
		*ret = c;
	secret_wipe(&c, sizeof(c));
	return err;
}

void sdp_crypto_write(struct buffer *b, const struct sdp_crypto *c)
{
	buffer_decimal(b, c->tag);
	buffer_char(b, ' ');
	buffer_text(b, suite_sizes(c->suite)->name);
	buffer_text(b, " inline:");
	write_base64(b, c->secret, suite_secret_size(c->suite));
}

static bool has_tag(const struct sdp_crypto *list, size_t count, uint32_t tag)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].tag == tag)
			return true;
	return false;
}

size_t sdp_crypto_read(const struct sdp_session *s, const struct sdp_media *m,
                       struct sdp_crypto ret[MAX_SDP_CRYPTO], size_t *ret_written)
{
	size_t count = 0;

	*ret_written = 0;
	for (size_t i = 0; i < m->level.attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[m->level.first_attribute + i];
		struct sdp_crypto c;

		if (!view_equal(a->name, VIEW("crypto")))
			continue;
		++*ret_written;
		if (count == MAX_SDP_CRYPTO || sdp_crypto_parse(a->value, &c) != ERR_NONE)
			continue;
		if (!has_tag(ret, count, c.tag))
			ret[count++] = c;
		secret_wipe(&c, sizeof(c));
	}
	return count;
}

bool sdp_protocol_is_secure(enum sdp_protocol p)
{
	return p == SDP_PROTOCOL_SAVP || p == SDP_PROTOCOL_SAVPF;
}

bool sdp_protocol_has_feedback(enum sdp_protocol p)
{
	return p == SDP_PROTOCOL_AVPF || p == SDP_PROTOCOL_SAVPF;
}

enum sdp_protocol sdp_protocol_of(bool is_secure, bool has_feedback)
{
	if (is_secure)
		return has_feedback ? SDP_PROTOCOL_SAVPF : SDP_PROTOCOL_SAVP;
	return has_feedback ? SDP_PROTOCOL_AVPF : SDP_PROTOCOL_AVP;
}
