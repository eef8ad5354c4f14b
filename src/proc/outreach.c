/* SPDX-License-Identifier: Apache-2.0 */
/* The outreach process: the only one that may ask others on the internet of its own accord: name
 * servers about names that the configuration writes, never one that a stranger wrote, and
 * authorities of ACME for certificates (outreach_acme.c). It hears their answers and no SIP; what
 * it learns goes to the parent. */
#include "border/options.h"
#include "dns/asker.h"
#include "dns/options.h"
#include "os/random.h"
#include "proc/child.h"
#include "proc/outreach_acme.h"
#include "resolve/renewal.h"

#include <stdlib.h>
#include <string.h>

enum {
	DNS_PORT = 53,
	MAX_RUNNING = 16,
	TELL_AGAIN_US = 100 * MILLISECOND_US,
	ASK_AGAIN_US = 100 * MILLISECOND_US
};

/* One peer's name. */
struct name {
	char peer[RESOLVED_PEER_SIZE];
	struct resolve_wish wish;
	struct resolve_renewal renewal;
	struct resolve_lookup lookup;
	struct resolve_outcome outcome;
	uint64_t due_us; /* of the next lookup */
	uint64_t ask_us; /* of its next question, where too many were under way */
	uint32_t edition;
	bool is_running, is_open; /* a lookup; a question of it */
	bool is_untold;           /* the outcome waits for the parent to read */
};

struct outreach {
	struct child *child;
	struct dns_asker *asker;
	struct resolve_limits limits;
	uint32_t count, running, edition;
	struct name names[MAX_PEERS];
	struct name before[MAX_PEERS];
};

static struct outreach o;

/* ---- settings ---- */

static void add_way(const struct child_facts *f, uint16_t side, uint8_t ret[TRANSPORT_COUNT])
{
	for (uint16_t i = 0; i < f->listener_count && i < MAX_LISTENERS; i++)
		if (f->listener_sides[i] == side && f->listener_transports[i] < TRANSPORT_COUNT)
			ret[f->listener_transports[i]] |=
				f->listeners[i].family == 4 ? RESOLVE_V4 : RESOLVE_V6;
}

static void wish_of(const struct border_peer *peer, struct resolve_wish *ret)
{
	memset(ret, 0, sizeof(*ret));
	(void)VIEW_COPY(view_of(peer->host), ret->host);
	ret->port = peer->address.port;
	ret->is_transport_written = peer->transport_word != PEER_TRANSPORT_ANY || peer->is_sips;
	ret->transport = border_peer_transport(peer);
	add_way(child_facts(o.child), peer->side, ret->families);
	/* Whose certificate would have to be shown there is not said of others. */
	if (ret->transport != TRANSPORT_TLS)
		ret->families[TRANSPORT_TLS] = 0;
}

static const struct name *find_before(const struct name *n, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (view_equal(view_of(o.before[i].peer), view_of(n->peer)) &&
		    memcmp(&o.before[i].wish, &n->wish, sizeof(n->wish)) == 0)
			return &o.before[i];
	return NULL;
}

static void read_names(const struct conf_blob *blob, struct now now)
{
	size_t peer_count = 0;
	const struct border_peer *peers = conf_blob_get(blob, &border_peer_block, &peer_count);
	uint32_t count_before = o.count;

	memcpy(o.before, o.names, sizeof(o.before));
	o.count = o.running = 0;
	for (size_t i = 0; i < peer_count && o.count < MAX_PEERS; i++) {
		struct name *n = &o.names[o.count];
		const struct name *old;

		if (!peers[i].host[0])
			continue;
		memset(n, 0, sizeof(*n));
		(void)VIEW_COPY(view_of(peers[i].name), n->peer);
		wish_of(&peers[i], &n->wish);
		n->due_us = now.us;
		old = find_before(n, count_before);
		if (old) {
			n->renewal = old->renewal;
			n->due_us = old->is_running ? now.us : old->due_us;
		}
		n->edition = ++o.edition;
		o.count++;
	}
}

static enum err read_settings(const struct conf_blob *blob, struct now now)
{
	const struct dns_options *options = conf_blob_get(blob, &dns_names_block, NULL);
	const struct child_facts *facts = child_facts(o.child);
	enum err err;

	if (!options)
		return ERR_SYNTAX;
	o.limits = (struct resolve_limits){ options->least_s, options->most_s };
	err = options->server_count > 0
	            ? dns_asker_servers(o.asker, options->servers, options->server_count)
	            : dns_asker_servers(o.asker, facts->servers, facts->server_count);
	if (err == ERR_NOT_FOUND) {
		log_write(LEVEL_WARNING, "names",
		          "/etc/resolv.conf names no server: names of peers stay unresolved; "
		          "write names { server ADDRESS }");
		err = ERR_NONE;
	}
	if (err == ERR_NONE) {
		read_names(blob, now);
		outreach_acme_settings(blob, now);
	}
	return err;
}

static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	(void)context;
	return read_settings(&blob, now);
}

/* ---- lookups ---- */

static uint32_t number_of(const struct name *n)
{
	return (uint32_t)(n - o.names) | n->edition << 8;
}

/* Notes alone: what follows is advance's business, for c-ares is in the middle of its own. */
static void answered(void *context, uint32_t number, const struct resolve_answer *answer)
{
	struct name *n = &o.names[number % MAX_PEERS];

	(void)context;
	if (number == OUTREACH_ACME_QUESTION) {
		outreach_acme_resolved(answer);
		return;
	}
	/* The question of a name that is not there any more. */
	if (!n->is_open || number_of(n) != number)
		return;
	n->is_open = false;
	resolve_take(&n->lookup, answer);
}

static void end_lookup(struct name *n, struct now now)
{
	uint32_t drawn;

	random_fill(&drawn, sizeof(drawn));
	resolve_finish(&n->lookup, &n->outcome);
	n->is_running = false;
	o.running--;
	n->due_us = now.us + (uint64_t)resolve_renew(&n->renewal, &o.limits, &n->outcome, drawn) *
	                             MILLISECOND_US;
	n->is_untold = true;
}

static void go_on(struct name *n, struct now now)
{
	struct resolve_question q;

	if (!n->is_running && now.us >= n->due_us && o.running < MAX_RUNNING) {
		resolve_begin(&n->lookup, &n->wish);
		n->is_running = true;
		o.running++;
	}
	while (n->is_running && !n->is_open && now.us >= n->ask_us) {
		if (!resolve_next(&n->lookup, &q)) {
			end_lookup(n, now);
			return;
		}
		n->is_open = true;
		if (dns_ask(o.asker, &q, number_of(n)) != ERR_NONE) {
			n->is_open = false;
			n->ask_us = now.us + ASK_AGAIN_US;
			return;
		}
	}
}

static void tell(struct name *n)
{
	static struct ask question;
	struct resolved_row *row = &question.body.resolved;

	memset(row, 0, sizeof(*row));
	question.head = (struct ask_head){ .kind = ASK_RESOLVED, .size = sizeof(*row) };
	(void)VIEW_COPY(view_of(n->peer), row->peer);
	(void)VIEW_COPY(view_of(n->wish.host), row->host);
	row->state = n->renewal.state;
	row->life_s = n->renewal.life_s;
	if (n->outcome.result == RESOLVE_ANSWERED) {
		row->count = n->outcome.count;
		memcpy(row->targets, n->outcome.targets, sizeof(row->targets));
	}
	n->is_untold = child_ask(o.child, &question, NULL) == ERR_AGAIN;
}

static void advance(void *context, struct now now)
{
	(void)context;
	dns_advance(o.asker);
	for (uint32_t i = 0; i < o.count; i++) {
		go_on(&o.names[i], now);
		if (o.names[i].is_untold)
			tell(&o.names[i]);
	}
	outreach_acme_advance(now);
}

static void asked(void *context, const struct ask *question, struct now now)
{
	(void)context;
	outreach_acme_asked(question, now);
}

static void told(void *context, const struct ask *row, struct now now)
{
	(void)context;
	outreach_acme_answered(row, now);
}

static uint64_t wait_us(void *context, struct now now)
{
	uint64_t least = dns_wait_us(o.asker), acme_us = outreach_acme_wait_us(now);

	(void)context;
	least = acme_us < least ? acme_us : least;
	for (uint32_t i = 0; i < o.count; i++) {
		const struct name *n = &o.names[i];
		uint64_t us = now_since(n->due_us, now.us);

		if (n->is_running)
			us = n->is_open ? UINT64_MAX : now_since(n->ask_us, now.us);
		else if (us == 0 && o.running >= MAX_RUNNING)
			us = UINT64_MAX;
		if (n->is_untold && us > TELL_AGAIN_US)
			us = TELL_AGAIN_US;
		least = us < least ? us : least;
	}
	return least;
}

/* What is too long for a datagram comes over TCP. */
static void allow_ports(const struct dns_options *options)
{
	child_allow_port(o.child, DNS_PORT);
	for (uint8_t i = 0; i < options->server_count; i++)
		child_allow_port(o.child, options->servers[i].port);
}

int main(void)
{
	const struct child_hooks hooks = { .asked = asked,
		                           .answered = told,
		                           .settings = settings,
		                           .wait_us = wait_us,
		                           .advance = advance };
	struct conf_blob blob;
	enum err err;

	o.child = child_begin(ROLE_OUTREACH);
	err = dns_asker_new(
		&(struct dns_asker_ports){ .loop = child_loop(o.child), .answered = answered },
		&o.asker);
	blob = child_settings(o.child);
	if (err == ERR_NONE)
		outreach_acme_begin(o.child, o.asker);
	if (err == ERR_NONE)
		err = read_settings(&blob, (struct now){ 0 });
	if (err != ERR_NONE)
		child_fail("start", err);
	allow_ports(conf_blob_get(&blob, &dns_names_block, NULL));
	child_enter(o.child);
	return child_run(o.child, &hooks);
}
