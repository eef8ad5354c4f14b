/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of a few places each: a hash picks the set, the quietest of it gives way. */
#include "capture/sip_ports.h"

#include <stdlib.h>

enum { WAYS = 4, SETS = MAX_CAPTURE_SIP_PORTS / WAYS };

struct place {
	struct addr addr;
	uint32_t used; /* the time in notes; 0 is free */
	bool is_server;
};

struct capture_sip_ports {
	struct hash_key key;
	uint32_t now; /* notes so far; wraps to 1 */
	struct place sets[SETS][WAYS];
};

enum err capture_sip_ports_new(const struct hash_key *key, struct capture_sip_ports **ret)
{
	struct capture_sip_ports *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NO_MEMORY;
	p->key = *key;
	*ret = p;
	return ERR_NONE;
}

void capture_sip_ports_free(struct capture_sip_ports **p)
{
	free(*p);
	*p = NULL;
}

static uint32_t set_of(const struct capture_sip_ports *p, const struct addr *a)
{
	return hash_quick(&p->key, a, sizeof(*a)) % SETS;
}

uint32_t capture_sip_ports_expect(const struct capture_sip_ports *p, const struct addr *a)
{
	uint32_t set = set_of(p, a);

	__builtin_prefetch(&p->sets[set][0], 1);
	__builtin_prefetch(&p->sets[set][WAYS - 1].is_server, 1);
	return set;
}

static bool is_quieter(const struct place *a, const struct place *b, uint32_t now)
{
	if (a->used == 0 || b->used == 0)
		return a->used == 0 && b->used != 0;
	if (a->is_server != b->is_server)
		return b->is_server;
	return now - a->used > now - b->used;
}

void capture_sip_ports_note(struct capture_sip_ports *p, uint32_t number, const struct addr *a,
                            bool is_server)
{
	struct place *set = p->sets[number % SETS], *best = &set[0];

	if (++p->now == 0)
		p->now = 1;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].used != 0 && addr_equal(&set[i].addr, a)) {
			set[i].used = p->now;
			set[i].is_server |= is_server;
			return;
		}
		if (is_quieter(&set[i], best, p->now))
			best = &set[i];
	}
	*best = (struct place){ *a, p->now, is_server };
}

bool capture_sip_ports_hold(const struct capture_sip_ports *p, const struct addr *a)
{
	const struct place *set;

	if (a->port == CAPTURE_SIP_PORT || a->port == CAPTURE_SIPS_PORT)
		return true;
	set = p->sets[set_of(p, a)];
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].used != 0 && addr_equal(&set[i].addr, a))
			return true;
	return false;
}
