/* SPDX-License-Identifier: Apache-2.0 */
/* The two ways that there are between phones and their PBX. */
#include "border/route.h"

#include "border/identity.h"

static enum err fail(struct route *ret, uint16_t status)
{
	ret->refusal = status;
	return ERR_NOT_FOUND;
}

static enum err to_phone(const struct border *b, const struct sip_uri *uri, struct route *ret)
{
	struct registration *r = registration_by_token(&b->registrations, uri->user);

	if (!r)
		return fail(ret, uri->user.len == NAMES_HASH_LEN ? 480 : 404);
	ret->to = r->facts.flow;
	ret->registration = r;
	(void)VIEW_COPY(view_of(r->facts.contact), ret->uri);
	return ERR_NONE;
}

static enum err to_registrar(const struct border *b, const struct sip_uri *uri, struct route *ret)
{
	struct buffer out = buffer_on(ret->uri, sizeof(ret->uri) - 1);

	if (!b->settings.subscribers.is_on)
		return fail(ret, 404);
	ret->peer = &b->settings.peers[b->settings.subscribers.register_to];
	if (party_flow_to(b, ret->peer, &ret->to) != ERR_NONE)
		return fail(ret, 503);
	identity_write_uri(b, &out, uri, &(struct identity_reader){ ret->peer, NULL });
	if (out.err != ERR_NONE)
		return fail(ret, 414);
	ret->uri[out.len] = 0;
	return ERR_NONE;
}

enum err route_find(const struct border *b, const struct inbound *in, struct route *ret)
{
	struct sip_uri uri;

	*ret = (struct route){ 0 };
	if (sip_uri_parse(in->msg->uri, &uri) != ERR_NONE)
		return fail(ret, 400);
	if (uri.scheme == SIP_SCHEME_OTHER)
		return fail(ret, 416);
	if (in->peer)
		return to_phone(b, &uri, ret);
	return to_registrar(b, &uri, ret);
}

void route_refuse(struct border *b, const struct inbound *in, const struct route *route)
{
	switch (route->refusal) {
	case 404:
		reply_refusal(b, in, 404, REFUSAL_NO_SUCH, VIEW_EMPTY);
		break;
	case 480:
		reply_refusal(b, in, 480, REFUSAL_NOT_REGISTERED, VIEW_EMPTY);
		break;
	case 503:
		reply_refusal(b, in, 503, REFUSAL_NO_WAY, VIEW_EMPTY);
		break;
	default:
		reply_at_once(b, in, route->refusal, VIEW_EMPTY);
	}
}
