/* SPDX-License-Identifier: Apache-2.0 */
/* Covers web/target.c: request targets. A path that is taken holds no way out
 * of anything and no control byte, and nothing is left open at its end. */
#include "web/target_priv.h"
#include <stdlib.h>
#include <string.h>

static void must(bool is_so)
{
	if (!is_so)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct web_target t;

	if (web_target_parse(view_bytes(bytes, len), &t) != ERR_NONE)
		return 0;
	must(t.path[0] == '/' && t.arg_count <= MAX_TARGET_ARGS &&
	     memchr(t.path, 0, TARGET_PATH_MAX));
	must(!strstr(t.path, "/../") && !strstr(t.path, "//") && !strstr(t.path, "/./"));
	for (const char *at = t.path; *at; at++)
		must((uint8_t)*at >= 0x20 && *at != 0x7f);
	for (size_t i = 0; i < t.arg_count; i++)
		must(t.args[i].name[0] && memchr(t.args[i].value, 0, TARGET_VALUE_MAX) != NULL);
	return 0;
}
