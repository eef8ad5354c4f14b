/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations by token and by flow. */
#include "border/registration.h"

#include "border/form.h"
#include "sdp/media.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct registration_facts) <= CHECKPOINT_REGISTRATION_MAX,
               "a registration fits its slot");

static uint64_t hash_of_flow(const struct map *map, const struct flow *flow)
{
	return map_hash(map, &flow->remote, sizeof(flow->remote));
}

static uint64_t hash_of_account(const struct map *map, struct view account)
{
	return map_hash(map, account.at, account.len);
}

static bool is_token(const struct map_node *node, const void *wanted)
{
	const struct registration *r = HOLDER(node, const struct registration, by_token);

	return view_equal(view_of(r->facts.token), *(const struct view *)wanted);
}

/* Those of one instance lie together. */
static uint64_t hash_of_token(const struct map *map, struct view token)
{
	return map_hash(map, token.at,
	                token.len < REGISTRATION_INSTANCE_LEN ? token.len
	                                                      : REGISTRATION_INSTANCE_LEN);
}

static bool is_on_flow(const struct map_node *node, const void *wanted)
{
	return flow_equal(&HOLDER(node, const struct registration, by_flow)->facts.flow, wanted);
}

struct place {
	struct view account;
	const struct addr *source;
};

static bool is_at(const struct map_node *node, const void *wanted)
{
	const struct registration_facts *facts =
		&HOLDER(node, const struct registration, by_account)->facts;
	const struct place *place = wanted;

	return view_equal(view_of(facts->account), place->account) &&
	       addr_same_host(&facts->flow.remote, place->source);
}

struct continuation {
	const struct flow *flow;
	uint64_t call_id_hash;
	uint32_t cseq;
};

static bool is_continued(const struct map_node *node, const void *wanted)
{
	const struct registration_facts *facts =
		&HOLDER(node, const struct registration, by_flow)->facts;
	const struct continuation *next = wanted;

	return flow_equal(&facts->flow, next->flow) && facts->call_id_hash == next->call_id_hash &&
	       next->cseq > facts->cseq;
}

static void forget(struct registrations *t, struct registration *r)
{
	wheel_cancel(t->wheel, &r->expiry);
	map_remove(&t->by_token, &r->by_token);
	map_remove(&t->by_flow, &r->by_flow);
	map_remove(&t->by_account, &r->by_account);
	known_release(t->known, &r->known);
	checkpoint_drop(t->checkpoint, CHECKPOINT_REGISTRATION, pool_handle_of(t->pool, r).index);
	pool_give(t->pool, r);
}

static void fire_expiry(struct timer *timer, uint64_t now_us)
{
	struct registration *r = HOLDER(timer, struct registration, expiry);

	(void)now_us;
	registration_end(r->table, &r);
}

enum err registrations_init(struct registrations *t, uint32_t max, const struct hash_key *key)
{
	enum err err = pool_new(sizeof(struct registration), max, &t->pool);

	if (err == ERR_NONE)
		err = map_init(&t->by_token, max, key);
	if (err == ERR_NONE)
		err = map_init(&t->by_flow, max, key);
	if (err == ERR_NONE)
		err = map_init(&t->by_account, max, key);
	return err;
}

void registrations_clear(struct registrations *t)
{
	map_clear(&t->by_account);
	map_clear(&t->by_flow);
	map_clear(&t->by_token);
	pool_free(&t->pool);
}

struct registration *registration_by_token(const struct registrations *t, struct view token)
{
	struct map_node *node =
		map_find(&t->by_token, hash_of_token(&t->by_token, token), is_token, &token);

	return node ? HOLDER(node, struct registration, by_token) : NULL;
}

void registration_write_name(const char *token, bool is_flow, char ret[REGISTRATION_TOKEN_SIZE])
{
	struct buffer out = buffer_on(ret, REGISTRATION_TOKEN_SIZE - 1);

	buffer_put(&out, is_flow ? view_first(view_of(token), REGISTRATION_INSTANCE_LEN)
	                         : view_of(token));
	while (is_flow && out.len < NAMES_HASH_LEN)
		buffer_char(&out, '0');
	ret[out.len] = 0;
}

struct calling {
	struct view name;
	struct registration **found;
	size_t max, *count;
};

static bool take_called(const struct map_node *node, const void *wanted)
{
	struct registration *r = HOLDER(node, struct registration, by_token);
	const struct calling *c = wanted;
	char name[REGISTRATION_TOKEN_SIZE];

	registration_write_name(r->facts.token, r->facts.is_flow, name);
	if (view_equal(view_of(name), c->name))
		c->found[(*c->count)++] = r;
	return *c->count == c->max;
}

size_t registrations_called(const struct registrations *t, struct view name,
                            struct registration **ret, size_t max)
{
	size_t count = 0;
	struct calling c = { name, ret, max, &count };

	(void)map_find(&t->by_token, hash_of_token(&t->by_token, name), take_called, &c);
	return count;
}

struct registration *registration_called(const struct registrations *t, struct view name)
{
	struct registration *flows[MAX_REGISTRATION_FLOWS], *best = NULL;
	size_t count = registrations_called(t, name, flows, MAX_REGISTRATION_FLOWS);

	for (size_t i = 0; i < count; i++)
		if (!best || flows[i]->facts.expires_us > best->facts.expires_us)
			best = flows[i];
	return best;
}

struct registration *registration_on_flow(const struct registrations *t, const struct flow *flow)
{
	struct map_node *node =
		map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), is_on_flow, flow);

	return node ? HOLDER(node, struct registration, by_flow) : NULL;
}

bool registration_is_at(const struct registrations *t, struct view account,
                        const struct addr *source)
{
	struct place place = { account, source };

	return map_find(&t->by_account, hash_of_account(&t->by_account, account), is_at, &place) !=
	       NULL;
}

bool registration_is_continued(const struct registrations *t, const struct flow *flow,
                               uint64_t call_id_hash, uint32_t cseq)
{
	struct continuation next = { flow, call_id_hash, cseq };

	return map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), is_continued, &next) != NULL;
}

struct account_place {
	struct view account;
	const struct flow *flow;
};

static bool is_account_on(const struct map_node *node, const void *wanted)
{
	const struct registration_facts *facts =
		&HOLDER(node, const struct registration, by_flow)->facts;
	const struct account_place *place = wanted;

	return flow_equal(&facts->flow, place->flow) &&
	       view_equal(view_of(facts->account), place->account);
}

struct registration *registration_of(const struct registrations *t, struct view account,
                                     const struct flow *flow)
{
	struct account_place place = { account, flow };
	struct map_node *node =
		map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), is_account_on, &place);

	return node ? HOLDER(node, struct registration, by_flow) : NULL;
}

struct gathering {
	struct account_place place;
	struct registration **found;
	size_t max, *count;
};

static bool gather(const struct map_node *node, const void *wanted)
{
	const struct gathering *g = wanted;

	if (is_account_on(node, &g->place))
		g->found[(*g->count)++] = HOLDER(node, struct registration, by_flow);
	return *g->count == g->max;
}

size_t registrations_of(const struct registrations *t, struct view account, const struct flow *flow,
                        struct registration **ret, size_t max)
{
	size_t count = 0;
	struct gathering g = { { account, flow }, ret, max, &count };

	(void)map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), gather, &g);
	return count;
}

struct login_place {
	const struct flow *flow;
	uint64_t login_hash;
};

static bool has_login(const struct map_node *node, const void *wanted)
{
	const struct registration_facts *facts =
		&HOLDER(node, const struct registration, by_flow)->facts;
	const struct login_place *place = wanted;

	return flow_equal(&facts->flow, place->flow) && facts->login_hash == place->login_hash;
}

bool registration_has_login(const struct registrations *t, const struct flow *flow,
                            uint64_t login_hash)
{
	struct login_place place = { flow, login_hash };

	return map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), has_login, &place) != NULL;
}

/* Moves to another flow, or holds its first one. */
static enum err set_flow(struct registrations *t, struct registration *r, const struct flow *flow)
{
	struct known_flow *known;
	enum err err;

	if (r->known && flow_equal(&r->facts.flow, flow))
		return ERR_NONE;
	err = known_hold(t->known, flow, &known);
	if (err != ERR_NONE)
		return err;
	map_remove(&t->by_flow, &r->by_flow);
	known_release(t->known, &r->known);
	r->known = known;
	map_insert(&t->by_flow, &r->by_flow, hash_of_flow(&t->by_flow, flow));
	return ERR_NONE;
}

static struct registration *take(struct registrations *t, struct view token)
{
	struct registration *r = pool_take(t->pool);

	if (!r)
		return NULL;
	r->table = t;
	timer_init(&r->expiry, fire_expiry);
	(void)VIEW_COPY(token, r->facts.token);
	map_insert(&t->by_token, &r->by_token, hash_of_token(&t->by_token, token));
	return r;
}

static void keep(struct registrations *t, struct registration *r)
{
	enum err err = checkpoint_put(t->checkpoint, CHECKPOINT_REGISTRATION,
	                              pool_handle_of(t->pool, r).index,
	                              view_bytes(&r->facts, sizeof(r->facts)));

	assert(err == ERR_NONE);
	(void)err;
}

static void inherit(const struct registration_facts *from, struct registration_facts *ret)
{
	ret->since_wall_us = from->since_wall_us;
	if (strcmp(from->agent, ret->agent) != 0)
		return;
	ret->form = from->form;
	ret->form_protocol = from->form_protocol;
}

enum err registration_put(struct registrations *t, const struct registration_facts *facts,
                          struct now now, struct registration **ret)
{
	struct registration *r = registration_by_token(t, view_of(facts->token));
	uint64_t life_us = now_since(facts->expires_us, now.us);
	struct registration_facts next = *facts, was;
	bool has_moved = r && !flow_equal(&r->facts.flow, &facts->flow);
	enum err err;

	if (has_moved)
		was = r->facts;
	if (r)
		inherit(&r->facts, &next);
	else
		r = take(t, view_of(facts->token));
	if (!r)
		return ERR_FULL;
	err = set_flow(t, r, &facts->flow);
	if (err != ERR_NONE) {
		if (!r->known)
			forget(t, r);
		return err;
	}
	map_remove(&t->by_account, &r->by_account);
	r->facts = next;
	map_insert(&t->by_account, &r->by_account,
	           hash_of_account(&t->by_account, view_of(facts->account)));
	wheel_set(t->wheel, &r->expiry, now.us + life_us);
	keep(t, r);
	*ret = r;
	if (has_moved && t->ended)
		t->ended(t->context, &was);
	return ERR_NONE;
}

void registration_refresh(struct registrations *t, struct registration *r, uint32_t cseq,
                          uint64_t expires_us, struct now now)
{
	r->facts.cseq = cseq;
	r->facts.expires_us = expires_us;
	wheel_set(t->wheel, &r->expiry, now.us + now_since(expires_us, now.us));
	keep(t, r);
}

struct showing {
	struct registrations *table;
	const struct flow *flow;
	uint8_t form, protocol;
};

static bool show(const struct map_node *node, const void *wanted)
{
	struct registration *r = HOLDER(node, struct registration, by_flow);
	const struct showing *s = wanted;

	if (!flow_equal(&r->facts.flow, s->flow) ||
	    (r->facts.form == s->form && r->facts.form_protocol == s->protocol))
		return false;
	r->facts.form = s->form;
	r->facts.form_protocol = s->protocol;
	keep(s->table, r);
	return false;
}

void registrations_show(struct registrations *t, const struct flow *flow, uint8_t form,
                        uint8_t protocol)
{
	struct showing s = { t, flow, form, protocol };

	(void)map_find(&t->by_flow, hash_of_flow(&t->by_flow, flow), show, &s);
}

void registration_end(struct registrations *t, struct registration **r)
{
	struct registration_facts facts;

	if (!*r)
		return;
	facts = (*r)->facts;
	forget(t, *r);
	*r = NULL;
	if (t->ended)
		t->ended(t->context, &facts);
}

void registration_move_peer(struct registrations *t, struct registration *r, unsigned peer,
                            unsigned pbx)
{
	if (r->facts.peer == peer && r->facts.pbx == pbx)
		return;
	r->facts.peer = (uint16_t)peer;
	r->facts.pbx = (uint16_t)pbx;
	keep(t, r);
}

/* The memory outlived a process that may have died anywhere: text must end. */
static bool is_sound(const struct registration_facts *facts)
{
	return memchr(facts->token, 0, sizeof(facts->token)) && facts->token[0] &&
	       memchr(facts->account, 0, sizeof(facts->account)) &&
	       memchr(facts->contact, 0, sizeof(facts->contact)) &&
	       memchr(facts->agent, 0, sizeof(facts->agent)) &&
	       memchr(facts->path, 0, sizeof(facts->path)) && facts->form < FORM_COUNT &&
	       facts->form_protocol <= SDP_PROTOCOL_DTLS_SAVPF + 1 && facts->is_flow <= 1;
}

uint32_t registrations_restore(struct registrations *t, struct now now)
{
	uint32_t slots = pool_count(t->pool), restored = 0;
	struct registration_facts facts;
	struct registration *r;
	struct view saved;

	/* A fresh pool gives its objects in order: a put lands here, or where was read before. */
	for (uint32_t slot = 0; slot < slots; slot++) {
		if (checkpoint_get(t->checkpoint, CHECKPOINT_REGISTRATION, slot, &saved) !=
		            ERR_NONE ||
		    saved.len != sizeof(facts))
			continue;
		memcpy(&facts, saved.at, sizeof(facts));
		/* A connection died with the worker that held it. */
		if (!is_sound(&facts) || facts.expires_us <= now.us || facts.flow.connection > 0) {
			checkpoint_drop(t->checkpoint, CHECKPOINT_REGISTRATION, slot);
			continue;
		}
		if (registration_put(t, &facts, now, &r) != ERR_NONE)
			continue;
		restored++;
		if (pool_handle_of(t->pool, r).index != slot)
			checkpoint_drop(t->checkpoint, CHECKPOINT_REGISTRATION, slot);
	}
	return restored;
}
