/* SPDX-License-Identifier: Apache-2.0 */
/* Response heads (RFC 3261 8.2.6.2) and the responses written from them. */
#include "ua/reply.h"

#include "sip/build.h"
#include "sip/msg.h"
#include "sip/status.h"
#include "sip/values.h"

/* RFC 3261 18.2.1 and RFC 3581 4: where rport was asked for, received is
 * written even if it says nothing new. What the sender filled in is replaced:
 * only we know where it came from. */
static void via_stamp(struct sip_via *via, const struct addr *source)
{
	bool is_same = via->host.addr.family != 0 && addr_same_host(&via->host.addr, source);

	via->received = (struct addr){ 0 };
	if (via->has_rport)
		via->rport = source->port;
	if (via->has_rport || !is_same) {
		via->received = *source;
		via->received.port = 0;
	}
}

static enum err vias_write(const struct sip_msg *request, const struct addr *source,
                           struct buffer *b)
{
	struct sip_values walk = sip_values_of(request, SIP_HEADER_VIA);
	struct sip_via top;
	struct view text;
	bool is_top = true;

	while (sip_values_next(&walk, &text)) {
		if (is_top) {
			enum err err = request->parts.known & SIP_PART_VIA
			                     ? sip_parts_via(request, &top)
			                     : sip_via_parse(text, &top);

			if (err != ERR_NONE)
				return err;
			if (source)
				via_stamp(&top, source);
			sip_build_via(b, &top);
			is_top = false;
		} else {
			sip_build_header(b, SIP_HEADER_VIA, text);
		}
	}
	if (walk.err != ERR_NONE)
		return walk.err;
	return is_top ? ERR_SYNTAX : ERR_NONE;
}

enum err ua_reply_head(const struct sip_msg *request, const struct addr *source, struct buffer *b,
                       struct ua_reply_head *ret)
{
	struct sip_name_addr to;
	size_t begun = b->len, to_end, routes_at;
	enum err err = vias_write(request, source, b);

	if (err != ERR_NONE)
		return err;
	err = sip_parts_address(request, SIP_HEADER_TO, &to);
	if (err != ERR_NONE)
		return err;

	sip_build_header(b, SIP_HEADER_FROM, sip_msg_value(request, SIP_HEADER_FROM));
	sip_build_header(b, SIP_HEADER_TO, sip_msg_value(request, SIP_HEADER_TO));
	to_end = b->len - begun - 2; /* before CRLF; means nothing after an error */
	sip_build_header(b, SIP_HEADER_CALL_ID, request->call_id);
	sip_build_cseq(b, request->cseq.number, request->cseq.method_text);
	sip_build_copy(b, request, SIP_HEADER_TIMESTAMP);
	routes_at = b->len - begun;
	sip_build_copy(b, request, SIP_HEADER_RECORD_ROUTE);
	if (b->err != ERR_NONE)
		return b->err;
	if (b->len - begun > UINT16_MAX)
		return ERR_LIMIT;

	ret->text = view_bytes(b->at + begun, b->len - begun);
	ret->to_end = (uint16_t)to_end;
	ret->routes_at = (uint16_t)routes_at;
	ret->has_tag = !view_is_empty(to.tag);
	return ERR_NONE;
}

enum err ua_reply_write(struct buffer *b, const struct ua_reply_head *head,
                        const struct ua_reply *reply)
{
	struct view text = head->text;
	size_t end = reply->has_record_route ? text.len : head->routes_at;

	sip_build_status(b, reply->status, reply->reason);
	buffer_put(b, view_first(text, head->to_end));
	if (!head->has_tag && reply->status > 100 && !view_is_empty(reply->to_tag)) {
		buffer_put(b, VIEW(";tag="));
		buffer_put(b, reply->to_tag);
	}
	buffer_put(b, view_after(view_first(text, end), head->to_end));
	buffer_put(b, reply->headers);
	if (!view_is_empty(reply->body))
		sip_build_header(b, SIP_HEADER_CONTENT_TYPE, reply->content_type);
	sip_build_body(b, reply->body);
	return b->err;
}
