/* SPDX-License-Identifier: Apache-2.0 */
/* What a REGISTER asks for: read from the phone, and said to the PBX by names of ours. */
#include "border/login_priv.h"

#include "border/extensions.h"
#include "sip/build.h"
#include "sip/contact.h"
#include "sip/number.h"
#include "sip/param.h"
#include "sip/tokens.h"
#include "sip/values.h"

#include <string.h>

enum { EXPIRES_DEFAULT_S = 3600, EXPIRES_MAX_S = 86400 * 7 };

static uint32_t read_expires(const struct sip_msg *msg, const struct sip_contact *contact)
{
	uint32_t expires_s = EXPIRES_DEFAULT_S;

	if (contact && contact->has_expires)
		expires_s = contact->expires_s;
	else
		(void)sip_seconds_of(msg, SIP_HEADER_EXPIRES, &expires_s);
	return expires_s < EXPIRES_MAX_S ? expires_s : EXPIRES_MAX_S;
}

/* The port of a connection changes with each one: a phone that comes back has its old name at
 * the PBX again, instead of one more. One that names its instance (RFC 5626 4.1) has it
 * wherever it comes from. */
static void write_token(const struct border *b, const struct inbound *in, struct view account,
                        const struct sip_contact *contact, struct login_contact *ret)
{
	struct addr source = addr_source(&in->flow->remote);
	struct view host = view_bytes(source.bytes, sizeof(source.bytes));
	struct view pieces[] = { account, view_of(ret->contact), host };
	struct view connected[] = { account, contact->address.uri.user,
		                    contact->address.uri.host.text, host };
	struct view instance = sip_params_value(contact->address.params, VIEW("+sip.instance"));
	struct view named[] = { account, VIEW("+sip.instance"), instance, VIEW("reg-id"),
		                sip_params_value(contact->address.params, VIEW("reg-id")) };
	bool is_connected = in->flow->connection > 0;
	struct buffer token = buffer_on(ret->token, REGISTRATION_TOKEN_SIZE - 1);

	if (!view_is_empty(instance))
		names_write(&token, &b->ports.keys[KEY_CONTACTS], NAMES_CONTACT, named, 5);
	else
		names_write(&token, &b->ports.keys[KEY_CONTACTS], NAMES_CONTACT,
		            is_connected ? connected : pieces, is_connected ? 4 : 3);
	names_own(&token, b->ports.owners, b->ports.owner);
}

static bool asks_for_flow(const struct inbound *in, const struct sip_contact *contact)
{
	struct view params = contact->address.params;
	uint64_t reg_id;

	return extensions_offers(in->msg, VIEW("outbound")) &&
	       !view_is_empty(sip_params_value(params, VIEW("+sip.instance"))) &&
	       view_decimal(sip_params_value(params, VIEW("reg-id")), INT32_MAX, &reg_id) &&
	       reg_id > 0;
}

/* By pings: of ours where the phone comes to us itself, else of the proxy that it comes to
 * (RFC 5626 6). */
static bool is_flow_kept(const struct inbound *in, const char *path)
{
	struct sip_values vias = sip_values_of(in->msg, SIP_HEADER_VIA);
	struct view via;

	return (sip_values_next(&vias, &via) && !sip_values_next(&vias, &via)) ||
	       path_keeps_flow(path);
}

static void write_flow(const struct border *b, struct view account,
                       const struct sip_contact *contact, struct login_contact *ret)
{
	struct view params = contact->address.params;
	struct view pieces[] = { account, sip_params_value(params, VIEW("+sip.instance")),
		                 sip_params_value(params, VIEW("reg-id")) };
	struct buffer token = buffer_on(ret->token, REGISTRATION_TOKEN_SIZE - 1);
	char text[NAMES_HASH_LEN];
	struct buffer own = BUFFER_ON(text);

	names_write(&token, &b->ports.keys[KEY_CONTACTS], NAMES_INSTANCE, pieces, 2);
	names_own(&token, b->ports.owners, b->ports.owner);
	names_write(&own, &b->ports.keys[KEY_CONTACTS], NAMES_FLOW, pieces, 3);
	memcpy(ret->token + REGISTRATION_INSTANCE_LEN, text,
	       NAMES_HASH_LEN - REGISTRATION_INSTANCE_LEN);
}

static enum err read_contact(const struct border *b, const struct inbound *in,
                             const struct login_wish *wish, const struct sip_contact *contact,
                             struct login_contact *ret)
{
	struct view account = view_of(wish->facts.account);

	if (contact->address.uri.scheme != SIP_SCHEME_SIP &&
	    contact->address.uri.scheme != SIP_SCHEME_SIPS)
		return ERR_UNSUPPORTED;
	*ret = (struct login_contact){ .expires_s = read_expires(in->msg, contact) };
	if (!VIEW_COPY(contact->address.uri.text, ret->contact))
		return ERR_LIMIT;
	ret->is_flow = asks_for_flow(in, contact) && is_flow_kept(in, wish->facts.path);
	if (ret->is_flow)
		write_flow(b, account, contact, ret);
	else
		write_token(b, in, account, contact, ret);
	registration_write_name(ret->token, ret->is_flow, ret->name);
	return ERR_NONE;
}

/* Contacts that have one name at the PBX (write_token) are one: the last that stays, and where a
 * phone that has moved ends its old one beside it, the new one. */
static void add_contact(struct login_wish *wish, const struct login_contact *contact)
{
	unsigned at = 0;

	while (at < wish->count && strcmp(wish->contacts[at].token, contact->token) != 0)
		at++;
	if (at < wish->count && contact->expires_s == 0)
		return;
	wish->contacts[at] = *contact;
	if (at == wish->count)
		wish->count++;
}

/* RFC 5626 6: one REGISTER binds one flow, and may end others. */
static bool binds_beside_flow(const struct login_wish *wish)
{
	unsigned bound = 0, flows = 0;

	for (unsigned i = 0; i < wish->count; i++) {
		bound += wish->contacts[i].expires_s > 0;
		flows += wish->contacts[i].is_flow;
	}
	return flows > 0 && bound > 1;
}

static enum err read_contacts(const struct border *b, const struct inbound *in,
                              struct login_wish *wish)
{
	struct sip_contact contacts[MAX_LOGIN_CONTACTS];
	struct login_contact one;
	size_t count;
	enum err err = sip_contacts_read(in->msg, contacts, MAX_LOGIN_CONTACTS, &count);

	if (err != ERR_NONE)
		return err;
	wish->expires_s = read_expires(in->msg, NULL);
	wish->is_star = count > 0 && contacts[0].is_star;
	if (wish->is_star)
		return wish->expires_s == 0 ? ERR_NONE : ERR_SYNTAX; /* RFC 3261 10.2.2 */
	for (size_t i = 0; i < count; i++) {
		err = read_contact(b, in, wish, &contacts[i], &one);
		if (err != ERR_NONE)
			break;
		add_contact(wish, &one);
		wish->lacks_edge |= asks_for_flow(in, &contacts[i]) && !one.is_flow &&
		                    sip_tokens_have(in->msg, SIP_HEADER_REQUIRE, VIEW("outbound"));
	}
	if (err == ERR_NONE && binds_beside_flow(wish))
		err = ERR_SYNTAX;
	return err;
}

enum err login_wish_read(const struct border *b, const struct inbound *in, struct login_wish *wish)
{
	struct registration_facts *facts = &wish->facts;
	struct buffer account = buffer_on(facts->account, sizeof(facts->account) - 1);
	struct sip_name_addr to;
	enum err err = sip_parts_address(in->msg, SIP_HEADER_TO, &to);

	if (err == ERR_NONE)
		err = party_account(b, &to.uri, &account);
	if (err != ERR_NONE)
		return err;
	facts->flow = *in->flow;
	facts->cseq = in->msg->cseq.number;
	facts->call_id_hash = fact_hash(b, in->msg->call_id);
	wish->home = home_of_host(b, &to.uri.host);
	if (wish->home == HOME_NONE)
		wish->home = 0;
	facts->peer = home_row(b, wish->home);
	(void)VIEW_COPY(sip_msg_value(in->msg, SIP_HEADER_USER_AGENT), facts->agent);
	err = path_read(in->msg, SIP_HEADER_PATH, facts->path);
	return err == ERR_NONE ? read_contacts(b, in, wish) : err;
}

/* ---- towards the PBX ---- */

static uint32_t asked_of_pbx_s(const struct border *b, uint32_t expires_s)
{
	uint32_t least_s = b->settings.subscribers.pbx_expires_s;

	return expires_s > 0 && expires_s < least_s ? least_s : expires_s;
}

static bool is_named(const struct login_wish *wish, const struct registration *r)
{
	if (wish->is_star && flow_equal(&r->facts.flow, &wish->facts.flow))
		return true;
	for (unsigned i = 0; i < wish->count; i++)
		if (strcmp(wish->contacts[i].token, r->facts.token) == 0)
			return true;
	return false;
}

/* How long flows of that name stand of which this REGISTER says nothing: the PBX, which knows the
 * name alone, must not forget it for the sake of one. */
static uint32_t others_left_s(const struct border *b, const struct login_wish *wish,
                              const char *name)
{
	struct registration *flows[MAX_REGISTRATION_FLOWS];
	size_t count = registrations_called(&b->registrations, view_of(name), flows,
	                                    MAX_REGISTRATION_FLOWS);
	uint64_t longest_us = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t left_us = now_since(flows[i]->facts.expires_us, b->now.us);

		if (!is_named(wish, flows[i]) && left_us > longest_us)
			longest_us = left_us;
	}
	return (uint32_t)(longest_us / SECOND_US);
}

/* Whether another Contact of it says what the PBX shall know of that name: the one that stays. */
static bool is_said_by_another(const struct login_wish *wish, unsigned at)
{
	const struct login_contact *c = &wish->contacts[at];

	for (unsigned i = 0; i < wish->count; i++)
		if (i != at && strcmp(wish->contacts[i].name, c->name) == 0 &&
		    (wish->contacts[i].expires_s > 0 || i < at) && c->expires_s == 0)
			return true;
	return false;
}

static void write_ended(struct border *b, const struct login_wish *wish, struct request *r)
{
	struct registration *ended[MAX_BINDINGS];
	size_t count = registrations_of(&b->registrations, view_of(wish->facts.account),
	                                &wish->facts.flow, ended, MAX_BINDINGS);
	char name[REGISTRATION_TOKEN_SIZE];

	for (size_t i = 0; i < count; i++) {
		registration_write_name(ended[i]->facts.token, ended[i]->facts.is_flow, name);
		request_contact(b, r, name, asked_of_pbx_s(b, others_left_s(b, wish, name)));
	}
}

void login_wish_write(struct border *b, const struct login_wish *wish, struct request *r)
{
	uint32_t longest_s = wish->count > 0 ? 0 : wish->expires_s;

	if (wish->is_star)
		write_ended(b, wish, r);
	for (unsigned i = 0; i < wish->count; i++) {
		const struct login_contact *c = &wish->contacts[i];
		uint32_t others_s = c->is_flow ? others_left_s(b, wish, c->name) : 0;
		uint32_t asked_s = c->expires_s > others_s ? c->expires_s : others_s;

		if (is_said_by_another(wish, i))
			continue;
		request_contact(b, r, c->name, asked_of_pbx_s(b, asked_s));
		if (asked_s > longest_s)
			longest_s = asked_s;
	}
	sip_build_number(&r->out, SIP_HEADER_EXPIRES, asked_of_pbx_s(b, longest_s));
}
