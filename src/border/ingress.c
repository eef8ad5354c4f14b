/* SPDX-License-Identifier: Apache-2.0 */
/* Each step either ends the datagram or hands it to the next. */
#include "border/ingress.h"

#include "border/calls.h"
#include "border/exchange.h"
#include "border/extensions.h"
#include "border/ping.h"
#include "border/registrar.h"
#include "border/sample.h"
#include "border/spiral.h"
#include "border/subscription.h"
#include "guard/oddity.h"
#include "sip/build.h"
#include "sip/check.h"
#include "sip/number.h"
#include "sip/tokens.h"

/* ---- door ---- */

static struct inbound meet(struct border *b, const struct flow *flow)
{
	struct inbound in = { .flow = flow, .peer = party_peer_of(b, flow) };

	if (!in.peer)
		in.known = known_find_with_host(&b->known, flow, &in.host_has_known);
	in.standing = in.peer                 ? STANDING_PEER
	            : in.known || b->attested ? STANDING_KNOWN
	                                      : STANDING_STRANGER;
	if (flow->transport != TRANSPORT_UDP)
		in.proof = PROOF_CONNECTION;
	return in;
}

static void count_hits(struct border *b, const struct inbound *in, uint32_t hits)
{
	struct fact fact = fact_of(b, in, FACT_BLOCKED_HITS);

	fact.count = hits;
	fact_emit(b, &fact);
}

static bool passes_door(struct border *b, struct inbound *in, struct view bytes,
                        bool *ret_is_suspect)
{
	struct guard_knock knock = {
		.flow = in->flow,
		.bytes = bytes,
		.standing = in->standing,
		.host_has_known = in->host_has_known,
	};
	struct guard_welcome welcome =
		guard_door_meet(b->door, &knock, &b->settings.door.blocked_challenges, b->now);

	if (welcome.hits)
		count_hits(b, in, welcome.hits);
	if (welcome.is_non_sip) {
		struct fact fact = fact_of(b, in, FACT_NON_SIP);

		fact.reason = (uint16_t)(welcome.bytes == BYTES_HTTP  ? NON_SIP_HTTP
		                         : welcome.bytes == BYTES_TLS ? NON_SIP_TLS
		                                                      : NON_SIP_NOISE);
		fact_emit(b, &fact);
	}
	if (welcome.answer == DOOR_DROP) {
		if (welcome.bytes != BYTES_STUN || !ping_answers(b, in, bytes))
			border_count(b, welcome.counter);
		return false;
	}
	in->is_blocked = welcome.answer == DOOR_CHALLENGE;
	*ret_is_suspect = welcome.is_suspect;
	if (in->standing == STANDING_STRANGER &&
	    !guard_bounds_stranger(b->bounds, in->flow, b->now.us)) {
		border_count(b, COUNT_dropped_bound);
		return false;
	}
	if (in->standing == STANDING_STRANGER &&
	    guard_refrain_holds(b->refrains, in->flow, bytes, b->now.us)) {
		border_count(b, COUNT_dropped_screen);
		return false;
	}
	return true;
}

/* ---- parse ---- */

static void say_anomaly(struct border *b, const struct inbound *in, uint16_t reason,
                        enum sip_grade grade)
{
	struct fact fact = fact_of(b, in, FACT_ANOMALY);

	fact.reason = reason;
	fact.grade = (uint8_t)grade;
	fact_emit(b, &fact);
}

/* What the grammar leaves open and a stranger uses: he is not refused for it,
 * since he gets no further than his standing lets him. */
static void say_oddity(struct border *b, const struct inbound *in)
{
	enum guard_oddity oddity =
		in->standing == STANDING_STRANGER ? guard_oddity_of(in->msg) : ODDITY_NONE;

	if (oddity != ODDITY_NONE)
		say_anomaly(b, in, (uint16_t)oddity, SIP_GRADE_HOSTILE);
}

/* What was read all the same: each oddity is counted, none is scored. */
static void say_anomalies(struct border *b, const struct inbound *in, uint64_t anomalies)
{
	for (unsigned reason = 1; anomalies && reason < SIP_REASON_COUNT; reason++) {
		if (sip_reason_in(anomalies, (enum sip_reason)reason))
			say_anomaly(b, in, (uint16_t)reason,
			            sip_reason_grade((enum sip_reason)reason));
	}
}

static void refuse_malformed(struct border *b, const struct inbound *in)
{
	say_anomaly(b, in, in->msg->reason, guard_refusal_grade(in->msg));
	if (!view_is_empty(in->msg->text))
		sample_take(b, in);
	if (in->standing == STANDING_PEER)
		border_count(b, COUNT_peer_malformed);
	if (in->standing == STANDING_STRANGER || !sip_msg_is_answerable(in->msg)) {
		border_count(b, COUNT_dropped_malformed);
		return;
	}
	border_count(b, COUNT_refused_malformed);
	reply_stateless(b, in, 400, VIEW_EMPTY);
}

/* The second look costs five times the first: only what a transaction does not
 * absorb, a signature does not silence and a budget lets through is worth it. */
static bool is_grammatical(struct border *b, const struct inbound *in)
{
	uint64_t told = b->msg.anomalies;

	if (sip_check(&b->msg) != ERR_NONE) {
		refuse_malformed(b, in);
		return false;
	}
	say_anomalies(b, in, b->msg.anomalies & ~told);
	return true;
}

/* ---- budget ---- */

static bool fits_flow(const struct border *b, const struct inbound *in)
{
	const struct sip_msg *m = in->msg;

	if (m->method == SIP_METHOD_REGISTER)
		return registration_is_continued(&b->registrations, in->flow,
		                                 fact_hash(b, m->call_id), m->cseq.number);
	return calls_has_dialog(b, m, in->flow) || subscription_has_dialog(b, m, in->flow);
}

/* For requests that begin something: what a transaction of ours expects is as
 * bounded as what we sent. */
static bool is_within_budget(struct border *b, const struct inbound *in)
{
	const struct guard_rate *rate = &b->settings.door.known_flow;
	struct guard_bucket *bucket;

	if (in->peer) {
		rate = &in->peer->budget;
		bucket = &b->peer_budgets[in->peer - b->settings.peers];
	} else if (in->known) {
		/* A forger may write its address: what does not fit never eats its budget. */
		bucket = fits_flow(b, in) ? &in->known->budget : &in->known->others_budget;
	} else {
		return true;
	}
	if (guard_bucket_take(bucket, rate, b->now.us))
		return true;
	border_count(b, COUNT_dropped_budget);
	return false;
}

/* ---- transact ---- */

static void take_response(struct border *b, struct inbound *in)
{
	struct ua_event event;
	enum ua_answer answer;

	if (!is_grammatical(b, in))
		return;
	answer = ua_response(b->ua, &b->namer, in->msg, b->now.us, &event);
	if (answer == UA_ANSWER_STRAY && calls_acknowledge_again(b, in)) {
		border_count(b, COUNT_absorbed_retransmission);
		return;
	}
	if (answer == UA_ANSWER_STRAY) {
		border_count(b, COUNT_dropped_mismatch);
		if (in->standing == STANDING_PEER) {
			struct fact fact = fact_of(b, in, FACT_PEER_MISMATCH);

			fact_emit(b, &fact);
		}
		return;
	}
	if (answer == UA_ANSWER_REPEATED) {
		border_count(b, COUNT_absorbed_retransmission);
		return;
	}
	if (!fact_is_proven(in->proof))
		in->proof = PROOF_BRANCH;
	if (purposes[event.user.purpose].answer)
		purposes[event.user.purpose].answer(b, in, &event, answer);
}

/* ---- route ---- */

static bool refuse_requirements(struct border *b, const struct inbound *in)
{
	static const enum sip_header_id asked[] = { SIP_HEADER_REQUIRE, SIP_HEADER_PROXY_REQUIRE };
	/* Of what buffers write into no more is read than was written. */
	char unknown_text[256] __attribute__((uninitialized));
	char text[320] __attribute__((uninitialized));

	for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct buffer unknown = BUFFER_ON(unknown_text), lines = BUFFER_ON(text);

		if (extensions_unknown(in->msg, asked[i],
		                       in->peer ? EXTENSIONS_OF_PEER : EXTENSIONS_OF_PHONE,
		                       &unknown) == 0)
			continue;
		if (unknown.err == ERR_NONE)
			sip_build_header(&lines, SIP_HEADER_UNSUPPORTED, buffer_view(&unknown));
		reply_refusal(b, in, 420, REFUSAL_EXTENSION, buffer_view(&lines));
		return true;
	}
	return false;
}

static void refuse_method(struct border *b, const struct inbound *in)
{
	char text[160];
	struct buffer lines = BUFFER_ON(text);

	sip_build_header(&lines, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	reply_refusal(b, in, 405, REFUSAL_METHOD, buffer_view(&lines));
}

/* A stranger's request that is no REGISTER: nothing leaves (over a connection 403), and what was
 * dialled is remembered. */
static void silence(struct border *b, const struct inbound *in)
{
	struct fact fact = fact_of(b, in, FACT_REQUEST);

	fact_target(b, &fact, in->msg);
	fact_emit(b, &fact);
	border_count(b, COUNT_dropped_stranger);
	/* Who holds a connection has shown his address already; he would wait for it. */
	if (in->flow->transport != TRANSPORT_UDP && in->msg->method != SIP_METHOD_OPTIONS)
		reply_stateless(b, in, 403, VIEW_EMPTY);
}

static bool has_to_tag(const struct sip_msg *msg)
{
	struct sip_name_addr aside __attribute__((uninitialized)); /* filled before it is read */
	const struct sip_name_addr *to = sip_parts_address_at(msg, SIP_HEADER_TO, &aside);

	return to && !view_is_empty(to->tag);
}

static bool is_zero(const struct sip_msg *msg, enum sip_header_id id)
{
	uint32_t number;

	return sip_number_of(msg, id, UINT8_MAX, &number) == ERR_NONE && number == 0;
}

/* A registrar looks at the Call-ID and CSeq of a REGISTER by itself (RFC 3261 10.3). */
static bool is_merged(const struct border *b, const struct inbound *in)
{
	return !in->is_in_dialog && in->msg->method != SIP_METHOD_REGISTER &&
	       ua_request_is_merged(b->ua, in->msg, party_sender(b, in->peer, in->flow));
}

bool ingress_refuses(struct border *b, const struct inbound *in)
{
	if (is_zero(in->msg, SIP_HEADER_MAX_FORWARDS))
		reply_refusal(b, in, 483, REFUSAL_HOPS, VIEW_EMPTY);
	else if (!in->is_in_dialog && spiral_is_loop(b, in))
		reply_refusal(b, in, 482, REFUSAL_LOOP, VIEW_EMPTY);
	else if (is_merged(b, in))
		reply_refusal(b, in, 482, REFUSAL_MERGED, VIEW_EMPTY);
	else if (!in->is_in_dialog && is_zero(in->msg, SIP_HEADER_MAX_BREADTH))
		reply_refusal(b, in, 440, REFUSAL_BREADTH, VIEW_EMPTY);
	else
		return refuse_requirements(b, in);
	return true;
}

static void route_new(struct border *b, struct inbound *in, enum guard_treatment treatment)
{
	enum sip_method method = (enum sip_method)in->msg->method;

	in->is_in_dialog = has_to_tag(in->msg);
	if (refused_before(b, in))
		reply_busy(b, in);
	else if (method == SIP_METHOD_ACK || in->is_in_dialog)
		calls_in_dialog(b, in, NULL);
	else if (in->standing == STANDING_STRANGER && method != SIP_METHOD_REGISTER)
		silence(b, in);
	else if (in->standing != STANDING_STRANGER && ingress_refuses(b, in))
		return;
	else if (method == SIP_METHOD_REGISTER)
		registrar_request(b, in, treatment);
	else if (method == SIP_METHOD_INVITE)
		calls_invite(b, in);
	else if (method == SIP_METHOD_SUBSCRIBE)
		subscription_begin(b, in);
	else if (exchange_carries(method))
		exchange_request(b, in);
	else
		refuse_method(b, in);
}

static void take_request(struct border *b, struct inbound *in, bool is_suspect)
{
	struct guard_screening screening;
	struct ua_path path = path_of(in->flow);
	struct ua_event event;

	/* What the screen looks at, the fact and the second look need not read again. */
	if (in->standing == STANDING_STRANGER)
		sip_parts_read(&b->msg);
	screening = guard_screen(in->msg, in->flow, in->standing, is_suspect);
	if (screening.signature != SIGNATURE_NONE) {
		struct fact fact = fact_of(b, in, FACT_SCANNER);

		fact.reason = (uint16_t)screening.signature;
		if (screening.treatment == TREAT_SILENCE)
			fact.count =
				guard_refrain_note(b->refrains, in->flow, in->msg->text, b->now.us);
		fact_target(b, &fact, in->msg);
		fact_emit(b, &fact);
		sample_take(b, in);
	}
	if (screening.treatment == TREAT_SILENCE) {
		border_count(b, COUNT_dropped_screen);
		return;
	}
	in->key = &event.key;
	switch (ua_request(b->ua, in->msg, &path, b->now.us, &event)) {
	case UA_ABSORBED:
		border_count(b, COUNT_absorbed_retransmission);
		return;
	case UA_SETTLED:
		border_count(b, COUNT_absorbed_retransmission);
		calls_refusal_over(b, &event);
		return;
	case UA_PASSED:
		if (!is_grammatical(b, in))
			return;
		in->is_in_dialog = true;
		calls_in_dialog(b, in, &event);
		return;
	case UA_NEW:
		break;
	}
	if (!is_within_budget(b, in) || !is_grammatical(b, in))
		return;
	say_oddity(b, in);
	if (in->is_blocked && in->msg->method != SIP_METHOD_REGISTER)
		border_count(b, COUNT_dropped_verdict);
	else if (in->msg->method == SIP_METHOD_CANCEL)
		calls_cancel(b, in);
	else
		route_new(b, in, screening.treatment);
}

/* Nobody hears an answer at port 0, and we would hear our own. */
static bool is_forged(const struct flow *flow)
{
	return flow->transport == TRANSPORT_UDP &&
	       (flow->remote.port == 0 ||
	        (flow->remote.port == flow->local.port && addr_equal(&flow->remote, &flow->local)));
}

void ingress(struct border *b, const struct flow *flow, char *bytes, size_t len)
{
	struct inbound in;
	bool is_suspect = false;
	enum err err;

	border_count(b, COUNT_datagrams_received);
	if (guard_door_again(b->door, flow, b->now.us)) {
		border_count(b, COUNT_dropped_verdict);
		return;
	}
	if (is_forged(flow)) {
		border_count(b, COUNT_dropped_forged);
		return;
	}
	in = meet(b, flow);
	in.size = len;
	if (!passes_door(b, &in, view_bytes(bytes, len), &is_suspect))
		return;
	err = sip_msg_parse(bytes, len, &sip_limits_default, &b->msg);
	in.msg = &b->msg;
	if (err != ERR_NONE) {
		refuse_malformed(b, &in);
		return;
	}
	say_anomalies(b, &in, b->msg.anomalies);
	if (b->msg.is_request)
		take_request(b, &in, is_suspect);
	else
		take_response(b, &in);
}
