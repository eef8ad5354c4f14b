/* SPDX-License-Identifier: Apache-2.0 */
/* The one connection and what hangs on it. */
#ifndef STORE_CONNECTION_PRIV_H
#define STORE_CONNECTION_PRIV_H

#include "store/retention.h"
#include "store/store.h"
#include "store/tables_priv.h"

/* The store's own ring: audit records that came by a request. */
enum { STORE_OWN_RING = 0xffff, STORE_SQL_MAX = 8192, STORE_PROBLEM_MAX = 256 };

/* Calls that one statement writes where so many have come. */
enum { STORE_CALLS_AT_ONCE = 16, MAX_CALL_COLUMNS = 80 };

struct ring_place {
	uint32_t ring;
	uint64_t sequence;
};

struct ring_places {
	size_t count;
	struct ring_place list[MAX_STORE_RINGS];
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *rollback, *place_put, *steps_delete, *step_insert,
		*steps_select;
	sqlite3_stmt *insert[RECORD_KIND_COUNT];
	sqlite3_stmt *insert_calls; /* STORE_CALLS_AT_ONCE of them; NULL until so many have come */
	uint64_t bound[STORE_CALLS_AT_ONCE][MAX_CALL_COLUMNS]; /* numbers that it has */
	char written[STORE_CALLS_AT_ONCE * WRITTEN_MAX];       /* hosts of what is bound */
	struct ring_places places;
	enum store_pressure pressure;
	int directory; /* to measure its disk */
	bool is_dead;
	union record *batch; /* MAX_STORE_BATCH, for intake */
	union record row;    /* the one that a query reads into */
	char problem[STORE_PROBLEM_MAX];
};

/* Notes SQLite's last words; says what they are to us. A failure that is not
 * want of memory ends the connection. */
enum err store_fail(struct store *s, const char *what);
/* Runs a statement that returns no rows, and makes it ready for the next time. */
enum err store_run(struct store *s, sqlite3_stmt *statement, const char *what) MUST_USE;
enum err store_prepare(struct store *s, const char *sql, sqlite3_stmt **ret) MUST_USE;
enum err store_prepare_calls(struct store *s) MUST_USE;
enum err store_number(struct store *s, const char *sql, uint64_t *ret) MUST_USE;

#endif
