/* SPDX-License-Identifier: Apache-2.0 */
/* The layer itself: its tables, taken once and given back once. */
#include "ua/ua_priv.h"

#include <stdlib.h>

static enum err check_ceilings(const struct ua_settings *s)
{
	const struct {
		uint32_t count, max;
	} ceilings[] = {
		{ s->max_servers, MAX_UA_TRANSACTIONS }, { s->max_clients, MAX_UA_TRANSACTIONS },
		{ s->max_small, MAX_UA_TEXTS },          { s->max_medium, MAX_UA_TEXTS },
		{ s->max_large, MAX_UA_TEXTS },
	};

	for (size_t i = 0; i < sizeof(ceilings) / sizeof(ceilings[0]); i++) {
		if (ceilings[i].count == 0 || ceilings[i].count > ceilings[i].max)
			return ERR_LIMIT;
	}
	return ERR_NONE;
}

static enum err take_tables(struct ua *ua, const struct ua_settings *s, const struct hash_key *key)
{
	const uint32_t sizes[UA_CLASSES] = { UA_SMALL_SIZE, UA_MEDIUM_SIZE, UA_LARGE_SIZE };
	const uint32_t counts[UA_CLASSES] = { s->max_small, s->max_medium, s->max_large };
	enum err err;

	err = pool_new(sizeof(struct ua_server), s->max_servers, &ua->servers);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct ua_client), s->max_clients, &ua->clients);
	for (unsigned i = 0; i < UA_CLASSES && err == ERR_NONE; i++)
		err = pool_new(sizeof(struct ua_text) + sizes[i], counts[i], &ua->texts[i]);
	if (err == ERR_NONE)
		err = map_init(&ua->server_map, s->max_servers, key);
	if (err == ERR_NONE)
		err = map_init(&ua->content_map, s->max_servers, key);
	if (err == ERR_NONE)
		err = map_init(&ua->client_map, s->max_clients, key);
	if (err != ERR_NONE)
		return err;
	ua->scratch = malloc(UA_LARGE_SIZE);
	return ua->scratch ? ERR_NONE : ERR_NO_MEMORY;
}

/* A key of its own, so that equal map hashes say nothing about equal identities. */
static struct hash_key derive_key(const struct hash_key *key)
{
	struct hash_key derived;
	struct buffer b = BUFFER_ON(derived.bytes);

	for (char half = 'a'; half <= 'b'; half++) {
		uint64_t hash = hash_siphash(key, &half, 1);

		buffer_u32(&b, (uint32_t)(hash >> 32));
		buffer_u32(&b, (uint32_t)hash);
	}
	return derived;
}

enum err ua_new(const struct ua_settings *settings, const struct ua_ports *ports,
                struct wheel *wheel, const struct hash_key *key, struct ua **ret)
{
	struct ua *ua;
	enum err err = check_ceilings(settings);

	if (err != ERR_NONE)
		return err;
	ua = calloc(1, sizeof(*ua));
	if (!ua)
		return ERR_NO_MEMORY;
	ua->ports = *ports;
	ua->wheel = wheel;
	ua->identity_key = derive_key(key);
	ua->t1_us = (uint64_t)(settings->t1_ms ? settings->t1_ms : 500) * 1000;
	ua->t2_us = (uint64_t)(settings->t2_ms ? settings->t2_ms : 4000) * 1000;
	ua->t4_us = (uint64_t)(settings->t4_ms ? settings->t4_ms : 5000) * 1000;
	err = take_tables(ua, settings, key);
	if (err != ERR_NONE) {
		ua_free(&ua);
		return err;
	}
	*ret = ua;
	return ERR_NONE;
}

/* The wheel is not ours: nothing of us may stay in it. */
static void cancel_timers(struct ua *ua)
{
	struct ua_server *s;
	struct ua_client *c;
	uint32_t place = 0;

	while (ua->servers && (s = pool_next(ua->servers, &place))) {
		wheel_cancel(ua->wheel, &s->repeat);
		wheel_cancel(ua->wheel, &s->end);
	}
	place = 0;
	while (ua->clients && (c = pool_next(ua->clients, &place))) {
		wheel_cancel(ua->wheel, &c->repeat);
		wheel_cancel(ua->wheel, &c->end);
	}
}

void ua_free(struct ua **at)
{
	struct ua *ua = *at;

	if (!ua)
		return;
	cancel_timers(ua);
	map_clear(&ua->server_map);
	map_clear(&ua->content_map);
	map_clear(&ua->client_map);
	pool_free(&ua->servers);
	pool_free(&ua->clients);
	for (unsigned i = 0; i < UA_CLASSES; i++)
		pool_free(&ua->texts[i]);
	free(ua->scratch);
	free(ua);
	*at = NULL;
}

uint64_t ua_hash_view(const struct hash_key *key, struct view v)
{
	return hash_quick(key, v.at ? v.at : "", v.len);
}

const struct ua_counts *ua_counts(const struct ua *ua) { return &ua->counts; }
uint32_t ua_servers_used(const struct ua *ua) { return pool_used(ua->servers); }
uint32_t ua_clients_used(const struct ua *ua) { return pool_used(ua->clients); }
