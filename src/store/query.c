/* SPDX-License-Identifier: Apache-2.0 */
/* One page of one kind, newest first. The text of a statement is put together
 * from this program's own words only; all that a reader wrote is bound. */
#include "store/query.h"
#include "store/connection_priv.h"
#include "store/filter.h"
#include <string.h>

/* Steps of SQLite's machine that a query may take: about a quarter of a second. */
enum { QUERY_STEPS_AT_ONCE = 10000, MAX_QUERY_SLICES = 2000, MAX_COUNT_SLICES = 400 };

static int count_slices(void *context)
{
	uint32_t *left = context;

	if (*left == 0)
		return 1;
	(*left)--;
	return 0;
}

static void put_number(struct buffer *b, const char *before, size_t number)
{
	buffer_text(b, before);
	buffer_decimal(b, number);
}

/* Parameter numbers: 1 after, 2 limit, 3 number, 4 now, from 5 on the words. */
enum { FIRST_WORD = 5 };

static void put_word(struct buffer *b, const struct filter_word *w, size_t parameter)
{
	static const char *const before[] = {
		[MATCH_TEXT] = " = ?",  [MATCH_NUMBER] = " = ?", [MATCH_BIT] = " & ?",
		[MATCH_FROM] = " >= ?", [MATCH_BELOW] = " < ?",
	};

	for (size_t i = 0; i < MAX_FILTER_COLUMNS && w->columns[i]; i++) {
		buffer_text(b, i ? " OR " : " AND (");
		if (w->match == MATCH_PREFIX) {
			buffer_text(b, "substr(");
			buffer_text(b, w->columns[i]);
			put_number(b, ", 1, length(?", parameter);
			put_number(b, ")) = ?", parameter);
		} else if (w->match == MATCH_LISTED) {
			buffer_text(b, "instr(' ' || ");
			buffer_text(b, w->columns[i]);
			put_number(b, " || ' ', ' ' || ?", parameter);
			buffer_text(b, " || ' ') > 0");
		} else {
			buffer_text(b, w->columns[i]);
			put_number(b, before[w->match], parameter);
		}
	}
	buffer_text(b, ")");
}

/* Incidents that another one tells of are left out, unless somebody asks for
 * what one source did or for the parts of one. */
static bool leaves_parts_out(const struct store_query *q, const struct filter *filter)
{
	if (q->kind != RECORD_INCIDENT || q->number)
		return false;
	for (size_t i = 0; i < filter->count; i++) {
		if (strcmp(filter->words[i].columns[0], "source") == 0 ||
		    strcmp(filter->words[i].columns[0], "part_of") == 0)
			return false;
	}
	return true;
}

static enum err build(const struct store_query *q, const struct filter *filter, char *ret,
                      size_t size)
{
	const struct table *t = &store_tables[q->kind];
	struct buffer b = buffer_on(ret, size - 1);

	buffer_text(&b, "SELECT ");
	buffer_text(&b, t->key);
	for (size_t i = 0; i < t->column_count; i++) {
		buffer_text(&b, ", ");
		buffer_text(&b, t->columns[i].name);
	}
	buffer_text(&b, " FROM ");
	buffer_text(&b, t->name);
	buffer_text(&b, " WHERE ");
	buffer_text(&b, t->key);
	buffer_text(&b, " < ?1");
	if (q->number) {
		buffer_text(&b, " AND ");
		buffer_text(&b, t->number);
		buffer_text(&b, " = ?3");
	}
	if (q->is_live_only && q->kind == RECORD_BLOCK)
		buffer_text(&b,
		            " AND is_removed = 0 AND (until_wall_us = 0 OR until_wall_us > ?4)");
	if (leaves_parts_out(q, filter))
		buffer_text(&b, " AND part_of = 0");
	for (size_t i = 0; i < filter->count; i++)
		put_word(&b, &filter->words[i], FIRST_WORD + i);
	buffer_text(&b, " ORDER BY ");
	buffer_text(&b, t->key);
	buffer_text(&b, " DESC LIMIT ?2");
	if (b.err == ERR_NONE)
		ret[b.len] = 0;
	return b.err;
}

static uint64_t as_key(uint64_t number)
{
	return number == 0 || number > INT64_MAX ? INT64_MAX : number;
}

/* Parameters that a statement does not have are refused by SQLite, harmlessly. */
static void bind_all(sqlite3_stmt *statement, const struct store_query *q,
                     const struct filter *filter)
{
	uint16_t limit =
		q->limit == 0 || q->limit > MAX_QUERY_ROWS ? (uint16_t)MAX_QUERY_ROWS : q->limit;

	(void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)as_key(q->after));
	(void)sqlite3_bind_int64(statement, 2, limit);
	(void)sqlite3_bind_int64(statement, 3, (sqlite3_int64)as_key(q->number));
	(void)sqlite3_bind_int64(statement, 4, q->now_wall_us);
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_word *w = &filter->words[i];
		int place = FIRST_WORD + (int)i;

		if (w->match == MATCH_TEXT || w->match == MATCH_PREFIX || w->match == MATCH_LISTED)
			(void)sqlite3_bind_text(statement, place, w->text, -1, SQLITE_STATIC);
		else
			(void)sqlite3_bind_int64(statement, place, w->number);
	}
}

static void read_steps(struct store *s, struct record_block *block)
{
	(void)sqlite3_bind_int64(s->steps_select, 1, block->block);
	(void)sqlite3_bind_int64(s->steps_select, 2, MAX_BLOCK_STEPS);
	while (block->step_count < MAX_BLOCK_STEPS && sqlite3_step(s->steps_select) == SQLITE_ROW) {
		struct block_step *step = &block->steps[block->step_count++];

		for (size_t i = 0; i < store_step_column_count; i++)
			column_read(s->steps_select, (int)i, &store_step_columns[i], step);
	}
	(void)sqlite3_reset(s->steps_select);
}

static void read_row(struct store *s, sqlite3_stmt *statement, uint8_t kind)
{
	const struct table *t = &store_tables[kind];
	union record *r = &s->row;

	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < t->column_count; i++)
		column_read(statement, (int)i + 1, &t->columns[i], r);
	r->head.version = RECORD_VERSION;
	r->head.kind = kind;
	r->head.size = t->record_size;
	r->head.row = (uint64_t)sqlite3_column_int64(statement, 0);
	if (kind == RECORD_BLOCK)
		read_steps(s, &r->block);
}

static enum err walk(struct store *s, sqlite3_stmt *statement, uint8_t kind,
                     bool (*each)(const union record *r, void *context), void *context)
{
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		read_row(s, statement, kind);
		if (!each(&s->row, context))
			return ERR_NONE;
	}
	return code == SQLITE_DONE ? ERR_NONE : store_fail(s, "reading");
}

enum err store_query_each(struct store *s, const struct store_query *q, struct buffer *why,
                          bool (*each)(const union record *r, void *context), void *context)
{
	char sql[STORE_SQL_MAX];
	struct filter filter;
	sqlite3_stmt *statement = NULL;
	uint32_t slices = MAX_QUERY_SLICES;
	enum err err;

	if (s->is_dead)
		return ERR_IO;
	if (q->kind >= RECORD_KIND_COUNT)
		return ERR_UNSUPPORTED;
	err = filter_parse(q->filter, q->kind, q->now_wall_us, why, &filter);
	if (err == ERR_NONE)
		err = build(q, &filter, sql, sizeof(sql));
	if (err == ERR_NONE)
		err = store_prepare(s, sql, &statement);
	if (err != ERR_NONE)
		return err;
	bind_all(statement, q, &filter);
	sqlite3_progress_handler(s->db, QUERY_STEPS_AT_ONCE, count_slices, &slices);
	err = walk(s, statement, q->kind, each, context);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	sqlite3_finalize(statement);
	if (err == ERR_LIMIT)
		buffer_text(why, "too many rows to look through: narrow the filter by since=");
	return err;
}

enum err store_query_count(struct store *s, enum record_kind kind, uint64_t *ret)
{
	static const char *const sql[RECORD_KIND_COUNT] = {
		[RECORD_CALL] = "SELECT count(*) FROM calls",
		[RECORD_INCIDENT] = "SELECT count(*) FROM incidents",
		[RECORD_SAMPLE] = "SELECT count(*) FROM samples",
		[RECORD_BLOCK] = "SELECT count(*) FROM blocks",
		[RECORD_AUDIT] = "SELECT count(*) FROM audit",
	};

	uint32_t slices = MAX_COUNT_SLICES;
	enum err err;

	sqlite3_progress_handler(s->db, QUERY_STEPS_AT_ONCE, count_slices, &slices);
	err = store_number(s, sql[kind], ret);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	return err;
}
