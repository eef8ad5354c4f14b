/* SPDX-License-Identifier: Apache-2.0 */
/* Early dialogs beside the one that speaks. */
#include "border/fork_priv.h"
#include "border/leg_priv.h"

#include <string.h>

enum { FORK_RESERVE = 8, FORK_PART = 4 };

struct fork {
	struct map_node by_serial;
	uint64_t serial; /* of the tag that who asked knows it by */
	struct call *call;
	struct fork *next;
	struct ua_dialog dialogs[CALL_LEGS];
	struct early early;
	struct fork_answer answer;
};

enum err forks_new(struct calls *c, uint32_t calls, const struct hash_key *key)
{
	uint32_t count = calls / FORK_PART + FORK_RESERVE;
	enum err err = pool_new(sizeof(struct fork), count, &c->forks);

	return err == ERR_NONE ? map_init(&c->by_fork, count, key) : err;
}

void forks_free(struct calls *c)
{
	map_clear(&c->by_fork);
	pool_free(&c->forks);
}

static void enter(struct map *m, struct map_node *node, const uint64_t *serial)
{
	map_insert(m, node, map_hash(m, serial, sizeof(*serial)));
}

/* What is in the legs and what is parked change places. */
static void change(struct call *call, struct fork *f)
{
	struct calls *c = call->border->calls;
	struct leg *caller = &call->legs[LEG_CALLER];
	struct fork was = *f;

	map_remove(&c->by_serial, &caller->by_serial);
	map_remove(&c->by_fork, &f->by_serial);
	f->serial = caller->serial;
	f->early = call->facts->early;
	f->answer = call->facts->answer;
	caller->serial = leg_of(call, LEG_CALLER)->serial = was.serial;
	call->facts->early = was.early;
	call->facts->answer = was.answer;
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		f->dialogs[i] = leg_of(call, i)->dialog;
		leg_of(call, i)->dialog = was.dialogs[i];
	}
	enter(&c->by_serial, &caller->by_serial, &caller->serial);
	enter(&c->by_fork, &f->by_serial, &f->serial);
}

/* As a dialog is before anybody answered. */
static void clear(struct call *call, struct fork *f)
{
	struct border *b = call->border;
	const struct turn *invite = turn_at(b, call->invite);
	struct ua_dialog *asker = &f->dialogs[LEG_CALLER], *rung = &f->dialogs[LEG_CALLEE];
	struct leg_facts named = { 0 };
	char tag[UA_NAME_LEN + 1];

	leg_name(b, &named);
	f->serial = named.serial;
	leg_write_name(b, &named, UA_NAME_TAG, tag);
	*asker = leg_of(call, LEG_CALLER)->dialog;
	(void)VIEW_COPY(view_of(tag), asker->local_tag);
	asker->local_cseq = 0;
	asker->remote_cseq = call->facts->early.came_cseq;
	*rung = leg_of(call, LEG_CALLEE)->dialog;
	rung->state = UA_DIALOG_NONE;
	rung->remote_tag[0] = rung->routes[0] = 0;
	rung->local_cseq = invite ? invite->sent_cseq : rung->local_cseq;
	rung->has_remote_cseq = false;
	rung->remote_cseq = 0;
	/* Who died may have known this one, and asked it. */
	if (call->is_restored) {
		ua_dialog_skip(asker);
		ua_dialog_skip(rung);
	}
	f->early = (struct early){ .came_cseq = call->facts->early.came_cseq,
		                   .asked_by = call->facts->early.asked_by };
}

static struct fork *add(struct call *call)
{
	struct calls *c = call->border->calls;
	unsigned count = 0;
	struct fork *f;

	for (f = call->forks; f; f = f->next)
		count++;
	f = count < MAX_CALL_FORKS ? pool_take(c->forks) : NULL;
	if (!f)
		return NULL;
	f->call = call;
	clear(call, f);
	f->next = call->forks;
	call->forks = f;
	enter(&c->by_fork, &f->by_serial, &f->serial);
	return f;
}

bool fork_speaks(struct call *call, struct view tag)
{
	const struct ua_dialog *now = &leg_of(call, LEG_CALLEE)->dialog;
	struct fork *f;

	if (view_is_empty(tag) || now->state == UA_DIALOG_NONE ||
	    view_equal(view_of(now->remote_tag), tag))
		return true;
	for (f = call->forks; f; f = f->next) {
		if (view_equal(view_of(f->dialogs[LEG_CALLEE].remote_tag), tag))
			break;
	}
	if (!f)
		f = add(call);
	if (f)
		change(call, f);
	return f != NULL;
}

static bool has_serial(const struct map_node *node, const void *wanted)
{
	return HOLDER(node, struct fork, by_serial)->serial == *(const uint64_t *)wanted;
}

struct call *fork_by_tag(struct border *b, struct view tag, const struct sip_msg *request)
{
	const struct map *m = &b->calls->by_fork;
	struct map_node *node;
	struct ua_name name;
	struct fork *f;
	struct call *call;

	if (ua_name_read(tag, &b->namer, UA_NAME_TAG, &name) != ERR_NONE)
		return NULL;
	node = map_find(m, map_hash(m, &name.serial, sizeof(name.serial)), has_serial,
	                &name.serial);
	f = node ? HOLDER(node, struct fork, by_serial) : NULL;
	if (!f || !ua_dialog_matches(&f->dialogs[LEG_CALLER], request))
		return NULL;
	call = f->call;
	call_wake(call);
	change(call, f);
	return call;
}

/* Local and remote tag as the other end writes them: of an answer they are the other way round. */
static bool is_named(const struct ua_dialog *d, const struct sip_msg *msg)
{
	struct sip_name_addr from, to;

	if (msg->is_request)
		return ua_dialog_matches(d, msg);
	return sip_parts_address(msg, SIP_HEADER_FROM, &from) == ERR_NONE &&
	       sip_parts_address(msg, SIP_HEADER_TO, &to) == ERR_NONE &&
	       view_equal(from.tag, view_of(d->local_tag)) &&
	       view_equal(to.tag, view_of(d->remote_tag));
}

void fork_heard(struct call *call, unsigned leg, const struct sip_msg *msg)
{
	if (!call->forks || is_named(&leg_of(call, leg)->dialog, msg))
		return;
	for (struct fork *f = call->forks; f; f = f->next) {
		if (is_named(&f->dialogs[leg], msg)) {
			change(call, f);
			return;
		}
	}
}

void forks_forget(struct call *call)
{
	struct calls *c = call->border->calls;

	while (call->forks) {
		struct fork *f = call->forks;

		call->forks = f->next;
		map_remove(&c->by_fork, &f->by_serial);
		pool_give(c->forks, f);
	}
}

bool fork_keep_answer(struct call *call, struct view description)
{
	if (description.len > sizeof(call->facts->answer.text))
		return false;
	memcpy(call->facts->answer.text, description.at, description.len);
	call->facts->answer.len = (uint16_t)description.len;
	return true;
}

struct view fork_kept_answer(const struct call *call)
{
	return view_bytes(call->facts->answer.text, call->facts->answer.len);
}
