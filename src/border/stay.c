/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER of a PBX to a carrier. */
#include "border/stay.h"

#include "border/challenge.h"
#include "border/identity.h"
#include "border/login_priv.h"
#include "sip/build.h"
#include "sip/contact.h"
#include "sip/number.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600 };

/* One on its way. */
struct stay {
	struct pool_handle server;
	struct registration_facts facts;
	uint32_t expires_s;
	bool has_contact, is_star;
	char to_tag[REPLY_TAG_SIZE];
};

struct stays {
	struct pool *table;
};

enum err stays_new(struct border *b, struct stays **ret)
{
	struct stays *s = calloc(1, sizeof(*s));
	uint32_t count =
		MAX_STAYS < b->settings.max_transactions ? MAX_STAYS : b->settings.max_transactions;

	if (!s)
		return ERR_NO_MEMORY;
	if (pool_new(sizeof(struct stay), count, &s->table) != ERR_NONE) {
		free(s);
		return ERR_NO_MEMORY;
	}
	*ret = s;
	return ERR_NONE;
}

void stays_free(struct stays **s)
{
	if (!*s)
		return;
	pool_free(&(*s)->table);
	free(*s);
	*s = NULL;
}

/* ---- whose and where to ---- */

static const struct border_peer *carrier_of(const struct border *b, const struct sip_msg *msg)
{
	struct sip_uri uri;

	if (sip_uri_parse(msg->uri, &uri) != ERR_NONE)
		return NULL;
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		const struct border_peer *peer = &b->settings.peers[i];

		if (peer->stays_on_pbx && view_equal_nocase(uri.host.text, view_of(peer->domain)))
			return peer;
	}
	return NULL;
}

/* Who may call by a carrier may register with it. */
static bool is_routed(const struct border *b, uint16_t from, uint16_t to)
{
	for (unsigned i = 0; i < b->settings.route_count; i++) {
		const struct border_route *r = &b->settings.routes[i];

		if (r->to == to && (r->from_kind ? b->settings.peers[from].kind == r->from_kind - 1
		                                 : r->from == from))
			return true;
	}
	return false;
}

/* ---- credentials and challenges ---- */

static bool names(const struct border_peer *carrier, const struct sip_digest *digest)
{
	struct sip_uri uri;

	return sip_uri_parse(digest->values[SIP_DIGEST_URI], &uri) == ERR_NONE &&
	       view_equal_nocase(uri.host.text, view_of(carrier->domain));
}

void stay_write_credentials(const struct border *b, const struct sip_msg *msg,
                            const struct border_peer *carrier, struct buffer *out)
{
	static const enum sip_header_id ids[] = { SIP_HEADER_AUTHORIZATION,
		                                  SIP_HEADER_PROXY_AUTHORIZATION };
	struct sip_digest digest;

	(void)b;
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct sip_header *h = sip_msg_header(msg, ids[i]);

		for (; h; h = sip_msg_next(msg, h)) {
			if (sip_auth_parse(h->value, SIP_AUTH_CREDENTIALS, &digest) == ERR_NONE &&
			    names(carrier, &digest))
				sip_build_auth(out, ids[i], &digest);
		}
	}
}

bool stay_write_challenge(const struct sip_msg *response, struct buffer *out)
{
	struct sip_digest digest;
	struct challenge c;

	if (challenge_read(response, &c) != ERR_NONE)
		return false;
	for (unsigned i = 0; i < c.count; i++) {
		if (sip_auth_parse(view_of(c.rows[i]), SIP_AUTH_CHALLENGE, &digest) == ERR_NONE)
			sip_build_auth(out,
			               c.status == 407 ? SIP_HEADER_PROXY_AUTHENTICATE
			                               : SIP_HEADER_WWW_AUTHENTICATE,
			               &digest);
	}
	return true;
}

/* ---- what the PBX asks for ---- */

static enum err read_contact(const struct border *b, const struct inbound *in, struct stay *s)
{
	struct buffer token = buffer_on(s->facts.token, REGISTRATION_TOKEN_SIZE - 1);
	struct sip_contact contact;
	size_t count;
	enum err err = sip_contacts_read(in->msg, &contact, 1, &count);

	if (err != ERR_NONE)
		return err;
	if (sip_seconds_of(in->msg, SIP_HEADER_EXPIRES, &s->expires_s) != ERR_NONE)
		s->expires_s = HOUR_S;
	s->has_contact = count > 0;
	s->is_star = count > 0 && contact.is_star;
	if (s->is_star)
		return s->expires_s == 0 ? ERR_NONE : ERR_SYNTAX; /* RFC 3261 10.2.2 */
	if (count == 0)
		return ERR_NONE;
	if (contact.has_expires)
		s->expires_s = contact.expires_s;
	if (!VIEW_COPY(contact.address.uri.text, s->facts.contact))
		return ERR_LIMIT;
	struct view pieces[] = { view_of(s->facts.account), view_of(s->facts.contact) };

	names_write(&token, &b->ports.keys[KEY_CONTACTS], NAMES_CONTACT, pieces, 2);
	names_own(&token, b->ports.owners, b->ports.owner);
	return ERR_NONE;
}

static enum err read_wish(const struct border *b, const struct inbound *in,
                          const struct border_peer *carrier, struct stay *s)
{
	struct registration_facts *facts = &s->facts;
	struct buffer account = buffer_on(facts->account, sizeof(facts->account) - 1);
	struct sip_name_addr to;
	enum err err = sip_parts_address(in->msg, SIP_HEADER_TO, &to);

	if (err != ERR_NONE)
		return err;
	buffer_put(&account, to.uri.user);
	buffer_char(&account, '@');
	buffer_text(&account, carrier->domain);
	if (account.err != ERR_NONE)
		return account.err;
	facts->cseq = in->msg->cseq.number;
	facts->call_id_hash = fact_hash(b, in->msg->call_id);
	facts->peer = (uint16_t)(carrier - b->settings.peers);
	facts->pbx = (uint16_t)(in->peer - b->settings.peers + 1);
	/* By a fresh connection, where it has those: this one may be gone by then. */
	err = party_flow_to(b, in->peer, &facts->flow);
	return err == ERR_NONE ? read_contact(b, in, s) : err;
}

/* ---- on its way ---- */

static void write_contacts(const struct border *b, const struct stay *s, struct request *r)
{
	struct registration *ended[MAX_BINDINGS];
	size_t count = 0;

	if (s->is_star)
		count = registrations_of(&b->registrations, view_of(s->facts.account),
		                         &s->facts.flow, ended, MAX_BINDINGS);
	else if (s->has_contact)
		request_contact(b, r, s->facts.token, s->expires_s);
	for (size_t i = 0; i < count; i++)
		request_contact(b, r, ended[i]->facts.token, 0);
}

static void write_names(struct border *b, const struct inbound *in,
                        const struct border_peer *carrier, struct request *r)
{
	char call_id_text[NAMES_HASH_LEN], tag_text[NAMES_HASH_LEN];
	struct buffer call_id = BUFFER_ON(call_id_text), tag = BUFFER_ON(tag_text);
	struct view from[] = { in->msg->call_id, sip_msg_value(in->msg, SIP_HEADER_FROM) };
	const struct identity_reader reader = { .peer = carrier, .flow = &r->to };
	struct identity caller = { SIP_HEADER_FROM, from[1], VIEW_EMPTY };
	struct identity account = { SIP_HEADER_TO, sip_msg_value(in->msg, SIP_HEADER_TO),
		                    VIEW_EMPTY };

	names_write(&call_id, &b->ports.keys[KEY_NAMES], NAMES_CALL_ID, from, 1);
	names_write(&tag, &b->ports.keys[KEY_NAMES], NAMES_FROM_TAG, from, 2);
	caller.tag = buffer_view(&tag);
	identity_write(b, &r->out, &caller, &reader);
	identity_write(b, &r->out, &account, &reader);
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r->out, in->msg->cseq.number, VIEW("REGISTER"));
}

static enum err forward(struct border *b, const struct inbound *in, struct stay *s)
{
	const struct border_peer *carrier = &b->settings.peers[s->facts.peer];
	char uri_text[BORDER_DOMAIN_SIZE + 8];
	struct buffer uri = BUFFER_ON(uri_text);
	struct pool_handle client;
	struct request r;
	struct flow to;
	enum err err = party_flow_to(b, carrier, &to);

	if (err != ERR_NONE)
		return err;
	buffer_text(&uri, "sip:");
	party_write_domain(&uri, carrier);
	r = request_forward(b, in, &to, buffer_view(&uri));
	write_names(b, in, carrier, &r);
	write_contacts(b, s, &r);
	sip_build_number(&r.out, SIP_HEADER_EXPIRES, s->expires_s);
	party_copy_headers(b, in->peer, carrier, in->msg, &r.out);
	stay_write_credentials(b, in->msg, carrier, &r.out);
	sip_build_body(&r.out, VIEW_EMPTY);
	return request_send(b, &r, PURPOSE_STAY, pool_handle_of(b->stays->table, s), &client);
}

bool stay_request(struct border *b, struct inbound *in)
{
	const struct border_peer *carrier = carrier_of(b, in->msg);
	struct stay wish = { 0 }, *s;

	if (!carrier || !in->peer || party_is_outer(in->peer))
		return false;
	if (!is_routed(b, (uint16_t)(in->peer - b->settings.peers),
	               (uint16_t)(carrier - b->settings.peers))) {
		reply_at_once(b, in, 403, VIEW_EMPTY);
		return true;
	}
	if (read_wish(b, in, carrier, &wish) != ERR_NONE) {
		border_count(b, COUNT_refused_malformed);
		reply_at_once(b, in, 400, VIEW_EMPTY);
		return true;
	}
	s = pool_take(b->stays->table);
	if (!s) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return true;
	}
	*s = wish;
	reply_to_tag(b, in, s->to_tag);
	if (reply_open(b, in, PURPOSE_STAY, pool_handle_of(b->stays->table, s), &s->server) !=
	    ERR_NONE) {
		pool_give(b->stays->table, s);
	} else if (forward(b, in, s) != ERR_NONE) {
		reply_status(b, s->server, 503, view_of(s->to_tag), VIEW_EMPTY);
		pool_give(b->stays->table, s);
	}
	return true;
}

/* ---- and back ---- */

/* What the carrier granted; false where its answer does not name our Contact. */
static bool granted_to(const struct stay *s, const struct sip_msg *response, uint32_t *ret_s)
{
	struct sip_contact contacts[MAX_SIP_CONTACTS];
	size_t count;

	if (sip_contacts_read(response, contacts, MAX_SIP_CONTACTS, &count) != ERR_NONE)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (contacts[i].is_star ||
		    !view_equal(contacts[i].address.uri.user, view_of(s->facts.token)))
			continue;
		*ret_s = s->expires_s;
		(void)sip_seconds_of(response, SIP_HEADER_EXPIRES, ret_s);
		if (contacts[i].has_expires)
			*ret_s = contacts[i].expires_s;
		return true;
	}
	return count == 0;
}

static void bind(struct border *b, struct stay *s, uint32_t granted_s, struct buffer *lines)
{
	struct registration *r;

	s->facts.since_wall_us = b->now.wall_us;
	s->facts.asked_us = b->now.us;
	s->facts.granted_us = b->now.us + (uint64_t)granted_s * SECOND_US;
	s->facts.expires_us = s->facts.granted_us + LOGIN_GRACE_US;
	if (registration_put(&b->registrations, &s->facts, b->now, &r) != ERR_NONE) {
		border_count(b, COUNT_limit_transactions);
		return;
	}
	login_write_binding(lines, s->facts.contact, granted_s);
	border_count(b, COUNT_registrations_made);
}

static void unbind(struct border *b, const struct stay *s)
{
	struct registration *ended[MAX_BINDINGS] = { NULL };
	size_t count = 1;

	if (s->is_star)
		count = registrations_of(&b->registrations, view_of(s->facts.account),
		                         &s->facts.flow, ended, MAX_BINDINGS);
	else
		ended[0] = registration_by_token(&b->registrations, view_of(s->facts.token));
	for (size_t i = 0; i < count; i++)
		registration_end(&b->registrations, &ended[i]);
}

static void accepted(struct border *b, struct stay *s, const struct sip_msg *response,
                     struct buffer *lines)
{
	uint32_t granted_s = s->expires_s;

	if (!s->has_contact)
		return;
	if (!s->is_star && s->expires_s > 0 && granted_to(s, response, &granted_s) && granted_s > 0)
		bind(b, s, granted_s, lines);
	else
		unbind(b, s);
}

/* 503 would fail the whole hop, and where a carrier points to is not the PBX's to follow. */
static uint16_t told(uint16_t status)
{
	return status == 503 || (status >= 300 && status < 400) ? 500 : status;
}

void stay_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                 enum ua_answer answer)
{
	struct stay *s = pool_at(b->stays->table, event->user.object);
	char text[MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 64)];
	struct buffer lines = BUFFER_ON(text);
	uint16_t status = in->msg->status;

	if (!s || answer != UA_ANSWER_FINAL)
		return;
	if (status < 300)
		accepted(b, s, in->msg, &lines);
	else if (status == 401 || status == 407)
		status = stay_write_challenge(in->msg, &lines) ? status : 500;
	else if (status == 423)
		sip_build_copy(&lines, in->msg, SIP_HEADER_MIN_EXPIRES);
	border_count(b, COUNT_responses_forwarded);
	reply_status(b, s->server, told(status < 300 ? 200 : status), view_of(s->to_tag),
	             lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	pool_give(b->stays->table, s);
}

/* RFC 4320 4.1: what the carrier does not answer, we do not either. */
void stay_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct stay *s = pool_at(b->stays->table, event->user.object);

	if (!s || notice == UA_ENDED)
		return;
	ua_server_drop(b->ua, s->server);
	pool_give(b->stays->table, s);
}
