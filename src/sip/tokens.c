/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of tokens. Nothing between two commas is passed over: phones write it. */
#include "sip/tokens.h"

#include "base/cursor.h"
#include "sip/values.h"

bool sip_token_is(struct view text)
{
	struct cursor in = cursor_on(text);

	(void)cursor_token(&in);
	return in.err == ERR_NONE && in.at == in.end;
}

static struct sip_values tokens_of(const struct sip_msg *m, enum sip_header_id id)
{
	struct sip_values w = sip_values_of(m, id);

	w.skips_empty = true;
	return w;
}

bool sip_tokens_have(const struct sip_msg *m, enum sip_header_id id, struct view token)
{
	struct sip_values w = tokens_of(m, id);
	struct view value;

	while (sip_values_next(&w, &value))
		if (view_equal_nocase(value, token))
			return true;
	return false;
}

uint32_t sip_tokens_allow(const struct sip_msg *m)
{
	struct sip_values w = tokens_of(m, SIP_HEADER_ALLOW);
	struct view value;
	uint32_t set = 0;

	while (sip_values_next(&w, &value)) {
		enum sip_method method = sip_method_of(value);

		if (method != SIP_METHOD_OTHER)
			set |= UINT32_C(1) << method;
	}
	return set;
}

static bool is_among(struct view token, const struct view *known, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (view_equal_nocase(token, known[i]))
			return true;
	return false;
}

uint32_t sip_tokens_among(const struct sip_msg *m, enum sip_header_id id, const struct view *known,
                          size_t known_count)
{
	struct sip_values w = tokens_of(m, id);
	struct view value;
	uint32_t set = 0;

	while (sip_values_next(&w, &value))
		for (size_t i = 0; i < known_count; i++)
			if (view_equal_nocase(value, known[i]))
				set |= UINT32_C(1) << i;
	return set;
}

size_t sip_tokens_unknown(const struct sip_msg *m, enum sip_header_id id, const struct view *known,
                          size_t known_count, struct buffer *b)
{
	struct sip_values w = tokens_of(m, id);
	struct view value;
	size_t count = 0;

	while (sip_values_next(&w, &value)) {
		if (is_among(value, known, known_count))
			continue;
		if (count++ > 0)
			buffer_text(b, ", ");
		buffer_put(b, value);
	}
	return count;
}
