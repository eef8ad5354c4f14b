/* SPDX-License-Identifier: Apache-2.0 */
/* Who lives where, and whose turn it is: a heap of devices by time. */
#include "judge/estate.h"

#include "judge/person.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t day_us = 86400 * UINT64_C(1000000);

struct town {
	struct person *people;
	struct person **heap;
	uint32_t count, room, estates;
};

/* Kinds of places: how many live behind one address, and with which habits. */
static const struct {
	uint32_t low, high;    /* devices */
	enum habit habit, odd; /* most of them; every thirtieth or so */
	bool shares_address;
} places[] = {
	{ 20, 120, HABIT_DESK, HABIT_OLD_WORD, true },       /* office */
	{ 5, 30, HABIT_DESK, HABIT_WRONG_USER, true },       /* small office */
	{ 50, 200, HABIT_SEAT, HABIT_SEAT, true },           /* call centre */
	{ 100, 400, HABIT_SOFTPHONE, HABIT_OLD_WORD, true }, /* carrier's NAT */
	{ 10, 60, HABIT_ROAMER, HABIT_SOFTPHONE, false },    /* people on the road */
	{ 1, 4, HABIT_TRUNK, HABIT_TRUNK, false },           /* small PBXs */
	{ 1, 2, HABIT_MONITOR, HABIT_MONITOR, false },       /* monitoring */
};

static struct addr ipv4(uint8_t a, uint32_t rest, uint16_t port)
{
	return (struct addr){ .bytes = { [10] = 0xff,
		                         [11] = 0xff,
		                         a,
		                         (uint8_t)(rest >> 16),
		                         (uint8_t)(rest >> 8),
		                         (uint8_t)rest },
		              .family = 4,
		              .port = port };
}

static void sift(struct town *t, uint32_t at)
{
	for (;;) {
		uint32_t least = at, left = 2 * at + 1;

		for (uint32_t i = left; i < left + 2 && i < t->count; i++)
			least = t->heap[i]->at_us < t->heap[least]->at_us ? i : least;
		if (least == at)
			return;
		struct person *moved = t->heap[at];

		t->heap[at] = t->heap[least];
		t->heap[least] = moved;
		at = least;
	}
}

/* A provider serves many estates from a few servers. */
static struct addr server_of(uint32_t estate) { return ipv4(198, 0x336400U + estate % 16, 5060); }

static void settle(struct town *t, struct stage *s, uint32_t place)
{
	struct chance *c = &s->chance;
	uint32_t devices = (uint32_t)chance_between(c, places[place].low, places[place].high);
	uint32_t estate = t->estates++;
	uint64_t storm_us = s->now.us + chance_between(c, day_us / 2, 7 * day_us);

	for (uint32_t i = 0; i < devices && t->count < t->room; i++) {
		struct person *p = &t->people[t->count];
		uint32_t host =
			places[place].shares_address ? estate << 8 | 7 : estate << 8 | (i * 4 + 3);
		struct parties parties = { ipv4(100, host + (i / 60 << 16), (uint16_t)(10000 + i)),
			                   server_of(estate), false };

		if (places[place].shares_address)
			parties.client = ipv4(100, host, (uint16_t)(10000 + i));
		p->user = 1000 + t->count;
		p->server_count = places[place].habit == HABIT_MONITOR ? MAX_SERVERS : 1;
		p->storm_us = storm_us;
		person_move_in(p, s, &parties,
		               chance_below(c, 30) == 0 ? places[place].odd : places[place].habit);
		t->heap[t->count++] = p;
	}
}

/* The router starts anew: every phone behind it registers at once. */
static void storm(struct person *p, struct stage *s)
{
	if (s->now.us < p->storm_us)
		return;
	p->login_us = s->now.us;
	p->storm_us += 7 * day_us;
}

static void count(struct stage *s, bool tell, struct estate_result *ret)
{
	for (uint32_t i = 0; i < MAX_BOOK; i++) {
		const struct page *page = &s->book[i];
		char text[ADDR_TEXT_MAX];

		if (page->source.family == 0)
			continue;
		ret->named++;
		for (int rule = 0; rule < RULE_COUNT; rule++)
			ret->by_rule[rule] += page->rules >> rule & 1;
		if (!page_is_flagged(page, &s->settings))
			continue;
		ret->flagged++;
		if (tell)
			(void)printf("flagged: %s suspicion %u proven %u rules %llx\n",
			             addr_text(&page->source, text), page->suspicion_milli,
			             page->proven_milli, (unsigned long long)page->rules);
	}
}

void estate_live(struct stage *s, uint32_t phones, uint32_t days, bool tell,
                 struct estate_result *ret)
{
	struct town t = { .room = phones + 400 };
	uint64_t end_us = s->now.us + days * day_us, begun = s->messages;

	*ret = (struct estate_result){ 0 };
	t.people = calloc(t.room, sizeof(*t.people));
	t.heap = calloc(t.room, sizeof(*t.heap));
	if (!t.people || !t.heap)
		exit(1);
	for (uint32_t place = 0; t.count < phones; place++)
		settle(&t, s, place % (sizeof(places) / sizeof(places[0])));
	for (uint32_t i = t.count; i-- > 0;)
		sift(&t, i);
	while (t.heap[0]->at_us < end_us) {
		struct person *p = t.heap[0];

		if (p->at_us > s->now.us)
			stage_wait(s, p->at_us - s->now.us);
		storm(p, s);
		person_act(p, s);
		/* The heap never runs back, though an exchange takes its time. */
		sift(&t, 0);
	}
	stage_settle(s);
	ret->phones = t.count;
	ret->sources = t.estates;
	ret->messages = s->messages - begun;
	count(s, tell, ret);
	free(t.people);
	free(t.heap);
}
