/* SPDX-License-Identifier: Apache-2.0 */
/* Which worker of signal a message is for. What is no peer's belongs to the worker of its source.
 * A peer's way is one for all: there the names count that we wrote, each with its owner's number;
 * where there is none, the Call-ID. It is read as far as that wants (whose.h); the owner judges
 * it. */
#include "border/border_priv.h"

#include "border/calls.h"
#include "border/whose.h"

enum { NOBODY = MAX_SIGNAL_WORKERS };

static unsigned named(const struct border *b, struct view text, enum ua_name_kind kind)
{
	struct ua_name name;

	if (view_is_empty(text) || ua_name_read(text, &b->namer, kind, &name) != ERR_NONE ||
	    name.owner >= b->ports.owners)
		return NOBODY;
	return name.owner;
}

static unsigned drawn(const struct border *b, const void *bytes, size_t len)
{
	return (unsigned)(hash_siphash(&b->ports.keys[KEY_TABLES], bytes, len) % b->ports.owners);
}

/* Of a registration (names_write_owned). */
static unsigned registered(const struct border *b, struct view user)
{
	unsigned owner = user.len == NAMES_HASH_LEN ? (unsigned char)user.at[0] - '0' : NOBODY;

	return owner < b->ports.owners ? owner : NOBODY;
}

static unsigned first_of(unsigned one, unsigned two) { return one != NOBODY ? one : two; }

static unsigned of_request(const struct border *b, const struct whose_clues *c)
{
	unsigned owner = named(b, c->tag, UA_NAME_TAG);

	owner = first_of(owner, named(b, whose_param(c->replaces, "to-tag"), UA_NAME_TAG));
	owner = first_of(owner, named(b, whose_param(c->replaces, "from-tag"), UA_NAME_TAG));
	owner = first_of(owner, named(b, c->user, UA_NAME_CONTACT));
	owner = first_of(owner, registered(b, c->user));
	owner = first_of(owner, named(b, c->call_id, UA_NAME_CALL_ID));
	return owner != NOBODY ? owner : drawn(b, c->call_id.at, c->call_id.len);
}

static unsigned of_source(const struct border *b, const struct flow *flow)
{
	struct addr source = addr_source(&flow->remote);

	/* A connection is where it was accepted. */
	if (flow_is_connected(flow))
		return b->ports.owner;
	return drawn(b, source.bytes, sizeof(source.bytes));
}

/* A phone that came from another worker's part of the world: its calls are there. */
unsigned border_moved(const struct border *b, const struct flow *flow, struct view bytes)
{
	struct whose_clues c;
	unsigned owner;

	if (party_peer_of(b, flow) || !registration_on_flow(&b->registrations, flow))
		return b->ports.owner;
	c = whose_read(bytes);
	owner = c.is_request ? named(b, c.tag, UA_NAME_TAG) : named(b, c.branch, UA_NAME_BRANCH);
	return owner != NOBODY ? owner : b->ports.owner;
}

static const struct registration *spoken_of(const struct border *b, const struct flow *flow)
{
	return b->made ? b->made : registration_on_flow(&b->registrations, flow);
}

uint64_t border_account(const struct border *b, const struct flow *flow)
{
	const struct registration *r = spoken_of(b, flow);

	return r ? fact_hash(b, view_of(r->facts.account)) : 0;
}

void border_attest(struct border *b, uint64_t account) { b->attested = account; }

struct view border_registration(const struct border *b, const struct flow *flow)
{
	const struct registration *r = spoken_of(b, flow);

	return r ? view_of(r->facts.token) : VIEW_EMPTY;
}

void border_registered(struct border *b, const struct flow *flow, uint64_t account,
                       struct view name, struct now now)
{
	char text[NAMES_HASH_LEN];
	struct buffer ours = BUFFER_ON(text);
	struct registration *r = NULL;

	b->now = now;
	if (name.len == NAMES_HASH_LEN) {
		buffer_put(&ours, name);
		names_own(&ours, b->ports.owners, b->ports.owner);
		r = registration_by_token(&b->registrations, buffer_view(&ours));
	}
	if (r)
		registration_end(&b->registrations, &r);
	if (flow_is_connected(flow))
		calls_registered(b, account, flow);
}

unsigned border_whose(const struct border *b, const struct flow *flow, struct view bytes)
{
	struct whose_clues c;
	unsigned owner;

	if (b->ports.owners <= 1)
		return b->ports.owner;
	if (!party_peer_of(b, flow)) {
		owner = of_source(b, flow);
		return owner == b->ports.owner ? border_moved(b, flow, bytes) : owner;
	}
	c = whose_read(bytes);
	if (c.is_request)
		return of_request(b, &c);
	owner = named(b, c.branch, UA_NAME_BRANCH);
	return owner != NOBODY ? owner : b->ports.owner;
}
