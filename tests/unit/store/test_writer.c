/* SPDX-License-Identifier: Apache-2.0 */
/* What is written stands as it was written, once, or not at all. */
#include "place.h"
#include "runner/test.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Runs a body with an open store in a folder of its own. */
static enum err with_store(enum err (*body)(struct place *p, struct store **s))
{
	struct place p;
	struct store *s = NULL;
	enum err err;

	TRY(place_make(&p));
	err = place_open(&p, &s);
	if (err == ERR_NONE)
		err = body(&p, &s);
	store_free(&s);
	place_remove(&p);
	return err;
}

static enum err each_kind_comes_back(struct place *p, struct store **s)
{
	union record written[RECORD_KIND_COUNT], read;
	struct store_tally tally;
	uint32_t count = 0;

	(void)p;
	written[RECORD_CALL] = a_call(1, 77);
	written[RECORD_INCIDENT] = an_incident(2, 5);
	written[RECORD_SAMPLE] = a_sample(3, 5);
	written[RECORD_BLOCK] = a_block(4, 9);
	written[RECORD_AUDIT] = an_audit(5);
	TRY(store_write(*s, written, RECORD_KIND_COUNT, &tally));
	CHECK(tally.written == RECORD_KIND_COUNT && tally.refused == 0 && tally.repeated == 0);
	for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		struct store_query q = { .kind = (uint8_t)kind };

		TRY(count_of(*s, &q, &count, &read));
		CHECK_CASE(count == 1, record_kind_name((enum record_kind)kind));
		CHECK_CASE(read.head.row != 0, record_kind_name((enum record_kind)kind));
		read.head.row = 0;
		CHECK_CASE(memcmp(&read, &written[kind], written[kind].head.size) == 0,
		           record_kind_name((enum record_kind)kind));
	}
	return ERR_NONE;
}

TEST(kinds_come_back, "gives each kind of record back as it was written")
{
	return with_store(each_kind_comes_back);
}

static enum err batch_twice(struct place *p, struct store **s)
{
	union record batch[3] = { a_call(10, 1), a_call(11, 2), a_sample(12, 0) };
	struct store_tally tally;
	struct store_query calls = { .kind = RECORD_CALL };
	uint32_t count = 0;

	TRY(store_write(*s, batch, 3, &tally));
	CHECK(tally.written == 3);
	store_free(s);
	TRY(place_open(p, s));
	CHECK(store_ring_sequence(*s, 3) == 12);
	batch[2] = a_call(13, 3);
	TRY(store_write(*s, batch, 3, &tally));
	CHECK(tally.written == 1 && tally.repeated == 2);
	TRY(count_of(*s, &calls, &count, NULL));
	CHECK(count == 3);
	return ERR_NONE;
}

TEST(replayed_batch, "keeps a batch that comes again after a restart once")
{
	return with_store(batch_twice);
}

static enum err two_rings(struct place *p, struct store **s)
{
	union record a = a_call(10, 1), b = a_call(10, 2);
	struct store_tally tally;

	(void)p;
	b.head.ring = 4;
	TRY(write_one(*s, &a, &tally));
	TRY(write_one(*s, &b, &tally));
	CHECK(tally.written == 1 && tally.repeated == 0);
	CHECK(store_ring_sequence(*s, 3) == 10 && store_ring_sequence(*s, 4) == 10);
	CHECK(store_ring_sequence(*s, 5) == 0);
	return ERR_NONE;
}

TEST(rings_apart, "does not take one ring's numbers for another's")
{
	return with_store(two_rings);
}

static enum err many_rings(struct place *p, struct store **s)
{
	struct store_tally tally;

	(void)p;
	for (uint32_t ring = 0; ring <= MAX_STORE_RINGS; ring++) {
		union record r = a_call(1, 1);

		r.head.ring = ring;
		TRY(write_one(*s, &r, &tally));
		CHECK(tally.refused == (ring == MAX_STORE_RINGS ? 1u : 0u));
	}
	return ERR_NONE;
}

TEST(rings_ceiling, "refuses the record of one ring too many")
{
	return with_store(many_rings);
}

static enum err one_too_many(struct place *p, struct store **s)
{
	union record *batch = calloc(MAX_STORE_BATCH + 1, sizeof(*batch));
	struct store_tally tally = { 0 };
	enum err err;

	(void)p;
	if (!batch)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i <= MAX_STORE_BATCH; i++)
		batch[i] = a_call(i + 1, i + 1);
	err = store_write(*s, batch, MAX_STORE_BATCH + 1, &tally);
	if (err == ERR_LIMIT)
		err = store_write(*s, batch, MAX_STORE_BATCH, &tally);
	free(batch);
	TRY(err);
	CHECK(tally.written == MAX_STORE_BATCH);
	return ERR_NONE;
}

TEST(batch_ceiling, "takes a whole batch and not one more")
{
	return with_store(one_too_many);
}

enum { MANY = 37 };

/* Of calls and, in between, what is no call, was kept before or is broken; in the same memory
 * each time. */
static void many_calls(union record *batch, uint64_t first)
{
	for (uint64_t i = 0; i < MANY; i++) {
		uint64_t sequence = first + i;
		struct buffer from;

		batch[i] = a_call(sequence, sequence);
		from = buffer_on(batch[i].call.from, sizeof(batch[i].call.from) - 1);
		buffer_text(&from, "caller ");
		buffer_decimal(&from, sequence * sequence);
		batch[i].call.status = sequence % 5 ? 200 : 486;
		batch[i].call.callee.media.lost = (uint32_t)(sequence % 3);
		batch[i].call.caller.flow.remote.bytes[15] = (uint8_t)sequence;
		if (sequence % 7 == 0)
			batch[i].call.callee.flow.remote = (struct addr){ 0 };
	}
	batch[7] = a_sample(first + 7, 0);
	batch[20].head.version++;
	batch[30].head.sequence = first;
}

static enum err are_kept(struct store *s, const union record *batch)
{
	struct store_query q = { .kind = RECORD_CALL };
	union record read;

	for (size_t i = 0; i < MANY; i++) {
		uint32_t count = 0;

		if (batch[i].head.kind != RECORD_CALL)
			continue;
		q.number = batch[i].call.call;
		TRY(count_of(s, &q, &count, &read));
		CHECK(count == (i == 20 || i == 30 ? 0 : 1));
		if (count == 0)
			continue;
		read.head.row = 0;
		CHECK(memcmp(&read, &batch[i], sizeof(batch[i].call)) == 0);
	}
	return ERR_NONE;
}

static enum err many_at_once(struct place *p, struct store **s)
{
	static union record batch[MANY];
	struct store_query newest = { .kind = RECORD_CALL };
	struct store_tally tally;
	union record read;
	uint32_t count = 0;

	(void)p;
	for (uint64_t round = 0; round < 2; round++) {
		many_calls(batch, 1 + round * MANY);
		TRY(store_write(*s, batch, MANY, &tally));
		CHECK(tally.written == MANY - 2 && tally.refused == 1 && tally.repeated == 1);
		TRY(are_kept(*s, batch));
	}
	TRY(count_of(*s, &newest, &count, &read));
	CHECK(count == 2 * (MANY - 3));
	CHECK(read.call.call == 2 * MANY && read.head.row == 2 * (MANY - 3));
	return ERR_NONE;
}

TEST(many_at_once, "keeps each of many calls as it was, in their order, whatever stands between")
{
	return with_store(many_at_once);
}

static enum err growing(struct place *p, struct store **s)
{
	union record incident = an_incident(1, 5), block = a_block(2, 6), read;
	struct store_query q = { .kind = RECORD_INCIDENT };
	struct store_tally tally;
	uint32_t count = 0;

	(void)p;
	TRY(write_one(*s, &incident, &tally));
	TRY(write_one(*s, &block, &tally));
	incident.head.sequence = 3;
	incident.incident.count = 400;
	TRY(write_one(*s, &incident, &tally));
	TRY(count_of(*s, &q, &count, &read));
	CHECK(count == 1 && read.incident.count == 400 && read.head.sequence == 3);
	block.head.sequence = 4;
	block.block.is_removed = 1;
	block.block.step_count = 1;
	TRY(write_one(*s, &block, &tally));
	q.kind = RECORD_BLOCK;
	TRY(count_of(*s, &q, &count, &read));
	CHECK(count == 1 && read.block.is_removed && read.block.step_count == 1);
	return ERR_NONE;
}

TEST(growing_records, "lets an incident and a block grow in place")
{
	return with_store(growing);
}

static enum err parts(struct place *p, struct store **s)
{
	static const struct {
		const char *filter;
		uint32_t want;
	} cases[] = { { "", 2 },          { "outcome=failed", 2 },      { "part-of=7", 1 },
		      { "part-of=0", 2 }, { "source=198.51.100.7", 3 }, { "user=201", 2 } };
	union record batch[3] = { an_incident(1, 5), an_incident(2, 6), an_incident(3, 7) };
	struct store_tally tally;
	uint32_t count = 0;

	(void)p;
	batch[0].incident.part_of = 7;
	TRY(store_write(*s, batch, 3, &tally));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_query q = { .kind = RECORD_INCIDENT,
			                 .filter = view_of(cases[i].filter) };

		TRY(count_of(*s, &q, &count, NULL));
		CHECK_CASE(count == cases[i].want, cases[i].filter);
	}
	return ERR_NONE;
}

TEST(incident_parts, "leaves out an incident that another tells of, unless its source is asked for")
{
	return with_store(parts);
}

static void bad_version(union record *r) { r->head.version++; }
static void bad_kind(union record *r) { r->head.kind = RECORD_KIND_COUNT; }
static void bad_size(union record *r) { r->head.size--; }
static void bad_priority(union record *r) { r->head.priority = PRIORITY_KEPT + 1; }
static void bad_sequence(union record *r) { r->head.sequence = 0; }
static void open_text(union record *r) { memset(r->block.reason, 'x', sizeof(r->block.reason)); }
static void open_step(union record *r)
{
	memset(r->block.steps[1].text, 'x', sizeof(r->block.steps[1].text));
}
static void many_steps(union record *r) { r->block.step_count = MAX_BLOCK_STEPS + 1; }
static void no_number(union record *r) { r->block.block = 0; }
static void bad_origin(union record *r) { r->block.origin = ORIGIN_FEED + 1; }
static void bad_family(union record *r) { r->block.net.base.family = 7; }
static void bad_prefix(union record *r) { r->block.net.prefix = 129; }
static void huge_number(union record *r) { r->block.incident = UINT64_MAX; }

static const struct {
	const char *name;
	void (*spoil)(union record *r);
} spoilt[] = {
	{ "another version", bad_version },
	{ "an unknown kind", bad_kind },
	{ "a wrong size", bad_size },
	{ "an unknown priority", bad_priority },
	{ "no sequence", bad_sequence },
	{ "a text without end", open_text },
	{ "a step without end", open_step },
	{ "too many steps", many_steps },
	{ "no number", no_number },
	{ "an unknown origin", bad_origin },
	{ "an unknown family", bad_family },
	{ "a prefix too long", bad_prefix },
	{ "a number beyond SQLite's", huge_number },
};

TEST(unsound_records, "takes no record that none of our writers makes")
{
	union record sound = a_block(1, 1);

	CHECK(record_is_sound(&sound));
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		union record r = sound;

		spoilt[i].spoil(&r);
		CHECK_CASE(!record_is_sound(&r), spoilt[i].name);
	}
	sound = a_sample(1, 1);
	sound.sample.text_len = sizeof(sound.sample.text) + 1;
	CHECK(!record_is_sound(&sound));
	return ERR_NONE;
}

static enum err refused_among_good(struct place *p, struct store **s)
{
	union record batch[3] = { a_call(1, 1), a_call(2, 2), a_call(3, 3) };
	struct store_tally tally;

	(void)p;
	batch[1].head.version = 99;
	TRY(store_write(*s, batch, 3, &tally));
	CHECK(tally.written == 2 && tally.refused == 1);
	return ERR_NONE;
}

TEST(refused_alone, "refuses the bad record of a batch alone")
{
	return with_store(refused_among_good);
}

/* Every text a stranger can put into a record, as SQL would like it least. */
static enum err evil_texts(struct place *p, struct store **s)
{
	static const char *const texts[] = {
		"'; DROP TABLE calls; --",
		"\" OR 1=1 --",
		"?1",
		"');DELETE FROM audit;",
		"%",
		"_",
		"\\",
		"\x01\x1b[2J",
		"\xff\xfe",
		("\xe2\x80\xae"
		 "evil"),
		"<script>alert(1)</script>",
		"=cmd|'/C calc'!A0",
		"",
	};
	struct store_query q = { .kind = RECORD_CALL };
	struct store_tally tally;
	uint32_t count = 0;

	(void)p;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		union record r = a_call(i + 1, i + 1), read;

		(void)VIEW_COPY(view_of(texts[i]), r.call.from);
		(void)VIEW_COPY(view_of(texts[i]), r.call.caller.call_id);
		TRY(write_one(*s, &r, &tally));
		CHECK_CASE(tally.written == 1, texts[i]);
		TRY(count_of(*s, &q, &count, &read));
		CHECK_CASE(count == i + 1, texts[i]);
		CHECK_CASE(strcmp(read.call.from, texts[i]) == 0, texts[i]);
		CHECK_CASE(strcmp(read.call.caller.call_id, texts[i]) == 0, texts[i]);
	}
	return ERR_NONE;
}

TEST(injection, "keeps what looks like SQL as text")
{
	return with_store(evil_texts);
}

static enum err audit_by_request(struct place *p, struct store **s)
{
	struct store_query q = { .kind = RECORD_AUDIT };
	union record r = an_audit(0), read;
	uint32_t count = 0;

	TRY(store_write_audit(*s, &r.audit));
	TRY(store_write_audit(*s, &r.audit));
	store_free(s);
	TRY(place_open(p, s));
	TRY(store_write_audit(*s, &r.audit));
	TRY(count_of(*s, &q, &count, &read));
	CHECK(count == 3 && read.head.sequence == 3);
	CHECK(strcmp(read.audit.verb, "blocks add") == 0);
	return ERR_NONE;
}

TEST(audit_requests, "keeps each audit record that comes by a request")
{
	return with_store(audit_by_request);
}

/* The disk says no in the middle: RLIMIT_FSIZE makes write fail as a full disk does. */
static enum err disk_says_no(struct place *p, struct store **s)
{
	struct rlimit before, none;
	struct store_query q = { .kind = RECORD_CALL };
	union record r = a_call(1, 1);
	struct store_tally tally = { 0 };
	uint32_t count = 0;
	enum err err;

	TRY(write_one(*s, &r, &tally));
	r = a_call(2, 2);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	err = write_one(*s, &r, &tally);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(err == ERR_IO);
	CHECK(write_one(*s, &r, &tally) == ERR_IO); /* never again on this connection */
	CHECK(store_ring_sequence(*s, 3) == 1);
	store_free(s);
	TRY(place_open(p, s));
	CHECK(store_ring_sequence(*s, 3) == 1);
	TRY(count_of(*s, &q, &count, NULL));
	CHECK(count == 1);
	TRY(write_one(*s, &r, &tally));
	CHECK(tally.written == 1);
	return ERR_NONE;
}

TEST(failed_commit, "ends for ever at a write that fails, and the batch fits in again after")
{
	return with_store(disk_says_no);
}
