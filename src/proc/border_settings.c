/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the rows of several modules together for the border. */
#include "proc/border_settings.h"

#include "border/options.h"
#include "guard/options.h"
#include "media/options.h"
#include "transport/options.h"
#include "ua/ua.h"
#include "web/control_options.h"

#include <string.h>

/* Transactions live for half a minute beyond their answer (RFC 3261 17, Timer H, J). A call
 * between two phones has three on each of its two halves, and short calls follow each other:
 * 50 a second of 2 s kept 10,000 alive, 8,000 a second of no length keep 512,000. What is not
 * used costs address space alone. */
enum {
	TRANSACTIONS_A_CALL = 24,
	TRANSACTIONS_LEAST = 16384,
	TRANSACTIONS_MOST = MAX_UA_TRANSACTIONS
};

static void fill_sides(const struct transport_side *sides, size_t count,
                       struct border_settings *ret)
{
	ret->side_count = (uint16_t)count;
	for (size_t i = 0; i < count; i++) {
		struct border_side *side = &ret->sides[i];

		(void)VIEW_COPY(view_of(sides[i].name), side->name);
		side->advertise = sides[i].advertise;
		side->lan_count = sides[i].lan_count;
		memcpy(side->lan, sides[i].lan, sizeof(side->lan));
	}
}

static void fill_listeners(const struct child_facts *facts, struct border_settings *ret)
{
	ret->listener_count = facts->listener_count;
	for (size_t i = 0; i < facts->listener_count && i < MAX_LISTENERS; i++)
		ret->listeners[i] =
			(struct border_listener){ .local = facts->listeners[i],
			                          .transport = facts->listener_transports[i],
			                          .side = facts->listener_sides[i] };
}

static void fill_headers(const struct border_headers *headers, size_t count,
                         struct border_settings *ret)
{
	ret->headers_count = (uint16_t)count;
	memcpy(ret->headers, headers, count * sizeof(*headers));
	for (size_t i = 0; i < count; i++)
		if (headers[i].peer < ret->peer_count)
			ret->peers[headers[i].peer].headers = (uint16_t)(i + 1);
}

static void fill_signalling(const struct conf_blob *blob, struct border_settings *ret)
{
	size_t count;
	const struct transport_signalling *rows =
		conf_blob_get(blob, &transport_signalling_block, &count);

	for (size_t i = 0; rows && i < count; i++)
		if (rows[i].peer < ret->peer_count)
			ret->peers[rows[i].peer].signalling = rows[i].mode;
}

static void fill_controls(const struct conf_blob *blob, struct border_settings *ret)
{
	size_t count = 0;
	const struct web_control_server *servers = conf_blob_get(blob, &web_server_block, &count);

	for (size_t i = 0; servers && i < count && i < MAX_CONTROL_SERVERS; i++) {
		struct border_control *c = &ret->controls[ret->control_count];

		if (servers[i].peer >= ret->peer_count)
			continue;
		*c = (struct border_control){ .peer = servers[i].peer, .may = servers[i].may };
		(void)VIEW_COPY(view_of(servers[i].label), c->name);
		ret->control_count++;
	}
}

static uint32_t transactions_for(uint32_t calls)
{
	uint32_t wanted = calls > TRANSACTIONS_MOST / TRANSACTIONS_A_CALL
	                        ? TRANSACTIONS_MOST
	                        : calls * TRANSACTIONS_A_CALL;

	return wanted < TRANSACTIONS_LEAST ? TRANSACTIONS_LEAST : wanted;
}

enum err border_settings_of(const struct conf_blob *blob, const struct child_facts *facts,
                            struct border_settings *ret)
{
	size_t side_count, peer_count, route_count, rate_count, credentials_count, registrar_count,
		headers_count;
	const struct transport_side *sides =
		conf_blob_get(blob, &transport_side_block, &side_count);
	const struct border_peer *peers = conf_blob_get(blob, &border_peer_block, &peer_count);
	const struct border_route *routes = conf_blob_get(blob, &border_route_block, &route_count);
	const struct border_credentials *credentials =
		conf_blob_get(blob, &border_credentials_block, &credentials_count);
	const struct border_spend *spend = conf_blob_get(blob, &border_spend_block, NULL);
	const struct border_rate *rates = conf_blob_get(blob, &border_rate_block, &rate_count);
	const struct border_subscribers *subscribers =
		conf_blob_get(blob, &border_subscribers_block, NULL);
	const struct border_registrar *registrars =
		conf_blob_get(blob, &border_registrar_block, &registrar_count);
	const struct border_numbers *numbers = conf_blob_get(blob, &border_numbers_block, NULL);
	const struct media_options *media = conf_blob_get(blob, &media_block, NULL);
	const struct border_signal *signal = conf_blob_get(blob, &border_signal_block, NULL);
	const struct guard_rows rows = {
		.strangers = conf_blob_get(blob, &guard_strangers_block, NULL),
		.logins = conf_blob_get(blob, &guard_logins_block, NULL),
	};
	const struct border_headers *headers =
		conf_blob_get(blob, &border_headers_block, &headers_count);

	if (!sides || !peers || !routes || !subscribers || !numbers || !media || !signal ||
	    !credentials || credentials_count > MAX_PEERS || !spend || !rates || !registrars ||
	    !headers || headers_count > MAX_PEERS || registrar_count > MAX_REGISTRARS ||
	    rate_count > MAX_RATES || route_count > MAX_ROUTES || side_count > MAX_SIDES ||
	    peer_count > MAX_PEERS || facts->listener_count > MAX_LISTENERS)
		return ERR_SYNTAX;
	memset(ret, 0, sizeof(*ret));
	fill_sides(sides, side_count, ret);
	fill_listeners(facts, ret);
	ret->peer_count = (uint16_t)peer_count;
	memcpy(ret->peers, peers, peer_count * sizeof(*peers));
	for (size_t i = 0; i < peer_count; i++)
		ret->peers[i].transport = border_peer_transport(&peers[i]);
	fill_signalling(blob, ret);
	ret->route_count = (uint16_t)route_count;
	memcpy(ret->routes, routes, route_count * sizeof(*routes));
	ret->credentials_count = (uint16_t)credentials_count;
	memcpy(ret->credentials, credentials, credentials_count * sizeof(*credentials));
	fill_headers(headers, headers_count, ret);
	fill_controls(blob, ret);
	ret->spend = *spend;
	ret->rate_count = (uint16_t)rate_count;
	memcpy(ret->rates, rates, rate_count * sizeof(*rates));
	ret->subscribers = *subscribers;
	ret->subscribers.is_on = subscribers->register_to < peer_count;
	ret->registrar_count = (uint16_t)registrar_count;
	memcpy(ret->registrars, registrars, registrar_count * sizeof(*registrars));
	ret->numbers = *numbers;
	guard_door_settings_of(&rows, &ret->door);
	ret->max_calls = media->max_calls;
	ret->longest_call_s = media->longest_s;
	ret->needs_sips = signal->sips == SIPS_REQUIRED;
	ret->max_transactions = transactions_for(media->max_calls);
	return ERR_NONE;
}
