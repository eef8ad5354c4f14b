/* SPDX-License-Identifier: Apache-2.0 */
/* Port pairs drawn from this worker's share, and whose a port is. */
#include "border/call_priv.h"
#include "border/common.h"
#include "border/offer_priv.h"

#include <stdlib.h>

enum { FAMILIES = 2, MAX_HOSTS = MAX_SIDES * FAMILIES, PORT_KINDS = 2 };

/* The free pairs of one side, family and worker of media: slots[first] on, count of them, of which
 * the last `spare` are for emergency calls. */
struct port_group {
	uint32_t first, count, spare;
};

struct port_share {
	const struct port_table *table;
	struct port_group groups[MAX_SIDES][FAMILIES][PORT_KINDS][MAX_MEDIA_WORKERS];
	unsigned worker_count;        /* of media */
	struct addr hosts[MAX_HOSTS]; /* on which there are pairs */
	unsigned host_count;
	uint32_t *slots;
	bool *is_own;                 /* by pair: of this worker's share */
	uint8_t *is_taken;            /* by pair */
	struct border_common *common; /* has is_taken; NULL: it is our own */
};

static unsigned family_of(const struct addr *a) { return a->family == 6; }

/* Counted within its group, so that each worker has some of each. */
static bool is_of_share(const struct port_share *p, uint32_t pair) { return p->is_own[pair]; }

static void note_host(struct port_share *p, const struct addr *a)
{
	for (unsigned i = 0; i < p->host_count; i++) {
		if (addr_same_host(&p->hosts[i], a))
			return;
	}
	if (p->host_count < MAX_HOSTS)
		p->hosts[p->host_count++] = *a;
}

static struct port_group *group_of(struct port_share *p, const struct port_pair *pair)
{
	return &p->groups[pair->side % MAX_SIDES][family_of(&pair->local)][pair->kind % PORT_KINDS]
	                 [pair->worker % MAX_MEDIA_WORKERS];
}

static void fill_groups(const struct border *b, struct port_share *p)
{
	uint32_t next = 0, owner;

	for (unsigned place = 0; place < sizeof(p->groups) / sizeof(struct port_group); place++) {
		struct port_group *group = &p->groups[0][0][0][0] + place;

		group->first = next;
		owner = 0;
		for (uint32_t i = 0; i < p->table->count; i++) {
			if (group_of(p, &p->table->pairs[i]) != group)
				continue;
			p->is_own[i] = b->ports.owners <= 1 || owner == b->ports.owner;
			owner = owner + 1 < b->ports.owners ? owner + 1 : 0;
			if (!p->is_own[i])
				continue;
			p->slots[next++] = i;
			if (p->table->pairs[i].worker >= p->worker_count)
				p->worker_count = p->table->pairs[i].worker + 1u;
			group->spare += p->table->pairs[i].is_spare;
			note_host(p, &p->table->pairs[i].local);
		}
		group->count = next - group->first;
	}
}

enum err port_share_new(const struct border *b, struct port_share **ret)
{
	static const struct port_table none = { .version = 1 };
	struct port_share *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NO_MEMORY;
	p->table = b->ports.ports ? b->ports.ports : &none;
	p->slots = calloc(p->table->count + 1, sizeof(*p->slots));
	p->common = b->ports.common;
	p->is_taken =
		p->common ? p->common->taken : calloc(p->table->count + 1, sizeof(*p->is_taken));
	p->is_own = calloc(p->table->count + 1, sizeof(*p->is_own));
	if (!p->slots || !p->is_taken || !p->is_own) {
		port_share_free(&p);
		return ERR_NO_MEMORY;
	}
	fill_groups(b, p);
	/* What a predecessor had comes back call by call. */
	for (uint32_t i = 0; i < p->table->count; i++)
		if (is_of_share(p, i))
			p->is_taken[i] = 0;
	*ret = p;
	return ERR_NONE;
}

void port_share_free(struct port_share **p)
{
	if (!*p)
		return;
	free((*p)->slots);
	free((*p)->is_own);
	if (!(*p)->common)
		free((*p)->is_taken);
	free(*p);
	*p = NULL;
}

/* What of a group such a call may take. */
static uint32_t free_of(const struct call *call, const struct port_group *group)
{
	uint32_t kept = call->facts->is_emergency ? 0 : group->spare;

	return group->count > kept ? group->count - kept : 0;
}

static struct port_group *wanted_of(const struct call *call, unsigned stream, unsigned number,
                                    unsigned worker)
{
	const struct flow *flow = &call->facts->legs[number].flow;
	struct port_pair wanted = {
		.local = flow->local,
		.side = flow->side,
		.kind = bearer_port_kind(&call->facts->streams[stream].legs[number]),
		.worker = (uint8_t)worker,
	};

	return group_of(call->border->calls->ports, &wanted);
}

/* The worker of media with most ports left for both legs, or that of whose port is shared; among
 * equals each worker of signal begins with another. Where both legs draw from one group it must
 * have two; ERR_FULL. */
static enum err choose_worker(const struct call *call, unsigned stream, unsigned *ret)
{
	const struct port_share *p = call->border->calls->ports;
	unsigned host = shake_host(call, stream);
	uint32_t most = 0;

	for (unsigned i = 0; i < p->worker_count; i++) {
		unsigned worker = (i + call->border->ports.owner) % p->worker_count;
		const struct port_group *one = wanted_of(call, stream, LEG_CALLER, worker),
					*other = wanted_of(call, stream, LEG_CALLEE, worker);
		uint32_t left = free_of(call, one), others = free_of(call, other);

		if (host != stream && worker != stream_worker(call, host))
			continue;
		if (one == other)
			left /= 2;
		else if (others < left)
			left = others;
		if (left > most) {
			most = left;
			*ret = worker;
		}
	}
	return most > 0 ? ERR_NONE : ERR_FULL;
}

/* Drawn at random: the next port that a call gets is not to be guessed. */
static void take_pair(struct call *call, struct port_group *group, struct order_leg *leg)
{
	struct border *b = call->border;
	struct port_share *p = b->calls->ports;
	uint32_t draw, place, pair;

	b->ports.random(b->ports.context, &draw, sizeof(draw));
	place = group->first + draw % group->count;
	pair = p->slots[place];
	p->slots[place] = p->slots[group->first + --group->count];
	p->is_taken[pair] = 1;
	leg->port = pair;
	if (p->table->pairs[pair].kind == PORT_STREAM)
		b->ports.hear(b->ports.context, pair, true);
}

static void give_pair(struct border *b, uint32_t pair)
{
	struct port_share *p = b->calls->ports;
	struct port_group *group = group_of(p, &p->table->pairs[pair]);

	p->is_taken[pair] = 0;
	if (p->table->pairs[pair].kind == PORT_STREAM)
		b->ports.hear(b->ports.context, pair, false);
	p->slots[group->first + group->count++] = pair;
}

bool border_has_port(const struct border *b, uint32_t row)
{
	return row < b->calls->ports->table->count &&
	       (b->calls->ports->is_taken[row] || !is_of_share(b->calls->ports, row));
}

enum err stream_take_ports(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];
	unsigned worker;
	enum err err;

	if (s->has_ports)
		return ERR_NONE;
	err = choose_worker(call, stream, &worker);
	if (err != ERR_NONE)
		return err;
	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		take_pair(call, wanted_of(call, stream, leg, worker), &s->legs[leg]);
	s->has_ports = 1;
	return ERR_NONE;
}

void stream_give_ports(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];

	stream_close(call, stream);
	if (!s->has_ports)
		return;
	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		give_pair(call->border, s->legs[leg].port);
	*s = (struct stream_facts){ 0 };
}

uint8_t stream_worker(const struct call *call, unsigned stream)
{
	const struct port_table *table = call->border->calls->ports->table;
	const struct stream_facts *s = &call->facts->streams[stream];

	return s->has_ports ? table->pairs[s->legs[LEG_CALLER].port].worker : 0;
}

const uint8_t *stream_fingerprint(const struct call *call, unsigned stream)
{
	return call->border->media_fingerprints[stream_worker(call, stream)];
}

bool stream_has_certificates(const struct border *b)
{
	unsigned count = b->calls->ports->worker_count;

	return b->media_told == (1u << (count > 0 ? count : 1)) - 1;
}

/* The pairs are where the call says, if they are this worker's and nobody has them. */
enum err stream_restore(struct call *call, unsigned stream)
{
	struct stream_facts *s = &call->facts->streams[stream];
	struct port_share *p = call->border->calls->ports;

	for (unsigned leg = 0; s->has_ports && leg < CALL_LEGS; leg++) {
		uint32_t pair = s->legs[leg].port;

		if (pair >= p->table->count || !is_of_share(p, pair) || p->is_taken[pair])
			return ERR_DENIED;
	}
	for (unsigned leg = 0; s->has_ports && leg < CALL_LEGS; leg++) {
		uint32_t pair = s->legs[leg].port;
		struct port_group *group = group_of(p, &p->table->pairs[pair]);

		for (uint32_t i = group->first; i < group->first + group->count; i++) {
			if (p->slots[i] != pair)
				continue;
			p->slots[i] = p->slots[group->first + --group->count];
			p->is_taken[pair] = 1;
			break;
		}
	}
	return ERR_NONE;
}

struct addr stream_address(const struct call *call, unsigned stream, unsigned leg)
{
	const struct border *b = call->border;
	const struct order_leg *media = &call->facts->streams[stream].legs[leg];
	const struct flow *flow = &call->facts->legs[leg].flow;
	struct addr pair = b->calls->ports->table->pairs[media->port].local;
	struct addr shown = party_our_address(b, flow);

	/* Where another address is advertised for signalling, media has the same one. */
	if (addr_same_host(&shown, &flow->local))
		return pair;
	shown.port = pair.port;
	return shown;
}

/* Whether the pair is at that host, or is told to be. */
static bool is_shown_on(const struct border *b, const struct port_pair *pair,
                        const struct addr *host)
{
	const struct addr *advertised = &b->settings.sides[pair->side].advertise;

	return addr_same_host(&pair->local, host) ||
	       (advertised->family != 0 && addr_same_host(advertised, host));
}

enum port_owner stream_owner(const struct call *call, const struct addr *a)
{
	const struct border *b = call->border;
	const struct port_share *p = b->calls->ports;
	bool is_ours = false;

	for (unsigned i = 0; i < p->host_count && !is_ours; i++)
		is_ours = addr_same_host(&p->hosts[i], a);
	for (unsigned i = 0; i < b->settings.side_count && !is_ours; i++)
		is_ours = b->settings.sides[i].advertise.family &&
		          addr_same_host(&b->settings.sides[i].advertise, a);
	if (!is_ours)
		return PORT_NOT_OURS;
	for (uint32_t i = 0; i < p->table->count; i++) {
		const struct port_pair *pair = &p->table->pairs[i];

		if (pair->local.port != a->port || !is_shown_on(b, pair, a))
			continue;
		for (unsigned s = 0; s < MAX_CALL_STREAMS; s++) {
			const struct stream_facts *own = &call->facts->streams[s];

			if (own->has_ports && (own->legs[0].port == i || own->legs[1].port == i))
				return PORT_IDLE;
		}
		return p->is_taken[i] ? PORT_LIVE : PORT_IDLE;
	}
	/* On our host, but none of our ports: a PBX on the same machine has its media there. */
	return PORT_NOT_OURS;
}
