/* SPDX-License-Identifier: Apache-2.0 */
/* What is forgotten, in steps that one transaction holds. */
#include "store/retention.h"
#include "store/connection_priv.h"
#include <sys/statvfs.h>

/* ?1 is the time before which, ?2 how many. What is alive is not forgotten. A call's number is the
 * time of its beginning (of one from a capture far less), so that calls need no index of their age:
 * those that began before that time are looked at, and of them few ended after it. Numbers only
 * rise, so those after a clock that was ahead are from the future: the rows that are there longest
 * are looked at too. */
static const char *const forget_by_age[RECORD_KIND_COUNT] = {
	[RECORD_CALL] = "DELETE FROM calls WHERE row IN"
			" (SELECT row FROM (SELECT row FROM calls WHERE call < ?1 AND"
			" wall_us < ?1 ORDER BY call LIMIT ?2) UNION SELECT row FROM"
			" (SELECT row, wall_us FROM calls ORDER BY row LIMIT ?2)"
			" WHERE wall_us < ?1)",
	[RECORD_INCIDENT] = "DELETE FROM incidents WHERE incident IN"
			    " (SELECT incident FROM incidents WHERE last_wall_us < ?1"
			    " ORDER BY last_wall_us LIMIT ?2)",
	[RECORD_SAMPLE] = "DELETE FROM samples WHERE row IN"
			  " (SELECT row FROM samples WHERE wall_us < ?1 ORDER BY wall_us LIMIT ?2)",
	[RECORD_BLOCK] = "DELETE FROM blocks WHERE block IN"
			 " (SELECT block FROM blocks WHERE until_wall_us BETWEEN 1 AND ?1 - 1"
			 " ORDER BY until_wall_us LIMIT ?2)",
	[RECORD_AUDIT] = "DELETE FROM audit WHERE row IN"
			 " (SELECT row FROM audit WHERE wall_us < ?1 ORDER BY wall_us LIMIT ?2)",
};

/* Too large: what goes first. Blocks are few, the audit trail is evidence. */
static const enum record_kind forget_by_size[] = { RECORD_SAMPLE, RECORD_INCIDENT, RECORD_CALL };

static enum err forget_rows(struct store *s, enum record_kind kind, int64_t before_us,
                            uint64_t *ret_rows)
{
	sqlite3_stmt *statement = NULL;
	enum err err;

	err = store_prepare(s, forget_by_age[kind], &statement);
	if (err != ERR_NONE)
		return err;
	(void)sqlite3_bind_int64(statement, 1, before_us);
	(void)sqlite3_bind_int64(statement, 2, RETENTION_STEP_ROWS);
	err = store_run(s, statement, "forgetting old rows");
	sqlite3_finalize(statement);
	if (err == ERR_NONE)
		*ret_rows = (uint64_t)sqlite3_changes64(s->db);
	return err;
}

static enum err forget_old(struct store *s, const struct store_keep *keep, int64_t now_wall_us,
                           bool *ret_is_more)
{
	enum err err = ERR_NONE;
	uint64_t rows = 0;

	for (size_t kind = 0; kind < RECORD_KIND_COUNT && err == ERR_NONE; kind++) {
		if (keep->age_us[kind] <= 0)
			continue;
		err = forget_rows(s, (enum record_kind)kind, now_wall_us - keep->age_us[kind],
		                  &rows);
		if (rows >= RETENTION_STEP_ROWS)
			*ret_is_more = true;
	}
	return err;
}

static enum err forget_large(struct store *s, const struct store_keep *keep, bool *ret_is_more)
{
	struct store_size size;
	uint64_t rows = 0;
	enum err err;

	if (keep->at_most_bytes == 0)
		return ERR_NONE;
	err = store_measure(s, &size);
	if (err != ERR_NONE || size.used_bytes <= keep->at_most_bytes)
		return err;
	for (size_t i = 0;
	     i < sizeof(forget_by_size) / sizeof(forget_by_size[0]) && err == ERR_NONE && !rows;
	     i++)
		err = forget_rows(s, forget_by_size[i], INT64_MAX, &rows);
	if (rows)
		*ret_is_more = true;
	return err;
}

enum err store_forget(struct store *s, const struct store_keep *keep, int64_t now_wall_us,
                      bool *ret_is_more)
{
	bool is_more = false;
	enum err err;

	if (s->is_dead)
		return ERR_IO;
	err = store_run(s, s->begin, "beginning to forget");
	if (err == ERR_NONE)
		err = forget_old(s, keep, now_wall_us, &is_more);
	if (err == ERR_NONE)
		err = forget_large(s, keep, &is_more);
	/* Free pages go back to the disk in small numbers: each may have to be moved. */
	if (err == ERR_NONE &&
	    sqlite3_exec(s->db, "PRAGMA incremental_vacuum(256)", NULL, NULL, NULL) != SQLITE_OK)
		err = store_fail(s, "giving pages back");
	if (err == ERR_NONE)
		err = store_run(s, s->commit, "committing what was forgotten");
	if (err != ERR_NONE) {
		(void)sqlite3_step(s->rollback);
		(void)sqlite3_reset(s->rollback);
		return err;
	}
	*ret_is_more = is_more;
	return ERR_NONE;
}

enum err store_measure(struct store *s, struct store_size *ret)
{
	struct statvfs disk;
	uint64_t pages = 0, unused = 0, page_bytes = 0;
	enum err err;

	err = store_number(s, "PRAGMA page_count", &pages);
	if (err == ERR_NONE)
		err = store_number(s, "PRAGMA freelist_count", &unused);
	if (err == ERR_NONE)
		err = store_number(s, "PRAGMA page_size", &page_bytes);
	if (err != ERR_NONE)
		return err;
	if (fstatvfs(s->directory, &disk) != 0)
		return ERR_IO;
	ret->used_bytes = (pages > unused ? pages - unused : 0) * page_bytes;
	ret->free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	ret->disk_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
	return ERR_NONE;
}

/* Free below which a pressure begins, the smaller of a share and a fixed room;
 * it ends at half as much again. */
static const struct {
	uint32_t share;
	uint64_t bytes;
} begins[] = {
	[PRESSURE_SAMPLES] = { 20, UINT64_C(2) << 30 },
	[PRESSURE_DETAILS] = { 50, UINT64_C(512) << 20 },
};

enum store_pressure store_pressure_at(const struct store_size *size, enum store_pressure before)
{
	for (enum store_pressure p = PRESSURE_DETAILS; p > PRESSURE_NONE; p--) {
		uint64_t least = size->disk_bytes / begins[p].share;

		if (least > begins[p].bytes)
			least = begins[p].bytes;
		if (before >= p)
			least += least / 2;
		if (size->free_bytes < least)
			return p;
	}
	return PRESSURE_NONE;
}

void store_press(struct store *s, enum store_pressure pressure) { s->pressure = pressure; }

const char *store_pressure_name(enum store_pressure p)
{
	static const char *const names[] = { "none", "samples", "details" };

	return p <= PRESSURE_DETAILS ? names[p] : "unknown";
}
