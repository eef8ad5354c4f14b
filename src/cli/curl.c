/* SPDX-License-Identifier: Apache-2.0 */
/* One look-up for each function. */
#include "cli/curl.h"
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define FUNCTION(name)                                                                             \
	{                                                                                          \
		"curl_" #name, offsetof(struct cli_curl, name)                                     \
	}
	FUNCTION(easy_init),    FUNCTION(easy_cleanup),   FUNCTION(easy_setopt),
	FUNCTION(easy_perform), FUNCTION(easy_getinfo),   FUNCTION(easy_strerror),
	FUNCTION(slist_append), FUNCTION(slist_free_all),
#undef FUNCTION
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

_Static_assert(sizeof(struct cli_curl) == FUNCTIONS * sizeof(void *), "each has its row");

const struct cli_curl *cli_curl_load(void)
{
	static struct cli_curl curl;
	void *library = curl.easy_init ? NULL : dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	struct cli_curl found;

	if (curl.easy_init)
		return &curl;
	for (size_t i = 0; library && i < FUNCTIONS; i++) {
		void *at = dlsym(library, functions[i].name);

		if (!at)
			return NULL;
		memcpy((char *)&found + functions[i].at, &at, sizeof(at));
	}
	if (!library)
		return NULL;
	curl = found;
	return &curl;
}
