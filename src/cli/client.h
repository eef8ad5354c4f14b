/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the service's API over its Unix socket. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "cli/command.h"
#include <jansson.h>

enum { CLI_TARGET_MAX = 2048 };

/* A target under construction: path, then arguments, escaped as they are put. */
struct cli_target {
	char text[CLI_TARGET_MAX];
	size_t len;
	bool has_argument, is_too_long;
};

struct cli_target cli_target_on(const char *path);
void cli_target_segment(struct cli_target *t, const char *text); /* "/" and the text */
/* Nothing where value is NULL. */
void cli_target_argument(struct cli_target *t, const char *name, const char *value);

struct cli_answer {
	long status;
	char *text;   /* NUL-terminated */
	json_t *json; /* NULL where the text is no JSON */
};

/* Sends; says on standard error what went wrong and returns the exit code for
 * it, also for a problem document. `body` may be NULL; it is not taken over.
 * At CLI_DONE the answer is the caller's to clear. */
enum cli_exit cli_request(const struct cli *c, const char *method, const struct cli_target *target,
                          const json_t *body, struct cli_answer *ret);
/* Sends a change, with --reason in its body, which is taken over and may be NULL. */
enum cli_exit cli_send(const struct cli *c, const char *method, const struct cli_target *target,
                       json_t *body, struct cli_answer *ret);
void cli_answer_clear(struct cli_answer *a);

/* The common case: GET, and the JSON is the caller's. */
enum cli_exit cli_get(const struct cli *c, const struct cli_target *target, json_t **ret);

#endif
