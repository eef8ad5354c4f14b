/* SPDX-License-Identifier: Apache-2.0 */
/* What `ringfence doctor` needs to know of a configuration, as one JSON object:
 * listeners, ports, peers, names and paths; no secret is among it. */
#include "proc/config_facts.h"

#include "border/options.h"
#include "event/verdict.h"
#include "guard/options.h"
#include "media/options.h"
#include "proc/schema.h"
#include "store/options.h"
#include "transport/options.h"
#include "web/control_options.h"
#include "web/options.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *text_of(struct view text) { return json_stringn_nocheck(text.at, text.len); }

static json_t *address_of(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	if (a->family == 0)
		return json_null();
	addr_write(&b, a);
	return text_of(buffer_view(&b));
}

static bool has_pbx(const struct conf_tree *t, size_t side)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);

	for (size_t i = 0; i < count; i++)
		if (peers[i].side == side && peers[i].kind == PEER_PBX)
			return true;
	return false;
}

static json_t *ends_of(const struct transport_side *side, enum transport_kind transport)
{
	struct transport_ends ends = transport_side_ends(side, transport);
	json_t *list = json_array();

	for (size_t i = 0; i < ends.count; i++)
		(void)json_array_append_new(list, json_pack("{s:o, s:i}", "address",
		                                            address_of(&ends.at[i]), "port",
		                                            (int)ends.at[i].port));
	return list;
}

static json_t *side_of(const struct conf_tree *t, const struct transport_side *side, size_t row)
{
	json_t *facts = json_pack(
		"{s:o, s:o, s:o, s:b, s:b, s:b}", "side", text_of(view_of(side->name)), "interface",
		text_of(view_of(side->interface)), "advertise", address_of(&side->advertise),
		"has_lan", side->lan_count > 0, "has_pbx", has_pbx(t, row), "has_old_tls",
		side->oldest == TLS_VERSION_1_0 || side->oldest == TLS_VERSION_1_1);

	for (unsigned transport = 0; facts && transport < TRANSPORT_COUNT; transport++)
		(void)json_object_set_new(facts, flow_transport_word(transport),
		                          ends_of(side, transport));
	return facts;
}

static json_t *sides_of(const struct conf_tree *t)
{
	size_t count;
	const struct transport_side *sides = conf_get(t, &transport_side_block, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, side_of(t, &sides[i], i));
	return list;
}

static json_t *peers_of(const struct conf_tree *t)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
			list, json_pack("{s:o, s:o, s:o}", "name", text_of(view_of(peers[i].name)),
		                        "host", text_of(view_of(peers[i].host)), "address",
		                        address_of(&peers[i].address)));
	return list;
}

static json_t *doubts_of(const struct conf_tree *t)
{
	static struct conf_report doubts;
	json_t *list = json_array();

	proc_doubt(t, &doubts);
	for (uint32_t i = 0; i < doubts.kept; i++)
		(void)json_array_append_new(list, text_of(view_of(doubts.faults[i].text)));
	return list;
}

enum err config_facts_write(const struct conf_tree *t, FILE *out)
{
	const struct media_options *media = conf_get(t, &media_block, NULL);
	const struct border_subscribers *subscribers = conf_get(t, &border_subscribers_block, NULL);
	const struct guard_mode_options *mode = conf_get(t, &guard_mode_block, NULL);
	const struct store_settings *store = conf_get(t, &store_block, NULL);
	const struct web_options *web = conf_get(t, &web_block, NULL);
	const struct web_control_options *control = conf_get(t, &web_control_block, NULL);
	json_t *facts = json_pack(
		"{s:o, s:o, s:{s:o, s:i}, s:o, s:{s:i, s:i, s:i}, s:{s:o, s:o}, s:b, s:o, s:o}",
		"doubts", doubts_of(t), "sides", sides_of(t), "control", "address",
		address_of(&control->listen), "port", (int)control->listen.port, "peers",
		peers_of(t), "media", "first", (int)media->ports[0], "last", (int)media->ports[1],
		"calls", (int)media_max_pairs(media), "subscribers", "domain",
		text_of(view_of(subscribers->domain)), "probe_user",
		text_of(view_of(subscribers->probe_user)), "observes", mode->mode == MODE_OBSERVE,
		"database", text_of(view_of(store->sqlite)), "socket",
		text_of(view_of(web->socket)));
	int failed = !facts || json_dumpf(facts, out, JSON_COMPACT) != 0;

	json_decref(facts);
	return failed ? ERR_NO_MEMORY : ERR_NONE;
}
