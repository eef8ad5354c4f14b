/* SPDX-License-Identifier: Apache-2.0 */
/* The database's layout by version, and the way from one to the next. */
#include "store/migrations_priv.h"
#include <stdio.h>

/* clang-format off */
#define HEAD                                                            \
	"ring INTEGER NOT NULL, sequence INTEGER NOT NULL,"             \
	"priority INTEGER NOT NULL, side INTEGER NOT NULL,"             \
	"tenant INTEGER NOT NULL, now_us INTEGER NOT NULL, wall_us INTEGER NOT NULL,"

#define FLOW(p)                                                                         \
	p "local TEXT, " p "local_port INTEGER NOT NULL,"                               \
	p "remote TEXT, " p "remote_port INTEGER NOT NULL,"                             \
	p "connection INTEGER NOT NULL, " p "listener INTEGER NOT NULL,"                \
	p "transport INTEGER NOT NULL, " p "side INTEGER NOT NULL,"

#define DROPPED(p) p "dropped_auth INTEGER NOT NULL, " p "dropped_replay INTEGER NOT NULL"
#define LEG(p)                                                                          \
	FLOW(p)                                                                         \
	p "call_id TEXT NOT NULL, " p "peer TEXT NOT NULL,"                             \
	p "packets INTEGER NOT NULL, " p "octets INTEGER NOT NULL,"                     \
	p "lost INTEGER NOT NULL, " p "jitter_us INTEGER NOT NULL,"                     \
	p "dropped_source INTEGER NOT NULL, " p "dropped_malformed INTEGER NOT NULL,"   \
	p "dropped_direction INTEGER NOT NULL, " p "payload_type INTEGER NOT NULL,"     \
	p "is_learnt INTEGER NOT NULL, " p "learnt_port INTEGER NOT NULL,"

/* As the first version has it, but for its end. */
#define CALLS                                                                           \
	"CREATE TABLE calls (row INTEGER PRIMARY KEY AUTOINCREMENT," HEAD               \
	"call INTEGER NOT NULL, started_wall_us INTEGER NOT NULL,"                      \
	"answered_wall_us INTEGER NOT NULL, ended_wall_us INTEGER NOT NULL,"            \
	"status INTEGER NOT NULL, ended_by INTEGER NOT NULL,"                           \
	"is_emergency INTEGER NOT NULL, is_restored INTEGER NOT NULL, cause TEXT NOT NULL," \
	"from_identity TEXT NOT NULL, to_identity TEXT NOT NULL, number TEXT NOT NULL,"

#define NUMBER_COLUMN(name) "ALTER TABLE incidents ADD COLUMN " name " INTEGER NOT NULL DEFAULT 0;"
#define DROPPED_COLUMN(name) "ALTER TABLE calls ADD COLUMN " name " INTEGER NOT NULL DEFAULT 0;"
#define TEXT_COLUMN(name) "ALTER TABLE incidents ADD COLUMN " name " TEXT NOT NULL DEFAULT '';"

const struct migration store_migrations[] = {
	{ "rings, calls, incidents, samples, blocks and audit",
	  "CREATE TABLE rings (ring INTEGER PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;"

	  CALLS LEG("caller_") LEG("callee_") "UNIQUE (ring, sequence)) STRICT;"
	  "CREATE INDEX calls_by_number ON calls (call);"
	  "CREATE INDEX calls_by_age ON calls (wall_us);"

	  "CREATE TABLE incidents (incident INTEGER PRIMARY KEY," HEAD
	  "source TEXT, first_wall_us INTEGER NOT NULL, last_wall_us INTEGER NOT NULL,"
	  "count INTEGER NOT NULL, score_milli INTEGER NOT NULL, outcome INTEGER NOT NULL,"
	  "is_proven INTEGER NOT NULL, is_blocked INTEGER NOT NULL, detector TEXT NOT NULL,"
	  "rule TEXT NOT NULL, account TEXT NOT NULL, evidence TEXT NOT NULL) STRICT;"
	  "CREATE INDEX incidents_by_age ON incidents (last_wall_us);"

	  "CREATE TABLE samples (row INTEGER PRIMARY KEY AUTOINCREMENT," HEAD
	  "incident INTEGER NOT NULL," FLOW("flow_") "text TEXT NOT NULL,"
	  "UNIQUE (ring, sequence)) STRICT;"
	  "CREATE INDEX samples_by_incident ON samples (incident);"
	  "CREATE INDEX samples_by_age ON samples (wall_us);"

	  "CREATE TABLE blocks (block INTEGER PRIMARY KEY," HEAD
	  "kind INTEGER NOT NULL, origin INTEGER NOT NULL, is_removed INTEGER NOT NULL,"
	  "is_observed INTEGER NOT NULL, net TEXT NOT NULL, from_wall_us INTEGER NOT NULL,"
	  "until_wall_us INTEGER NOT NULL, term_s INTEGER NOT NULL, incident INTEGER NOT NULL,"
	  "rule TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL) STRICT;"
	  "CREATE INDEX blocks_by_age ON blocks (until_wall_us);"

	  "CREATE TABLE block_steps (block INTEGER NOT NULL REFERENCES blocks ON DELETE CASCADE,"
	  "place INTEGER NOT NULL, wall_us INTEGER NOT NULL, score_milli INTEGER NOT NULL,"
	  "rule TEXT NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL,"
	  "PRIMARY KEY (block, place)) STRICT, WITHOUT ROWID;"

	  "CREATE TABLE audit (row INTEGER PRIMARY KEY AUTOINCREMENT," HEAD
	  "actor TEXT NOT NULL, role TEXT NOT NULL, verb TEXT NOT NULL, object TEXT NOT NULL,"
	  "reason TEXT NOT NULL, result TEXT NOT NULL,"
	  "UNIQUE (ring, sequence)) STRICT;"
	  "CREATE INDEX audit_by_age ON audit (wall_us);", NULL },
	{ "incidents as campaigns",
	  NUMBER_COLUMN("phases") NUMBER_COLUMN("scan_wall_us") NUMBER_COLUMN("enumerate_wall_us")
	  NUMBER_COLUMN("guess_wall_us") NUMBER_COLUMN("register_wall_us")
	  NUMBER_COLUMN("dial_wall_us") NUMBER_COLUMN("part_of") NUMBER_COLUMN("sources")
	  NUMBER_COLUMN("targets") NUMBER_COLUMN("users") NUMBER_COLUMN("numbers")
	  TEXT_COLUMN("source_list") TEXT_COLUMN("target_list") TEXT_COLUMN("user_list")
	  TEXT_COLUMN("number_list"), NULL },
	{ "what SRTP dropped in calls",
	  DROPPED_COLUMN("caller_dropped_auth") DROPPED_COLUMN("caller_dropped_replay")
	  DROPPED_COLUMN("callee_dropped_auth") DROPPED_COLUMN("callee_dropped_replay"), NULL },
	/* What is old is found by the calls' numbers, which are times. An index of millions of rows
	 * goes too slowly for a start, which must be over in seconds: it stays then. */
	{ "calls without an index of their age, where there are none yet",
	  "DROP INDEX calls_by_age;", "SELECT 1 FROM calls LIMIT 1" },
	/* A batch that comes twice is known by the rings' places, which are written in its own
	 * transaction. Millions of rows are not written anew for it. */
	{ "calls without an index of their rings' numbers, where there are none yet",
	  "DROP TABLE calls;"
	  CALLS LEG("caller_") DROPPED("caller_") "," LEG("callee_") DROPPED("callee_") ") STRICT;"
	  "CREATE INDEX calls_by_number ON calls (call);",
	  "SELECT 1 FROM calls LIMIT 1" },
};
/* clang-format on */
const size_t store_migration_count = sizeof(store_migrations) / sizeof(store_migrations[0]);

static enum err read_number(sqlite3 *db, const char *pragma, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	enum err err = ERR_IO;

	if (sqlite3_prepare_v2(db, pragma, -1, &statement, NULL) != SQLITE_OK)
		return ERR_IO;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		*ret = sqlite3_column_int64(statement, 0);
		err = ERR_NONE;
	}
	sqlite3_finalize(statement);
	return err;
}

/* ERR_NONE also where nothing had to be done. */
static enum err needs_sql(sqlite3 *db, const struct migration *m, bool *ret)
{
	sqlite3_stmt *statement = NULL;
	int code;

	*ret = true;
	if (!m->unless)
		return ERR_NONE;
	if (sqlite3_prepare_v2(db, m->unless, -1, &statement, NULL) != SQLITE_OK)
		return ERR_IO;
	code = sqlite3_step(statement);
	sqlite3_finalize(statement);
	*ret = code == SQLITE_DONE;
	return code == SQLITE_DONE || code == SQLITE_ROW ? ERR_NONE : ERR_IO;
}

static enum err run_one(sqlite3 *db, const struct migration *m, size_t version, struct buffer *why)
{
	char pragmas[128];
	bool is_needed = true;
	int len;

	/* PRAGMA takes no parameters; both numbers are ours. */
	len = snprintf(pragmas, sizeof(pragmas),
	               "PRAGMA application_id = %d; PRAGMA user_version = %zu;",
	               STORE_APPLICATION_ID, version);
	if (len > 0 && (size_t)len < sizeof(pragmas) &&
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
	    needs_sql(db, m, &is_needed) == ERR_NONE &&
	    (!is_needed || sqlite3_exec(db, m->sql, NULL, NULL, NULL) == SQLITE_OK) &&
	    sqlite3_exec(db, pragmas, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return ERR_NONE;
	buffer_text(why, "migration ");
	buffer_decimal(why, version);
	buffer_text(why, " (");
	buffer_text(why, m->name);
	buffer_text(why, ") failed: ");
	buffer_text(why, sqlite3_errmsg(db));
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return ERR_IO;
}

static enum err check_owner(sqlite3 *db, int64_t version, struct buffer *why)
{
	int64_t application = 0, objects = 0;

	if (read_number(db, "PRAGMA application_id", &application) != ERR_NONE ||
	    read_number(db, "SELECT count(*) FROM sqlite_schema", &objects) != ERR_NONE) {
		buffer_text(why, sqlite3_errmsg(db));
		return ERR_SYNTAX;
	}
	if (application == STORE_APPLICATION_ID ||
	    (application == 0 && objects == 0 && version == 0))
		return ERR_NONE;
	buffer_text(why, "it is a database of another program");
	return ERR_UNSUPPORTED;
}

enum err migrations_run(sqlite3 *db, const struct migration *list, size_t count, struct buffer *why)
{
	int64_t version = 0;
	enum err err;

	if (read_number(db, "PRAGMA user_version", &version) != ERR_NONE) {
		buffer_text(why, sqlite3_errmsg(db));
		return ERR_SYNTAX;
	}
	err = check_owner(db, version, why);
	if (err != ERR_NONE)
		return err;
	if (version < 0 || (uint64_t)version > count) {
		buffer_text(why, "it was made by a later version of Ringfence (layout ");
		buffer_decimal(why, (uint64_t)(version < 0 ? 0 : version));
		buffer_text(why, ", this program knows ");
		buffer_decimal(why, count);
		buffer_text(why, ")");
		return ERR_UNSUPPORTED;
	}
	for (size_t i = (size_t)version; i < count && err == ERR_NONE; i++)
		err = run_one(db, &list[i], i + 1, why);
	return err;
}
