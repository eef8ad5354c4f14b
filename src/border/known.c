/* SPDX-License-Identifier: Apache-2.0 */
/* Flows by their five values, and by the source they count for. */
#include "border/known.h"

#include "base/list.h"

#include <string.h>

struct known_host {
	struct map_node by_host;
	struct addr source;
	uint32_t flows;
};

/* Field by field, because padding and the listener's row do not tell flows apart. */
struct flow_key {
	struct addr local, remote;
	uint32_t connection, transport;
};

static struct flow_key key_of(const struct flow *flow)
{
	return (struct flow_key){ flow->local, flow->remote, flow->connection, flow->transport };
}

static bool is_flow(const struct map_node *node, const void *wanted)
{
	return flow_equal(&HOLDER(node, const struct known_flow, by_flow)->flow, wanted);
}

static bool is_host(const struct map_node *node, const void *wanted)
{
	return addr_same_host(&HOLDER(node, const struct known_host, by_host)->source, wanted);
}

enum err known_table_init(struct known_table *t, uint32_t max_flows, const struct hash_key *key)
{
	enum err err;

	memset(t, 0, sizeof(*t));
	err = pool_new(sizeof(struct known_flow), max_flows, &t->flows);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct known_host), max_flows, &t->hosts);
	if (err == ERR_NONE)
		err = map_init(&t->by_flow, max_flows, key);
	if (err == ERR_NONE)
		err = map_init(&t->by_host, max_flows, key);
	if (err != ERR_NONE)
		known_table_clear(t);
	return err;
}

void known_table_clear(struct known_table *t)
{
	map_clear(&t->by_host);
	map_clear(&t->by_flow);
	pool_free(&t->hosts);
	pool_free(&t->flows);
}

struct known_flow *known_find(const struct known_table *t, const struct flow *flow)
{
	struct flow_key key = key_of(flow);
	struct map_node *node =
		map_find(&t->by_flow, map_hash(&t->by_flow, &key, sizeof(key)), is_flow, flow);

	return node ? HOLDER(node, struct known_flow, by_flow) : NULL;
}

static struct known_host *host_find(const struct known_table *t, const struct addr *source)
{
	struct map_node *node = map_find(
		&t->by_host, map_hash(&t->by_host, source, sizeof(*source)), is_host, source);

	return node ? HOLDER(node, struct known_host, by_host) : NULL;
}

bool known_has_host(const struct known_table *t, const struct addr *source)
{
	struct addr key = addr_source(source);

	return host_find(t, &key) != NULL;
}

struct known_flow *known_find_with_host(const struct known_table *t, const struct flow *flow,
                                        bool *ret_has_host)
{
	*ret_has_host = known_has_host(t, &flow->remote);
	return *ret_has_host ? known_find(t, flow) : NULL;
}

static struct known_host *host_hold(struct known_table *t, const struct addr *remote)
{
	struct addr source = addr_source(remote);
	struct known_host *host = host_find(t, &source);

	if (!host) {
		host = pool_take(t->hosts);
		if (!host)
			return NULL;
		host->source = source;
		map_insert(&t->by_host, &host->by_host,
		           map_hash(&t->by_host, &source, sizeof(source)));
	}
	host->flows++;
	return host;
}

enum err known_hold(struct known_table *t, const struct flow *flow, struct known_flow **ret)
{
	struct known_flow *known = known_find(t, flow);
	struct flow_key key = key_of(flow);

	if (known) {
		known->holders++;
		*ret = known;
		return ERR_NONE;
	}
	known = pool_take(t->flows);
	if (!known)
		return ERR_FULL;
	known->host = host_hold(t, &flow->remote);
	if (!known->host) {
		pool_give(t->flows, known);
		return ERR_FULL;
	}
	known->flow = *flow;
	known->holders = 1;
	map_insert(&t->by_flow, &known->by_flow, map_hash(&t->by_flow, &key, sizeof(key)));
	*ret = known;
	return ERR_NONE;
}

void known_release(struct known_table *t, struct known_flow **flow)
{
	struct known_flow *known = *flow;

	*flow = NULL;
	if (!known || --known->holders > 0)
		return;
	if (--known->host->flows == 0) {
		map_remove(&t->by_host, &known->host->by_host);
		pool_give(t->hosts, known->host);
	}
	map_remove(&t->by_flow, &known->by_flow);
	pool_give(t->flows, known);
}
