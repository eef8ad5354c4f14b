/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the store: records of one kind, newest first, in pages. A page
 * continues after the row (record_head.row) of the last record it gave, so a
 * reader that must stop in the middle loses nothing. A query may look at a
 * bounded number of rows only, so that no reader holds up the writer. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/store.h"

enum { MAX_QUERY_ROWS = 200 };

struct store_query {
	uint8_t kind;       /* enum record_kind */
	bool is_live_only;  /* blocks: neither lifted nor over at now_wall_us */
	uint16_t limit;     /* 0 and more than MAX_QUERY_ROWS mean MAX_QUERY_ROWS */
	uint64_t after;     /* rows below this one; 0 begins at the newest */
	uint64_t number;    /* of the call, incident, block; samples of that incident; 0 all */
	struct view filter; /* store/filter.h; empty for all */
	int64_t now_wall_us;
};

/* Hands records one at a time to `each`, which returns false to stop. The
 * record lives for that call. ERR_SYNTAX (filter: `why` says what is wrong),
 * ERR_UNSUPPORTED (kind), ERR_LIMIT (looked at too many rows), ERR_IO. */
enum err store_query_each(struct store *s, const struct store_query *q, struct buffer *why,
                          bool (*each)(const union record *r, void *context),
                          void *context) MUST_USE;

/* How many rows of a kind there are, for status. ERR_LIMIT where that are too many to count. */
enum err store_query_count(struct store *s, enum record_kind kind, uint64_t *ret) MUST_USE;

#endif
