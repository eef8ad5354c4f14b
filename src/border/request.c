/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that we send: their first lines and their transaction. */
#include "border/border_priv.h"

#include "border/names.h"
#include "border/spiral.h"
#include "sip/build.h"
#include "sip/number.h"

enum { HOPS_MAX = 70, BREADTH_MAX = 60, FIRST_CSEQ_MAX = 1 << 30 };

static enum sip_transport transport_of(enum transport_kind kind)
{
	static const enum sip_transport transports[] = {
		[TRANSPORT_UDP] = SIP_TRANSPORT_UDP, [TRANSPORT_TCP] = SIP_TRANSPORT_TCP,
		[TRANSPORT_TLS] = SIP_TRANSPORT_TLS, [TRANSPORT_WS] = SIP_TRANSPORT_WS,
		[TRANSPORT_WSS] = SIP_TRANSPORT_WSS, [TRANSPORT_SCTP] = SIP_TRANSPORT_SCTP,
	};

	return transports[kind];
}

/* `mark` goes behind the name in the branch. */
static void write_via(const struct border *b, const struct flow *to, uint64_t serial,
                      struct view mark, struct buffer *out)
{
	struct addr ours = party_our_address(b, to);
	char text[UA_BRANCH_LEN + SPIRAL_MARK_MAX];
	struct buffer branch = BUFFER_ON(text);
	struct sip_via via = {
		.transport = transport_of(to->transport),
		.host = sip_host_of(&ours),
		.port = ours.port,
		.has_rport = true,
		.ttl = -1,
	};

	ua_name_write(&branch, &b->namer, UA_NAME_BRANCH, serial);
	buffer_put(&branch, mark);
	via.branch = buffer_view(&branch);
	sip_via_write(out, &via);
}

void request_via(const struct border *b, const struct flow *to, uint64_t serial, struct buffer *out)
{
	write_via(b, to, serial, VIEW_EMPTY, out);
}

static struct request begin(struct border *b, const struct flow *to, struct view method,
                            struct view uri, struct view mark)
{
	struct request r = { .out = BUFFER_ON(b->out), .to = *to };
	size_t begun;

	b->ports.random(b->ports.context, &r.serial, sizeof(r.serial));
	ua_client_expect(b->ua, r.serial);
	sip_build_request(&r.out, method, uri);
	begun = sip_build_begin(&r.out, SIP_HEADER_VIA);
	write_via(b, to, r.serial, mark, &r.out);
	sip_build_finish(&r.out, begun);
	return r;
}

struct request request_begin(struct border *b, const struct flow *to, struct view method,
                             struct view uri)
{
	return begin(b, to, method, uri, VIEW_EMPTY);
}

/* RFC 5393 5.3.3, RFC 7332 6. One target is asked at a time here, so nothing is divided. */
static uint32_t breadth_of(const struct sip_msg *came)
{
	uint32_t breadth;

	if (sip_number_of(came, SIP_HEADER_MAX_BREADTH, UINT32_MAX, &breadth) != ERR_NONE ||
	    breadth > BREADTH_MAX)
		return BREADTH_MAX;
	return breadth;
}

struct request request_forward(struct border *b, const struct inbound *in, const struct flow *to,
                               struct view uri)
{
	char text[SPIRAL_MARK_MAX];
	struct buffer mark = BUFFER_ON(text);
	struct request r;

	spiral_mark(b, in, &mark);
	r = begin(b, to, in->msg->method_text, uri, buffer_view(&mark));
	sip_build_number(&r.out, SIP_HEADER_MAX_FORWARDS, request_hops_left(in->msg));
	sip_build_number(&r.out, SIP_HEADER_MAX_BREADTH, breadth_of(in->msg));
	return r;
}

struct request request_again(struct border *b, const struct sip_msg *sent, const struct flow *to,
                             struct view uri)
{
	char text[SPIRAL_MARK_MAX];
	struct buffer mark = BUFFER_ON(text);

	spiral_copy(b, sent, &mark);
	return begin(b, to, sent->method_text, uri, buffer_view(&mark));
}

uint64_t request_serial(const struct border *b, const struct inbound *in)
{
	struct addr source = addr_source(&in->flow->remote);
	const struct view pieces[] = { in->msg->call_id, sip_msg_value(in->msg, SIP_HEADER_FROM),
		                       in->msg->method_text,
		                       view_bytes(source.bytes, sizeof(source.bytes)) };

	return names_serial(&b->ports.keys[KEY_NAMES], pieces, sizeof(pieces) / sizeof(pieces[0]));
}

uint32_t request_first_cseq(const struct inbound *in)
{
	uint32_t came = in->msg->cseq.number;

	return came > 0 && came < FIRST_CSEQ_MAX ? came : 1;
}

uint32_t request_hops_left(const struct sip_msg *came)
{
	uint32_t hops;

	if (!came)
		return HOPS_MAX;
	/* The parser took a number up to 255 or none; 0 was refused before. */
	if (sip_number_of(came, SIP_HEADER_MAX_FORWARDS, UINT8_MAX, &hops) != ERR_NONE ||
	    hops > HOPS_MAX)
		hops = HOPS_MAX;
	return hops > 0 ? hops - 1 : 0;
}

void request_contact(const struct border *b, struct request *r, const char *token,
                     uint32_t expires_s)
{
	struct addr ours = party_our_address(b, &r->to);
	size_t begun = sip_build_begin(&r->out, SIP_HEADER_CONTACT);

	buffer_text(&r->out, "<sip:");
	buffer_text(&r->out, token);
	buffer_char(&r->out, '@');
	addr_write_port(&r->out, &ours);
	party_write_transport(&r->out, &r->to);
	buffer_text(&r->out, ">;expires=");
	buffer_decimal(&r->out, expires_s);
	sip_build_finish(&r->out, begun);
}

void request_source(struct request *r, const struct border_peer *to, const struct flow *from)
{
	char text[ADDR_TEXT_MAX + 16];
	struct buffer value = BUFFER_ON(text);

	if (!to->tells_source)
		return;
	addr_write_host(&value, &from->remote);
	buffer_char(&value, ';');
	buffer_decimal(&value, from->remote.port);
	buffer_char(&value, ';');
	buffer_text(&value, flow_transport_name((enum transport_kind)from->transport));
	sip_build_named(&r->out, VIEW("X-Ringfence-Source"), buffer_view(&value));
}

enum err request_send(struct border *b, const struct request *r, enum purpose purpose,
                      struct pool_handle object, struct pool_handle *ret)
{
	struct ua_client_opening opening = {
		.bytes = buffer_view(&r->out),
		.serial = r->serial,
		.path = path_of(&r->to),
		.user = { .object = object, .purpose = purpose },
		.is_reliable = r->to.transport != TRANSPORT_UDP,
	};
	enum err err = r->out.err;

	if (err == ERR_NONE)
		err = ua_client_open(b->ua, &opening, b->now.us, ret);
	if (err == ERR_NONE)
		border_count(b, COUNT_forwarded);
	else
		border_count(b, COUNT_limit_transactions);
	return err;
}
