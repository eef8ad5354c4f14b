/* SPDX-License-Identifier: Apache-2.0 */
/* The one set of errors of the whole tree. A function returns an error or
 * logs it, never both; outputs come last, are called `ret` and stay untouched
 * on failure. errno does not travel beyond os/. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
#define ERR(name, text) ERR_##name,
#include "base/err.def"
#undef ERR
	ERR_COUNT
};

#define MUST_USE __attribute__((warn_unused_result))

/* The word for a person ("is beyond a limit"); static storage. */
const char *err_text(enum err err);

/* The name for a machine ("LIMIT"); static storage. */
const char *err_name(enum err err);

#endif
