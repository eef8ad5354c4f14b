/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table: what the judge has decided about sources, in shared
 * memory. The judge is its only writer; signal, media and kernel map it
 * read-only and look before they parse. Fixed number of rows, open addressing
 * over keyed hashes; each row has a sequence lock, so a reader never sees half
 * a row and never waits. A full table forgets the row that expires first. */
#ifndef EVENT_VERDICT_H
#define EVENT_VERDICT_H

#include "base/err.h"
#include "event/flow.h"
#include "base/hash.h"

enum mode { MODE_OFF, MODE_OBSERVE, MODE_BLOCK };

enum verdict_state { VERDICT_NONE, VERDICT_SUSPECT, VERDICT_BLOCK };

enum { VERDICT_ROWS = 65536, VERDICT_PROBE_MAX = 32 };

struct verdict {
	struct addr source;             /* addr_source() or addr_neighbourhood(); port 0. A known flow's own block has its port */
	int64_t until_wall_us;          /* past: as if absent */
	uint32_t block;                 /* number of the block, for `blocks why` */
	uint8_t state;                  /* enum verdict_state */
	uint8_t is_by_admin;            /* acts in mode observe too */
	uint16_t rule;                  /* judge's rule number */
};

struct verdict_table;

size_t verdict_table_size(void);                                      /* bytes of shared memory it needs */
/* Judge or parent: lays out fresh memory of that size. */
void verdict_table_init(struct verdict_table *t, const struct hash_key *key);
/* Checks version and layout of memory made by another process. ERR_SYNTAX. */
enum err verdict_table_check(const struct verdict_table *t, size_t size) MUST_USE;

/* Writer only. */
void verdict_table_put(struct verdict_table *t, const struct verdict *v, int64_t wall_us);
void verdict_table_remove(struct verdict_table *t, const struct addr *source);
void verdict_table_set_mode(struct verdict_table *t, enum mode mode);
/* Walks live rows, for a judge that was restarted. *place starts at 0; false at the end. */
bool verdict_table_next(const struct verdict_table *t, uint32_t *place, struct verdict *ret);

/* Any reader. The first asks for exactly this key (address, and port if it has one). */
bool verdict_table_get(const struct verdict_table *t, const struct addr *source, int64_t wall_us, struct verdict *ret);
enum mode verdict_table_mode(const struct verdict_table *t);

#endif
