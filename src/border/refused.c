/* SPDX-License-Identifier: Apache-2.0 */
/* A copy is what has the same top Via, Call-ID and CSeq and comes from the same place: what
 * is between client and us copies bytes. */
#include "border/refused.h"

#include "border/border_priv.h"

enum { REMEMBERED_US = 32 * SECOND_US };

static uint64_t mark_of(const struct border *b, const struct inbound *in)
{
	const struct hash_key *key = &b->ports.keys[KEY_TABLES];
	const struct sip_header *via = sip_msg_header(in->msg, SIP_HEADER_VIA);
	struct view top = via ? via->value : VIEW_EMPTY;
	const uint64_t words[4] = {
		hash_quick(key, top.at, top.len),
		hash_quick(key, in->msg->call_id.at, in->msg->call_id.len),
		hash_quick(key, &in->flow->remote, sizeof(in->flow->remote)),
		in->msg->cseq.number,
	};

	return hash_words(key, words);
}

void refused_note(struct border *b, const struct inbound *in)
{
	uint64_t mark;

	if (in->msg->method != SIP_METHOD_INVITE)
		return;
	mark = mark_of(b, in);
	b->refused.rows[mark % MAX_REFUSED] =
		(struct refused_row){ mark, b->now.us + REMEMBERED_US };
}

bool refused_before(const struct border *b, const struct inbound *in)
{
	const struct refused_row *row;
	uint64_t mark;

	if (in->msg->method != SIP_METHOD_INVITE)
		return false;
	mark = mark_of(b, in);
	row = &b->refused.rows[mark % MAX_REFUSED];
	return row->mark == mark && b->now.us < row->until_us;
}
