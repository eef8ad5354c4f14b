/* SPDX-License-Identifier: Apache-2.0 */
/* Words and names of the errors, expanded from the one table. */
#include "base/err.h"

static const struct {
	const char *name, *text;
} rows[] = {
#define ERR(name, text) { #name, text },
#include "base/err.def"
#undef ERR
};

const char *err_text(enum err err)
{
	return (unsigned)err < ERR_COUNT ? rows[err].text : "unknown error";
}

const char *err_name(enum err err)
{
	return (unsigned)err < ERR_COUNT ? rows[err].name : "UNKNOWN";
}
