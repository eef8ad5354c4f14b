/* SPDX-License-Identifier: Apache-2.0 */
/* An end as one: what comes is handed to its parts, what is due is done. */
#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_USER = 200, FIRST_DESK = 500, FIRST_PHONE_HOST = 20, FIRST_DESK_HOST = 30 };

void agent_init(struct agent *a, struct world *w, unsigned number)
{
	bool is_inside = number >= SIM_PHONES;
	unsigned place = is_inside ? number - SIM_PHONES : number;
	char text[64];

	memset(a, 0, sizeof(*a));
	a->world = w;
	a->number = number;
	a->is_inside = is_inside;
	(void)snprintf(a->user, sizeof(a->user), "%u",
	               (is_inside ? FIRST_DESK : FIRST_USER) + place);
	if (is_inside) {
		(void)snprintf(a->host, sizeof(a->host), "10.0.0.%u", FIRST_DESK_HOST + place);
		(void)snprintf(text, sizeof(text), "%s:5060", a->host);
		a->standing = AGENT_REGISTERED;
		a->hop = w->pbx.at;
	} else {
		(void)snprintf(a->host, sizeof(a->host), "192.168.1.%u", FIRST_PHONE_HOST + place);
		(void)snprintf(text, sizeof(text), "203.0.113.%u:%u", FIRST_PHONE_HOST + place / 2,
		               40000 + place);
		a->hop = world_border(0);
	}
	a->at = a->audio_at = world_address(text);
	a->audio_at.port = (uint16_t)(is_inside ? 12000 : 42000 + 2 * place);
	a->register_due_us =
		is_inside ? UINT64_MAX : w->now.us + chance_below(&w->chance, 6000) * 1000ULL;
	a->due_us = a->register_due_us;
}

static void plan_next(struct agent *a)
{
	a->due_us = agent_transactions_due_us(a);
	if (a->register_due_us < a->due_us)
		a->due_us = a->register_due_us;
	for (unsigned i = 0; i < AGENT_DIALOGS; i++) {
		const struct dialog *d = &a->dialogs[i];

		if (d->state != DIALOG_NONE && d->plan != PLAN_NONE && d->due_us < a->due_us)
			a->due_us = d->due_us;
	}
}

void agent_receive(struct agent *a, const struct packet *p)
{
	char method[16];
	struct client *c;

	if (text_status(p->text) == 0) {
		text_method(p->text, method, sizeof(method));
		agent_call_request(a, p->text, method);
	} else {
		c = agent_client(a, p->text);
		if (c && c->dialog < 0)
			agent_register_response(a, c, p->text);
		else if (c)
			agent_call_response(a, c, p->text);
	}
	plan_next(a);
}

void agent_advance(struct agent *a)
{
	uint64_t now_us = a->world->now.us;

	agent_repeat(a);
	if (now_us >= a->register_due_us)
		agent_register(a);
	for (unsigned i = 0; i < AGENT_DIALOGS; i++) {
		struct dialog *d = &a->dialogs[i];

		if (d->state != DIALOG_NONE && d->plan != PLAN_NONE && now_us >= d->due_us)
			agent_call_advance(a, d);
	}
	plan_next(a);
}

bool agent_is_free(const struct agent *a)
{
	if (a->standing != AGENT_REGISTERED)
		return false;
	for (unsigned i = 0; i < AGENT_DIALOGS; i++)
		if (a->dialogs[i].state != DIALOG_NONE)
			return false;
	return true;
}

bool agent_has_dialogs(const struct agent *a)
{
	for (unsigned i = 0; i < AGENT_DIALOGS; i++)
		if (a->dialogs[i].state != DIALOG_NONE)
			return true;
	return false;
}

void agent_leave(struct agent *a)
{
	if (a->is_inside || a->standing == AGENT_AWAY) {
		a->standing = AGENT_GONE;
		a->register_due_us = UINT64_MAX;
		return;
	}
	a->standing = AGENT_LEAVING;
	/* One at a time (RFC 3261 10.2): what it still asks is given up. */
	for (unsigned i = 0; i < AGENT_CLIENTS; i++)
		if (a->clients[i].is_used && a->clients[i].dialog < 0)
			a->clients[i].is_used = false;
	a->register_due_us =
		a->world->now.us + chance_below(&a->world->chance, 3000) * MILLISECOND_US;
	plan_next(a);
}
