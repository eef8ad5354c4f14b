/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: who is behind one, and what ends with it. */
#include "border/border_priv.h"
#include "border/calls.h"

enum fact_standing border_standing(struct border *b, const struct flow *flow, struct now now,
                                   bool *ret_is_blocked)
{
	struct guard_knock knock = { .flow = flow };

	knock.standing = party_peer_of(b, flow)      ? STANDING_PEER
	               : known_find(&b->known, flow) ? STANDING_KNOWN
	                                             : STANDING_STRANGER;
	/* Behind an address that holds known flows a new one may be an honest neighbour's: each
	 * message of it is challenged at the door. */
	*ret_is_blocked =
		guard_door_blocks(b->door, &knock, now.us) &&
		(knock.standing == STANDING_KNOWN || !known_has_host(&b->known, &flow->remote));
	return knock.standing;
}

bool border_is_peer_at(const struct border *b, uint16_t row, const struct flow *flow, bool is_ours)
{
	const struct border_peer *peer = &b->settings.peers[row];

	if (row >= b->settings.peer_count || peer->side != flow->side)
		return false;
	return is_ours ? party_is_at(b, peer, &flow->remote)
	               : party_is_from(b, peer, &flow->remote);
}

void border_untrusted(struct border *b, const struct flow *flow, unsigned why, struct now now)
{
	struct inbound in = { .flow = flow, .proof = PROOF_CONNECTION };
	struct fact fact;

	b->now = now;
	b->untrusted.remote = flow->remote;
	b->untrusted.us = now.us;
	b->untrusted.why = why;
	in.standing = known_find(&b->known, flow) ? STANDING_KNOWN : STANDING_STRANGER;
	for (uint16_t row = 0; row < b->settings.peer_count; row++)
		if (border_is_peer_at(b, row, flow, false))
			in.standing = STANDING_PEER;
	fact = fact_of(b, &in, FACT_UNTRUSTED);
	fact.reason = (uint16_t)why;
	fact_emit(b, &fact);
}

/* Where an account's calls go on, since its instance has another flow (RFC 5626 5.3). */
struct successor {
	uint64_t account_hash;
	struct flow flow;
};

enum { MAX_SUCCESSORS = 8 };

/* The phone behind it is not there any more; what it logged in as stays with the PBX until
 * it comes back or its time is over there. How many have another flow. */
static size_t end_registrations(struct border *b, const struct flow *flow,
                                struct successor ret[MAX_SUCCESSORS])
{
	char name[REGISTRATION_TOKEN_SIZE];
	struct registration *r, *other;
	size_t count = 0;

	while ((r = registration_on_flow(&b->registrations, flow))) {
		uint64_t account_hash = fact_hash(b, view_of(r->facts.account));

		registration_write_name(r->facts.token, r->facts.is_flow, name);
		registration_end(&b->registrations, &r);
		other = registration_called(&b->registrations, view_of(name));
		if (other && !flow_equal(&other->facts.flow, flow) && count < MAX_SUCCESSORS)
			ret[count++] = (struct successor){ account_hash, other->facts.flow };
	}
	return count;
}

void border_disconnected(struct border *b, const struct flow *flow, uint64_t until_us,
                         struct now now)
{
	struct ua_path path = path_of(flow);
	bool is_known = known_find(&b->known, flow) != NULL;
	struct successor successors[MAX_SUCCESSORS];
	size_t count = 0;

	b->now = now;
	/* Nothing is ever asked of a stranger. */
	if (!is_known && !party_peer_of(b, flow))
		return;
	if (is_known) {
		count = end_registrations(b, flow, successors);
		calls_disconnected(b, flow);
	}
	for (size_t i = 0; i < count; i++)
		calls_registered(b, successors[i].account_hash, &successors[i].flow);
	ua_path_failed(b->ua, &path, until_us, now.us);
}
