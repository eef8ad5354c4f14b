/* SPDX-License-Identifier: Apache-2.0 */
/* Several streams whose legs share one port: the host's sockets, path and keys are those of its
 * guests, whose own ports stay silent. */
#include "media/flow_priv.h"
#include "media/relay_priv.h"
#include "rtp/picture.h"

#include <string.h>

_Static_assert((int)MAX_BUNDLE_MID == (int)MAX_ORDER_MID, "an order names any line");

static struct flow_leg *leg_of(const struct media_relay *r, uint32_t pair)
{
	return &r->pairs[pair].stream->flow.legs[r->pairs[pair].leg];
}

static void label(const struct media_relay *r, uint32_t pair, struct view label)
{
	media_flow_label(&r->pairs[pair].stream->flow, r->pairs[pair].leg, label);
}

static void prove(const struct media_relay *r, uint32_t pair, const struct addr *place)
{
	media_flow_prove(&r->pairs[pair].stream->flow, r->pairs[pair].leg, place);
}

static void types_of(const struct media_flow *f, uint8_t ret[BUNDLE_TYPES_SIZE])
{
	/* A table that is full has cut some off: the line may have any. */
	memset(ret, f->formats[MAX_ORDER_FORMATS - 1].clock_khz != 0 ? 0xff : 0, BUNDLE_TYPES_SIZE);
	for (size_t i = 0; i < MAX_ORDER_FORMATS; i++) {
		uint8_t type = f->formats[i].payload_type & 0x7f;

		if (f->formats[i].clock_khz != 0)
			ret[type / 8] |= (uint8_t)(1 << type % 8);
	}
}

static unsigned line_of(const struct relay_bundle *b, uint32_t pair)
{
	unsigned free_line = BUNDLE_NOBODY;

	for (unsigned i = 0; i < MAX_BUNDLE_LINES; i++) {
		if (b->lines.lines[i].is_used && b->pairs[i] == pair)
			return i;
		if (!b->lines.lines[i].is_used && free_line == BUNDLE_NOBODY)
			free_line = i;
	}
	return free_line;
}

/* Its own sockets and keys, of which it has none. */
static void stand_alone(struct media_relay *r, uint32_t guest)
{
	const struct relay_pair *p = &r->pairs[guest];

	r->pairs[guest].path = guest;
	media_flow_secure(&p->stream->flow, p->leg, &r->secures[guest]);
	prove(r, guest, &(struct addr){ 0 });
}

static void drop_line(struct media_relay *r, uint32_t host, unsigned line)
{
	struct relay_bundle *b = &r->bundles[host];

	label(r, b->pairs[line], VIEW(""));
	if (b->pairs[line] != host)
		stand_alone(r, b->pairs[line]);
	rtp_bundle_drop(&b->lines, line);
	r->pairs[host].lines--;
}

void media_bundle_leave(struct media_relay *r, uint32_t pair)
{
	struct relay_pair *p = &r->pairs[pair];
	uint32_t host = p->path;
	struct relay_bundle *b = &r->bundles[host];

	for (unsigned i = 0; i < MAX_BUNDLE_LINES && r->pairs[host].lines > 0; i++) {
		if (b->lines.lines[i].is_used && (host == pair || b->pairs[i] == pair))
			drop_line(r, host, i);
	}
	/* What one line has alone needs no labels. */
	for (unsigned i = 0; i < MAX_BUNDLE_LINES && r->pairs[host].lines == 1; i++) {
		if (b->lines.lines[i].is_used && b->pairs[i] == host)
			drop_line(r, host, i);
	}
}

/* Guests have nothing of their own that could pass. */
static void become_guest(struct media_relay *r, uint32_t guest, uint32_t host)
{
	const struct relay_pair *p = &r->pairs[guest];

	if (p->path == host)
		return;
	media_bundle_leave(r, guest);
	media_shake_end(r, guest);
	media_secure_stop(&r->secures[guest]);
	r->pairs[guest].path = host;
	media_flow_secure(&p->stream->flow, p->leg, relay_secure_of(r, host));
	prove(r, guest, &leg_of(r, host)->locked);
}

enum err media_bundle_join(struct media_relay *r, struct relay_stream *s,
                           const struct relay_stream *host, const struct order_bundle *o)
{
	uint32_t pair = s->pairs[o->leg], to = host->pairs[o->leg];
	struct relay_bundle *b = &r->bundles[to];
	uint8_t types[BUNDLE_TYPES_SIZE];
	unsigned line = line_of(b, pair);
	char bytes[RTP_LABEL_SIZE];
	size_t len = 0;

	if (r->pairs[to].path != to || (pair != to && r->pairs[pair].lines > 0))
		return ERR_SYNTAX;
	if (line == BUNDLE_NOBODY)
		return ERR_FULL;
	if (pair != to)
		become_guest(r, pair, to);
	r->pairs[to].lines = (uint8_t)(r->pairs[to].lines + !b->lines.lines[line].is_used);
	types_of(&s->flow, types);
	rtp_bundle_put(&b->lines, line, view_bytes(o->mid, o->mid_len), types);
	b->pairs[line] = pair;
	if (o->mid_id != 0 && o->mid_len > 0) {
		b->mid_id = o->mid_id;
		len = rtp_label_write(o->mid_id, view_bytes(o->mid, o->mid_len), bytes);
	}
	label(r, pair, view_bytes(bytes, len));
	return ERR_NONE;
}

void media_bundle_prove(struct media_relay *r, uint32_t host, const struct addr *place)
{
	const struct relay_bundle *b = &r->bundles[host];

	for (unsigned i = 0; i < MAX_BUNDLE_LINES && r->pairs[host].lines > 0; i++) {
		if (b->lines.lines[i].is_used && b->pairs[i] != host)
			prove(r, b->pairs[i], place);
	}
}

/* RFC 3711 3.4: the sender of the first packet stands in the clear. */
static bool read_sender(const struct flow_datagram *d, uint32_t *ret)
{
	const uint8_t *at = (const uint8_t *)d->bytes + 4;

	if (d->len < 8)
		return false;
	*ret = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return true;
}

bool media_bundle_find(const struct media_relay *r, uint32_t host, const struct flow_datagram *d,
                       struct relay_claim *ret)
{
	const struct relay_bundle *b = &r->bundles[host];
	struct rtp_label label = { 0 };
	unsigned line = BUNDLE_NOBODY;

	if (d->is_rtcp && read_sender(d, &label.ssrc))
		line = rtp_bundle_find_source(&b->lines, label.ssrc);
	else if (!d->is_rtcp &&
	         rtp_label_read(view_bytes(d->bytes, d->len), b->mid_id, &label) == ERR_NONE)
		line = rtp_bundle_find(&b->lines, &label);
	if (line == BUNDLE_NOBODY)
		return false;
	*ret = (struct relay_claim){ b->pairs[line], label.ssrc, line };
	return true;
}

static bool is_about(const struct media_relay *r, uint32_t pair, const struct rtcp_compound *c,
                     const struct rtcp_picture *pictures, size_t picture_count)
{
	const struct media_flow *f = &r->pairs[pair].stream->flow;

	for (size_t i = 0; i < c->report_count; i++)
		if (media_flow_has_source(f, r->pairs[pair].leg, c->reports[i].ssrc))
			return true;
	for (size_t i = 0; i < picture_count; i++)
		if (media_flow_has_source(f, r->pairs[pair].leg, pictures[i].about))
			return true;
	return false;
}

size_t media_bundle_open(struct media_relay *r, uint32_t host, struct flow_datagram *d,
                         uint64_t now_us, uint32_t ret[MAX_BUNDLE_LINES])
{
	const struct relay_bundle *b = &r->bundles[host];
	struct rtcp_picture pictures[MAX_RTCP_PICTURES];
	struct rtcp_compound c;
	size_t count = 0, picture_count;
	struct view text;

	if (media_source_of_rtcp(leg_of(r, host), &d->from) != SOURCE_LOCKED ||
	    media_secure_open(relay_secure_of(r, host), true, d->bytes, &d->len, now_us) !=
	            ERR_NONE)
		return 0;
	d->is_open = true;
	text = view_bytes(d->bytes, d->len);
	if (rtcp_parse(text, &c) != ERR_NONE)
		return 0;
	picture_count = rtcp_pictures_read(text, &c, pictures);
	for (unsigned i = 0; i < MAX_BUNDLE_LINES; i++)
		if (b->lines.lines[i].is_used &&
		    is_about(r, b->pairs[i], &c, pictures, picture_count))
			ret[count++] = b->pairs[i];
	return count;
}

void media_bundle_heard(struct media_relay *r, uint32_t host, const struct relay_claim *claim,
                        uint64_t now_us)
{
	rtp_bundle_learn(&r->bundles[host].lines, claim->ssrc, claim->line, now_us);
}
