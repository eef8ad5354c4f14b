/* SPDX-License-Identifier: Apache-2.0 */
/* What an analysis leaves in a database of Ringfence's: incidents, blocks, calls. */
#ifndef CLI_ANALYSE_STORE_H
#define CLI_ANALYSE_STORE_H

#include "base/buffer.h"
#include "event/record.h"
#include "watch/report.h"

struct cli_store;

/* Opens or makes the file; `why` as store_open says it. */
enum err cli_store_open(const char *path, struct buffer *why, struct cli_store **ret) MUST_USE;
/* The first number for incidents and blocks that is not used there yet. */
uint64_t cli_store_first_number(const struct cli_store *s);
/* Kept a batch at a time. Errors stay: cli_store_close tells. */
void cli_store_record(struct cli_store *s, const union record *record);
void cli_store_call(struct cli_store *s, const struct watch_call *call);
/* Writes what is left and frees it. ERR_IO. */
enum err cli_store_close(struct cli_store **s) MUST_USE;

#endif
