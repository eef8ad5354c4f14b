/* SPDX-License-Identifier: Apache-2.0 */
/* The same INVITE again with another description. */
#include "border/reoffer_priv.h"

#include "base/secret.h"
#include "border/attempt_priv.h"
#include "border/call_pending_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/trunk.h"
#include "sip/build.h"

#include <string.h>

static bool is_browser(const struct leg_facts *leg)
{
	return leg->flow.transport == TRANSPORT_WS || leg->flow.transport == TRANSPORT_WSS;
}

static bool is_phone(const struct leg_facts *leg)
{
	return leg->peer == CALL_PHONE && !is_browser(leg);
}

/* Browsers know one form. What a peer without TLS takes, the configuration says. */
static bool may_be_asked_again(const struct leg_facts *leg)
{
	return leg->peer == CALL_PHONE ? !is_browser(leg) : flow_is_secure(&leg->flow);
}

static struct form_case case_of(const struct call *call, const struct leg_facts *leg)
{
	return (struct form_case){ .policy = leg->media_srtp,
		                   .is_secure = flow_is_secure(&leg->flow),
		                   .has_own_certificate = stream_has_certificates(call->border) };
}

static void choose(struct leg_facts *leg, enum offer_form form)
{
	leg->form = (uint8_t)form;
	leg->tried_forms |= (uint8_t)(1u << form);
}

void reoffer_begin(struct call *call, const struct registration *callee)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct form_case c = case_of(call, leg);

	leg->tried_forms = 0;
	choose(leg, form_first(&c, callee ? callee->facts.form : FORM_UNKNOWN));
	leg->form_protocol = callee ? callee->facts.form_protocol : 0;
}

/* ---- what is learnt ---- */

static bool is_strict(const struct stream_secure *s)
{
	return s->protocol != 0 && sdp_protocol_is_secure((enum sdp_protocol)(s->protocol - 1));
}

static bool is_telling(const struct call *call, unsigned leg, unsigned stream)
{
	return is_phone(&call->facts->legs[leg]) && secure_has_keys(call, leg, stream) &&
	       call->border->calls->came.media[stream].kind == SDP_KIND_AUDIO;
}

static void note(struct call *call, unsigned leg, unsigned stream, const struct stream_secure *s,
                 enum offer_form otherwise)
{
	struct leg_facts *l = leg_of(call, leg);
	enum offer_form form = otherwise;

	if (!is_telling(call, leg, stream))
		return;
	if (s->shake.is_on)
		form = FORM_DTLS;
	else if (s->theirs.suite != SUITE_NONE)
		form = is_strict(s) ? FORM_SAVP : FORM_EITHER;
	l->form = (uint8_t)form;
	l->form_protocol = form == FORM_DTLS ? s->protocol : 0;
	registrations_show(&call->border->registrations, &l->flow, l->form, l->form_protocol);
}

/* Who offers in the clear may know more, unless nothing else was taken before. */
void reoffer_offered(struct call *call, unsigned leg, unsigned stream,
                     const struct stream_secure *s)
{
	note(call, leg, stream, s,
	     leg_of(call, leg)->form == FORM_CLEAR ? FORM_CLEAR : FORM_UNKNOWN);
}

void reoffer_answered(struct call *call, unsigned leg, unsigned stream,
                      const struct stream_secure *s)
{
	note(call, leg, stream, s, (enum offer_form)leg_of(call, leg)->form);
}

void reoffer_misfit(struct call *call, unsigned leg, unsigned stream)
{
	const struct calls *c = call->border->calls;
	const struct sdp_media *m = &c->came.media[stream];

	if (is_telling(call, leg, stream) && sdp_media_shakes(&c->came, m))
		registrations_show(&call->border->registrations, &leg_of(call, leg)->flow,
		                   FORM_DTLS, (uint8_t)(m->protocol + 1));
}

/* ---- again ---- */

static bool is_about_form(uint16_t status)
{
	return status == 488 || status == 606 || status == 415;
}

/* Who rang has taken the offer. */
static bool has_rung(const struct call *call)
{
	return call->forks || call->facts->early_tag[0] || call->facts->early.came_rseq ||
	       call->facts->legs[LEG_CALLEE].dialog.state != UA_DIALOG_NONE;
}

/* Into the scratch of what is taken up, whose time is before the first message. */
static bool read_text(struct calls *c, struct view text)
{
	char *at = (char *)c->resumed;

	if (text.len > sizeof(c->resumed))
		return false;
	memcpy(at, text.at, text.len);
	return sip_msg_parse(at, text.len, &sip_limits_default, &c->again) == ERR_NONE;
}

struct view reoffer_description(struct call *call, enum reoffer_keys keys)
{
	struct stream_secure before[MAX_CALL_STREAMS];
	struct calls *c = call->border->calls;
	struct view came, sent, body = VIEW_EMPTY;
	bool is_fine;

	if (!call_pending_texts(call, &came, &sent) || !read_text(c, came))
		return VIEW_EMPTY;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct stream_secure *s = &call->facts->streams[i].secure[LEG_CALLEE];

		before[i] = *s;
		if (keys == REOFFER_NEW_KEYS)
			secret_wipe(s, sizeof(*s));
	}
	is_fine = offer_take(call, LEG_CALLER, &c->again, &body) == OFFER_FITS;
	for (unsigned i = 0; i < MAX_CALL_STREAMS && !is_fine; i++)
		call->facts->streams[i].secure[LEG_CALLEE] = before[i];
	secret_wipe(before, sizeof(before));
	return is_fine ? body : VIEW_EMPTY;
}

static void copy_headers(struct buffer *out, const struct sip_msg *from)
{
	for (unsigned i = 0; i < from->count; i++) {
		const struct sip_header *h = &from->headers[i];

		if (h->id == SIP_HEADER_VIA || h->id == SIP_HEADER_CSEQ ||
		    h->id == SIP_HEADER_CONTACT || h->id == SIP_HEADER_CONTENT_LENGTH ||
		    h->id == SIP_HEADER_ROUTE)
			continue;
		if (h->id == SIP_HEADER_OTHER)
			sip_build_named(out, h->name, h->value);
		else
			sip_build_header(out, (enum sip_header_id)h->id, h->value);
	}
}

/* RFC 3261 8.1.3.5: the same Call-ID, From and To, the next CSeq. By the leg's flow as it is now;
 * NULL: to the same one. */
static bool send(struct border *b, struct call *call, struct turn *turn,
                 const struct registration *to, struct view body)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct calls *c = b->calls;
	struct view came, sent;
	struct request r;

	if (!call_pending_texts(call, &came, &sent) || !read_text(c, sent) ||
	    ua_dialog_next_cseq(&leg->dialog, &turn->sent_cseq) != ERR_NONE)
		return false;
	r = request_again(b, &c->again, &leg->flow, to ? view_of(to->facts.contact) : c->again.uri);
	if (to)
		path_write(&r.out, SIP_HEADER_ROUTE, to->facts.path);
	else
		sip_build_copy(&r.out, &c->again, SIP_HEADER_ROUTE);
	copy_headers(&r.out, &c->again);
	leg_write_contact(b, leg, &r.out);
	sip_build_cseq(&r.out, turn->sent_cseq, VIEW("INVITE"));
	sip_build_body(&r.out, body);
	turn->is_heard = false;
	if (r.out.err == ERR_NONE)
		call_pending_again(call, turn, &r);
	if (request_send(b, &r, PURPOSE_CALL, turn_handle(b, turn), &turn->client) != ERR_NONE)
		return false;
	turn->has_client = true;
	return true;
}

/* What says who we are is good for one request: where we log in, it is written anew. */
static bool send_to(struct border *b, struct call *call, struct turn *turn, struct view body)
{
	uint16_t peer = leg_of(call, LEG_CALLEE)->peer;

	return (peer != CALL_PHONE && attempt_reoffer(b, call, turn, body)) ||
	       ((peer == CALL_PHONE || (!attempt_is_kept(call) && !trunk_is(b, peer))) &&
	        send(b, call, turn, NULL, body));
}

bool reoffer_next(struct border *b, const struct sip_msg *refusal, struct call *call,
                  struct turn *turn)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct form_case c = case_of(call, leg);
	uint64_t before = leg->session_hash;
	enum offer_form form;
	struct view body;

	if (!is_about_form(refusal->status) || !may_be_asked_again(leg) || !turn->is_first ||
	    turn->is_cancelled || turn->offer != OFFER_IN_REQUEST || has_rung(call))
		return false;
	while ((form = form_next(&c, leg->tried_forms)) != FORM_UNKNOWN) {
		choose(leg, form);
		leg->form_protocol = 0;
		body = reoffer_description(call, REOFFER_NEW_KEYS);
		/* Where nothing else is said, its form was not why. */
		if (view_is_empty(body) || leg->session_hash == before)
			continue;
		border_count(b, COUNT_calls_offered_again);
		return send_to(b, call, turn, body);
	}
	return false;
}

/* The phone's own by that flow; NULL where it is another account's. */
static const struct registration *callee_on(const struct border *b, const struct leg_facts *leg)
{
	const struct registration *r = registration_on_flow(&b->registrations, &leg->flow);

	return r && fact_hash(b, view_of(r->facts.account)) == leg->account_hash ? r : NULL;
}

static bool may_go_elsewhere(struct call *call, const struct turn *turn)
{
	return turn->is_first && !turn->is_cancelled && call->state != CALL_ENDING &&
	       !has_rung(call) && leg_of(call, LEG_CALLEE)->peer == CALL_PHONE;
}

static bool offer_to(struct border *b, struct call *call, struct turn *turn,
                     const struct registration *to)
{
	struct view body = VIEW_EMPTY;

	reoffer_begin(call, to);
	if (turn->offer == OFFER_IN_REQUEST)
		body = reoffer_description(call, REOFFER_NEW_KEYS);
	if (turn->offer == OFFER_IN_REQUEST && view_is_empty(body))
		return false;
	return send(b, call, turn, to, body);
}

bool reoffer_elsewhere(struct border *b, struct call *call, struct turn *turn,
                       const struct flow *went)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	const struct registration *r;

	if (!may_go_elsewhere(call, turn) || flow_equal(&leg->flow, went))
		return false;
	r = callee_on(b, leg);
	return r && offer_to(b, call, turn, r);
}

/* By which the INVITE went; NULL where it is no more. */
static struct registration *went_by(struct border *b, struct call *call)
{
	const struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct registration *standing[MAX_REGISTRATION_FLOWS];
	struct view account = view_of(leg->dialog.remote_uri), came, sent;
	size_t count;

	if (!call_pending_texts(call, &came, &sent) || !read_text(b->calls, sent))
		return NULL;
	account = view_after(account, view_find(account, ':', 0) + 1);
	count = registrations_of(&b->registrations, account, &leg->flow, standing,
	                         MAX_REGISTRATION_FLOWS);
	for (size_t i = 0; i < count; i++)
		if (view_equal(view_of(standing[i]->facts.contact), b->calls->again.uri))
			return standing[i];
	return NULL;
}

bool reoffer_flow_failed(struct border *b, struct call *call, struct turn *turn)
{
	char name[REGISTRATION_TOKEN_SIZE];
	struct registration *r;

	if (!may_go_elsewhere(call, turn))
		return false;
	r = went_by(b, call);
	if (!r || !r->facts.is_flow)
		return false;
	registration_write_name(r->facts.token, true, name);
	registration_end(&b->registrations, &r);
	r = registration_called(&b->registrations, view_of(name));
	return r && leg_move(call, LEG_CALLEE, &r->facts.flow) && offer_to(b, call, turn, r);
}
