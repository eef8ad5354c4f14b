/* SPDX-License-Identifier: Apache-2.0 */
/* INVITEs that a predecessor has taken. */
#include "border/begun_priv.h"

#include "sip/parts.h"

#include <stdlib.h>

enum { AGAIN_US = 32 * SECOND_US };

struct begun {
	uint64_t call_id, tag;
	uint32_t cseq;
};

static bool is_recent(const struct border *b, const struct call_facts *f)
{
	return b->now.wall_us - f->started_wall_us < AGAIN_US;
}

void begun_note(struct border *b, const struct call_facts *f)
{
	const struct ua_dialog *d = &f->legs[LEG_CALLER].dialog;
	struct calls *c = b->calls;

	if (!is_recent(b, f) || !d->has_remote_cseq)
		return;
	if (c->begun_count == b->settings.max_calls)
		return;
	c->begun[c->begun_count++] = (struct begun){
		.call_id = fact_hash(b, view_of(d->call_id)),
		.tag = fact_hash(b, view_of(d->remote_tag)),
		.cseq = d->remote_cseq,
	};
	c->begun_until_us = b->now.us + AGAIN_US;
}

bool begun_holds(struct border *b, const struct sip_msg *invite)
{
	struct calls *c = b->calls;
	struct sip_name_addr from;
	struct begun copy;

	if (b->now.us >= c->begun_until_us)
		return false;
	if (sip_parts_address(invite, SIP_HEADER_FROM, &from) != ERR_NONE)
		return false;
	copy.call_id = fact_hash(b, invite->call_id);
	copy.tag = fact_hash(b, from.tag);
	for (uint32_t i = 0; i < c->begun_count; i++)
		if (c->begun[i].call_id == copy.call_id && c->begun[i].tag == copy.tag &&
		    invite->cseq.number <= c->begun[i].cseq)
			return true;
	return false;
}

enum err begun_new(struct calls *c, uint32_t max_calls)
{
	c->begun = calloc(max_calls, sizeof(*c->begun));
	return c->begun ? ERR_NONE : ERR_NO_MEMORY;
}

void begun_free(struct calls *c) { free(c->begun); }
