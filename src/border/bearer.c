/* SPDX-License-Identifier: Apache-2.0 */
/* What bears each leg, by the settings of who stands there. */
#include "border/bearer_priv.h"

#include "border/call_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "rtp/mrcp.h"

#include <string.h>

static const uint8_t carriers[] = {
	[SDP_OVER_UDP] = MEDIA_UDP, [SDP_OVER_TCP] = MEDIA_TCP, [SDP_OVER_TLS] = MEDIA_TLS
};

uint8_t bearer_form(const struct sdp_media *m)
{
	if (sdp_media_is_control(m))
		return MEDIA_MRCP;
	return sdp_media_is_fax(m) ? MEDIA_UDPTL : MEDIA_RTP;
}

uint8_t bearer_port_kind(const struct order_leg *leg)
{
	return leg->carrier == MEDIA_UDP ? PORT_PAIR : PORT_STREAM;
}

static struct stream_bearer *bearer_of(struct call *call, unsigned stream)
{
	return &call->facts->streams[stream].bearer;
}

/* ---- settings ---- */

static uint8_t audio_of(const struct call *call, unsigned leg)
{
	const struct border_peer *peer = leg_peer(call->border, &call->facts->legs[leg]);

	return peer ? peer->media_over : MEDIA_OVER_UDP;
}

static uint8_t channels_of(const struct call *call, unsigned leg)
{
	const struct border_peer *peer = leg_peer(call->border, &call->facts->legs[leg]);

	return peer ? peer->channels : CHANNELS_NONE;
}

/* False where that leg may have no such line. */
static bool carrier_for(const struct call *call, unsigned leg, const struct sdp_media *m,
                        uint8_t *ret)
{
	uint8_t audio = audio_of(call, leg), channels = channels_of(call, leg);

	if (sdp_media_is_control(m)) {
		*ret = channels == CHANNELS_TLS ? MEDIA_TLS : MEDIA_TCP;
		return channels != CHANNELS_NONE;
	}
	*ret = audio == MEDIA_OVER_TLS ? MEDIA_TLS
	     : audio == MEDIA_OVER_TCP ? MEDIA_TCP
	                               : MEDIA_UDP;
	return *ret == MEDIA_UDP || !sdp_media_is_fax(m);
}

/* Who never speaks so, and did not ask us to, has the line refused and the rest of its call. */
static bool is_left_out(const struct call *call, unsigned leg, const struct sdp_media *m)
{
	return carriers[sdp_media_carrier(m)] != MEDIA_UDP &&
	       audio_of(call, leg) == MEDIA_OVER_UDP && channels_of(call, leg) == CHANNELS_NONE;
}

/* ---- an offer ---- */

static bool is_resource_known(const struct sdp_connection *c)
{
	enum mrcp_resource resource;

	return mrcp_resource_parse(c->resource, &resource) == ERR_NONE;
}

/* Who asks for a resource is its client; said again, the roles stay. */
static bool take_channel(struct stream_bearer *b, unsigned from, const struct sdp_connection *c)
{
	if (b->asker != 0)
		return true;
	if (!is_resource_known(c) || c->setup == SDP_PASSIVE || c->setup == SDP_HOLDCONN)
		return false;
	b->asker = (uint8_t)(from + 1);
	return true;
}

static enum refusal take_end(struct call *call, unsigned from, unsigned stream, uint8_t carrier)
{
	const struct sdp_session *came = &call->border->calls->came;
	const struct sdp_media *m = &came->media[stream];
	enum refusal why = sdp_media_is_control(m) ? REFUSAL_CHANNEL : REFUSAL_CARRIER;
	struct stream_bearer *b = bearer_of(call, stream);
	struct bearer_end *end = &b->ends[from];
	struct sdp_connection c;

	if (sdp_connection_read(came, m, &c) != ERR_NONE || c.setup == SDP_HOLDCONN ||
	    (carrier == MEDIA_TLS &&
	     (!c.has_fingerprint || !stream_has_certificates(call->border))))
		return why;
	if (sdp_media_is_control(m) && !take_channel(b, from, &c))
		return why;
	end->theirs = c.setup != SDP_SETUP_NONE ? c.setup : SDP_ACTIVE;
	end->is_existing = c.is_existing && end->serial != 0;
	memcpy(end->offered, c.fingerprint, sizeof(end->offered));
	end->ours = (uint8_t)sdp_setup_answer((enum sdp_setup)end->theirs);
	return REFUSAL_COUNT;
}

static enum refusal take_line(struct call *call, unsigned from, unsigned stream)
{
	const struct sdp_media *m = &call->border->calls->came.media[stream];
	enum refusal why = sdp_media_is_control(m) ? REFUSAL_CHANNEL : REFUSAL_CARRIER;
	struct stream_facts *s = &call->facts->streams[stream];
	unsigned to = leg_other(from);
	uint8_t came = carriers[sdp_media_carrier(m)], needed, other;

	if (!carrier_for(call, from, m, &needed) || !carrier_for(call, to, m, &other) ||
	    came != needed || (other == MEDIA_TLS && !stream_has_certificates(call->border)))
		return why;
	/* A stream that there is keeps its ports. */
	if (s->has_ports && (s->legs[from].carrier != came || s->legs[to].carrier != other))
		return why;
	if (came != MEDIA_UDP && take_end(call, from, stream, came) != REFUSAL_COUNT)
		return why;
	call->facts->offered[stream].carrier = s->legs[from].carrier = came;
	s->legs[to].carrier = other;
	s->bearer.ends[to].ours = s->bearer.asker != 0 ? SDP_ACTIVE : SDP_ACTPASS;
	if (s->bearer.asker == to + 1)
		s->bearer.ends[to].ours = SDP_PASSIVE;
	s->bearer.is_pending = 1;
	return REFUSAL_COUNT;
}

enum refusal bearer_take_offer(struct call *call, unsigned from)
{
	struct sdp_session *came = &call->border->calls->came;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++) {
		enum refusal why = REFUSAL_COUNT;

		if (is_left_out(call, from, &came->media[i]))
			came->media[i].port = 0;
		else if (sdp_media_is_carried(came, &came->media[i]))
			why = take_line(call, from, i);
		if (why != REFUSAL_COUNT)
			return why;
	}
	return REFUSAL_COUNT;
}

/* ---- its answer ---- */

/* The name that the server gave, of the resource that was asked for. */
static bool take_name(struct call *call, unsigned stream, unsigned from,
                      const struct sdp_connection *c)
{
	const struct sdp_session *asked = &call->border->calls->asked;
	struct stream_bearer *b = bearer_of(call, stream);
	struct sdp_connection offer;
	enum mrcp_resource given, wanted;

	if (b->asker == from + 1)
		return true;
	if (sdp_connection_read(asked, &asked->media[stream], &offer) != ERR_NONE ||
	    mrcp_channel_parse(c->channel, &given) != ERR_NONE ||
	    c->channel.len > sizeof(b->channel))
		return false;
	if (offer.resource.len > 0 &&
	    (mrcp_resource_parse(offer.resource, &wanted) != ERR_NONE || wanted != given))
		return false;
	memset(b->channel, 0, sizeof(b->channel));
	memcpy(b->channel, c->channel.at, c->channel.len);
	b->channel_len = (uint8_t)c->channel.len;
	return true;
}

static bool take_answer(struct call *call, unsigned from, unsigned stream)
{
	const struct sdp_session *came = &call->border->calls->came;
	const struct sdp_media *m = &came->media[stream];
	const struct order_leg *leg = &call->facts->streams[stream].legs[from];
	struct bearer_end *end = &bearer_of(call, stream)->ends[from];
	struct sdp_connection c;
	bool is_active;

	if (carriers[sdp_media_carrier(m)] != leg->carrier)
		return false;
	if (leg->carrier == MEDIA_UDP)
		return true;
	if (sdp_connection_read(came, m, &c) != ERR_NONE ||
	    !sdp_setup_fits((enum sdp_setup)end->ours, (enum sdp_setup)c.setup, &is_active) ||
	    (leg->carrier == MEDIA_TLS && !c.has_fingerprint) ||
	    (sdp_media_is_control(m) && !take_name(call, stream, from, &c)))
		return false;
	end->theirs = is_active ? SDP_ACTIVE : SDP_PASSIVE;
	end->is_existing = c.is_existing && end->serial != 0;
	memcpy(end->offered, c.fingerprint, sizeof(end->offered));
	return true;
}

enum refusal bearer_take_answer(struct call *call, unsigned from)
{
	const struct sdp_session *came = &call->border->calls->came;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++)
		if (sdp_media_is_carried(came, &came->media[i]) && !take_answer(call, from, i))
			return sdp_media_is_control(&came->media[i]) ? REFUSAL_CHANNEL
			                                             : REFUSAL_CARRIER;
	return REFUSAL_COUNT;
}

static void settle_end(struct bearer_end *end, bool is_active)
{
	end->is_active = is_active;
	memcpy(end->fingerprint, end->offered, sizeof(end->fingerprint));
	if (!end->is_existing)
		end->serial = end->serial == UINT8_MAX ? 1 : (uint8_t)(end->serial + 1);
}

void bearer_settle(struct call *call, unsigned from, unsigned stream)
{
	struct stream_bearer *b = bearer_of(call, stream);
	struct bearer_end *asked = &b->ends[leg_other(from)];

	/* Answers come more than once: what rang says the same again when it is picked up. */
	if (!b->is_pending)
		return;
	b->is_pending = 0;
	settle_end(&b->ends[from], b->ends[from].theirs != SDP_ACTIVE);
	settle_end(asked, asked->ours == SDP_ACTIVE);
}

/* ---- said ---- */

void bearer_fill_local(const struct call *call, unsigned to, unsigned stream, struct sdp_local *ret)
{
	static const uint8_t over[] = {
		[MEDIA_UDP] = SDP_OVER_UDP, [MEDIA_TCP] = SDP_OVER_TCP, [MEDIA_TLS] = SDP_OVER_TLS
	};
	const struct sdp_media *m = &call->border->calls->came.media[stream];
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct bearer_end *end = &s->bearer.ends[to];
	enum sdp_carrier carrier = (enum sdp_carrier)over[s->legs[to].carrier % sizeof(over)];

	if (sdp_media_carrier(m) != carrier)
		ret->protocol = (uint8_t)(sdp_protocol_over(m->protocol, carrier) + 1);
	if (carrier == SDP_OVER_UDP)
		return;
	ret->setup = end->ours;
	ret->is_existing = end->serial != 0 && (end->is_existing || s->is_open);
	if (carrier == SDP_OVER_TLS)
		ret->fingerprint = stream_fingerprint(call, stream);
	if (end->ours == SDP_ACTIVE)
		ret->rtp.port = SDP_PORT_DISCARD;
}

bool bearer_connect(const struct call *call, unsigned leg, unsigned stream,
                    struct order_connect *ret)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct bearer_end *end = &s->bearer.ends[leg];

	if (s->legs[leg].carrier == MEDIA_UDP || end->serial == 0)
		return false;
	*ret = (struct order_connect){
		.kind = ORDER_CONNECT,
		.leg = (uint8_t)leg,
		.is_active = end->is_active,
		.is_asking = s->bearer.asker == leg + 1,
		.serial = end->serial,
		.channel_len = s->bearer.channel_len,
	};
	memcpy(ret->fingerprint, end->fingerprint, sizeof(ret->fingerprint));
	memcpy(ret->channel, s->bearer.channel, sizeof(ret->channel));
	return true;
}
