/* SPDX-License-Identifier: Apache-2.0 */
/* What an analysis leaves in a database can be read as what the service leaves. */
#include "cli/analyse_store.h"
#include "runner/test.h"
#include "store/query.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A folder of its own, gone with what is in it. */
struct shelf {
	char folder[64], path[80];
};

static enum err make_shelf(struct shelf *s)
{
	(void)snprintf(s->folder, sizeof(s->folder), "/tmp/ringfence-test-XXXXXX");
	if (!mkdtemp(s->folder))
		return ERR_IO;
	(void)snprintf(s->path, sizeof(s->path), "%s/calls.db", s->folder);
	return ERR_NONE;
}

static void drop_shelf(const struct shelf *s)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock", ".lock", "-journal" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char path[96];

		(void)snprintf(path, sizeof(path), "%s%s", s->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->folder);
}

static void tell(struct cli_store *s)
{
	struct watch_call call = { .status = 200, .outcome = OUTCOME_SUCCEEDED };
	union record r;

	call.started_wall_us = INT64_C(1700000000000000);
	call.answered_wall_us = call.started_wall_us + 1000000;
	call.ended_wall_us = call.started_wall_us + 9000000;
	(void)VIEW_COPY(VIEW("201@pbx.example"), call.from);
	for (int i = 0; i < 300; i++)
		cli_store_call(s, &call);
	memset(&r, 0, sizeof(r));
	r.head = (struct record_head){ .version = RECORD_VERSION,
		                       .kind = RECORD_INCIDENT,
		                       .size = sizeof(r.incident),
		                       .priority = PRIORITY_KEPT,
		                       .wall_us = call.started_wall_us };
	r.incident.incident = cli_store_first_number(s);
	r.incident.is_blocked = true;
	(void)!addr_parse(VIEW("192.0.2.66"), &r.incident.source);
	(void)VIEW_COPY(VIEW("guessing"), r.incident.detector);
	cli_store_record(s, &r);
}

struct seen {
	unsigned count;
	bool is_blocked;
	uint64_t number;
};

static bool see(const union record *r, void *context)
{
	struct seen *s = context;

	s->count++;
	if (r->head.kind == RECORD_INCIDENT) {
		s->is_blocked = r->incident.is_blocked;
		s->number = r->incident.incident;
	}
	return true;
}

static enum err count(const char *path, enum record_kind kind, struct seen *ret)
{
	struct store_query q = { .kind = (uint8_t)kind };
	struct store *store = NULL;
	char text[256];
	struct buffer why = BUFFER_ON(text);
	uint64_t total = 0;
	enum err err = store_open(path, &why, &store);

	if (err == ERR_NONE)
		err = store_query_each(store, &q, &why, see, ret);
	if (err == ERR_NONE)
		err = store_query_count(store, kind, &total);
	if (err == ERR_NONE)
		ret->count = (unsigned)total;
	store_free(&store);
	return err;
}

static enum err write_twice(const struct shelf *shelf, uint64_t ret_first[2])
{
	for (int i = 0; i < 2; i++) {
		char text[256];
		struct buffer why = BUFFER_ON(text);
		struct cli_store *s = NULL;
		enum err err = cli_store_open(shelf->path, &why, &s);

		if (err != ERR_NONE)
			return err;
		ret_first[i] = cli_store_first_number(s);
		tell(s);
		err = cli_store_close(&s);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

TEST(store_of_analysis, "calls and incidents of captures stand in a database, none of them blocked")
{
	struct shelf shelf;
	struct seen calls = { 0 }, incidents = { .is_blocked = true };
	uint64_t first[2] = { 0 };
	enum err err;

	TRY(make_shelf(&shelf));
	err = write_twice(&shelf, first);
	if (err == ERR_NONE)
		err = count(shelf.path, RECORD_CALL, &calls);
	if (err == ERR_NONE)
		err = count(shelf.path, RECORD_INCIDENT, &incidents);
	drop_shelf(&shelf);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_NONE);
	CHECK(calls.count == 600 && incidents.count == 2);
	CHECK(!incidents.is_blocked);
	CHECK(first[0] == 1 && first[1] > first[0]);
	return ERR_NONE;
}

TEST(store_of_others, "a file that is no database is refused with a reason")
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	struct cli_store *s = NULL;
	enum err err = cli_store_open("/dev/null/calls.db", &why, &s);

	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err != ERR_NONE && !s && why.len > 0);
	CHECK(cli_store_close(&s) == ERR_NONE);
	return ERR_NONE;
}
