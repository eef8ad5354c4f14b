/* SPDX-License-Identifier: Apache-2.0 */
/* What the command needs of it. */
#include "cli/curl.h"
#include "os/library.h"

static const struct library_function functions[] = {
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

	if (!curl.easy_init &&
	    library_load("libcurl.so.4", functions, FUNCTIONS, &curl) != ERR_NONE)
		return NULL;
	return &curl;
}
