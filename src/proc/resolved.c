/* SPDX-License-Identifier: Apache-2.0 */
/* What names came to: outreach says it, the parent checks it against the configuration and keeps
 * the last good answer for as long as it lives, whoever dies. Those who need it get the whole
 * table in sealed memory. */
#include "proc/resolved.h"

#include "border/options.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "proc/around.h"
#include "proc/shelf.h"
#include "proc/table.h"

#include <string.h>

static struct ask row;

static const struct border_peer *peer_named(const struct conf_tree *t, const struct resolved_row *r)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);

	for (size_t i = 0; r && i < count; i++)
		if (peers[i].host[0] && view_equal(view_of(peers[i].name), view_of(r->peer)) &&
		    view_equal_nocase(view_of(peers[i].host), view_of(r->host)))
			return &peers[i];
	return NULL;
}

static bool is_ours(const struct child_facts *f, const struct addr *a)
{
	for (uint16_t i = 0; i < f->listener_count; i++)
		if (addr_equal(&f->listeners[i], a))
			return true;
	return false;
}

/* A server that sends our requests back to ourselves would have us call in a circle. */
static void drop_own(const struct child_facts *f, struct resolved_row *r)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < r->count; i++)
		if (!is_ours(f, &r->targets[i].to))
			r->targets[kept++] = r->targets[i];
	r->count = kept;
}

static bool is_alike(const struct resolved_row *a, const struct resolved_row *b)
{
	return a->count == b->count && a->state == b->state &&
	       memcmp(a->targets, b->targets, sizeof(a->targets)) == 0;
}

/* ---- handing out ---- */

/* All who do that work. */
static void ask_each(struct parent *p, enum role kind)
{
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (role_kind((enum role)role) == kind &&
		    holdings_have(&p->holdings, (enum role)role))
			(void)!relay_ask(p, (enum role)role, &row, p->holdings.resolved, NULL);
}

void resolved_hand_to(struct parent *p, enum role role)
{
	static const struct {
		enum role role;
		enum ask_kind kind;
	} readers[] = {
		{ ROLE_SIGNAL, ASK_RESOLVED_SIGNAL },
		{ ROLE_JUDGE, ASK_RESOLVED_JUDGE },
		{ ROLE_KERNEL, ASK_RESOLVED_KERNEL },
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if ((role != ROLE_PARENT && role_kind(role) != readers[i].role) ||
		    p->holdings.resolved < 0)
			continue;
		memset(&row.head, 0, sizeof(row.head));
		row.head.kind = (uint16_t)readers[i].kind;
		/* Who does not run now is given the table at its start. */
		if (role != ROLE_PARENT)
			(void)!relay_ask(p, role, &row, p->holdings.resolved, NULL);
		else
			ask_each(p, readers[i].role);
	}
}

static void hand_out(struct parent *p)
{
	struct resolved_table *t = &p->resolved;
	int fd;
	enum err err = shared_create_sealed("resolved",
	                                    view_bytes(t, offsetof(struct resolved_table, rows) +
	                                                          t->count * sizeof(t->rows[0])),
	                                    &fd);

	if (err != ERR_NONE) {
		log_write(LEVEL_ERROR, "names", "cannot be handed on: %s", err_text(err));
		return;
	}
	socket_close(&p->holdings.resolved);
	p->holdings.resolved = fd;
	shelf_names(p);
	resolved_hand_to(p, ROLE_PARENT);
}

/* ---- taking ---- */

static void say(const struct resolved_row *was, const struct resolved_row *now)
{
	char text[ADDR_TEXT_MAX], list[MAX_RESOLVED_TARGETS * (ADDR_TEXT_MAX + 5)];
	struct buffer b = buffer_on(list, sizeof(list) - 1);

	for (uint8_t i = 0; i < now->count; i++) {
		buffer_text(&b, i ? ", " : "");
		buffer_text(&b,
		            flow_transport_word((enum transport_kind)now->targets[i].transport));
		buffer_char(&b, ' ');
		buffer_text(&b, addr_text(&now->targets[i].to, text));
	}
	list[b.len] = 0;
	if (now->state == RESOLVED_GOOD)
		log_write(LEVEL_NOTICE, "name", "%s of peer %s is %s", now->host, now->peer, list);
	else if (now->state != was->state)
		log_write(LEVEL_WARNING, "name", "%s of peer %s: %s; %s%s", now->host, now->peer,
		          now->state == RESOLVED_GONE ? "DNS says that there is no such name"
		                                      : "no name server answers",
		          now->count ? "goes on as " : "it cannot be reached", list);
}

static struct resolved_row *place_for(struct resolved_table *t, const struct resolved_row *r)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (view_equal(view_of(t->rows[i].peer), view_of(r->peer)))
			return &t->rows[i];
	if (t->count == MAX_RESOLVED_ROWS)
		return NULL;
	memset(&t->rows[t->count], 0, sizeof(t->rows[0]));
	return &t->rows[t->count++];
}

static void put(struct parent *p, struct resolved_row *fresh)
{
	struct resolved_row *place = place_for(&p->resolved, fresh);
	struct resolved_row was;

	if (!place)
		return;
	was = *place;
	if (!view_equal_nocase(view_of(was.host), view_of(fresh->host)))
		memset(&was, 0, sizeof(was));
	if (fresh->state == RESOLVED_GOOD) {
		fresh->learnt_wall_us = clock_now().wall_us;
	} else {
		/* The last good answer goes on being used. */
		memcpy(fresh->targets, was.targets, sizeof(fresh->targets));
		fresh->count = was.count;
		fresh->life_s = was.life_s;
		fresh->learnt_wall_us = was.learnt_wall_us;
	}
	*place = *fresh;
	if (!is_alike(&was, fresh) || was.host[0] == '\0') {
		say(&was, fresh);
		hand_out(p);
	}
}

void resolved_answer(struct parent *p, const struct ask *question)
{
	struct resolved_row fresh = question->body.resolved;
	struct ask_head head = question->head;
	enum err err =
		head.size == sizeof(fresh) && resolved_is_sound(&fresh) ? ERR_NONE : ERR_SYNTAX;

	if (err == ERR_NONE && !peer_named(p->settings, &fresh))
		err = ERR_NOT_FOUND;
	if (err == ERR_NONE) {
		drop_own(&p->holdings.facts, &fresh);
		if (fresh.state == RESOLVED_GOOD && fresh.count == 0)
			fresh.state = RESOLVED_GONE;
		put(p, &fresh);
	}
	memset(&row.head, 0, sizeof(row.head));
	row.head.result = (uint8_t)err;
	row.head.is_last = 1;
	relay_answer(p, (enum role)head.from, &head, &row);
}

/* ---- settings ---- */

static bool has_names(const struct conf_tree *t)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);

	for (size_t i = 0; i < count; i++)
		if (peers[i].host[0])
			return true;
	return false;
}

void resolved_resume(struct parent *p)
{
	if (p->holdings.resolved >= 0 && table_read(p->holdings.resolved, &p->resolved) != ERR_NONE)
		socket_close(&p->holdings.resolved);
}

void resolved_apply(struct parent *p)
{
	struct resolved_table *t = &p->resolved;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->count; i++)
		if (peer_named(p->settings, &t->rows[i]))
			t->rows[kept++] = t->rows[i];
	if (kept != t->count) {
		t->count = kept;
		hand_out(p);
	}
	if (!p->holdings.interface && (has_names(p->settings) || acme_is_used(p->settings))) {
		around_servers(&p->holdings.facts);
		p->holdings.roles |= 1U << ROLE_OUTREACH;
	}
}

bool resolved_holds(const struct parent *p, const struct border_peer *peer, const struct addr *to,
                    uint8_t transport)
{
	const struct resolved_row *r =
		resolved_find(&p->resolved, view_of(peer->name), view_of(peer->host));

	for (uint8_t i = 0; r && i < r->count; i++)
		if (r->targets[i].transport == transport && addr_equal(&r->targets[i].to, to))
			return true;
	return false;
}

bool resolved_holds_host(const struct parent *p, const struct border_peer *peer,
                         const struct addr *host)
{
	const struct resolved_row *r =
		resolved_find(&p->resolved, view_of(peer->name), view_of(peer->host));

	for (uint8_t i = 0; r && i < r->count; i++)
		if (addr_same_host(&r->targets[i].to, host))
			return true;
	return false;
}
