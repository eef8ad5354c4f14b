/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a head that is written as nearly all are (lines_priv.h): a name of ours or some
 * token, the colon, a blank, the value. Each is told by a few loads; whatever is otherwise
 * goes to the reader of any header, line by line. */
#include "header_slots.h"
#include "sip/header_priv.h"
#include "sip/msg_priv.h"
#include "sip/tokens.h"

/* By the 16 bytes from its start on: the length is the place of the colon among them, 16 where
 * there is none. One branch, where comparing byte for byte would be mispredicted at every
 * name. Not 0: none of ours. */
static inline uint32_t find_name(const char *at, size_t *len, size_t *ret)
{
	uint32_t colons = glance_equal(at, ':') | UINT32_C(1) << GLANCE;
	size_t id, end = (unsigned)__builtin_ctz(colons);

	*len = end;
	if (end <= 1) {
		*ret = end == 0 ? SIP_HEADER_OTHER : sip_header_compacts[(unsigned char)*at];
		return *ret == SIP_HEADER_OTHER;
	}
	id = sip_header_slots[header_slot(at, at + end - 4, end, HEADER_FACTOR)];
	*ret = id;
	return ~glance_alike(at, &sip_header_starts[id]) & sip_header_starts[id].bytes;
}

/* Between colon and line end; no tab stands in such a line, and what ends it is no blank. */
static inline struct view value_of(const char *colon, const char *end)
{
	const char *at = colon + 1;

	while (*at == ' ')
		at++;
	while (end[-1] == ' ' && end > at)
		end--;
	return (struct view){ at, (size_t)(end - at) };
}

/* One that was not found by its name, of `len` bytes if it has less than 16. */
static bool read_other(struct sip_msg *m, struct view line, size_t len)
{
	struct view name = { line.at, len };

	if (line.at[0] == ' ')
		return false;
	if (len < GLANCE && sip_token_is(name))
		m->headers[m->count++] = msg_header(SIP_HEADER_OTHER, name,
		                                    value_of(line.at + len, line.at + line.len));
	else
		sip_msg_read_header(m, line, line.at + line.len);
	return true;
}

/* The lines from `feed` on from whose start 16 bytes may be loaded: the end of them. */
static const uint32_t *end_of_loaded(struct view bytes, const uint32_t *feed, const uint32_t *end)
{
	while (end > feed && (size_t)end[-2] + 1 + GLANCE > bytes.len)
		end--;
	return end;
}

bool sip_sound_read(struct sip_msg *m, struct view bytes, const struct sip_lines *lines)
{
	const uint32_t *feed = lines->feeds + 1, *empty = lines->feeds + lines->count - 1;
	const uint32_t *loaded = end_of_loaded(bytes, feed, empty);
	const char *at = bytes.at + lines->feeds[0] + 1, *end;
	struct sip_header *h = m->headers;
	size_t count = 0;

	for (; feed < loaded; feed++, at = end + 2) {
		size_t len, id;

		end = bytes.at + *feed - 1;
		if (*end != '\r')
			return false;
		if (find_name(at, &len, &id) == 0) {
			*h++ = msg_header(id, (struct view){ at, len }, value_of(at + len, end));
			msg_link(m, count++, id);
			continue;
		}
		m->count = (uint8_t)count;
		if (!read_other(m, (struct view){ at, (size_t)(end - at) }, len))
			return false;
		count = m->count;
		h = m->headers + count;
	}
	m->count = (uint8_t)count;
	for (; feed < empty; feed++, at = end + 2) {
		end = bytes.at + *feed - 1;
		if (*end != '\r' || !read_other(m, (struct view){ at, (size_t)(end - at) }, GLANCE))
			return false;
	}
	return bytes.at[*empty - 1] == '\r';
}
