/* SPDX-License-Identifier: Apache-2.0 */
/* From a message to names, hashes and the beginnings of facts. */
#include "watch/watch_priv.h"

#include "sip/reason.h"
#include "sip/via.h"

#include <string.h>

/* ---- tags ---- */

uint64_t watch_from_tag(const struct watch *w, struct watch_reading *r)
{
	if (r->from_tag == 0 && !view_is_empty(r->from->tag))
		r->from_tag = watch_hash(w, r->from->tag);
	return r->from_tag;
}

uint64_t watch_to_tag(const struct watch *w, struct watch_reading *r)
{
	if (r->to_tag == 0 && !view_is_empty(r->to->tag))
		r->to_tag = watch_hash(w, r->to->tag);
	return r->to_tag;
}

/* ---- reading ---- */

/* What the second look read is taken where it stands. */
static void read_names(const struct sip_msg *msg, struct watch_reading *r)
{
	r->from = &msg->parts.from;
	r->to = &msg->parts.to;
	if (!(msg->parts.known & SIP_PART_FROM)) {
		r->from = &r->from_read;
		if (sip_parts_address(msg, SIP_HEADER_FROM, &r->from_read) != ERR_NONE)
			r->from_read = (struct sip_name_addr){ 0 };
	}
	if (!(msg->parts.known & SIP_PART_TO)) {
		r->to = &r->to_read;
		if (sip_parts_address(msg, SIP_HEADER_TO, &r->to_read) != ERR_NONE)
			r->to_read = (struct sip_name_addr){ 0 };
	}
}

static const struct sip_uri no_uri;

static void read_uri(const struct sip_msg *msg, struct watch_reading *r)
{
	r->uri = &msg->parts.uri;
	if (msg->is_request && (msg->parts.known & SIP_PART_URI))
		return;
	r->uri = &no_uri;
	if (msg->is_request && sip_parts_uri(msg, &r->uri_read) == ERR_NONE)
		r->uri = &r->uri_read;
}

static struct view find_branch(const struct sip_msg *msg)
{
	struct view text = sip_msg_value(msg, SIP_HEADER_VIA);
	size_t comma = view_find(text, ',', 0);
	struct sip_via via;

	if (sip_via_parse(text, &via) == ERR_NONE ||
	    sip_via_parse(view_trim(view_first(text, comma)), &via) == ERR_NONE)
		return via.branch;
	return VIEW_EMPTY;
}

static inline struct view branch_of(const struct sip_msg *msg)
{
	return msg->parts.known & SIP_PART_VIA ? msg->parts.via.branch : find_branch(msg);
}

static void expect(const struct watch *w, const struct watch_reading *r)
{
	watch_table_expect(&w->hosts, r->asker);
	watch_table_expect(&w->hosts, r->asker_place);
	watch_table_expect(&w->hosts, r->asked);
	watch_table_expect(&w->known, r->asker_way);
}

static void read_flow(const struct watch *w, bool is_response, struct watch_reading *r)
{
	r->flow = *r->in->flow;
	r->is_turned = is_response;
	if (is_response) {
		r->flow.remote = r->in->flow->local;
		r->flow.local = r->in->flow->remote;
	}
	r->asker = watch_hash_host(w, &r->flow.remote);
	r->asked = watch_hash_host(w, &r->flow.local);
	r->asker_place = watch_place_of(w, r->asker, &r->flow.remote);
	r->asker_way = watch_way_of(w, r->asker, &r->flow);
	expect(w, r);
}

void watch_meet(struct watch *w, const struct watch_message *in, struct watch_reading *ret)
{
	ret->in = in;
	ret->msg = &w->msg;
	ret->is_taken = ret->is_unasked = ret->has_standing = false;
	ret->from_tag = ret->to_tag = 0;
	read_flow(w, view_starts(view_bytes(in->bytes, in->len), VIEW("SIP/")), ret);
}

void watch_approach(const struct watch *w, const struct watch_reading *r)
{
	watch_table_approach(&w->hosts, r->asker);
	watch_table_approach(&w->known, r->asker_way);
}

/* An ACK names the INVITE. */
static uint64_t transaction_of(const struct watch *w, const struct watch_reading *r)
{
	const struct sip_cseq *cseq = &r->msg->cseq;
	bool is_ack = r->msg->is_request && r->msg->method == SIP_METHOD_ACK;
	uint64_t method = is_ack ? SIP_METHOD_INVITE : cseq->method;
	uint64_t names = watch_join(w, r->call_id, watch_hash(w, r->branch));

	if (method == SIP_METHOD_OTHER)
		names = watch_join(w, names, watch_hash(w, cseq->method_text));
	return watch_join(w, names ^ r->asker, r->asked + (method << 32 | cseq->number));
}

void watch_read(struct watch *w, struct watch_reading *ret)
{
	struct sip_msg *msg = &w->msg;

	if (ret->is_turned == msg->is_request)
		read_flow(w, !msg->is_request, ret);
	ret->call_id = watch_hash(w, msg->call_id);
	ret->branch = branch_of(msg);
	if (ret->is_taken) {
		ret->transaction = transaction_of(w, ret);
		watch_table_expect(&w->seen, ret->transaction);
	}
	read_names(msg, ret);
	read_uri(msg, ret);
	/* The call that it may begin, or be of. */
	if (ret->is_taken && msg->is_request && msg->method == SIP_METHOD_INVITE)
		watch_table_expect(&w->calls, watch_call_key(w, ret, watch_from_tag(w, ret)));
}

/* ---- facts ---- */

/* Of who sent it. Nothing that it depends on changes until all is said of the message. */
static void look_up_standing(const struct watch *w, struct watch_reading *r)
{
	const struct addr *sender = &r->in->flow->remote;

	if (r->is_turned) {
		r->standing = (uint8_t)watch_standing(w, r->in->flow);
		r->is_server = r->standing == STANDING_PEER &&
		               watch_is_server(w, r->asked, watch_place_of(w, r->asked, sender));
	} else {
		r->standing = (uint8_t)watch_standing_of_asker(w, r, &r->is_server);
	}
	r->has_standing = true;
}

static inline enum fact_standing standing_of(const struct watch *w, struct watch_reading *r)
{
	if (!r->has_standing)
		look_up_standing(w, r);
	return (enum fact_standing)r->standing;
}

void watch_fact_begin(const struct watch *w, const struct watch_reading *r, enum fact_kind kind,
                      struct fact *ret)
{
	ret->kind = (uint8_t)kind;
	ret->count = 1;
	ret->now_us = w->now.us;
	ret->wall_us = w->now.wall_us;
	ret->proof = r->in->is_connected ? PROOF_CONNECTION : PROOF_NONE;
	ret->cseq = r->msg->cseq.number;
	ret->call_id_hash = r->call_id;
	ret->contact_hash = watch_hash(w, sip_msg_value(r->msg, SIP_HEADER_CONTACT));
}

struct fact watch_fact_of_sender(const struct watch *w, struct watch_reading *r,
                                 enum fact_kind kind)
{
	const struct sip_msg *msg = r->msg;
	struct fact fact = { .flow = *r->in->flow, .standing = (uint8_t)standing_of(w, r) };

	watch_fact_begin(w, r, kind, &fact);
	fact.is_server = r->is_server;
	WATCH_TEXT(msg->is_request ? msg->method_text : sip_method_name(msg->method), fact.method);
	return fact;
}

void watch_say(struct watch *w, struct fact *fact)
{
	fact->version = FACT_VERSION;
	fact->sequence = ++w->facts_said;
	w->ports.fact(w->ports.context, fact);
}

uint16_t watch_agent(const struct watch *w, const struct sip_msg *msg)
{
	const struct inspector *inspector = w->ports.inspector;

	return inspector ? inspector->agent(inspector->context, msg) : 0;
}

/* Who looks at the whole message is asked of what the parser took alone. */
static uint16_t oddity_of(struct watch *w, struct watch_reading *r)
{
	if (!w->ports.inspector || !r->is_taken || (!r->msg->is_request && !r->is_unasked) ||
	    standing_of(w, r) != STANDING_STRANGER)
		return 0;
	return w->ports.inspector->oddity(w->ports.inspector->context, r->msg);
}

static uint8_t grade_of(const struct watch *w, const struct watch_reading *r,
                        enum sip_reason reason)
{
	if (reason == r->msg->reason && w->ports.inspector)
		return (uint8_t)w->ports.inspector->grade(w->ports.inspector->context, r->msg);
	return (uint8_t)sip_reason_grade(reason);
}

/* Kept apart, for the frame that it needs. */
static __attribute__((noinline)) void say_oddities(struct watch *w, struct watch_reading *r,
                                                   uint16_t oddity, uint64_t reasons)
{
	struct fact fact = watch_fact_of_sender(w, r, FACT_ANOMALY);

	if (r->msg->is_request)
		fact.agent = watch_agent(w, r->msg);
	fact.reason = oddity;
	fact.grade = SIP_GRADE_HOSTILE;
	if (fact.reason != 0)
		watch_say(w, &fact);
	for (unsigned reason = 1; reasons != 0 && reason < SIP_REASON_COUNT; reason++) {
		if (!sip_reason_in(reasons, (enum sip_reason)reason))
			continue;
		fact.reason = (uint16_t)reason;
		fact.grade = grade_of(w, r, (enum sip_reason)reason);
		watch_say(w, &fact);
	}
}

void watch_say_oddities(struct watch *w, struct watch_reading *r, uint64_t reasons)
{
	uint16_t oddity = oddity_of(w, r);

	/* As of nearly all messages. */
	if (oddity == 0 && reasons == 0)
		return;
	say_oddities(w, r, oddity, reasons);
}
