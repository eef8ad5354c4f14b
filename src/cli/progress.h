/* SPDX-License-Identifier: Apache-2.0 */
/* A bar on standard error while a file is read, on a terminal alone. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cli_progress {
	bool is_on;
	uint64_t total; /* bytes; 0: not known */
	uint64_t shown_us, started_us;
	unsigned width; /* of what stands there now */
};

/* `is_wanted` false: nothing is ever shown. */
void cli_progress_begin(struct cli_progress *p, uint64_t total, bool is_wanted);
/* Cheap enough to be called every few thousand packets. */
void cli_progress_show(struct cli_progress *p, uint64_t done);
void cli_progress_end(struct cli_progress *p); /* wipes the line */

/* The line for `done` of `total` bytes into ret; its length. */
enum { PROGRESS_SIZE = 96 };
unsigned cli_progress_text(uint64_t done, uint64_t total, char ret[PROGRESS_SIZE]);

#endif
