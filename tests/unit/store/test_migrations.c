/* SPDX-License-Identifier: Apache-2.0 */
/* From an older layout to this one, whole or not at all. */
#include "place.h"
#include "runner/test.h"
#include "store/migrations_priv.h"
#include <stdio.h>
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
