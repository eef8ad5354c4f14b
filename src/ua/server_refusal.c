/* SPDX-License-Identifier: Apache-2.0 */
/* A refused INVITE that another process goes on with: nothing of it is needed but what it and
 * its ACK are known by, and what was said. */
#include "ua/ua_priv.h"

#include <string.h>

enum err ua_server_refusal(const struct ua *ua, struct pool_handle server, uint64_t now_us,
                           struct ua_refusal *ret)
{
	const struct ua_server *s = pool_at(ua->servers, server);

	if (!s || s->state != UA_COMPLETED || !s->is_tried || s->is_reliable ||
	    s->retransmission != RETRANSMIT_AS_RFC || !s->answer)
		return ERR_NOT_FOUND;
	memset(ret, 0, sizeof(*ret)); /* gaps too: it is kept as it lies */
	ret->hash = s->node.hash;
	ret->identity = s->identity;
	ret->request_tag = s->old.request_tag;
	ret->reply_tag = s->old.reply_tag;
	ret->is_rfc2543 = s->old.is_needed;
	ret->ends_us = now_us + ua_give_up_us(ua);
	ret->path = s->path;
	ret->status = s->status;
	return ERR_NONE;
}

void ua_server_note(struct ua *ua, struct pool_handle server, uint32_t detail)
{
	struct ua_server *s = pool_at(ua->servers, server);

	if (s)
		s->user.detail = detail;
}

enum err ua_server_refuse_again(struct ua *ua, const struct ua_refusal *refusal, struct view answer,
                                uint64_t now_us, struct pool_handle *ret)
{
	struct ua_server *s;
	enum err err;

	if (refusal->ends_us <= now_us || refusal->ends_us - now_us > ua_give_up_us(ua))
		return ERR_STALE;
	if (ua_server_is_open(ua, refusal->hash, refusal->identity))
		return ERR_EXISTS;
	s = pool_take(ua->servers);
	if (!s) {
		ua->counts.refused_full++;
		return ERR_FULL;
	}
	err = ua_text_keep(ua, answer, &s->answer);
	if (err != ERR_NONE) {
		pool_give(ua->servers, s);
		return err;
	}
	s->ua = ua;
	s->identity = refusal->identity;
	s->path = refusal->path;
	s->old = (struct ua_old_match){ refusal->request_tag, refusal->reply_tag,
		                        refusal->is_rfc2543 != 0 };
	s->status = refusal->status;
	s->is_invite = true;
	map_insert(&ua->server_map, &s->node, refusal->hash);
	ua_server_invite_refused(s, refusal->ends_us, now_us);
	*ret = pool_handle_of(ua->servers, s);
	return ERR_NONE;
}
