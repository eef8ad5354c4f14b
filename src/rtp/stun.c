/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a STUN message attribute by attribute, and writes one. */
#include "rtp/stun.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "base/secret.h"

#define MAGIC_COOKIE    UINT32_C(0x2112a442)
#define FINGERPRINT_XOR UINT32_C(0x5354554e)

enum attribute {
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	MESSAGE_INTEGRITY_SHA256 = 0x001c,
	XOR_MAPPED_ADDRESS = 0x0020,
	PRIORITY = 0x0024,
	USE_CANDIDATE = 0x0025,
	FIRST_OPTIONAL = 0x8000,
	FINGERPRINT = 0x8028,
	ICE_CONTROLLED = 0x8029,
	ICE_CONTROLLING = 0x802a,
};

enum { ATTRIBUTE_HEADER = 4, LENGTH_AT = 2, FINGERPRINT_SIZE = 4, MAX_METHOD = 0xfff };
enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

/* --- checks over the bytes ----------------------------------------------- */

/* ITU V.42, four bits at a time. */
static uint32_t crc32_of(struct view v, uint32_t crc)
{
	static const uint32_t rows[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (size_t i = 0; i < v.len; i++) {
		crc ^= (uint8_t)v.at[i];
		crc = crc >> 4 ^ rows[crc & 15];
		crc = crc >> 4 ^ rows[crc & 15];
	}
	return crc;
}

static uint32_t fingerprint_of(struct view before)
{
	return (crc32_of(before, UINT32_MAX) ^ UINT32_MAX) ^ FINGERPRINT_XOR;
}

/* RFC 8489 14.5: over what stands before it, with a length that ends behind it. */
static void integrity_of(struct view before, struct view password, uint8_t ret[HASH_MAX_SIZE])
{
	size_t len = before.len + ATTRIBUTE_HEADER + HASH_SHA1_SIZE - STUN_HEADER_SIZE;
	const char length[2] = { (char)(len >> 8), (char)(len & 0xff) };
	const struct view pieces[] = { view_first(before, LENGTH_AT),
		                       view_bytes(length, sizeof(length)),
		                       view_after(before, LENGTH_AT + sizeof(length)) };

	(void)hash_hmac(HASH_SHA1, password, pieces, sizeof(pieces) / sizeof(*pieces), ret);
}

bool stun_is_signed(struct view datagram, const struct stun_message *m, struct view password)
{
	uint8_t want[HASH_MAX_SIZE];

	if (password.len == 0 || m->integrity_at == 0 ||
	    datagram.len < m->integrity_at + ATTRIBUTE_HEADER + (size_t)HASH_SHA1_SIZE)
		return false;
	integrity_of(view_first(datagram, m->integrity_at), password, want);
	return secret_equal(datagram.at + m->integrity_at + ATTRIBUTE_HEADER, want, HASH_SHA1_SIZE);
}

/* --- reading ------------------------------------------------------------- */

struct reader {
	struct view datagram;
	struct stun_message *m;
	bool has_unknown_list;
};

static uint64_t cursor_u64(struct cursor *in)
{
	uint64_t high = cursor_u32(in);

	return high << 32 | cursor_u32(in);
}

/* RFC 8489 14.2: what travels is masked by the cookie and, of IPv6, the transaction. */
static void mask_address(uint8_t *at, size_t size, const uint8_t transaction[STUN_TRANSACTION_SIZE])
{
	uint8_t mask[4 + STUN_TRANSACTION_SIZE];
	struct buffer b = BUFFER_ON(mask);

	buffer_u32(&b, MAGIC_COOKIE);
	buffer_put(&b, view_bytes(transaction, STUN_TRANSACTION_SIZE));
	for (size_t i = 0; i < size && i < sizeof(mask); i++)
		at[i] = (uint8_t)(at[i] ^ mask[i]);
}

static void read_mapped(struct cursor *in, struct stun_message *m)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }; /* IPv4 (base/addr.h) */
	struct addr a = { 0 };
	uint8_t family;
	size_t size;
	struct view host;

	(void)cursor_byte(in);
	family = cursor_byte(in);
	a.port = (uint16_t)(cursor_u16(in) ^ MAGIC_COOKIE >> 16);
	size = family == FAMILY_IPV4 ? 4 : 16;
	host = cursor_take(in, size);
	if (family != FAMILY_IPV4 && family != FAMILY_IPV6)
		cursor_fail(in, ERR_SYNTAX);
	if (in->err != ERR_NONE)
		return;
	memcpy(a.bytes, mapped, sizeof(mapped));
	memcpy(a.bytes + sizeof(a.bytes) - size, host.at, size);
	mask_address(a.bytes + sizeof(a.bytes) - size, size, m->transaction);
	a.family = memcmp(a.bytes, mapped, sizeof(mapped)) == 0 ? 4 : 6;
	if (m->mapped.family == 0)
		m->mapped = a;
}

static void read_error(struct cursor *in, struct stun_message *m)
{
	uint32_t word = cursor_u32(in);
	uint32_t class = word >> 8 & 7, number = word & 0xff;

	(void)cursor_take(in, (size_t)(in->end - in->at)); /* the phrase is for a person */
	if (class < 3 || class > 6 || number > 99)
		cursor_fail(in, ERR_SYNTAX);
	if (m->error_code == 0)
		m->error_code = (uint16_t)(class * 100 + number);
}

static void note_unknown(struct cursor *in, struct stun_message *m, uint16_t type)
{
	if (m->unknown_count == MAX_STUN_UNKNOWN)
		cursor_fail(in, ERR_LIMIT);
	else
		m->unknown[m->unknown_count++] = type;
}

/* What a 420 names; in a request the list of our own stands there. */
static void read_unknown(struct cursor *in, struct reader *r)
{
	if (r->m->class != STUN_ERROR || r->has_unknown_list) {
		(void)cursor_take(in, (size_t)(in->end - in->at));
		return;
	}
	r->has_unknown_list = true;
	while (!cursor_is_at_end(in))
		note_unknown(in, r->m, cursor_u16(in));
}

static void read_role(struct cursor *in, struct stun_message *m, enum stun_role role)
{
	uint64_t tie_breaker = cursor_u64(in);

	if (m->role != STUN_ROLE_NONE)
		return;
	m->role = role;
	m->tie_breaker = tie_breaker;
}

static void read_username(struct cursor *in, struct stun_message *m)
{
	struct view name = cursor_take(in, (size_t)(in->end - in->at));

	if (name.len == 0 || name.len > MAX_STUN_USERNAME)
		cursor_fail(in, ERR_SYNTAX);
	else if (m->username.len == 0)
		m->username = name;
}

static void read_priority(struct cursor *in, struct stun_message *m)
{
	uint32_t priority = cursor_u32(in);

	if (!m->has_priority)
		m->priority = priority;
	m->has_priority = true;
}

static void read_fingerprint(struct cursor *in, struct reader *r, struct view value)
{
	size_t before = (size_t)(value.at - r->datagram.at) - ATTRIBUTE_HEADER;

	if (value.at + value.len != r->datagram.at + r->datagram.len)
		cursor_fail(in, ERR_SYNTAX);
	if (cursor_u32(in) != fingerprint_of(view_first(r->datagram, before)))
		cursor_fail(in, ERR_DENIED);
	r->m->has_fingerprint = true;
}

static void read_value(struct cursor *in, struct reader *r, uint16_t type)
{
	struct stun_message *m = r->m;

	switch (type) {
	case USERNAME:
		read_username(in, m);
		break;
	case ERROR_CODE:
		read_error(in, m);
		break;
	case UNKNOWN_ATTRIBUTES:
		read_unknown(in, r);
		break;
	case XOR_MAPPED_ADDRESS:
		read_mapped(in, m);
		break;
	case PRIORITY:
		read_priority(in, m);
		break;
	case USE_CANDIDATE:
		m->is_nominating = true;
		break;
	case ICE_CONTROLLED:
	case ICE_CONTROLLING:
		read_role(in, m, type == ICE_CONTROLLED ? STUN_CONTROLLED : STUN_CONTROLLING);
		break;
	default:
		/* MESSAGE-INTEGRITY-SHA256 may stand beside the other and is not asked. */
		if (type < FIRST_OPTIONAL && type != MESSAGE_INTEGRITY_SHA256)
			note_unknown(in, m, type);
		(void)cursor_take(in, (size_t)(in->end - in->at));
	}
	cursor_end(in);
}

/* The length is the type's own: what is too long is as wrong as what is too short. */
static enum err read_attribute(struct cursor *in, struct reader *r)
{
	const char *begin = in->at;
	uint16_t type = cursor_u16(in);
	size_t len = cursor_u16(in);
	struct view value = cursor_take(in, len);
	struct cursor inner;

	(void)cursor_take(in, (4 - len % 4) % 4);
	if (in->err != ERR_NONE)
		return in->err;
	inner = cursor_on(value);
	if (type == FINGERPRINT) {
		read_fingerprint(&inner, r, value);
		cursor_end(&inner);
	} else if (r->m->integrity_at != 0) {
		return ERR_NONE;
	} else if (type == MESSAGE_INTEGRITY) {
		(void)cursor_take(&inner, HASH_SHA1_SIZE);
		cursor_end(&inner);
		r->m->integrity_at = (uint16_t)(begin - r->datagram.at);
	} else {
		read_value(&inner, r, type);
	}
	return inner.err == ERR_SHORT ? ERR_SYNTAX : inner.err;
}

/* Class and method lie interleaved (RFC 8489 5). */
static void read_type(uint16_t type, struct stun_message *m)
{
	m->class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
	m->method = (uint16_t)((type & 0x000f) | (type >> 1 & 0x0070) | (type >> 2 & 0x0f80));
}

static enum err read_header(struct cursor *in, struct stun_message *m)
{
	size_t datagram_len = (size_t)(in->end - in->at), len;
	uint16_t type = cursor_u16(in);
	struct view transaction;

	len = cursor_u16(in);
	if (cursor_u32(in) != MAGIC_COOKIE || type >> 14 != 0)
		cursor_fail(in, ERR_SYNTAX);
	transaction = cursor_take(in, STUN_TRANSACTION_SIZE);
	if (in->err != ERR_NONE)
		return in->err;
	if (len > datagram_len - STUN_HEADER_SIZE)
		return ERR_SHORT;
	if (len != datagram_len - STUN_HEADER_SIZE || len % 4 != 0)
		return ERR_SYNTAX;
	read_type(type, m);
	memcpy(m->transaction, transaction.at, transaction.len);
	return ERR_NONE;
}

enum err stun_parse(struct view datagram, struct stun_message *ret)
{
	struct cursor in = cursor_on(datagram);
	struct stun_message m = { 0 };
	struct reader r = { .datagram = datagram, .m = &m };
	enum err err;

	if (datagram.len > MAX_STUN_DATAGRAM)
		return ERR_LIMIT;
	if (datagram.len < STUN_HEADER_SIZE)
		return ERR_SHORT;
	err = read_header(&in, &m);
	for (int count = 0; err == ERR_NONE && !cursor_is_at_end(&in); count++)
		err = count < MAX_STUN_ATTRIBUTES ? read_attribute(&in, &r) : ERR_LIMIT;
	if (err == ERR_NONE)
		*ret = m;
	return err;
}

/* --- writing ------------------------------------------------------------- */

static void put_head(struct buffer *b, enum attribute type, size_t len)
{
	buffer_u16(b, (uint16_t)type);
	buffer_u16(b, (uint16_t)len);
}

static void put_padded(struct buffer *b, enum attribute type, struct view value)
{
	put_head(b, type, value.len);
	buffer_put(b, value);
	for (size_t i = value.len; i % 4 != 0; i++)
		buffer_char(b, '\0');
}

static void put_mapped(struct buffer *b, const struct stun_message *m)
{
	size_t size = m->mapped.family == 4 ? 4 : 16;
	uint8_t host[16];

	memcpy(host, m->mapped.bytes + sizeof(host) - size, size);
	mask_address(host, size, m->transaction);
	put_head(b, XOR_MAPPED_ADDRESS, 4 + size);
	buffer_u16(b, m->mapped.family == 4 ? FAMILY_IPV4 : FAMILY_IPV6);
	buffer_u16(b, (uint16_t)(m->mapped.port ^ MAGIC_COOKIE >> 16));
	buffer_put(b, view_bytes(host, size));
}

static void put_u32(struct buffer *b, enum attribute type, uint32_t value)
{
	put_head(b, type, sizeof(value));
	buffer_u32(b, value);
}

static void put_ice(struct buffer *b, const struct stun_message *m)
{
	if (m->has_priority)
		put_u32(b, PRIORITY, m->priority);
	if (m->is_nominating)
		put_head(b, USE_CANDIDATE, 0);
	if (m->role == STUN_ROLE_NONE)
		return;
	put_head(b, m->role == STUN_CONTROLLED ? ICE_CONTROLLED : ICE_CONTROLLING, 8);
	buffer_u32(b, (uint32_t)(m->tie_breaker >> 32));
	buffer_u32(b, (uint32_t)m->tie_breaker);
}

static void put_unknown(struct buffer *b, const struct stun_message *m)
{
	put_head(b, UNKNOWN_ATTRIBUTES, 2 * (size_t)m->unknown_count);
	for (size_t i = 0; i < m->unknown_count; i++)
		buffer_u16(b, m->unknown[i]);
	if (m->unknown_count % 2 != 0)
		buffer_u16(b, 0);
}

static void put_attributes(struct buffer *b, const struct stun_message *m)
{
	if (m->username.len > 0)
		put_padded(b, USERNAME, m->username);
	if (m->error_code != 0)
		put_u32(b, ERROR_CODE, (uint32_t)(m->error_code / 100) << 8 | m->error_code % 100);
	if (m->unknown_count > 0 && m->class == STUN_ERROR)
		put_unknown(b, m);
	if (m->mapped.family != 0)
		put_mapped(b, m);
	put_ice(b, m);
}

/* The header's length counts what follows although it is not written yet. */
static void put_length(struct buffer *b, size_t following)
{
	size_t len = b->len + following - STUN_HEADER_SIZE;

	if (b->err != ERR_NONE)
		return;
	b->at[LENGTH_AT] = (char)(len >> 8);
	b->at[LENGTH_AT + 1] = (char)(len & 0xff);
}

static void put_signature(struct buffer *b, struct view password)
{
	uint8_t integrity[HASH_MAX_SIZE];

	if (password.len == 0 || b->err != ERR_NONE)
		return;
	integrity_of(buffer_view(b), password, integrity);
	put_padded(b, MESSAGE_INTEGRITY, view_bytes(integrity, HASH_SHA1_SIZE));
}

static enum err put_message(struct buffer *b, const struct stun_message *m)
{
	uint16_t class = (uint16_t)m->class, method = m->method;

	if (method > MAX_METHOD || m->username.len > MAX_STUN_USERNAME ||
	    m->unknown_count > MAX_STUN_UNKNOWN)
		return ERR_LIMIT;
	buffer_u16(b, (uint16_t)((class & 2) << 7 | (class & 1) << 4 | (method & 0x000f) |
	                         (method & 0x0070) << 1 | (method & 0x0f80) << 2));
	buffer_u16(b, 0);
	buffer_u32(b, MAGIC_COOKIE);
	buffer_put(b, view_bytes(m->transaction, STUN_TRANSACTION_SIZE));
	put_attributes(b, m);
	return b->err;
}

enum err stun_write_bare(struct buffer *b, const struct stun_message *m)
{
	enum err err = put_message(b, m);

	if (err == ERR_NONE)
		put_length(b, 0);
	return err;
}

enum err stun_write(struct buffer *b, const struct stun_message *m, struct view password)
{
	enum err err = put_message(b, m);

	if (err != ERR_NONE)
		return err;
	put_signature(b, password);
	put_length(b, ATTRIBUTE_HEADER + FINGERPRINT_SIZE);
	if (b->err == ERR_NONE)
		put_u32(b, FINGERPRINT, fingerprint_of(buffer_view(b)));
	return b->err;
}
