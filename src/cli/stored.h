/* SPDX-License-Identifier: Apache-2.0 */
/* Lists out of a database that no service holds, such as `analyse --store` leaves: what
 * the API would answer, read by the program that maps the database. */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include "cli/command.h"
#include <jansson.h>

struct cli_stored {
	const char *path; /* of the list in the API: "/api/v1/incidents", perhaps with arguments */
	const char *number; /* of the one that is wanted; NULL: all */
	const char *filter; /* "" for all */
	size_t limit;
};

/* Adds to the array; having said what was wrong otherwise. */
enum cli_exit cli_stored_read(const struct cli *c, const struct cli_stored *wanted, json_t *items);
/* The one of that number; the caller's. CLI_NOT_FOUND. */
enum cli_exit cli_stored_one(const struct cli *c, const char *path, const char *number,
                             json_t **ret);

#endif
