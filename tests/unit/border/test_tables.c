/* SPDX-License-Identifier: Apache-2.0 */
/* Known flows and registrations: full tables, last holders, moves and ends. */
#include "border/registration.h"
#include "runner/test.h"
#include "unit/border/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { "tables" };

static enum err fill_known(struct known_table *t)
{
	struct known_flow *held[4], *again, *beyond;
	bool has_host;
	struct flow flows[5];

	for (unsigned i = 0; i < 5; i++)
		flows[i] = wire_outside(i < 2 ? 1 : i, (uint16_t)(5000 + i));
	for (unsigned i = 0; i < 4; i++)
		TRY(known_hold(t, &flows[i], &held[i]));
	CHECK(known_hold(t, &flows[4], &beyond) == ERR_FULL);
	TRY(known_hold(t, &flows[0], &again));
	CHECK(again == held[0]);
	known_release(t, &again);
	CHECK(known_find(t, &flows[0]) == held[0]);
	known_release(t, &held[0]);
	CHECK(held[0] == NULL && known_find(t, &flows[0]) == NULL);
	CHECK(known_has_host(t, &flows[1].remote));
	CHECK(known_find_with_host(t, &flows[1], &has_host) == held[1] && has_host);
	CHECK(known_find_with_host(t, &flows[0], &has_host) == NULL && has_host);
	known_release(t, &held[1]);
	CHECK(!known_has_host(t, &flows[1].remote));
	CHECK(known_find_with_host(t, &flows[1], &has_host) == NULL && !has_host);
	TRY(known_hold(t, &flows[4], &beyond));
	return ERR_NONE;
}

TEST(known_full, "a known flow stays until its last holder lets go, and a full table says so")
{
	struct known_table t;
	enum err err;

	TRY(known_table_init(&t, 4, &key));
	err = fill_known(&t);
	known_table_clear(&t);
	return err;
}

struct bench {
	struct registrations registrations;
	struct known_table known;
	struct checkpoint checkpoint;
	struct wheel wheel;
	void *memory;
	unsigned ended;
};

enum { PLACES = 4 };

static void note_ended(void *context, const struct registration_facts *facts)
{
	(void)facts;
	((struct bench *)context)->ended++;
}

static enum err set_up(struct bench *k)
{
	const uint32_t slots[CHECKPOINT_KINDS] = { PLACES, 1 };
	enum err err;

	memset(k, 0, sizeof(*k));
	wheel_init(&k->wheel, 0);
	k->memory = calloc(1, checkpoint_size(slots[0], slots[1]));
	if (!k->memory)
		return ERR_NO_MEMORY;
	TRY(checkpoint_init(&k->checkpoint, k->memory, slots, &key));
	k->registrations = (struct registrations){ .wheel = &k->wheel,
		                                   .known = &k->known,
		                                   .checkpoint = &k->checkpoint,
		                                   .ended = note_ended,
		                                   .context = k };
	err = known_table_init(&k->known, 8, &key);
	if (err == ERR_NONE)
		err = registrations_init(&k->registrations, PLACES, &key);
	return err;
}

static void tear_down(struct bench *k)
{
	registrations_clear(&k->registrations);
	known_table_clear(&k->known);
	checkpoint_clear(&k->checkpoint);
	free(k->memory);
}

static struct registration_facts facts_of(unsigned number, uint16_t port)
{
	struct registration_facts f = { .flow = wire_outside(number, port),
		                        .cseq = 5,
		                        .call_id_hash = number,
		                        .expires_us = 60 * (uint64_t)SECOND_US };

	snprintf(f.token, sizeof(f.token), "token%u", number);
	snprintf(f.account, sizeof(f.account), "%u@sip.example", number);
	snprintf(f.contact, sizeof(f.contact), "sip:%u@192.168.1.10", number);
	return f;
}

static enum err live(struct bench *k)
{
	struct now now = { 0, 0 };
	struct registration *r;
	struct registration_facts f;

	for (unsigned i = 0; i < PLACES; i++) {
		f = facts_of(i, 5060);
		TRY(registration_put(&k->registrations, &f, now, &r));
	}
	f = facts_of(99, 5060);
	CHECK(registration_put(&k->registrations, &f, now, &r) == ERR_FULL);

	f = facts_of(1, 6000);
	TRY(registration_put(&k->registrations, &f, now, &r));
	CHECK(k->ended == 1); /* where it was */
	TRY(registration_put(&k->registrations, &f, now, &r));
	f = facts_of(1, 5060);
	CHECK(registration_on_flow(&k->registrations, &f.flow) == NULL);
	CHECK(known_find(&k->known, &f.flow) == NULL);
	CHECK(registration_is_at(&k->registrations, VIEW("1@sip.example"), &f.flow.remote));
	CHECK(!registration_is_at(&k->registrations, VIEW("2@sip.example"), &f.flow.remote));
	f = facts_of(1, 6000);
	CHECK(registration_is_continued(&k->registrations, &f.flow, 1, 6));
	CHECK(!registration_is_continued(&k->registrations, &f.flow, 1, 5));
	CHECK(!registration_is_continued(&k->registrations, &f.flow, 2, 6));

	wheel_advance(&k->wheel, 59 * (uint64_t)SECOND_US);
	CHECK(k->ended == 1);
	wheel_advance(&k->wheel, 61 * (uint64_t)SECOND_US);
	CHECK(k->ended == PLACES + 1);
	CHECK(registration_by_token(&k->registrations, VIEW("token1")) == NULL);
	CHECK(!known_has_host(&k->known, &f.flow.remote));
	return ERR_NONE;
}

TEST(registrations,
     "registrations fill their table, move with their phone, and end with their time")
{
	struct bench k;
	enum err err = set_up(&k);

	if (err == ERR_NONE)
		err = live(&k);
	tear_down(&k);
	return err;
}

static enum err restored(struct bench *k)
{
	struct registrations successor = { .wheel = &k->wheel, .checkpoint = &k->checkpoint };
	struct now now = { 0, 0 }, later = { 30 * (uint64_t)SECOND_US, 7 };
	struct registration *r, *gone;
	struct registration_facts f;
	struct known_table known;
	enum err err;

	for (unsigned i = 0; i < PLACES; i++) {
		f = facts_of(i, 5060);
		f.expires_us = (i == 2 ? 10 : 60) * (uint64_t)SECOND_US;
		TRY(registration_put(&k->registrations, &f, now, &r));
	}
	gone = registration_by_token(&k->registrations, VIEW("token0"));
	registration_end(&k->registrations, &gone);
	CHECK(!gone && k->ended == 1);

	TRY(known_table_init(&known, 8, &key));
	successor.known = &known;
	err = registrations_init(&successor, PLACES, &key);
	unsigned count = err == ERR_NONE ? registrations_restore(&successor, later) : 0;
	bool is_there = err == ERR_NONE && registration_by_token(&successor, VIEW("token1")) &&
	                registration_by_token(&successor, VIEW("token3"));
	registrations_clear(&successor);
	known_table_clear(&known);
	TRY(err);
	CHECK(count == 2);
	CHECK(is_there);
	return ERR_NONE;
}

TEST(restored,
     "a successor takes back what is alive, neither what ended nor what expired meanwhile")
{
	struct bench k;
	enum err err = set_up(&k);

	if (err == ERR_NONE)
		err = restored(&k);
	tear_down(&k);
	return err;
}
