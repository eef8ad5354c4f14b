/* SPDX-License-Identifier: Apache-2.0 */
/* Caps, order and deadlines, each in constant time. */
#include "transport/tcp_table.h"

#include "base/now.h"

#include <stdlib.h>

enum {
	CONNECT_US = 5 * SECOND_US,
	HALF_CLOSED_US = 5 * SECOND_US, /* for answers to what was asked before it shut */
	STRANGERS_PART = 4,             /* of so many parts strangers never get the last */
};

struct tcp_source {
	struct map_node by_source;
	struct addr source;
	uint32_t strangers, known;
	uint64_t shared_hash;
};

static void fire(struct timer *timer, uint64_t now_us);

static bool is_number(const struct map_node *node, const void *wanted)
{
	return HOLDER(node, const struct tcp_connection, by_number)->flow.connection ==
	     *(const uint32_t *)wanted;
}

static bool is_source(const struct map_node *node, const void *wanted)
{
	return addr_same_host(&HOLDER(node, const struct tcp_source, by_source)->source, wanted);
}

enum err tcp_table_new(const struct tcp_limits *limits, const struct hash_key *key, uint32_t first,
                       uint64_t now_us, struct tcp_table **ret)
{
	struct tcp_table *t = calloc(1, sizeof(*t));
	enum err err;

	if (!t)
		return ERR_NO_MEMORY;
	t->limits = *limits;
	t->next_number = first;
	wheel_init(&t->wheel, now_us);
	list_init(&t->strangers);
	list_init(&t->ours);
	list_init(&t->doomed);
	list_init(&t->touched);
	err = pool_new(sizeof(struct tcp_connection), limits->at_most, &t->connections);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct tcp_source), limits->at_most, &t->sources);
	if (err == ERR_NONE)
		err = map_init(&t->by_number, limits->at_most, key);
	if (err == ERR_NONE)
		err = map_init(&t->by_source, limits->at_most, key);
	if (err == ERR_NONE)
		err = held_new(limits->at_most, &t->memory);
	if (err == ERR_NONE)
		*ret = t;
	else
		tcp_table_free(&t);
	return err;
}

void tcp_table_free(struct tcp_table **table)
{
	struct tcp_table *t = *table;

	if (!t)
		return;
	wheel_clear(&t->wheel);
	held_free(&t->memory);
	map_clear(&t->by_source);
	map_clear(&t->by_number);
	pool_free(&t->sources);
	pool_free(&t->connections);
	free(t);
	*table = NULL;
}

void tcp_table_share(struct tcp_table *t, const struct tcp_share *share, const struct hash_key *key)
{
	t->share = *share;
	t->share_key = *key;
	tcp_share_begin(share);
}

/* ---- sources ---- */

static uint64_t hash_of(const struct tcp_table *t, const struct addr *source)
{
	return map_hash(&t->by_source, source, sizeof(*source));
}

static struct tcp_source *source_hold(struct tcp_table *t, const struct addr *remote)
{
	struct addr key = addr_source(remote);
	struct map_node *node = map_find(&t->by_source, hash_of(t, &key), is_source, &key);
	struct tcp_source *s = node ? HOLDER(node, struct tcp_source, by_source) : NULL;

	if (s)
		return s;
	s = pool_take(t->sources);
	if (!s)
		return NULL;
	s->source = key;
	if (t->share.memory)
		s->shared_hash = hash_siphash(&t->share_key, &key, sizeof(key));
	map_insert(&t->by_source, &s->by_source, hash_of(t, &key));
	return s;
}

/* Its figures are others now. */
static void source_counted(struct tcp_table *t, struct tcp_source *s)
{
	tcp_share_tell_source(&t->share, s->shared_hash, s->strangers, s->known);
	if (s->strangers > 0 || s->known > 0)
		return;
	map_remove(&t->by_source, &s->by_source);
	pool_give(t->sources, s);
}

/* Counts a stranger under its source. */
static enum err count_source(struct tcp_table *t, struct tcp_connection *c)
{
	struct tcp_source *s = source_hold(t, &c->flow.remote);

	if (!s)
		return ERR_FULL;
	if (s->strangers + tcp_share_others_of(&t->share, s->shared_hash).strangers >=
	    t->limits.per_source) {
		source_counted(t, s);
		return ERR_LIMIT;
	}
	s->strangers++;
	source_counted(t, s);
	c->source = s;
	return ERR_NONE;
}

/* ---- in and out ---- */

static bool is_full(const struct tcp_table *t)
{
	return pool_used(t->connections) + tcp_share_others(&t->share).connections >=
	       t->limits.at_most;
}

static bool has_room(const struct tcp_table *t)
{
	uint32_t most = t->limits.at_most;

	return !is_full(t) && t->stranger_count + tcp_share_others(&t->share).strangers <
	                              most - most / STRANGERS_PART;
}

static void tell(const struct tcp_table *t)
{
	tcp_share_tell(&t->share, pool_used(t->connections), t->stranger_count);
}

struct tcp_connection *tcp_table_victim(const struct tcp_table *t)
{
	if (has_room(t) || list_is_empty(&t->strangers))
		return NULL;
	return HOLDER(t->strangers.next, struct tcp_connection, order);
}

static void number(struct tcp_table *t, struct tcp_connection *c)
{
	do {
		c->flow.connection = (++t->next_number & ((1u << FLOW_HOLDER_SHIFT) - 1)) |
		                     t->holder << FLOW_HOLDER_SHIFT;
	} while (c->flow.connection == 0 || tcp_table_find(t, c->flow.connection));
	map_insert(&t->by_number, &c->by_number,
	           map_hash(&t->by_number, &c->flow.connection, sizeof(uint32_t)));
}

static void join_strangers(struct tcp_table *t, struct tcp_connection *c)
{
	list_append(&t->strangers, &c->order);
	t->stranger_count++;
}

static void leave_strangers(struct tcp_table *t, struct tcp_connection *c)
{
	list_remove(&c->order);
	t->stranger_count--;
}

enum err tcp_table_admit(struct tcp_table *t, const struct flow *flow, enum tcp_standing standing,
                         uint64_t now_us, struct tcp_connection **ret)
{
	struct tcp_connection *c;
	bool is_proxied = standing == TCP_PROXIED;
	enum err err = ERR_NONE;

	if (is_proxied)
		standing = TCP_STRANGER;
	if (standing == TCP_STRANGER ? !has_room(t) : is_full(t))
		return ERR_FULL;
	c = pool_take(t->connections);
	if (!c)
		return ERR_FULL;
	*c = (struct tcp_connection){ .table = t,
		                      .flow = *flow,
		                      .fd = -1,
		                      .standing = (uint8_t)standing,
		                      .is_proxied = is_proxied,
		                      .since_us = now_us,
		                      .heard_us = now_us };
	if (standing == TCP_STRANGER && !is_proxied)
		err = count_source(t, c);
	if (err != ERR_NONE) {
		pool_give(t->connections, c);
		return err;
	}
	list_init(&c->order);
	list_init(&c->ours);
	list_init(&c->doomed);
	list_init(&c->touched);
	held_out_init(&c->out);
	timer_init(&c->timer, fire);
	number(t, c);
	if (standing == TCP_STRANGER)
		join_strangers(t, c);
	tell(t);
	tcp_table_time(t, c);
	*ret = c;
	return ERR_NONE;
}

enum err tcp_table_unproxy(struct tcp_table *t, struct tcp_connection *c,
                           enum tcp_standing standing)
{
	c->is_proxied = false;
	if (standing != TCP_PEER)
		return count_source(t, c);
	c->standing = TCP_PEER;
	leave_strangers(t, c);
	tell(t);
	return ERR_NONE;
}

void tcp_table_remove(struct tcp_table *t, struct tcp_connection **connection)
{
	struct tcp_connection *c = *connection;

	wheel_cancel(&t->wheel, &c->timer);
	if (c->source && c->standing == TCP_KNOWN)
		c->source->known--;
	else if (c->source)
		c->source->strangers--;
	if (c->source)
		source_counted(t, c->source);
	if (!list_is_empty(&c->order))
		leave_strangers(t, c);
	list_remove(&c->ours);
	list_remove(&c->doomed);
	list_remove(&c->touched);
	map_remove(&t->by_number, &c->by_number);
	ws_free(&c->ws);
	held_in_drop(&t->memory, &c->in, c->in.len);
	held_out_drop(&t->memory, &c->out, c->out.len);
	pool_give(t->connections, c);
	tell(t);
	*connection = NULL;
}

struct tcp_connection *tcp_table_find(const struct tcp_table *t, uint32_t number)
{
	struct map_node *node =
		map_find(&t->by_number, map_hash(&t->by_number, &number, sizeof(number)), is_number,
	                 &number);

	return node ? HOLDER(node, struct tcp_connection, by_number) : NULL;
}

struct tcp_connection *tcp_table_ours(const struct tcp_table *t, const struct flow *to)
{
	LIST_FOR_EACH(link, &t->ours) {
		struct tcp_connection *c = HOLDER(link, struct tcp_connection, ours);

		if (c->end == TCP_END_NONE && !c->is_shut && c->flow.listener == to->listener &&
		    addr_equal(&c->flow.remote, &to->remote))
			return c;
	}
	return NULL;
}

/* ---- standing ---- */

void tcp_table_stand(struct tcp_table *t, struct tcp_connection *c, enum tcp_standing standing,
                     uint64_t now_us)
{
	/* A peer is one by its address from its first byte on, or by tcp_table_prove. */
	if (c->standing == standing || c->standing == TCP_PEER || standing == TCP_PEER ||
	    c->is_proxied)
		return;
	if (standing == TCP_KNOWN) {
		if (c->source &&
		    c->source->known +
		                    tcp_share_others_of(&t->share, c->source->shared_hash).known >=
		            t->limits.known_per_source)
			return;
		leave_strangers(t, c);
	} else {
		c->since_us = now_us;
		join_strangers(t, c);
	}
	if (c->source) {
		c->source->known += standing == TCP_KNOWN ? 1 : -1U;
		c->source->strangers += standing == TCP_KNOWN ? -1U : 1;
		source_counted(t, c->source);
	}
	tell(t);
	c->standing = (uint8_t)standing;
	tcp_table_time(t, c);
}

void tcp_table_prove(struct tcp_table *t, struct tcp_connection *c)
{
	struct tcp_source *s = c->source;

	if (c->standing == TCP_PEER || c->is_proxied)
		return;
	if (c->standing == TCP_STRANGER)
		leave_strangers(t, c);
	if (s && c->standing == TCP_KNOWN)
		s->known--;
	else if (s)
		s->strangers--;
	if (s)
		source_counted(t, s);
	tell(t);
	c->source = NULL;
	c->standing = TCP_PEER;
	tcp_table_time(t, c);
}

/* ---- time ---- */

struct deadline {
	uint64_t due_us;
	enum tcp_end why;
};

static void sooner(struct deadline *d, uint64_t since_us, uint64_t span_us, enum tcp_end why)
{
	if (since_us + span_us < d->due_us)
		*d = (struct deadline){ since_us + span_us, why };
}

static struct deadline deadline_of(const struct tcp_table *t, const struct tcp_connection *c)
{
	const struct tcp_limits *l = &t->limits;
	struct deadline d = { UINT64_MAX, TCP_END_NONE };
	bool is_stranger = c->standing == TCP_STRANGER;

	if (c->is_connecting) {
		sooner(&d, c->since_us, CONNECT_US, TCP_END_UNREACHED);
		return d;
	}
	if (c->is_shaking && !c->is_proxied) {
		sooner(&d, c->since_us, l->handshake_s * (uint64_t)SECOND_US, TCP_END_TLS);
		return d;
	}
	if (is_stranger && !c->has_spoken)
		sooner(&d, c->since_us, l->first_byte_s * (uint64_t)SECOND_US, TCP_END_SILENT);
	if (is_stranger && !c->has_message)
		sooner(&d, c->since_us, l->message_s * (uint64_t)SECOND_US, TCP_END_SLOW);
	if (is_stranger)
		sooner(&d, c->since_us, l->stranger_s * (uint64_t)SECOND_US, TCP_END_STRANGER);
	else
		sooner(&d, c->heard_us, l->idle_s * (uint64_t)SECOND_US, TCP_END_IDLE);
	if (c->begun_us > 0)
		sooner(&d, c->begun_us, l->message_s * (uint64_t)SECOND_US, TCP_END_SLOW);
	if (c->out.len > 0)
		sooner(&d, c->progress_us, l->unread_s * (uint64_t)SECOND_US, TCP_END_UNREAD);
	if (c->is_shut)
		sooner(&d, c->shut_us, HALF_CLOSED_US, TCP_END_GONE);
	return d;
}

void tcp_table_time(struct tcp_table *t, struct tcp_connection *c)
{
	uint64_t due_us = deadline_of(t, c).due_us;

	/* Later is found out when it fires: most connections move theirs with each message. */
	if (c->end != TCP_END_NONE)
		wheel_cancel(&t->wheel, &c->timer);
	else if (!timer_is_set(&c->timer) || due_us < c->timer.due_us)
		wheel_set(&t->wheel, &c->timer, due_us);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct tcp_connection *c = HOLDER(timer, struct tcp_connection, timer);
	struct tcp_table *t = c->table;
	struct deadline d = deadline_of(t, c);

	if (d.due_us <= now_us)
		tcp_table_doom(t, c, d.why);
	else
		tcp_table_time(t, c);
}

void tcp_table_doom(struct tcp_table *t, struct tcp_connection *c, enum tcp_end why)
{
	if (c->end != TCP_END_NONE)
		return;
	c->end = (uint8_t)why;
	wheel_cancel(&t->wheel, &c->timer);
	list_append(&t->doomed, &c->doomed);
}

void tcp_table_advance(struct tcp_table *t, uint64_t now_us) { wheel_advance(&t->wheel, now_us); }

uint64_t tcp_table_wait_us(const struct tcp_table *t, uint64_t now_us)
{
	return list_is_empty(&t->doomed) ? wheel_wait_us(&t->wheel, now_us) : 0;
}
