/* SPDX-License-Identifier: Apache-2.0 */
/* Which worker of signal a message is for. What is no peer's belongs to the worker of its source.
 * A peer's way is one for all: there the names count that we wrote, each with its owner's number;
 * where there is none, the Call-ID. It is read here as far as that wants; the owner judges it. */
#include "border/border_priv.h"

#include "border/calls.h"

enum { NOBODY = MAX_SIGNAL_WORKERS };

/* What stands in a message that says whose it is. */
struct clues {
	struct view user; /* of the Request-URI */
	struct view branch, tag, call_id, replaces;
	bool is_request;
};

/* ---- reading ---- */

static struct view line_at(struct view text, size_t at)
{
	size_t end = at;

	do {
		end = view_find(text, '\n', end) + 1;
	} while (end < text.len && (text.at[end] == ' ' || text.at[end] == '\t'));
	return view_first(view_after(text, at), end - at);
}

static bool is_header(struct view line, const char *name, char brief, struct view *ret)
{
	size_t colon = view_find(line, ':', 0);
	struct view found = view_trim(view_first(line, colon));

	if (!view_equal_nocase(found, view_of(name)) &&
	    !(brief && found.len == 1 && (found.at[0] | 0x20) == brief))
		return false;
	*ret = view_trim(view_after(line, colon + 1));
	return true;
}

/* The value of a parameter behind what stands in quotes or < >. */
static struct view param(struct view value, const char *name)
{
	bool is_quoted = false, is_address = false;
	size_t at = 0;

	for (; at < value.len; at++) {
		char c = value.at[at];

		if (c == '"' && !is_address)
			is_quoted = !is_quoted;
		else if (c == '\\' && is_quoted)
			at++;
		else if ((c == '<' || c == '>') && !is_quoted)
			is_address = c == '<';
		else if (c == ';' && !is_quoted && !is_address) {
			size_t end = view_find(value, ';', at + 1);
			struct view one = view_first(view_after(value, at + 1), end - at - 1);
			size_t sign = view_find(one, '=', 0);

			if (view_equal_nocase(view_trim(view_first(one, sign)), view_of(name)))
				return view_trim(view_after(one, sign + 1));
		}
	}
	return VIEW_EMPTY;
}

/* "INVITE sip:USER@HOST SIP/2.0" */
static struct view user_of(struct view line)
{
	struct view uri = view_after(line, view_find(line, ' ', 0) + 1);
	size_t at;

	uri = view_first(uri, view_find(uri, ' ', 0));
	at = view_find(uri, '@', 0);
	if (at >= uri.len)
		return VIEW_EMPTY;
	uri = view_first(uri, at);
	uri = view_after(uri, view_find(uri, ':', 0) + 1);
	return view_first(uri, view_find(uri, ';', 0));
}

static void note(struct clues *c, struct view line)
{
	struct view value;

	if (view_is_empty(c->branch) && is_header(line, "Via", 'v', &value)) {
		value = view_first(value, view_find(value, ',', 0));
		c->branch = param(value, "branch");
	} else if (is_header(line, "To", 't', &value)) {
		c->tag = param(value, "tag");
	} else if (is_header(line, "Call-ID", 'i', &value)) {
		c->call_id = value;
	} else if (is_header(line, "Replaces", 0, &value)) {
		c->replaces = value;
	}
}

static struct clues read(struct view bytes)
{
	struct clues c = { 0 };
	struct view line;
	size_t at = 0;

	/* What stands before the first line is left out there too. */
	while (at < bytes.len && (bytes.at[at] == '\r' || bytes.at[at] == '\n'))
		at++;
	line = line_at(bytes, at);
	c.is_request = !view_starts_nocase(line, VIEW("SIP/2.0 "));
	if (c.is_request)
		c.user = user_of(line);
	for (at += line.len; at < bytes.len; at += line.len) {
		line = line_at(bytes, at);
		if (view_is_empty(view_trim(line)))
			break;
		note(&c, line);
	}
	return c;
}

/* ---- owners ---- */

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

static unsigned of_request(const struct border *b, const struct clues *c)
{
	unsigned owner = named(b, c->tag, UA_NAME_TAG);

	owner = first_of(owner, named(b, param(c->replaces, "to-tag"), UA_NAME_TAG));
	owner = first_of(owner, named(b, param(c->replaces, "from-tag"), UA_NAME_TAG));
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
	struct clues c;
	unsigned owner;

	if (party_peer_of(b, flow) || !registration_on_flow(&b->registrations, flow))
		return b->ports.owner;
	c = read(bytes);
	owner = c.is_request ? named(b, c.tag, UA_NAME_TAG) : named(b, c.branch, UA_NAME_BRANCH);
	return owner != NOBODY ? owner : b->ports.owner;
}

uint64_t border_account(const struct border *b, const struct flow *flow)
{
	const struct registration *r = registration_on_flow(&b->registrations, flow);

	return r ? fact_hash(b, view_of(r->facts.account)) : 0;
}

void border_attest(struct border *b, uint64_t account) { b->attested = account; }

void border_registered(struct border *b, const struct flow *flow, uint64_t account, struct now now)
{
	b->now = now;
	calls_registered(b, account, flow);
}

unsigned border_whose(const struct border *b, const struct flow *flow, struct view bytes)
{
	struct clues c;
	unsigned owner;

	if (b->ports.owners <= 1)
		return b->ports.owner;
	if (!party_peer_of(b, flow)) {
		owner = of_source(b, flow);
		return owner == b->ports.owner ? border_moved(b, flow, bytes) : owner;
	}
	c = read(bytes);
	if (c.is_request)
		return of_request(b, &c);
	owner = named(b, c.branch, UA_NAME_BRANCH);
	return owner != NOBODY ? owner : b->ports.owner;
}
