/* SPDX-License-Identifier: Apache-2.0 */
/* From an older layout to this one, whole or not at all. */
#include "place.h"
#include "runner/test.h"
#include "store/migrations_priv.h"
#include "store/retention.h"
#include "store/tables_priv.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct migration first = {
	"a table", "CREATE TABLE one (n INTEGER) STRICT; INSERT INTO one VALUES (1);"
};

/* Cut off after each of its statements by one that fails. */
static const struct migration cut[] = {
	{ "cut at once", "BROKEN;" },
	{ "cut after the first", "CREATE TABLE two (n INTEGER) STRICT; BROKEN;" },
	{ "cut after the second", "CREATE TABLE two (n INTEGER) STRICT; DROP TABLE one; BROKEN;" },
	{ "cut after the third",
	  "CREATE TABLE two (n INTEGER) STRICT; DROP TABLE one; INSERT INTO two VALUES (2); BROKEN;" },
};
static const struct migration whole = { "whole",
	                                "CREATE TABLE two (n INTEGER) STRICT; DROP TABLE one;" };

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		n = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return n;
}

static enum err run(const struct place *p, const struct migration *list, size_t count,
                    int64_t *ret_version, int64_t *ret_ones)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	sqlite3 *db = NULL;
	enum err err;

	if (sqlite3_open(p->path, &db) != SQLITE_OK) {
		(void)sqlite3_close(db);
		return ERR_IO;
	}
	err = migrations_run(db, list, count, &why);
	*ret_version = number(db, "PRAGMA user_version");
	*ret_ones = number(db, "SELECT count(*) FROM one");
	(void)sqlite3_close(db);
	return err;
}

TEST(migration_cut, "has not happened where it was cut off at any statement")
{
	struct place p;
	int64_t version = 0, ones = 0;

	TRY(place_make(&p));
	CHECK(run(&p, &first, 1, &version, &ones) == ERR_NONE && version == 1 && ones == 1);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		struct migration list[2] = { first, cut[i] };

		CHECK_CASE(run(&p, list, 2, &version, &ones) == ERR_IO, cut[i].name);
		CHECK_CASE(version == 1 && ones == 1, cut[i].name);
	}
	CHECK(run(&p, (struct migration[2]){ first, whole }, 2, &version, &ones) == ERR_NONE);
	CHECK(version == 2 && ones == -1);
	CHECK(run(&p, (struct migration[2]){ first, whole }, 2, &version, &ones) == ERR_NONE &&
	      version == 2);
	CHECK(run(&p, &first, 1, &version, &ones) == ERR_UNSUPPORTED);
	place_remove(&p);
	return ERR_NONE;
}

TEST(migration_stranger, "touches no database of another program")
{
	struct place p;
	sqlite3 *db = NULL;
	int64_t version = 0, ones = 0;

	TRY(place_make(&p));
	CHECK(sqlite3_open(p.path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, "CREATE TABLE one (n INTEGER)", NULL, NULL, NULL) == SQLITE_OK);
	(void)sqlite3_close(db);
	CHECK(run(&p, &first, 1, &version, &ones) == ERR_UNSUPPORTED && version == 0 && ones == 0);
	place_remove(&p);
	return ERR_NONE;
}

/* --- From the layout that had an index of age and one of the rings' numbers --- */

enum { LAYOUT_BEFORE = 3, LONG_AGO = 1000000 };

/* A call as that layout's program wrote it: all numbers are LONG_AGO. */
static bool put_old_call(sqlite3 *db)
{
	const struct table *calls = &store_tables[RECORD_CALL];
	char text[4096];
	struct buffer sql = buffer_on(text, sizeof(text) - 1);

	buffer_text(&sql, "INSERT INTO calls (");
	for (size_t i = 0; i < calls->column_count; i++) {
		buffer_text(&sql, i ? "," : "");
		buffer_text(&sql, calls->columns[i].name);
	}
	for (size_t i = 0; i < calls->column_count; i++) {
		uint8_t type = calls->columns[i].type;

		buffer_text(&sql, i ? "," : ") VALUES (");
		buffer_text(&sql, type == COLUMN_U8                            ? "1"
		                  : type == COLUMN_TEXT || type == COLUMN_HOST ? "'192.0.2.7'"
		                                                               : "1000000");
	}
	buffer_text(&sql, ")");
	text[sql.len] = 0;
	return sql.err == ERR_NONE && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static enum err make_old(const struct place *p, bool has_call)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	sqlite3 *db = NULL;
	enum err err = ERR_IO;

	if (sqlite3_open(p->path, &db) == SQLITE_OK)
		err = migrations_run(db, store_migrations, LAYOUT_BEFORE, &why);
	if (err == ERR_NONE && has_call && !put_old_call(db))
		err = ERR_SYNTAX;
	(void)sqlite3_close(db);
	return err;
}

static int64_t number_in(const struct place *p, const char *sql)
{
	sqlite3 *db = NULL;
	int64_t n = -1;

	if (sqlite3_open(p->path, &db) == SQLITE_OK)
		n = number(db, sql);
	(void)sqlite3_close(db);
	return n;
}

/* What stood there is found and forgotten at its time, what comes is kept beside it. */
static enum err goes_on(const struct place *p, struct store *s, uint32_t before)
{
	const struct store_keep keep = { .age_us = { [RECORD_CALL] = 1 } };
	struct store_query q = { .kind = RECORD_CALL };
	struct store_tally tally;
	union record read, call = a_call(LONG_AGO + 1, 5 * LONG_AGO);
	uint32_t count = 0;
	bool is_more;

	(void)p;
	TRY(count_of(s, &q, &count, &read));
	CHECK(count == before);
	CHECK(before == 0 ||
	      (read.call.call == LONG_AGO && read.call.callee.media.dropped_replay == LONG_AGO));
	TRY(write_one(s, &call, &tally));
	TRY(count_of(s, &q, &count, &read));
	CHECK(count == before + 1 && read.call.call == 5 * LONG_AGO);
	read.head.row = 0;
	CHECK(memcmp(&read, &call, sizeof(call.call)) == 0);
	TRY(store_forget(s, &keep, LONG_AGO + 2, &is_more));
	TRY(count_of(s, &q, &count, NULL));
	CHECK(count == 1);
	return ERR_NONE;
}

static enum err from_before(bool has_call, int64_t indexes)
{
	static const char by_ring[] = "SELECT count(*) FROM sqlite_schema WHERE name ="
				      " 'sqlite_autoindex_calls_1'";
	static const char by_age[] =
		"SELECT count(*) FROM sqlite_schema WHERE name = 'calls_by_age'";
	struct place p;
	struct store *s = NULL;
	enum err err;

	TRY(place_make(&p));
	err = make_old(&p, has_call);
	if (err == ERR_NONE && (number_in(&p, by_ring) != 1 || number_in(&p, by_age) != 1))
		err = ERR_DENIED;
	if (err == ERR_NONE)
		err = place_open(&p, &s);
	if (err == ERR_NONE)
		err = goes_on(&p, s, has_call ? 1 : 0);
	store_free(&s);
	if (err == ERR_NONE &&
	    (number_in(&p, by_ring) != indexes || number_in(&p, by_age) != indexes))
		err = ERR_DENIED;
	place_remove(&p);
	return err;
}

TEST(from_before_with_calls, "goes on with calls of an older layout, which keep their indexes")
{
	return from_before(true, 1);
}

TEST(from_before_empty, "writes an older layout's calls anew where there are none")
{
	return from_before(false, 0);
}

static enum err open_fails(const struct place *p, enum err want, const char *word)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	struct store *s = NULL;
	enum err err = store_open(p->path, &why, &s);

	store_free(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK_CASE(err == want, word);
	CHECK_CASE(view_contains(buffer_view(&why), view_of(word)), word);
	return ERR_NONE;
}

TEST(open_damaged, "says that a file is no database")
{
	struct place p;
	FILE *file;
	enum err err;

	TRY(place_make(&p));
	file = fopen(p.path, "w");
	CHECK(file);
	for (int i = 0; i < 4096; i++)
		(void)fputc(i * 7 + 1, file);
	CHECK(fclose(file) == 0);
	err = open_fails(&p, ERR_SYNTAX, "not a database");
	place_remove(&p);
	return err;
}

TEST(open_twice, "leaves the database to the process that has it")
{
	struct place p;
	struct store *s = NULL;
	enum err err;

	TRY(place_make(&p));
	err = place_open(&p, &s);
	if (err == ERR_NONE)
		err = open_fails(&p, ERR_EXISTS, "another process");
	store_free(&s);
	place_remove(&p);
	return err;
}

TEST(open_nowhere, "says that the folder is not there")
{
	struct place p = { .path = "/nonexistent/folder/test.db" };

	return open_fails(&p, ERR_IO, "folder");
}

TEST(open_private, "makes a database that its user alone can read")
{
	struct place p;
	struct store *s = NULL;
	struct stat about;
	enum err err;

	TRY(place_make(&p));
	err = place_open(&p, &s);
	if (err == ERR_NONE && (stat(p.path, &about) != 0 || (about.st_mode & 077) != 0))
		err = ERR_DENIED;
	store_free(&s);
	place_remove(&p);
	return err;
}
