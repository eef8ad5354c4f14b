/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the database so that everything later needs no new file, and the
 * statements that live as long as the connection. */
#include "store/connection_priv.h"
#include "store/migrations_priv.h"
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* EXCLUSIVE before the first access: SQLite then keeps the index of the WAL in
 * its own memory (no -shm file to share with strangers) and no second process
 * can be the second writer that its WAL-reset fault needs. FULL: the WAL is
 * synchronised at each commit. Temporary tables never touch a disk. */
static const char PRAGMAS[] = "PRAGMA locking_mode = EXCLUSIVE;"
			      "PRAGMA auto_vacuum = INCREMENTAL;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = FULL;"
			      "PRAGMA foreign_keys = ON;"
			      "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA mmap_size = 0;"
			      "PRAGMA cache_size = -16000;"
			      "PRAGMA journal_size_limit = 67108864;";

static enum err err_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
		return ERR_NONE;
	case SQLITE_NOMEM:
		return ERR_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_EXISTS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_SYNTAX;
	case SQLITE_INTERRUPT:
		return ERR_LIMIT;
	default:
		return ERR_IO;
	}
}

enum err store_fail(struct store *s, const char *what)
{
	enum err err = err_of(sqlite3_errcode(s->db));
	struct buffer b = buffer_on(s->problem, sizeof(s->problem) - 1);

	buffer_text(&b, what);
	buffer_text(&b, ": ");
	buffer_text(&b, sqlite3_errmsg(s->db));
	s->problem[b.len] = 0;
	if (err == ERR_NO_MEMORY || err == ERR_LIMIT)
		return err;
	s->is_dead = true;
	return ERR_IO;
}

enum err store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret)
{
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) != SQLITE_OK)
		return store_fail(s, "preparing a statement");
	return ERR_NONE;
}

enum err store_run(struct store *s, sqlite3_stmt *statement, const char *what)
{
	enum err err = ERR_NONE;

	if (sqlite3_step(statement) != SQLITE_DONE)
		err = store_fail(s, what);
	(void)sqlite3_reset(statement);
	return err;
}

enum err store_number(struct store *s, const char *sql, uint64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	enum err err;

	err = store_prepare(s, sql, &statement);
	if (err != ERR_NONE)
		return err;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(statement, 0);
	else
		err = store_fail(s, "reading a number");
	sqlite3_finalize(statement);
	return err;
}

const char *store_problem(const struct store *s) { return s->problem; }

/* "INSERT INTO calls (ring, ...) VALUES (?, ...), (?, ...)", and where a record grows
 * "ON CONFLICT (incident) DO UPDATE ...". All of it is our own list of columns. */
static enum err prepare_insert(struct store *s, const struct table *t, size_t rows,
                               sqlite3_stmt **ret)
{
	char sql[STORE_SQL_MAX];
	struct buffer b = buffer_on(sql, sizeof(sql) - 1);

	buffer_text(&b, "INSERT INTO ");
	buffer_text(&b, t->name);
	for (size_t i = 0; i < t->column_count; i++) {
		buffer_text(&b, i ? ", " : t->is_growing ? " (" : " (row, ");
		buffer_text(&b, t->columns[i].name);
	}
	for (size_t row = 0; row < rows; row++) {
		buffer_text(&b, row ? "),(" : ") VALUES (");
		buffer_text(&b, t->is_growing ? "" : "NULL,");
		for (size_t i = 0; i < t->column_count; i++)
			buffer_text(&b, i ? ",?" : "?");
	}
	buffer_text(&b, ")");
	if (t->is_growing) {
		buffer_text(&b, " ON CONFLICT (");
		buffer_text(&b, t->key);
		for (size_t i = 0; i < t->column_count; i++) {
			buffer_text(&b, i ? ", " : ") DO UPDATE SET ");
			buffer_text(&b, t->columns[i].name);
			buffer_text(&b, " = excluded.");
			buffer_text(&b, t->columns[i].name);
		}
	}
	if (b.err != ERR_NONE)
		return b.err;
	sql[b.len] = 0;
	return store_prepare(s, sql, ret);
}

/* All of it 0 at first: what it has is known from then on. */
static enum err bind_zeros(struct store *s, sqlite3_stmt *statement)
{
	int count = sqlite3_bind_parameter_count(statement);

	for (int i = 1; i <= count; i++)
		if (sqlite3_bind_int64(statement, i, 0) != SQLITE_OK)
			return store_fail(s, "binding zeros");
	memset(s->bound, 0, sizeof(s->bound));
	return ERR_NONE;
}

enum err store_prepare_calls(struct store *s)
{
	const struct table *calls = &store_tables[RECORD_CALL];
	sqlite3_stmt *made = NULL;
	enum err err;

	assert(calls->column_count <= MAX_CALL_COLUMNS);
	err = prepare_insert(s, calls, STORE_CALLS_AT_ONCE, &made);
	if (err == ERR_NONE)
		err = bind_zeros(s, made);
	if (err == ERR_NONE)
		s->insert_calls = made;
	else
		sqlite3_finalize(made);
	return err;
}

static enum err prepare_all(struct store *s)
{
	const struct {
		const char *sql;
		sqlite3_stmt **statement;
	} list[] = {
		{ "BEGIN IMMEDIATE", &s->begin },
		{ "COMMIT", &s->commit },
		{ "ROLLBACK", &s->rollback },
		{ "INSERT INTO rings (ring, sequence) VALUES (?1, ?2)"
		  " ON CONFLICT (ring) DO UPDATE SET sequence = excluded.sequence",
		  &s->place_put },
		{ "DELETE FROM block_steps WHERE block = ?1", &s->steps_delete },
		{ "INSERT INTO block_steps"
		  " (block, place, wall_us, score_milli, rule, account, text)"
		  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		  &s->step_insert },
		{ "SELECT wall_us, score_milli, rule, account, text FROM block_steps"
		  " WHERE block = ?1 ORDER BY place LIMIT ?2",
		  &s->steps_select },
	};
	enum err err = ERR_NONE;

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]) && err == ERR_NONE; i++)
		err = store_prepare(s, list[i].sql, list[i].statement);
	for (size_t kind = 0; kind < RECORD_KIND_COUNT && err == ERR_NONE; kind++)
		err = prepare_insert(s, &store_tables[kind], 1, &s->insert[kind]);
	return err;
}

static enum err read_places(struct store *s)
{
	sqlite3_stmt *statement = NULL;
	enum err err;

	err = store_prepare(s, "SELECT ring, sequence FROM rings ORDER BY ring LIMIT ?1",
	                    &statement);
	if (err != ERR_NONE)
		return err;
	(void)sqlite3_bind_int(statement, 1, MAX_STORE_RINGS);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		struct ring_place *p = &s->places.list[s->places.count++];

		p->ring = (uint32_t)sqlite3_column_int64(statement, 0);
		p->sequence = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	if (sqlite3_reset(statement) != SQLITE_OK)
		err = store_fail(s, "reading where the rings stand");
	sqlite3_finalize(statement);
	return err;
}

/* For the whole process, before its first database; later ones find it so. Its locks and its
 * account of memory took an eighth of what a row costs, and the one thread needs neither. */
static void use_one_thread(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";

	if (slash && !view_copy((struct view){ path, slash == path ? 1 : (size_t)(slash - path) },
	                        folder, sizeof(folder)))
		return -1;
	return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Everything that reads or writes the file for the first time. */
static enum err set_up(struct store *s, struct buffer *why)
{
	enum err err;

	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, 0);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	if (sqlite3_exec(s->db, PRAGMAS, NULL, NULL, NULL) != SQLITE_OK) {
		err = err_of(sqlite3_errcode(s->db));
		buffer_text(why, err == ERR_EXISTS ? "another process has it open"
		                                   : sqlite3_errmsg(s->db));
		return err;
	}
	err = migrations_run(s->db, store_migrations, store_migration_count, why);
	if (err != ERR_NONE)
		return err;
	err = prepare_all(s);
	if (err == ERR_NONE)
		err = read_places(s);
	/* An empty transaction takes the lock and makes the -wal file now: the
	 * sandbox that closes next would refuse to. */
	if (err == ERR_NONE)
		err = store_run(s, s->begin, "first transaction");
	if (err == ERR_NONE)
		err = store_run(s, s->commit, "first transaction");
	if (err != ERR_NONE)
		buffer_text(why, s->problem);
	return err;
}

enum err store_open(const char *path, struct buffer *why, struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	mode_t mask = umask(077);
	enum err err = ERR_NO_MEMORY;

	if (!s)
		goto out;
	s->directory = open_directory_of(path);
	s->batch = calloc(MAX_STORE_BATCH, sizeof(*s->batch));
	if (!s->batch)
		goto out;
	if (s->directory < 0) {
		buffer_text(why, "its folder cannot be opened");
		err = ERR_IO;
		goto out;
	}
	use_one_thread();
	if (sqlite3_open_v2(path, &s->db,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
	                            SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE,
	                    NULL) != SQLITE_OK) {
		buffer_text(why, s->db ? sqlite3_errmsg(s->db) : "out of memory");
		err = s->db ? ERR_IO : ERR_NO_MEMORY;
		goto out;
	}
	err = set_up(s, why);
	if (err != ERR_NONE)
		goto out;
	*ret = s;
	s = NULL;
out:
	(void)umask(mask);
	store_free(&s);
	return err;
}

void store_free(struct store **s)
{
	struct store *gone = *s;

	if (!gone)
		return;
	*s = NULL;
	sqlite3_finalize(gone->begin);
	sqlite3_finalize(gone->commit);
	sqlite3_finalize(gone->rollback);
	sqlite3_finalize(gone->place_put);
	sqlite3_finalize(gone->steps_delete);
	sqlite3_finalize(gone->step_insert);
	sqlite3_finalize(gone->steps_select);
	for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++)
		sqlite3_finalize(gone->insert[kind]);
	sqlite3_finalize(gone->insert_calls);
	(void)sqlite3_close_v2(gone->db);
	if (gone->directory >= 0)
		(void)close(gone->directory);
	free(gone->batch);
	free(gone);
}
