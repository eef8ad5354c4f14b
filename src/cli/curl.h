/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, which brings thirty libraries: mapped with the first request, so that commands
 * that ask the service nothing start without it. */
#ifndef CLI_CURL_H
#define CLI_CURL_H

#include <curl/curl.h>

/* The functions by their names in libcurl, without "curl_". */
struct cli_curl {
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL *curl);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
};

/* Stays for as long as the program runs. NULL: it is not installed. */
const struct cli_curl *cli_curl_load(void);

#endif
