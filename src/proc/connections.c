/* SPDX-License-Identifier: Apache-2.0 */
/* The table opened, and connections asked of the parent. */
#include "proc/connections.h"

#include "os/clock.h"
#include "os/random.h"
#include "os/spawn.h"

#include <string.h>

/* Beside connections: rings, sockets, shared memory, the loop's own. */
enum { OTHER_DESCRIPTORS = 128 };

static struct child *the_child;
static struct tcp_listener listeners[MAX_LISTENERS];
static struct addr_net balancers[MAX_SIDES][MAX_SIDE_BALANCERS];
static struct ws_origins origins[MAX_SIDES];

static enum err ask_to_connect(void *context, const struct flow *flow)
{
	static struct ask question;

	(void)context;
	memset(&question.body.connect, 0, sizeof(question.body.connect));
	question.head =
		(struct ask_head){ .kind = ASK_CONNECT, .size = sizeof(question.body.connect) };
	question.body.connect.listener = flow->listener;
	question.body.connect.remote = flow->remote;
	return child_ask(the_child, &question, NULL);
}

static size_t list_listeners(struct child *c)
{
	const struct child_facts *facts = child_facts(c);
	struct conf_blob blob = child_settings(c);
	size_t side_count, count = facts->listener_count;
	const struct transport_side *sides =
		conf_blob_get(&blob, &transport_side_block, &side_count);

	if (!sides || side_count > MAX_SIDES || count > MAX_LISTENERS)
		child_fail("settings", ERR_SYNTAX);
	for (size_t i = 0; i < side_count; i++) {
		memcpy(balancers[i], sides[i].balancers, sizeof(balancers[i]));
		origins[i] = sides[i].origins;
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t side = facts->listener_sides[i];

		listeners[i] = (struct tcp_listener){ .fd = -1,
			                              .side = side,
			                              .transport = facts->listener_transports[i],
			                              .local = facts->listeners[i] };
		if (side >= side_count || listeners[i].transport == TRANSPORT_UDP)
			continue;
		listeners[i].fd = child_descriptor(c, THING_SIP_SOCKET, (uint32_t)i);
		listeners[i].origins = &origins[side];
		listeners[i].balancers = balancers[side];
		listeners[i].balancer_count = sides[side].balancer_count;
	}
	return count;
}

static struct tcp_limits limits_of(struct child *c)
{
	struct conf_blob blob = child_settings(c);
	const struct tcp_limits *row = conf_blob_get(&blob, &transport_connections_block, NULL);
	size_t descriptors = spawn_raise_descriptors();
	size_t room = descriptors > 2 * OTHER_DESCRIPTORS ? descriptors - OTHER_DESCRIPTORS
	                                                  : OTHER_DESCRIPTORS;
	struct tcp_limits limits;

	if (!row)
		child_fail("settings", ERR_SYNTAX);
	limits = *row;
	if (limits.at_most > room) {
		log_write(LEVEL_WARNING, "connections",
		          "at most %zu instead of %u: the limit of open files is %zu", room,
		          limits.at_most, descriptors);
		limits.at_most = (uint32_t)room;
	}
	return limits;
}

static void share(struct child *c, struct tcp_table *table, struct tcp_share_memory *common)
{
	const struct child_facts *facts = child_facts(c);
	const struct tcp_share rows = { common, facts->owner, facts->owners };

	table->holder = facts->owner;
	tcp_table_share(table, &rows, &facts->keys[3]);
}

struct tcp *connections_open(struct child *c, const struct tcp_ports *ports, trust_at_fn *is_peer,
                             struct tcp_share_memory *common)
{
	struct tcp_ports own = *ports;
	struct tcp_limits limits = limits_of(c);
	struct tcp_table *table;
	struct tcp_place place = { .loop = child_loop(c), .listeners = listeners };
	struct tcp *tcp = NULL;
	uint32_t first;
	enum err err;

	the_child = c;
	own.connect = ask_to_connect;
	random_fill(&first, sizeof(first));
	err = tcp_table_new(&limits, &child_facts(c)->random, first, clock_now().us, &table);
	if (err == ERR_NONE)
		share(c, table, common);
	place.listener_count = list_listeners(c);
	place.tls = trust_open(c, ports->counters, is_peer, limits.at_most);
	if (err == ERR_NONE)
		err = tcp_new(table, &own, &place, &tcp);
	if (err != ERR_NONE)
		child_fail("connections", err);
	return tcp;
}

void connections_answered(struct tcp *t, const struct ask *row, struct now now)
{
	int fd = row->head.result == ERR_NONE ? child_take_descriptor() : -1;
	struct flow to = { .transport = TRANSPORT_TCP,
		           .listener = row->body.connect.listener,
		           .remote = row->body.connect.remote };

	if (row->head.kind == ASK_CONNECT && row->head.size == sizeof(row->body.connect))
		tcp_connected(t, &to, fd, now);
}
