/* SPDX-License-Identifier: Apache-2.0 */
/* Who is a server, who is known, who is a stranger. Nobody becomes a server by
 * what he sends unasked: only by answering a request that was seen. And whoever
 * still knocks at a server in vain is no server to it, or a scanner could be made
 * one by the call that it provoked. */
#include "watch/watch_priv.h"

enum { TAG_PREFIX = 16 };

bool watch_is_among(const struct addr_net *nets, size_t count, const struct addr *a)
{
	for (size_t i = 0; i < count; i++) {
		if (addr_net_holds(&nets[i], a))
			return true;
	}
	return false;
}

/* Anybody can challenge a call that he brings a server to make: a challenger of calls alone
 * is one only to hosts that are none themselves. */
static bool is_serving(const struct watch *w, uint64_t hash)
{
	const struct watch_host *host = watch_table_find(&w->hosts, hash), *challenged;

	if (!host || host->is_server || !host->is_challenger)
		return host && host->is_server;
	challenged = watch_table_find(&w->hosts, host->challenged);
	return !challenged || !challenged->is_server;
}

bool watch_is_server(const struct watch *w, uint64_t hash, uint64_t place)
{
	return is_serving(w, hash) || is_serving(w, place);
}

bool watch_is_peer(const struct watch *w, const struct addr *a)
{
	uint64_t host = watch_hash_host(w, a);

	return watch_is_inside(w, a) || watch_is_server(w, host, watch_place_of(w, host, a));
}

bool watch_is_asking(const struct watch *w, uint64_t hash)
{
	const struct watch_host *host = watch_table_find(&w->hosts, hash);

	return host && host->is_asking;
}

bool watch_is_registrar(const struct watch *w, uint64_t hash)
{
	const struct watch_host *host = watch_table_find(&w->hosts, hash);

	return host && host->is_registrar;
}

void watch_note_request(struct watch *w, const struct watch_reading *r)
{
	bool is_new;
	struct watch_host *host = watch_table_touch(&w->hosts, r->asker, &is_new);

	host->is_asking = true;
	if (r->msg->method != SIP_METHOD_REGISTER)
		return;
	host = watch_table_touch(&w->hosts, r->asked, &is_new);
	host->is_registrar = true;
}

/* ---- servers ---- */

static int challenger_of(const struct watch_host *host, uint64_t server)
{
	for (int i = 0; i < MAX_CHALLENGERS; i++) {
		if (host->challengers[i] == server)
			return i;
	}
	return -1;
}

/* Refused by all that it can remember: it tries doors, it does not keep one. */
static bool knocks_everywhere(const struct watch_host *host)
{
	for (int i = 0; i < MAX_CHALLENGERS; i++) {
		if (host->challengers[i] == 0)
			return false;
	}
	return true;
}

static bool begins_something(const struct watch_transaction *t)
{
	return (t->flags & HAS_REQUEST) && !(t->flags & IS_IN_DIALOG) &&
	       (t->method == SIP_METHOD_REGISTER || t->method == SIP_METHOD_INVITE);
}

static void make_server(struct watch *w, const struct watch_transaction *t)
{
	const struct flow *flow = &t->fact.flow;
	bool is_shared = addr_same_host(&flow->remote, &flow->local), is_new;
	uint64_t server = is_shared ? watch_place_key(w, &flow->local) : t->asked;
	struct watch_host *host = watch_table_touch(&w->hosts, server, &is_new);

	if (challenger_of(host, t->asker) >= 0 || knocks_everywhere(host))
		return;
	if (t->method != SIP_METHOD_REGISTER && !host->is_server &&
	    watch_is_server(w, t->asker, t->asker_place))
		return;
	w->hosts_changed += !host->is_server;
	if (t->method == SIP_METHOD_REGISTER)
		host->is_server = true;
	else
		host->is_challenger = true;
	host->challenged = t->asker;
	watch_table_keep(&w->hosts, host, true);
}

void watch_note_challenge(struct watch *w, const struct watch_transaction *t)
{
	uint64_t server = t->asked, client = t->asker;
	struct watch_host *host;
	bool is_new;

	if (!begins_something(t))
		return;
	make_server(w, t);
	if (server == client)
		return;
	host = watch_table_touch(&w->hosts, client, &is_new);
	if (challenger_of(host, server) >= 0)
		return;
	host->challengers[host->next] = server;
	host->next = (uint8_t)((host->next + 1) % MAX_CHALLENGERS);
}

void watch_note_admission(struct watch *w, const struct watch_transaction *t)
{
	uint64_t server = t->asked, client = t->asker;
	struct watch_host *host = watch_table_find(&w->hosts, client);
	int place = host ? challenger_of(host, server) : -1;

	if (place >= 0) {
		host->challengers[place] = 0;
		host->next = (uint8_t)place;
	}
	if (begins_something(t) && t->method == SIP_METHOD_REGISTER)
		make_server(w, t);
}

/* ---- tags ---- */

/* Some servers compute their tags: one prefix for all, and a sum of what was asked behind
 * it. Shorter tags have no room for both. */
void watch_note_tag(struct watch *w, const struct watch_reading *r)
{
	struct view tag = r->to->tag;
	struct watch_note *note;
	struct watch_host *host;
	uint64_t prefix;
	bool is_new;

	if (tag.len < TAG_PREFIX)
		return;
	prefix = watch_hash(w, view_first(tag, TAG_PREFIX));
	note = watch_table_touch(&w->notes, watch_join(w, prefix, ~r->asked), &is_new);
	if (is_new) {
		note->host = r->asker;
	} else if (note->host != r->asker) {
		host = watch_table_touch(&w->hosts, r->asked, &is_new);
		host->repeats_tags = true;
		watch_table_keep(&w->hosts, host, true);
	}
}

bool watch_tags_prove(const struct watch *w, uint64_t server)
{
	const struct watch_host *host = watch_table_find(&w->hosts, server);

	return !host || !host->repeats_tags;
}

/* ---- known flows ---- */

static struct watch_known *find_known(const struct watch *w, uint64_t key)
{
	struct watch_known *known = watch_table_find(&w->known, key);

	return known && known->until_us > w->now.us ? known : NULL;
}

static int account_place(const struct watch_known *known, uint64_t account)
{
	for (int i = 0; i < MAX_KNOWN_ACCOUNTS; i++) {
		if (known->accounts[i].account == account)
			return i;
	}
	return -1;
}

enum fact_standing watch_standing(const struct watch *w, const struct flow *flow)
{
	if (watch_is_peer(w, &flow->remote))
		return STANDING_PEER;
	return find_known(w, watch_flow_key(w, flow)) ? STANDING_KNOWN : STANDING_STRANGER;
}

enum fact_standing watch_standing_of_asker(const struct watch *w, const struct watch_reading *r,
                                           bool *ret_is_server)
{
	*ret_is_server = watch_is_server(w, r->asker, r->asker_place);
	if (*ret_is_server || watch_is_inside(w, &r->flow.remote))
		return STANDING_PEER;
	return find_known(w, r->asker_way) ? STANDING_KNOWN : STANDING_STRANGER;
}

enum fact_standing watch_standing_as(const struct watch *w, uint64_t way, uint64_t account)
{
	const struct watch_known *known = find_known(w, way);

	return known && account_place(known, account) >= 0 ? STANDING_KNOWN : STANDING_STRANGER;
}

bool watch_has_served(const struct watch *w, const struct watch_reading *r, uint64_t account,
                      uint64_t nonce)
{
	const struct watch_known *known = find_known(w, r->asker_way);
	int place = known ? account_place(known, account) : -1;

	return place >= 0 && (known->accounts[place].registered == nonce ||
	                      known->accounts[place].other == nonce);
}

struct watch_known_account *watch_make_known(struct watch *w, const struct flow *flow,
                                             uint64_t account, uint64_t term_s)
{
	uint64_t until_us = w->now.us + term_s * SECOND_US;
	struct watch_known *known;
	bool is_new;
	int place;

	known = watch_table_touch(&w->known, watch_flow_key(w, flow), &is_new);
	if (until_us > known->until_us)
		known->until_us = until_us;
	if (account == 0)
		return NULL;
	place = account_place(known, account);
	if (place < 0) {
		place = known->next;
		known->accounts[place] = (struct watch_known_account){ .account = account };
		known->next = (uint8_t)((known->next + 1) % MAX_KNOWN_ACCOUNTS);
	}
	return &known->accounts[place];
}

void watch_make_stranger(struct watch *w, const struct flow *flow, uint64_t account)
{
	struct watch_known *known = find_known(w, watch_flow_key(w, flow));
	int place = known ? account_place(known, account) : -1;

	if (place < 0)
		return;
	known->accounts[place] = (struct watch_known_account){ 0 };
	for (int i = 0; i < MAX_KNOWN_ACCOUNTS; i++) {
		if (known->accounts[i].account != 0)
			return;
	}
	watch_table_drop(&w->known, known);
}

/* ---- notes ---- */

bool watch_note_find(const struct watch *w, uint64_t hash, enum watch_note_state *ret)
{
	const struct watch_note *note = watch_table_find(&w->notes, hash);

	if (!note)
		return false;
	*ret = (enum watch_note_state)note->state;
	return true;
}

/* Oddities are the first to be forgotten: anybody makes them by the thousand. */
void watch_note_put(struct watch *w, uint64_t hash, enum watch_note_state state)
{
	bool is_new;
	struct watch_note *note = watch_table_touch(&w->notes, hash, &is_new);

	note->state = (uint8_t)state;
	watch_table_keep(&w->notes, note, state != NOTE_SEEN);
}

void watch_note_give(struct watch *w, uint64_t hash, uint64_t from, uint64_t to)
{
	bool is_new;
	struct watch_note *note = watch_table_touch(&w->notes, hash, &is_new);

	if (is_new)
		note->state = NOTE_CHALLENGED;
	else if (note->host != to && note->host != from)
		note->state = NOTE_SHARED;
	note->host = to;
	watch_table_keep(&w->notes, note, true);
}
