/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the ways to read a head against each other. */
#include "sound.h"

#include <stdlib.h>
#include <string.h>

#include "sip/lines_priv.h"
#include "sip/msg.h"

static bool is_same(const struct sip_lines *a, const struct sip_lines *b)
{
	return a->count == b->count && a->has_high == b->has_high &&
	       memcmp(a->feeds, b->feeds, a->count * sizeof(a->feeds[0])) == 0;
}

bool sound_ways_agree(struct view text)
{
	char *bytes = malloc(text.len + (text.len == 0)); /* of that size: a read beyond is seen */
	static struct sip_lines first, other;
	bool is_found, are_same = true;

	if (!bytes)
		return true;
	memcpy(bytes, text.at ? text.at : "", text.len);
	is_found = sip_lines_find(bytes, text.len, &first);
	for (size_t i = 0; sip_lines_way(i)->find; i++)
		are_same = are_same &&
		           sip_lines_way(i)->find(bytes, text.len, &other) == is_found &&
		           (!is_found || is_same(&first, &other));
	free(bytes);
	return are_same;
}

/* The same bytes of both texts, which begin `shift` bytes apart. */
static bool is_same_place(struct view a, struct view b, const char *a_from, const char *b_from)
{
	return a.len == b.len &&
	       (a.len == 0 || (a.at - a_from == b.at - b_from && memcmp(a.at, b.at, a.len) == 0));
}

static bool are_same_headers(const struct sip_msg *a, const struct sip_msg *b, const char *a_from,
                             const char *b_from)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct sip_header *x = &a->headers[i], *y = &b->headers[i];

		if (x->id != y->id || x->next != y->next || x->is_foreign != y->is_foreign ||
		    !is_same_place(x->name, y->name, a_from, b_from) ||
		    !is_same_place(x->value, y->value, a_from, b_from))
			return false;
	}
	return memcmp(a->first, b->first, sizeof(a->first)) == 0;
}

static bool is_same_message(const struct sip_msg *a, const struct sip_msg *b, const char *a_from,
                            const char *b_from)
{
	return a->anomalies == (b->anomalies & ~sip_reason_bit(SIP_REASON_LEADING_LINES)) &&
	       a->reason == b->reason && a->status == b->status && a->method == b->method &&
	       a->is_request == b->is_request && a->count == b->count &&
	       a->cseq.number == b->cseq.number && a->cseq.method == b->cseq.method &&
	       a->start_line.len == b->start_line.len && a->text.len == b->text.len &&
	       is_same_place(a->uri, b->uri, a_from, b_from) &&
	       is_same_place(a->body, b->body, a_from, b_from) &&
	       is_same_place(a->call_id, b->call_id, a_from, b_from) &&
	       are_same_headers(a, b, a_from, b_from);
}

/* A version in small letters is the same, and is not read at a glance. */
static void lower_version(char *text, size_t len)
{
	const char *feed = memchr(text, '\n', len);
	size_t end = feed ? (size_t)(feed - text) : 0;

	if (end >= 9 && memcmp(text + end - 9, " SIP/2.0\r", 9) == 0)
		memcpy(text + end - 9, " sip/2.0", 8);
}

bool sound_is_read_alike(struct view text)
{
	static struct sip_msg plain, behind;
	char *one = malloc(text.len + 1), *two = malloc(text.len + 2);
	bool is_alike = true;

	/* Empty lines that it has itself are noted, and bytes beyond the limit. */
	if (one && two && text.len > 0 && text.len + 2 <= sip_limits_default.message &&
	    text.at[0] != '\r' && text.at[0] != '\n') {
		memcpy(one, text.at, text.len);
		memcpy(two, "\r\n", 2);
		memcpy(two + 2, text.at, text.len);
		lower_version(two + 2, text.len);
		is_alike = sip_msg_parse(one, text.len, &sip_limits_default, &plain) ==
		                   sip_msg_parse(two, text.len + 2, &sip_limits_default, &behind) &&
		           is_same_message(&plain, &behind, one, two + 2);
	}
	free(one);
	free(two);
	return is_alike;
}
