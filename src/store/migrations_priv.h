/* SPDX-License-Identifier: Apache-2.0 */
/* From the version that a database has to the version that this program
 * writes: SQL by number. A migration that is in a release is never changed. */
#ifndef STORE_MIGRATIONS_PRIV_H
#define STORE_MIGRATIONS_PRIV_H

#include "base/buffer.h"
#include "base/err.h"
#include <sqlite3.h>

enum { STORE_APPLICATION_ID = 0x52464e43 }; /* "RFNC" in the file's head */

struct migration {
	const char *name; /* "calls, incidents ...", for messages */
	const char *sql;
	const char *unless; /* a query: a row of it leaves all as it is; NULL: none does */
};

/* Migration n (from 1) makes version n of version n-1. */
extern const struct migration store_migrations[];
extern const size_t store_migration_count;

/* Each migration and its version number in one transaction, so that one which
 * is cut off has not happened. ERR_UNSUPPORTED: not ours, or a later version. */
enum err migrations_run(sqlite3 *db, const struct migration *list, size_t count,
                        struct buffer *why) MUST_USE;

#endif
