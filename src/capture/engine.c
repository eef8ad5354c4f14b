/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the stages, and judges datagrams and SCTP messages by their first bytes. */
#include "capture/engine.h"

#include <stdlib.h>

#include "capture/engine_priv.h"

const struct capture_settings capture_settings_default = {
	.max_connections = 4096,
	.max_buffered = 64 << 20,
};

static void keep_error(struct capture_engine *e, enum err err)
{
	if (e->err == ERR_NONE)
		e->err = err;
}

static inline void tell(struct capture_engine *e, const struct capture_message *m)
{
	struct view text = capture_sip_skip_lines(view_bytes(m->bytes, m->len));
	bool is_sip = m->kind == CAPTURE_SIP, is_server = view_starts(text, VIEW("SIP/"));
	/* A client's port on a stream is nobody's address. */
	bool is_noted = is_sip && (is_server || m->flow.transport == TRANSPORT_UDP);
	uint32_t set = is_noted ? capture_sip_ports_expect(e->sip_ports, &m->flow.remote) : 0;

	e->counts.sip += is_sip;
	e->counts.not_sip += !is_sip;
	e->ports.message(e->ports.context, m);
	if (is_noted)
		capture_sip_ports_note(e->sip_ports, set, &m->flow.remote, is_server);
}

void engine_tell(struct capture_engine *e, const struct capture_message *m) { tell(e, m); }

/* A unit of UDP or SCTP. The packet's buffer is there to be read once: a message may as well be
 * unfolded in it. */
static inline void tell_unit(struct capture_engine *e, const struct capture_datagram *d,
                             enum capture_kind kind)
{
	struct view bytes = view_first(d->payload, MAX_CAPTURE_SIP);

	tell(e, &(struct capture_message){
			.wall_us = d->wall_us,
			.flow = d->flow,
			.bytes = (char *)(uintptr_t)bytes.at,
			.len = bytes.len,
			.kind = (uint8_t)kind,
			.is_cut = d->is_cut || bytes.len < d->payload.len,
		});
}

/* Whether it was for us: SIP, or something on a SIP port. */
static bool take_unit(struct capture_engine *e, const struct capture_datagram *d)
{
	if (capture_sip_starts(capture_sip_skip_lines(d->payload)) == ERR_NONE) {
		tell_unit(e, d, CAPTURE_SIP);
		return true;
	}
	if (!capture_sip_ports_hold(e->sip_ports, &d->flow.local))
		return false;
	if (!capture_is_blank(d->payload))
		tell_unit(e, d, capture_kind_of(d->payload));
	return true;
}

static void take_datagram(void *context, const struct capture_datagram *d)
{
	struct capture_engine *e = context;

	e->counts.datagrams++;
	if (!capture_is_stream_like(d->payload) && take_unit(e, d))
		return;
	e->counts.media++;
	if (e->ports.media)
		e->ports.media(e->ports.context, d);
}

static void take_segment(void *context, const struct capture_segment *s)
{
	struct capture_engine *e = context;

	e->counts.segments++;
	keep_error(e, capture_tcp_take(e->tcp, s));
}

static void take_chunk(void *context, const struct capture_chunk *c)
{
	struct capture_engine *e = context;

	e->counts.chunks++;
	keep_error(e, capture_sctp_take(e->sctp, c));
}

static void take_sctp(void *context, const struct capture_sctp_message *m)
{
	const struct capture_datagram unit = {
		.wall_us = m->wall_us,
		.flow = { .local = m->to,
		          .remote = m->from,
		          .connection = m->connection,
		          .transport = TRANSPORT_SCTP },
		.payload = m->bytes,
		.is_cut = m->is_cut,
	};

	(void)take_unit(context, &unit);
}

static enum err open_streams(struct capture_engine *e)
{
	const struct capture_settings *s = &e->settings;
	struct capture_tcp_settings tcp = { s->key, s->max_connections, s->max_buffered };
	struct capture_sctp_settings sctp = { s->key, s->max_connections, s->max_buffered };
	struct capture_tcp_ports tcp_ports = { e, engine_talk_piece, engine_talk_end };
	struct capture_sctp_ports sctp_ports = { e, take_sctp };
	enum err err = capture_tcp_new(&tcp, &tcp_ports, &e->skipped, &e->tcp);

	if (err == ERR_NONE)
		err = capture_sctp_new(&sctp, &sctp_ports, &e->skipped, &e->sctp);
	return err;
}

static enum err open_stages(struct capture_engine *e)
{
	const struct hash_key *key = &e->settings.key;
	struct capture_walk_ports walk = { e, take_datagram, take_segment, take_chunk };
	enum err err = capture_walk_new(&walk, key, &e->skipped, &e->walk);

	if (err == ERR_NONE)
		err = capture_keys_new(key, &e->keys);
	if (err == ERR_NONE)
		err = capture_sip_ports_new(key, &e->sip_ports);
	if (err == ERR_NONE)
		err = open_streams(e);
	return err;
}

enum err capture_engine_new(const struct capture_settings *settings,
                            const struct capture_ports *ports, struct capture_engine **ret)
{
	struct capture_engine *e = calloc(1, sizeof(*e));
	enum err err;

	if (!e)
		return ERR_NO_MEMORY;
	e->settings = *settings;
	e->ports = *ports;
	err = open_stages(e);
	if (err != ERR_NONE)
		capture_engine_free(&e);
	else
		*ret = e;
	return err;
}

static void say_nothing(void *context, const struct capture_message *m)
{
	(void)context;
	(void)m;
}

void capture_engine_free(struct capture_engine **e)
{
	if (!*e)
		return;
	(*e)->ports.message = say_nothing;
	if ((*e)->tcp)
		(void)capture_tcp_end((*e)->tcp); /* frees the talks; says nothing any more */
	capture_tcp_free(&(*e)->tcp);
	capture_sctp_free(&(*e)->sctp);
	capture_walk_free(&(*e)->walk);
	capture_keys_free(&(*e)->keys);
	capture_sip_ports_free(&(*e)->sip_ports);
	free(*e);
	*e = NULL;
}

struct capture_keys *capture_engine_keys(struct capture_engine *e) { return e->keys; }
struct capture_skipped *capture_engine_skipped(struct capture_engine *e) { return &e->skipped; }

const struct capture_counts *capture_engine_counts(const struct capture_engine *e)
{
	return &e->counts;
}

static enum err result_of(struct capture_engine *e)
{
	enum err err = e->err;

	e->err = ERR_NONE;
	e->counts.connections = capture_tcp_connections(e->tcp);
	return err;
}

enum err capture_engine_take(struct capture_engine *e, const struct capture_packet *p)
{
	struct capture_counts *c = &e->counts;

	if (c->packets == 0 || p->wall_us < c->first_us)
		c->first_us = p->wall_us;
	if (c->packets == 0 || p->wall_us > c->last_us)
		c->last_us = p->wall_us;
	c->packets++;
	capture_walk_take(e->walk, p);
	return result_of(e);
}

enum err capture_engine_end(struct capture_engine *e)
{
	capture_walk_end(e->walk);
	keep_error(e, capture_tcp_end(e->tcp));
	keep_error(e, capture_sctp_end(e->sctp));
	return result_of(e);
}
