/* SPDX-License-Identifier: Apache-2.0 */
/* TLS between a connection's socket and its bytes. Who is refused is only marked here, as
 * everywhere below the table. */
#include "os/socket_stream.h"
#include "transport/tcp_priv.h"

#include <string.h>

/* ---- the wire ---- */

static enum err read_wire(void *context, char *ret, size_t size, size_t *ret_len)
{
	struct tcp_connection *c = context;
	size_t n = c->in.len < size ? c->in.len : size;

	/* What came behind a balancer's header is the beginning. */
	if (c->is_shaking && n > 0) {
		memcpy(ret, c->in.at, n);
		held_in_drop(&c->table->memory, &c->in, n);
		*ret_len = n;
		return ERR_NONE;
	}
	return socket_read(c->fd, ret, size, ret_len);
}

static enum err write_wire(void *context, struct view bytes, size_t *ret_len)
{
	const struct tcp_connection *c = context;

	return socket_write(c->fd, bytes, ret_len);
}

static void woken(void *context)
{
	struct tcp_connection *c = context;

	if (c->end == TCP_END_NONE)
		tcp_woken(c);
}

enum err tcp_tls_read(struct tcp_connection *c, char *ret, size_t size, size_t *ret_len)
{
	return c->tls ? tls_read(c->tls, ret, size, ret_len)
	              : socket_read(c->fd, ret, size, ret_len);
}

enum err tcp_tls_write(struct tcp_connection *c, struct view bytes, size_t *ret_len)
{
	return c->tls ? tls_write(c->tls, bytes, ret_len) : socket_write(c->fd, bytes, ret_len);
}

bool tcp_tls_has_more(const struct tcp_connection *c)
{
	return c->tls && c->end == TCP_END_NONE && !c->is_shut && tls_has_more(c->tls);
}

/* ---- the handshake ---- */

static void refuse(struct tcp *t, struct tcp_connection *c, enum tls_refusal why)
{
	c->why = (uint8_t)why;
	tcp_table_doom(t->table, c, c->is_ours ? TCP_END_UNREACHED : TCP_END_TLS);
}

static bool has_budget(struct tcp *t, const struct tcp_connection *c, uint64_t now_us)
{
	const struct tcp_limits *limits = &t->table->limits;
	struct tls_knock knock = { .source = addr_source(&c->flow.remote), .now_us = now_us };

	if (c->standing == TCP_PEER || c->is_expected)
		return true;
	knock.hash = map_hash(&t->table->by_source, &knock.source, sizeof(knock.source));
	return tls_budget_take(&t->handshakes, &limits->handshakes, &limits->handshakes_together,
	                       &knock);
}

void tcp_tls_begin(struct tcp *t, struct tcp_connection *c)
{
	const struct tls_wire wire = { c, read_wire, write_wire, woken };
	enum err err = ERR_NOT_FOUND;

	if (!has_budget(t, c, c->heard_us)) {
		refuse(t, c, TLS_REFUSED_BUDGET);
		return;
	}

	c->is_shaking = true;
	c->since_us = c->heard_us;
	if (t->tls)
		err = c->is_ours ? tls_connect(t->tls, &c->flow, &wire, &c->tls)
		                 : tls_accept(t->tls, &c->flow, &wire, &c->tls);
	if (err != ERR_NONE)
		refuse(t, c, TLS_REFUSED_OURS);
	tcp_table_time(t->table, c);
}

/* Whoever is a peer by what he has shown has no cap of a source from here on. */
static void prove(struct tcp *t, struct tcp_connection *c)
{
	bool is_blocked = false;

	if (!c->is_ours && t->ports.standing(t->ports.context, &c->flow, &is_blocked) == TCP_PEER)
		tcp_table_prove(t->table, c);
}

void tcp_tls_shake(struct tcp *t, struct tcp_connection *c, struct now now)
{
	enum err err = tls_shake(c->tls, now);

	switch (err) {
	case ERR_AGAIN:
		break;
	case ERR_NONE:
		c->is_shaking = false;
		/* From here on it is as one that has just come. */
		c->since_us = c->heard_us = c->progress_us = now.us;
		prove(t, c);
		break;
	case ERR_DENIED:
		refuse(t, c, tls_why(c->tls));
		break;
	default:
		tcp_table_doom(t->table, c, c->is_ours ? TCP_END_UNREACHED : TCP_END_GONE);
	}
	tcp_table_time(t->table, c);
	tcp_way_watch(c);
}

void tcp_reconsider(struct tcp *t, struct now now)
{
	struct tcp_connection *c;
	uint32_t place = 0;

	while ((c = pool_next(t->table->connections, &place)))
		if (c->tls && !c->is_shaking && c->end == TCP_END_NONE &&
		    !tls_still_fits(c->tls, now))
			refuse(t, c, tls_why(c->tls));
}

const char *tcp_peer_label(const struct tcp *t, const struct flow *flow)
{
	const struct tcp_connection *c =
		flow->connection ? tcp_table_find(t->table, flow->connection) : NULL;

	return c && c->tls && !c->is_shaking ? tls_peer_label(c->tls) : "";
}
