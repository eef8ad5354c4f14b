/* SPDX-License-Identifier: Apache-2.0 */
/* Sections and records of a reply (RFC 1035 4.1). */
#include "dns/reply.h"

#include <ares.h>

enum { HEAD_LEN = 12, QUESTION_LEN = 4, RECORD_LEN = 10, SOA_NUMBERS_LEN = 20, CLASS_IN = 1 };

struct reader {
	const uint8_t *base, *at, *end;
	size_t len; /* of all */
	bool is_bad;
};

static size_t left(const struct reader *r) { return (size_t)(r->end - r->at); }

static uint16_t take_16(struct reader *r)
{
	uint16_t number;

	if (r->is_bad || left(r) < 2) {
		r->is_bad = true;
		return 0;
	}
	number = (uint16_t)(r->at[0] << 8 | r->at[1]);
	r->at += 2;
	return number;
}

static uint32_t take_32(struct reader *r)
{
	uint32_t high = take_16(r);

	return high << 16 | take_16(r);
}

static void skip(struct reader *r, size_t len)
{
	if (r->is_bad || left(r) < len)
		r->is_bad = true;
	else
		r->at += len;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static void keep_lower(const char *text, char *ret, size_t size)
{
	size_t i = 0;

	for (; text[i] && i + 1 < size; i++)
		ret[i] = lower(text[i]);
	/* A part of a text would be another text. */
	ret[text[i] ? 0 : i] = 0;
}

static void take_name(struct reader *r, char ret[RESOLVE_NAME_SIZE])
{
	char *text = NULL;
	long len = 0;

	ret[0] = 0;
	if (r->is_bad || left(r) == 0 ||
	    ares_expand_name(r->at, r->base, (int)r->len, &text, &len) != ARES_SUCCESS) {
		r->is_bad = true;
		return;
	}
	keep_lower(text, ret, RESOLVE_NAME_SIZE);
	ares_free_string(text);
	skip(r, (size_t)len);
}

static void take_string(struct reader *r, char *ret, size_t size)
{
	unsigned char *text = NULL;
	long len = 0;

	ret[0] = 0;
	if (r->is_bad || left(r) == 0 ||
	    ares_expand_string(r->at, r->base, (int)r->len, &text, &len) != ARES_SUCCESS) {
		r->is_bad = true;
		return;
	}
	keep_lower((const char *)text, ret, size);
	ares_free_string(text);
	skip(r, (size_t)len);
}

static void take_address(struct reader *r, uint8_t family, struct addr *ret)
{
	size_t len = family == 4 ? 4 : sizeof(ret->bytes);

	if (r->is_bad || left(r) != len) {
		r->is_bad = true;
		return;
	}
	*ret = (struct addr){ .family = family };
	if (family == 4)
		ret->bytes[10] = ret->bytes[11] = 0xff;
	memcpy(ret->bytes + sizeof(ret->bytes) - len, r->at, len);
}

static void take_naptr(struct reader *r, struct resolve_record *ret)
{
	char expression[RESOLVE_NAME_SIZE];

	ret->priority = take_16(r);
	ret->weight = take_16(r);
	take_string(r, ret->flags, sizeof(ret->flags));
	take_string(r, ret->service, sizeof(ret->service));
	take_string(r, expression, sizeof(expression));
	take_name(r, ret->name);
}

/* `data` is the record's own bytes. True: it is one that we know, and sound. */
static bool read_data(struct reader *data, struct resolve_record *ret)
{
	switch (ret->type) {
	case RESOLVE_A:
		take_address(data, 4, &ret->address);
		break;
	case RESOLVE_AAAA:
		take_address(data, 6, &ret->address);
		break;
	case RESOLVE_CNAME:
		take_name(data, ret->name);
		break;
	case RESOLVE_SRV:
		ret->priority = take_16(data);
		ret->weight = take_16(data);
		ret->port = take_16(data);
		take_name(data, ret->name);
		break;
	case RESOLVE_NAPTR:
		take_naptr(data, ret);
		break;
	default:
		return false;
	}
	return !data->is_bad;
}

/* RFC 2308 5: the lesser of the record's life and what it names. */
static uint32_t negative_of(struct reader *data, uint32_t ttl_s)
{
	char name[RESOLVE_NAME_SIZE];
	uint32_t least_s;

	take_name(data, name);
	take_name(data, name);
	skip(data, SOA_NUMBERS_LEN - 4);
	least_s = take_32(data);
	if (data->is_bad)
		return 0;
	return least_s < ttl_s ? least_s : ttl_s;
}

static void keep(struct resolve_answer *ret, const struct resolve_record *record)
{
	if (ret->count < MAX_RESOLVE_RECORDS)
		ret->records[ret->count++] = *record;
	else
		ret->left_out++;
}

static bool take_record(struct reader *r, bool is_answer, struct resolve_answer *ret)
{
	struct resolve_record record = { .type = 0 };
	struct reader data;
	uint16_t class, len;

	take_name(r, record.owner);
	record.type = take_16(r);
	class = take_16(r);
	record.ttl_s = take_32(r);
	len = take_16(r);
	data = *r;
	skip(r, len);
	if (r->is_bad)
		return false;
	data.end = data.at + len;
	/* RFC 2181 8: a TTL with its first bit set is none. */
	if (record.ttl_s > INT32_MAX)
		record.ttl_s = 0;
	if (class != CLASS_IN)
		return true;
	if (!is_answer && record.type == RESOLVE_SOA)
		ret->negative_s = negative_of(&data, record.ttl_s);
	else if (is_answer && read_data(&data, &record))
		keep(ret, &record);
	return true;
}

enum err dns_reply_read(const uint8_t *bytes, size_t len, struct resolve_answer *ret)
{
	struct reader r = { .base = bytes, .at = bytes, .end = bytes + len, .len = len };
	uint16_t questions, answers, authorities;
	char name[RESOLVE_NAME_SIZE];

	if (len < HEAD_LEN || len > UINT16_MAX)
		return ERR_SHORT;
	ret->count = 0;
	ret->left_out = ret->negative_s = 0;
	skip(&r, 4);
	questions = take_16(&r);
	answers = take_16(&r);
	authorities = take_16(&r);
	skip(&r, 2);
	for (; questions > 0 && !r.is_bad; questions--) {
		take_name(&r, name);
		skip(&r, QUESTION_LEN);
	}
	while (answers > 0 && take_record(&r, true, ret))
		answers--;
	while (answers == 0 && authorities > 0 && take_record(&r, false, ret))
		authorities--;
	ret->result = ret->count > 0 ? RESOLVE_ANSWERED : RESOLVE_NOTHING;
	return ERR_NONE;
}
