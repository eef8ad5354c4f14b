/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of a message's parts share: noting what is odd, and the table of headers. */
#ifndef SIP_MSG_PRIV_H
#define SIP_MSG_PRIV_H

#include <string.h>

#include "sip/lines_priv.h"
#include "sip/msg.h"

/* The first hostile reason is the one for which it is refused. */
static inline void msg_note(struct sip_msg *m, enum sip_reason r)
{
	m->anomalies |= sip_reason_bit(r);
	if (m->reason == SIP_REASON_NONE && sip_reason_grade(r) == SIP_GRADE_HOSTILE)
		m->reason = (uint8_t)r;
}

static inline bool msg_is_blank(char c) { return c == ' ' || c == '\t'; }

/* A value by itself, also of a list: no comma, and nothing to be trimmed. An open quote or bracket,
 * over which a comma would be none, is sound nowhere. */
static inline bool msg_is_one_value(struct view text)
{
	return text.len > 0 && (unsigned char)text.at[0] > ' ' &&
	       (unsigned char)text.at[text.len - 1] > ' ' && memchr(text.at, ',', text.len) == NULL;
}

/* One that is all there is: sip_parts_read_all takes it, or it is not sound. */
static inline bool msg_has_one_contact(const struct sip_msg *m)
{
	uint8_t first = m->first[SIP_HEADER_CONTACT];

	return first != SIP_HEADER_NONE && first == m->last[SIP_HEADER_CONTACT] &&
	       msg_is_one_value(m->headers[first].value);
}

/* Another header of that id: chained to the last one, noted where there may be but one. */
void sip_msg_chain(struct sip_msg *m, enum sip_header_id id, uint8_t index);

static inline struct sip_header msg_header(size_t id, struct view name, struct view value)
{
	return (struct sip_header){ name, value, (uint8_t)id, SIP_HEADER_NONE, false };
}

/* The header at `index` of the table, which is one of ours, is found by its id from now on. */
static inline void msg_link(struct sip_msg *m, size_t index, size_t id)
{
	uint8_t *first = &m->first[id], *last = &m->last[id];

	if (*first == SIP_HEADER_NONE)
		*first = (uint8_t)index;
	else
		sip_msg_chain(m, (enum sip_header_id)id, (uint8_t)index);
	*last = (uint8_t)index;
}

/* Any header: `line` is what its first line holds, `end` the end of its last. */
void sip_msg_read_header(struct sip_msg *m, struct view line, const char *end);

/* The line without its end. */
void sip_start_line_read(struct sip_msg *m, struct view line, const struct sip_limits *limits);

/* All headers of a head whose lines were found, which are of `bytes`. False: one is folded, or
 * does not end in CRLF; the message then holds some of them. */
bool sip_sound_read(struct sip_msg *m, struct view bytes, const struct sip_lines *lines) MUST_USE;

#endif
