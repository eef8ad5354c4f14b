/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for a test's database, and records to put into it. */
#ifndef UNIT_STORE_PLACE_H
#define UNIT_STORE_PLACE_H

#include "store/query.h"
#include "store/store.h"

struct place {
	char folder[64], path[96];
};

enum err place_make(struct place *ret) MUST_USE;
void place_remove(struct place *p);

/* Opens the place's database and throws the reason of a failure away. */
enum err place_open(const struct place *p, struct store **ret) MUST_USE;

/* Sound records of each kind, kept for ever, of ring 3. */
union record a_call(uint64_t sequence, uint64_t call);
union record an_incident(uint64_t sequence, uint64_t incident);
union record a_sample(uint64_t sequence, uint64_t incident);
union record a_block(uint64_t sequence, uint32_t block);
union record an_audit(uint64_t sequence);

enum err write_one(struct store *s, const union record *r, struct store_tally *ret) MUST_USE;
/* How many a query gives; the first of them into ret_first where there is one. */
enum err count_of(struct store *s, const struct store_query *q, uint32_t *ret_count,
                  union record *ret_first) MUST_USE;

#endif
