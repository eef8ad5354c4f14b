/* SPDX-License-Identifier: Apache-2.0 */
/* A list of equal items in a nameless temporary file: as long as the disk is
 * large, while one block of it is in memory. Fresh places read as zeros. */
#ifndef CLI_REPORT_SPOOL_H
#define CLI_REPORT_SPOOL_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_spool {
	int fd; /* -1: not open; a file is made only where one block is not enough */
	size_t size, per_block;
	uint64_t count, block; /* items; which block is in memory */
	char *bytes;
	bool is_changed;
	enum err err; /* the first one stays: ERR_IO */
};

/* ERR_NO_MEMORY. */
enum err cli_spool_init(struct cli_spool *s, size_t item_size) MUST_USE;
void cli_spool_clear(struct cli_spool *s); /* one of zeros is fine */

/* Makes the file now, for who may open none later. Where it cannot be made, that shows
 * when one block is not enough. */
void cli_spool_open(struct cli_spool *s);

/* Place of an item, to read and to write; the list grows to hold it. Lives until the next
 * call. NULL once s->err is set. */
void *cli_spool_at(struct cli_spool *s, uint64_t index);
/* The same to read alone. NULL also beyond the list's end. */
const void *cli_spool_read(struct cli_spool *s, uint64_t index);
static inline void *cli_spool_add(struct cli_spool *s) { return cli_spool_at(s, s->count); }

#endif
