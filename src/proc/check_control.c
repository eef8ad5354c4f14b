/* SPDX-License-Identifier: Apache-2.0 */
/* A server without a peer, two servers that are one, and two listeners on one port. */
#include "proc/check_priv.h"

#include "transport/options.h"
#include "web/control_options.h"

struct places {
	const struct conf_tree *tree;
	struct conf_report *report;
};

static struct conf_check at(const struct places *p, const struct conf_block *block, size_t row)
{
	return (struct conf_check){ p->tree, block, row, p->report };
}

/* Whether both would have one socket; a port alone is that of an address not known here. */
static bool is_one_socket(const struct addr *a, const struct addr *b)
{
	return a->family != 0 && addr_equal(a, b);
}

static void check_ports(const struct places *p, const struct web_control_options *control)
{
	size_t count;
	const struct transport_side *sides = conf_get(p->tree, &transport_side_block, &count);
	struct conf_check own = at(p, &web_control_block, 0);

	for (size_t i = 0; i < count; i++) {
		struct conf_check side = at(p, &transport_side_block, i);

		for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
			struct transport_ends ends =
				transport_side_ends(&sides[i], (enum transport_kind)t);

			for (size_t k = 0; k < ends.count && t != TRANSPORT_UDP; k++)
				if (is_one_socket(&ends.at[k], &control->listen))
					conf_object_to(
						(struct conf_claim){ &own, "listen" },
						(struct conf_claim){ &side,
					                             flow_transport_word(t) },
						"a side listens at the same address and port",
						"give control a port of its own");
		}
	}
}

/* The same address and port twice among those of one side. */
static void check_twice(const struct places *p)
{
	size_t count;
	const struct transport_side *sides = conf_get(p->tree, &transport_side_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check side = at(p, &transport_side_block, i);

		for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
			struct transport_ends ends =
				transport_side_ends(&sides[i], (enum transport_kind)t);

			for (size_t k = 0; k < ends.count; k++)
				for (size_t m = 0; m < k; m++)
					if (is_one_socket(&ends.at[k], &ends.at[m]))
						conf_object(&side, flow_transport_word(t), NULL,
						            "it listens there twice",
						            "leave one out");
		}
	}
}

static bool overlap(const struct web_control_server *a, const struct web_control_server *b)
{
	for (unsigned i = 0; i < a->from_count; i++)
		for (unsigned k = 0; k < b->from_count; k++)
			if (addr_net_holds(&a->from[i], &b->from[k].base) ||
			    addr_net_holds(&b->from[k], &a->from[i].base))
				return true;
	return false;
}

static void check_servers(const struct places *p)
{
	size_t count;
	const struct web_control_server *servers = conf_get(p->tree, &web_server_block, &count);
	struct conf_check control = at(p, &web_control_block, 0);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = at(p, &web_server_block, i);

		if (servers[i].peer == CONF_NO_ROW)
			conf_object_to((struct conf_claim){ &own, NULL },
			               (struct conf_claim){ &control, "listen" },
			               "a server commands the calls of its peer, and it has none",
			               "write peer NAME, the peer block of those calls");
		for (size_t j = 0; j < i; j++) {
			struct conf_check earlier = at(p, &web_server_block, j);

			if (view_equal_nocase(view_of(servers[i].name), view_of(servers[j].name)) &&
			    overlap(&servers[i], &servers[j]))
				conf_object_to((struct conf_claim){ &own, "name" },
				               (struct conf_claim){ &earlier, "name" },
				               "two servers have one certificate and one place",
				               "give each a name, or networks, of its own");
		}
	}
}

void check_control(const struct conf_tree *tree, struct conf_report *report)
{
	const struct places p = { tree, report };
	const struct web_control_options *control = conf_get(tree, &web_control_block, NULL);

	check_twice(&p);
	if (control->listen.family == 0)
		return;
	check_ports(&p, control);
	check_servers(&p);
}
