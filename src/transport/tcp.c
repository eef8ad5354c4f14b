/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting, closing, and time. */
#include "transport/tcp.h"

#include "os/clock.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "transport/tcp_priv.h"

#include <stdlib.h>

enum {
	ACCEPTS_A_TURN = 64,
	PAUSE_US = 200 * MILLISECOND_US, /* with no descriptor left */
	SWEEP_US = SECOND_US,
	AWAY_US = SECOND_US,
};

static const enum counter counter_of[TCP_END_COUNT] = {
#define TCP_END(name, counter) [TCP_END_##name] = COUNT_##counter,
#include "transport/tcp_end.def"
#undef TCP_END
};

static void count(struct tcp *t, enum counter which) { counters_add(t->ports.counters, which, 1); }

/* ---- closing ---- */

static void note_away(struct tcp *t, const struct addr *remote)
{
	uint64_t now_us = clock_now().us;

	for (size_t i = 0; i < MAX_TCP_AWAY; i++)
		if (now_us < t->away[i].until_us && addr_equal(&t->away[i].remote, remote))
			return;
	t->away[t->next_away++ % MAX_TCP_AWAY] = (struct tcp_away){ *remote, now_us + AWAY_US };
}

static void finish(struct tcp *t, struct tcp_connection *c)
{
	struct flow flow = c->flow;
	uint64_t until_us = c->is_shut ? c->shut_us : clock_now().us;

	if (c->end == TCP_END_UNREACHED)
		note_away(t, &c->flow.remote);

	tcp_way_leave_one(t, c);
	ws_way_end(t, c);
	tcp_way_leave_one(t, c);
	count(t, counter_of[c->end]);
	if (c->why != TLS_REFUSED_NOT || c->end == TCP_END_TLS)
		t->ports.refused(t->ports.context, &c->flow,
		                 c->why != TLS_REFUSED_NOT ? (enum tls_refusal)c->why
		                                           : TLS_REFUSED_SLOW);
	tls_close(&c->tls);
	loop_unwatch(&c->watch);
	socket_close(&c->fd);
	/* What was sent to a peer was sent to whichever connection there is. */
	if (c->is_ours)
		flow.connection = 0;
	tcp_table_remove(t->table, &c);
	t->ports.closed(t->ports.context, &flow, until_us);
}

void tcp_settle(struct tcp *t, struct now now)
{
	struct tcp_table *table = t->table;

	while (!list_is_empty(&table->touched)) {
		struct tcp_connection *c =
			HOLDER(table->touched.next, struct tcp_connection, touched);
		bool is_blocked = false;

		list_remove(&c->touched);
		tcp_table_stand(table, c,
		                t->ports.standing(t->ports.context, &c->flow, &is_blocked), now.us);
	}
	tcp_way_leave(t, now.us);
	while (!list_is_empty(&table->doomed)) {
		finish(t, HOLDER(table->doomed.next, struct tcp_connection, doomed));
		/* Whose other end hears of it. */
		tcp_way_leave(t, now.us);
	}
}

/* ---- accepting ---- */

static struct tcp *the_tcp; /* the loop's callbacks carry the connection; one a process */

static void on_connection(void *context, int fd, int what)
{
	(void)fd;
	if (((struct tcp_connection *)context)->end == TCP_END_NONE)
		tcp_way_ready(the_tcp, context, what, clock_now());
}

void tcp_woken(struct tcp_connection *c)
{
	/* What came meanwhile is looked for: the socket was not watched. */
	tcp_way_ready(the_tcp, c, LOOP_READABLE, clock_now());
}

static bool is_balancer(const struct tcp_listener *l, const struct addr *remote)
{
	for (size_t i = 0; i < l->balancer_count; i++)
		if (addr_net_holds(&l->balancers[i], remote))
			return true;
	return false;
}

/* Whether there is a place for it; *ret is not watched yet. */
static bool admit(struct tcp *t, const struct flow *flow, uint64_t now_us,
                  struct tcp_connection **ret)
{
	bool is_blocked = false;
	enum tcp_standing standing = is_balancer(&t->listeners[flow->listener], &flow->remote)
	                                   ? TCP_PROXIED
	                                   : t->ports.standing(t->ports.context, flow, &is_blocked);
	/* By TLS an address alone is nobody yet. */
	bool is_expected = standing == TCP_PEER && flow_is_secure(flow);
	struct tcp_connection *victim;
	enum err err;

	if (is_expected)
		standing = TCP_STRANGER;
	if (is_blocked) {
		count(t, COUNT_connections_blocked);
		return false;
	}
	victim = standing == TCP_PEER || standing == TCP_KNOWN ? NULL : tcp_table_victim(t->table);
	if (victim && victim->end == TCP_END_NONE)
		victim->end = TCP_END_CROWDED;
	if (victim)
		finish(t, victim);
	err = tcp_table_admit(t->table, flow, standing, now_us, ret);
	if (err == ERR_LIMIT)
		count(t, COUNT_connections_over_source);
	else if (err != ERR_NONE)
		count(t, COUNT_connections_over);
	else
		(*ret)->is_expected = is_expected;
	return err == ERR_NONE;
}

static bool watch(struct tcp *t, struct tcp_connection *c)
{
	if (loop_watch(t->loop, c->fd, LOOP_READABLE, LOOP_CALL(on_connection, c), &c->watch) ==
	    ERR_NONE)
		return true;
	count(t, COUNT_connections_over);
	return false;
}

static void meet(struct tcp *t, uint16_t listener, const struct addr *remote, int fd,
                 uint64_t now_us)
{
	const struct tcp_listener *l = &t->listeners[listener];
	struct flow flow = { .local = l->local,
		             .remote = *remote,
		             .listener = listener,
		             .transport = l->transport,
		             .side = l->side };
	struct tcp_connection *c = NULL;

	if (!admit(t, &flow, now_us, &c)) {
		socket_close(&fd);
		return;
	}
	c->fd = fd;
	if (watch(t, c)) {
		count(t, COUNT_connections_accepted);
		c->is_shaking = flow_is_secure(&flow);
		if (c->is_shaking && !c->is_proxied)
			tcp_tls_begin(t, c);
		return;
	}
	socket_close(&c->fd);
	tcp_table_remove(t->table, &c);
}

static void listen_all(struct tcp *t, int wanted)
{
	for (size_t i = 0; i < t->listener_count; i++)
		if (t->doors[i].watch)
			(void)!loop_watch_change(t->doors[i].watch, wanted);
}

static void on_listener(void *context, int fd, int what)
{
	struct tcp_door *door = context;
	struct tcp *t = door->tcp;
	uint64_t now_us = clock_now().us;

	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct addr remote;
		int got = -1;
		enum err err = socket_accept(fd, &remote, &got);

		if (err == ERR_NONE) {
			meet(t, (uint16_t)(door - t->doors), &remote, got, now_us);
		} else if (err != ERR_CLOSED) {
			/* It would wake us for nothing: those who wait do so in the kernel. */
			if (err != ERR_AGAIN) {
				count(t, COUNT_accepts_paused);
				t->paused_us = now_us + PAUSE_US;
				listen_all(t, 0);
			}
			return;
		}
	}
}

enum err tcp_new(struct tcp_table *table, const struct tcp_ports *ports,
                 const struct tcp_place *place, struct tcp **ret)
{
	struct tcp *t = place->listener_count <= MAX_TCP_LISTENERS ? calloc(1, sizeof(*t)) : NULL;
	enum err err = ERR_NONE;

	if (!t)
		return place->listener_count <= MAX_TCP_LISTENERS ? ERR_NO_MEMORY : ERR_LIMIT;
	t->table = table;
	t->ports = *ports;
	t->loop = place->loop;
	t->tls = place->tls;
	t->listeners = place->listeners;
	t->listener_count = place->listener_count;
	for (size_t i = 0; i < t->listener_count && err == ERR_NONE; i++) {
		t->doors[i].tcp = t;
		if (t->listeners[i].fd >= 0)
			err = loop_watch(t->loop, t->listeners[i].fd, LOOP_READABLE,
			                 LOOP_CALL(on_listener, &t->doors[i]), &t->doors[i].watch);
	}
	the_tcp = t;
	if (err == ERR_NONE)
		*ret = t;
	else
		tcp_free(&t);
	return err;
}

void tcp_free(struct tcp **tcp)
{
	struct tcp *t = *tcp;
	struct tcp_connection *c;
	uint32_t place = 0;

	if (!t)
		return;
	for (size_t i = 0; i < t->listener_count; i++)
		loop_unwatch(&t->doors[i].watch);
	while ((c = pool_next(t->table->connections, &place))) {
		tls_close(&c->tls);
		loop_unwatch(&c->watch);
		socket_close(&c->fd);
		tcp_table_remove(t->table, &c);
	}
	free(t);
	*tcp = NULL;
}

void tcp_connected(struct tcp *t, const struct flow *to, int fd, struct now now)
{
	struct tcp_connection *c = tcp_table_ours(t->table, to);

	if (!c || !c->is_connecting || c->fd >= 0) {
		socket_close(&fd);
		return;
	}
	c->fd = fd;
	if (fd < 0 || !watch(t, c))
		tcp_table_doom(t->table, c, TCP_END_UNREACHED);
	else
		tcp_way_watch(c);
	(void)now;
}

/* ---- time ---- */

/* Whose source was blocked since, and who stands otherwise than he did. */
static void sweep(struct tcp *t, uint64_t now_us)
{
	struct tcp_connection *c;
	uint32_t place = 0;

	while ((c = pool_next(t->table->connections, &place))) {
		bool is_blocked = false;
		enum tcp_standing standing;

		if (c->end != TCP_END_NONE || c->standing == TCP_PEER || c->is_proxied)
			continue;
		standing = t->ports.standing(t->ports.context, &c->flow, &is_blocked);
		tcp_table_stand(t->table, c, standing, now_us);
		if (is_blocked)
			tcp_table_doom(t->table, c, TCP_END_BLOCKED);
	}
}

void tcp_advance(struct tcp *t, struct now now)
{
	tcp_table_advance(t->table, now.us);
	if (t->paused_us > 0 && now.us >= t->paused_us) {
		t->paused_us = 0;
		listen_all(t, LOOP_READABLE);
	}
	if (now.us < t->sweep_us)
		return;
	t->sweep_us = now.us + SWEEP_US;
	sweep(t, now.us);
}

uint64_t tcp_wait_us(const struct tcp *t, struct now now)
{
	uint64_t wait_us = tcp_table_wait_us(t->table, now.us);
	uint64_t due_us = pool_used(t->table->connections) > 0 ? t->sweep_us : UINT64_MAX;

	if (t->paused_us > 0 && t->paused_us < due_us)
		due_us = t->paused_us;
	if (due_us == UINT64_MAX)
		return wait_us;
	due_us = now_since(due_us, now.us);
	return due_us < wait_us ? due_us : wait_us;
}
