/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of ours: with a transaction where one is worth it, without state
 * where not, and never more to an unproven stranger than he sent. */
#include "border/border_priv.h"

#include "sip/build.h"
#include "ua/reply.h"

#include <string.h>

_Static_assert(sizeof(struct flow) <= UA_PATH_SIZE, "a flow fits a path");

/* Sources of datagrams can be forged: a larger answer would make us an amplifier. */
enum { AMPLIFICATION_MAX = 2 };
/* The last eighth of the table is for calls that stand: their BYE must find room. */
enum { RESERVED_PART = 8 };
enum { RETRY_AFTER_MIN_S = 5, RETRY_AFTER_SPREAD_S = 11 };

struct ua_path path_of(const struct flow *flow)
{
	struct ua_path path;

	memset(&path, 0, sizeof(path));
	memcpy(path.bytes, flow, sizeof(*flow));
	return path;
}

struct flow flow_of(const struct ua_path *path)
{
	struct flow flow;

	memcpy(&flow, path->bytes, sizeof(flow));
	return flow;
}

static bool is_unproven_stranger(const struct inbound *in)
{
	return in->standing == STANDING_STRANGER && !fact_is_proven(in->proof);
}

void reply_to_tag(struct border *b, const struct inbound *in, char ret[REPLY_TAG_SIZE])
{
	struct view pieces[] = { in->msg->call_id, sip_msg_value(in->msg, SIP_HEADER_FROM) };
	struct buffer tag = buffer_on(ret, REPLY_TAG_SIZE - 1);

	names_write(&tag, &b->ports.keys[KEY_NAMES], NAMES_TO_TAG, pieces, 2);
	ret[tag.len] = 0;
}

void reply_stateless(struct border *b, const struct inbound *in, uint16_t status,
                     struct view headers)
{
	char storage[4096], tag[REPLY_TAG_SIZE];
	struct buffer kept = BUFFER_ON(storage), out = BUFFER_ON(b->out);
	struct ua_reply reply = { .status = status, .headers = headers };
	struct ua_reply_head head;

	reply_to_tag(b, in, tag);
	reply.to_tag = view_of(tag);
	if (ua_reply_head(in->msg, &in->flow->remote, &kept, &head) != ERR_NONE ||
	    ua_reply_write(&out, &head, &reply) != ERR_NONE)
		return;
	if (is_unproven_stranger(in) && out.len > AMPLIFICATION_MAX * in->size) {
		border_count(b, COUNT_dropped_amplification);
		return;
	}
	border_count(b, COUNT_answered);
	b->ports.send(b->ports.context, in->flow, buffer_view(&out));
}

void reply_busy(struct border *b, const struct inbound *in)
{
	char lines[192];
	struct buffer headers = BUFFER_ON(lines);

	if (in->standing == STANDING_STRANGER)
		return;
	reply_retry_after(b, &headers);
	reply_warning(&headers, REFUSAL_BUSY);
	reply_stateless(b, in, 503, buffer_view(&headers));
	refused_note(b, in);
}

void reply_retry_after(struct border *b, struct buffer *headers)
{
	uint32_t draw;

	/* Spread, so that those who were refused together do not come back together. */
	b->ports.random(b->ports.context, &draw, sizeof(draw));
	sip_build_number(headers, SIP_HEADER_RETRY_AFTER,
	                 RETRY_AFTER_MIN_S + draw % RETRY_AFTER_SPREAD_S);
}

static bool has_room(const struct border *b, const struct inbound *in)
{
	uint32_t most = b->settings.max_transactions;

	return in->is_in_dialog || ua_servers_used(b->ua) < most - most / RESERVED_PART;
}

enum err reply_open(struct border *b, const struct inbound *in, enum purpose purpose,
                    struct pool_handle object, struct pool_handle *ret)
{
	struct ua_server_opening opening = {
		.request = in->msg,
		.key = in->key,
		.path = path_of(in->flow),
		.source = &in->flow->remote,
		.user = { .object = object, .purpose = purpose },
		.sender = party_sender(b, in->peer, in->flow),
		.is_reliable = in->flow->transport != TRANSPORT_UDP,
	};
	enum err err;

	if (is_unproven_stranger(in) && in->flow->transport == TRANSPORT_UDP) {
		/* What trails the message is not repeated with it, so it buys nothing. */
		size_t bound = AMPLIFICATION_MAX * in->msg->text.len;

		opening.reply_size_max = bound < UINT16_MAX ? (uint16_t)bound : UINT16_MAX;
		opening.retransmission = RETRANSMIT_NEVER;
	}
	err = has_room(b, in) ? ua_server_open(b->ua, &opening, b->now.us, ret) : ERR_FULL;
	if (err == ERR_FULL) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
	}
	return err;
}

void reply_status(struct border *b, struct pool_handle server, uint16_t status, struct view to_tag,
                  struct view headers)
{
	struct ua_reply reply = { .status = status, .to_tag = to_tag, .headers = headers };
	enum err err = ua_server_reply(b->ua, server, &reply, b->now.us);

	if (err == ERR_NONE)
		border_count(b, COUNT_answered);
	else if (err == ERR_LIMIT)
		border_count(b, COUNT_dropped_amplification);
}

void reply_at_once(struct border *b, const struct inbound *in, uint16_t status, struct view headers)
{
	struct pool_handle none = { 0 }, server;
	char tag[REPLY_TAG_SIZE];

	if (reply_open(b, in, PURPOSE_NONE, none, &server) != ERR_NONE)
		return;
	reply_to_tag(b, in, tag);
	reply_status(b, server, status, view_of(tag), headers);
}

void reply_warning(struct buffer *headers, enum refusal why)
{
	char text[128];
	struct buffer value = BUFFER_ON(text);

	refusal_write_warning(&value, why);
	if (value.err == ERR_NONE)
		sip_build_header(headers, SIP_HEADER_WARNING, buffer_view(&value));
}

void reply_refusal(struct border *b, const struct inbound *in, uint16_t status, enum refusal why,
                   struct view headers)
{
	char text[640];
	struct buffer lines = BUFFER_ON(text);

	/* A reason would tell a stranger what we know, and that it is us. */
	if (in->standing != STANDING_STRANGER)
		reply_warning(&lines, why);
	buffer_put(&lines, headers);
	reply_at_once(b, in, status, lines.err == ERR_NONE ? buffer_view(&lines) : headers);
}
