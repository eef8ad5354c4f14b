/* SPDX-License-Identifier: Apache-2.0 */
/* The target of a request line: a path and arguments, unescaped once and
 * strictly. The path never holds what a file system would read as a way out. */
#ifndef WEB_TARGET_PRIV_H
#define WEB_TARGET_PRIV_H

#include "base/err.h"
#include "base/view.h"

enum { TARGET_PATH_MAX = 256, TARGET_NAME_MAX = 32, TARGET_VALUE_MAX = 256, MAX_TARGET_ARGS = 8 };

struct web_arg {
	char name[TARGET_NAME_MAX], value[TARGET_VALUE_MAX];
};

struct web_target {
	char path[TARGET_PATH_MAX];
	size_t arg_count;
	struct web_arg args[MAX_TARGET_ARGS];
};

/* ERR_SYNTAX: a broken escape, a control byte, an escaped slash, "." or ".." or
 * nothing between slashes, an argument twice. ERR_LIMIT: too long, too many. */
enum err web_target_parse(struct view text, struct web_target *ret) MUST_USE;

/* The value of an argument; NULL where it was not given. Lives with the target. */
const char *web_target_arg(const struct web_target *t, const char *name);

#endif
