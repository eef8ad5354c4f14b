/* SPDX-License-Identifier: Apache-2.0 */
/* Who is registered, until the term runs out. */
#include "watch/watch_priv.h"

#include "sip/contact.h"
#include "sip/number.h"

#include <string.h>

enum { GRACE_S = 32 }; /* a refresh may come a little late */

static void report(struct watch *w, struct watch_registration *reg, bool is_registered)
{
	reg->report.is_registered = is_registered;
	if (w->ports.phone)
		w->ports.phone(w->ports.context, &reg->report);
}

void watch_registration_forget(void *watch, void *row)
{
	struct watch_registration *reg = row;
	struct watch *w = watch;

	wheel_cancel(&w->wheel, &reg->timer);
	report(w, reg, true);
}

static void end(struct watch *w, struct watch_registration *reg)
{
	struct fact fact = reg->fact;

	wheel_cancel(&w->wheel, &reg->timer);
	fact.kind = FACT_UNREGISTERED;
	fact.now_us = w->now.us;
	fact.wall_us = w->now.wall_us;
	watch_say(w, &fact);
	watch_make_stranger(w, &fact.flow, reg->account);
	report(w, reg, false);
	watch_table_drop(&w->registrations, reg);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct watch_registration *reg = HOLDER(timer, struct watch_registration, timer);

	(void)now_us;
	end(reg->watch, reg);
}

static uint64_t key_of(const struct watch *w, const struct watch_transaction *t)
{
	return watch_join(w, t->account, watch_hash_host(w, &t->fact.flow.remote));
}

static void fill(struct watch *w, const struct watch_transaction *t, struct watch_registration *reg,
                 bool is_new)
{
	struct watch_phone *phone = &reg->report;

	if (is_new) {
		reg->watch = w;
		timer_init(&reg->timer, fire);
		phone->first_wall_us = w->now.wall_us;
		memcpy(phone->account, t->fact.account, sizeof(t->fact.account));
	}
	reg->fact = t->fact;
	reg->account = t->account;
	phone->address = t->fact.flow.remote;
	phone->server = t->fact.flow.local;
	phone->last_wall_us = w->now.wall_us;
	phone->expires_s = t->expires_s;
	phone->refreshes++;
	if (t->contact[0] != '\0')
		memcpy(phone->contact, t->contact, sizeof(phone->contact));
	if (t->agent[0] != '\0')
		memcpy(phone->agent, t->agent, sizeof(phone->agent));
}

void watch_registration_granted(struct watch *w, const struct watch_transaction *t, bool is_open)
{
	uint64_t key = key_of(w, t);
	struct watch_registration *reg;
	struct fact fact;
	bool is_new;

	if (t->expires_s == 0) {
		reg = watch_table_find(&w->registrations, key);
		if (reg)
			end(w, reg);
		return;
	}
	reg = watch_table_touch(&w->registrations, key, &is_new);
	fill(w, t, reg, is_new);
	if (is_new)
		reg->report.is_open = is_open;
	wheel_set(&w->wheel, &reg->timer,
	          w->now.us + ((uint64_t)t->expires_s + GRACE_S) * SECOND_US);
	fact = t->fact;
	fact.kind = FACT_REGISTERED;
	fact.outcome = OUTCOME_SUCCEEDED;
	watch_say(w, &fact);
}

/* The response lists all Contacts of the account: of several, ours counts. */
uint32_t watch_registration_term_s(const struct watch *w, const struct sip_msg *response,
                                   const struct watch_transaction *t)
{
	struct sip_contact contacts[MAX_SIP_CONTACTS] __attribute__((uninitialized));
	uint32_t expires_s = t->expires_s;
	char uri[WATCH_TEXT_SIZE];
	size_t count = 0;

	if (t->expires_s == 0)
		return 0;
	watch_table_expect(&w->registrations, key_of(w, t));
	(void)sip_seconds_of(response, SIP_HEADER_EXPIRES, &expires_s);
	if (sip_contacts_read(response, contacts, MAX_SIP_CONTACTS, &count) != ERR_NONE)
		return expires_s;
	for (size_t i = 0; i < count; i++) {
		if (contacts[i].is_star || !contacts[i].has_expires)
			continue;
		WATCH_TEXT(contacts[i].address.uri.text, uri);
		if (count == 1 || strcmp(uri, t->contact) == 0)
			return contacts[i].expires_s;
	}
	return expires_s;
}
