/* SPDX-License-Identifier: Apache-2.0 */
/* Which column holds which member of a record: the one list from which the
 * statements that write and read are made, and texts are checked. */
#ifndef STORE_TABLES_PRIV_H
#define STORE_TABLES_PRIV_H

#include "base/buffer.h"
#include "event/record.h"
#include <sqlite3.h>

enum column_type {
	COLUMN_U8,
	COLUMN_U16,
	COLUMN_U32,
	COLUMN_U64,
	COLUMN_I64,
	COLUMN_TEXT,      /* char array that ends in NUL */
	COLUMN_LONG_TEXT, /* the text of a sample: text_len bytes */
	COLUMN_HOST,      /* struct addr without its port; NULL where family is 0 */
	COLUMN_NET,       /* struct addr_net */
};

struct column {
	const char *name;
	uint8_t type; /* enum column_type */
	uint16_t offset, size;
};

/* What one kind of record is kept as. */
struct table {
	const char *name;
	const char *key; /* column of head.row: its own number where a record grows, else a rowid */
	const char *number; /* column that store_query.number asks for */
	uint16_t record_size;
	bool is_growing; /* a later record with the same key takes the place of the first */
	const struct column *columns;
	size_t column_count;
};

extern const struct table store_tables[RECORD_KIND_COUNT];

/* The columns of a step of a block's score; offsets from the step. */
extern const struct column store_step_columns[];
extern const size_t store_step_column_count;

/* Hosts and networks of one record. */
enum { MAX_WRITTEN_COLUMNS = 4, WRITTEN_MAX = MAX_WRITTEN_COLUMNS * ADDR_TEXT_MAX };

/* SQLite's numbers are signed: numbers beyond are not sound. Texts are not copied: the record,
 * and what is put into `written` (at most WRITTEN_MAX a record), stay until the statement has
 * run. */
int column_bind(sqlite3_stmt *statement, int place, const struct column *c, const void *from,
                struct buffer *written);
bool column_is_number(const struct column *c);
/* A number that the statement has already, by `*bound`, is not bound again; another one is noted
 * there. */
int column_bind_changed(sqlite3_stmt *statement, int place, const struct column *c,
                        const void *from, uint64_t *bound);
void column_read(sqlite3_stmt *statement, int place, const struct column *c, void *to);
/* False where a text has no end within its array. */
bool column_is_sound(const struct column *c, const void *from);

#endif
