/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table: what the judge has decided about sources, in shared
 * memory. The judge is its only writer; signal, media and kernel map it
 * read-only and look before they parse. Fixed number of rows, open addressing
 * over keyed hashes; each row has a sequence lock, so a reader never sees half
 * a row and never waits, not even for a writer that died in the middle of one.
 *
 * A row must lie within VERDICT_PROBE_MAX places of its hash. Where all of
 * those are taken, suspects go before blocks, blocks before the administrator's,
 * and among equals the one that expires first; a newcomer that ranks below all
 * of them is not taken. */
#ifndef EVENT_VERDICT_H
#define EVENT_VERDICT_H

#include "base/err.h"
#include "base/hash.h"
#include "event/flow.h"

enum mode { MODE_OFF, MODE_OBSERVE, MODE_BLOCK };

enum verdict_state { VERDICT_NONE, VERDICT_SUSPECT, VERDICT_BLOCK };

enum { VERDICT_ROWS = 65536, VERDICT_PROBE_MAX = 32, VERDICT_MODES = 32 };

/* The key is what a row speaks about: a source (port 0: the address, IPv6 its
 * /64), one flow of it (its port), or a network (prefix below the source's). */
struct verdict {
	struct addr source;  /* any address of it: the table cuts it to the prefix */
	uint64_t until_us;   /* past: as if absent */
	uint32_t block;      /* number of the block, for `blocks why` */
	uint8_t state;       /* enum verdict_state */
	uint8_t is_by_admin; /* acts in mode observe too */
	uint16_t rule;       /* judge's rule number */
	uint8_t prefix;      /* 0: the source's own; IPv4 counts from 96, as in addr_net */
};

struct verdict_table;

size_t verdict_table_size(void); /* bytes of shared memory it needs */
/* Judge or parent: lays out fresh memory of that size. */
void verdict_table_init(struct verdict_table *t, const struct hash_key *key);
/* Checks version and layout of memory made by another process. ERR_SYNTAX. */
enum err verdict_table_check(const struct verdict_table *t, size_t size) MUST_USE;

/* Writer only. */
void verdict_table_put(struct verdict_table *t, const struct verdict *v, uint64_t now_us);
/* Takes out the row with that source and prefix (0 as above); an absent one is fine. */
void verdict_table_remove(struct verdict_table *t, const struct addr *source, uint8_t prefix);
void verdict_table_set_mode(struct verdict_table *t, enum mode mode);
/* What was set at run time for one of VERDICT_MODES places, whose meaning is the writer's:
 * kept for a judge that was restarted. */
struct verdict_mode {
	uint8_t mode, back; /* enum mode: now, and from `until_us` on */
	uint64_t until_us;  /* monotonic; 0: for good */
};
void verdict_table_keep_mode(struct verdict_table *t, uint32_t place,
                             const struct verdict_mode *mode);
void verdict_table_drop_modes(struct verdict_table *t);
bool verdict_table_kept_mode(const struct verdict_table *t, uint32_t place,
                             struct verdict_mode *ret);
/* Walks taken rows, also those whose time is over: for a judge that was restarted, and
 * for the kernel's role. *place starts at 0; false at the end. */
bool verdict_table_next(const struct verdict_table *t, uint32_t *place, struct verdict *ret);

/* Any reader. get: the row of exactly this source, or of this flow if a port is
 * given. find: the strictest row that holds the address (its source, any network;
 * the port is ignored), those that act in the table's mode before those that do
 * not. False where there is none. */
bool verdict_table_get(const struct verdict_table *t, const struct addr *source, uint64_t now_us,
                       struct verdict *ret);
bool verdict_table_find(const struct verdict_table *t, const struct addr *address, uint64_t now_us,
                        struct verdict *ret);
enum mode verdict_table_mode(const struct verdict_table *t);
/* Whether a row drops: a block, in mode block or by the administrator. */
bool verdict_acts(const struct verdict *v, enum mode mode);
/* Live rows that had to make room since the table was laid out. */
uint64_t verdict_table_forgotten(const struct verdict_table *t);
/* Rises with every row and mode that is put: for a reader that walks only what is new. */
uint64_t verdict_table_changes(const struct verdict_table *t);

#endif
