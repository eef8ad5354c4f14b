/* SPDX-License-Identifier: Apache-2.0 */
/* A list of equal items: the first ones in memory, all others in a nameless temporary
 * file, one block of which is in memory. As long as the disk is large. Fresh places
 * read as zeros. */
#ifndef CLI_REPORT_SPOOL_H
#define CLI_REPORT_SPOOL_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_SPOOL_KEPT = 4 << 20 }; /* bytes */

struct cli_spool {
	int fd;         /* -1: not open; a file is made only where memory is not enough */
	unsigned shift; /* of an item's number to that of its block, of 32 to 64 KiB */
	size_t size;
	uint64_t count, kept_count; /* items; the first ones, which are not in the file */
	char *kept, *bytes;         /* bytes: of the block of the file that is in memory */
	uint64_t block;             /* which one that is */
	bool is_changed;
	enum err err; /* the first one stays: ERR_IO */
};

/* ERR_NO_MEMORY. */
enum err cli_spool_init(struct cli_spool *s, size_t item_size) MUST_USE;
void cli_spool_clear(struct cli_spool *s); /* one of zeros is fine */

/* Makes the file now, for who may open none later. Where it cannot be made, that shows
 * when memory is not enough. */
void cli_spool_open(struct cli_spool *s);

/* Place of an item, to read and to write; the list grows to hold it. Lives until the next
 * call. NULL once s->err is set. */
void *cli_spool_at(struct cli_spool *s, uint64_t index);
/* The same to read alone. NULL also beyond the list's end. */
const void *cli_spool_read(struct cli_spool *s, uint64_t index);
static inline void *cli_spool_add(struct cli_spool *s) { return cli_spool_at(s, s->count); }

#endif
