/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi interface: it says which sockets it has, the loop says when they are ready. */
#include "acme/https.h"

#include "os/clock.h"
#include "os/library.h"
#include "os/watch_table.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECT_S = 15, ANSWER_S = 60, HEADER_MAX = 1024 };

#define AGENT "ringfence"

static struct library {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL *curl);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	CURLMcode (*multi_add_handle)(CURLM *multi, CURL *curl);
	CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *curl);
	CURLMcode (*multi_socket_action)(CURLM *multi, curl_socket_t fd, int what, int *running);
	CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
	void (*slist_free_all)(struct curl_slist *list);
} lib;

static const struct library_function functions[] = {
#define FUNCTION(name)                                                                             \
	{                                                                                          \
		"curl_" #name, offsetof(struct library, name)                                      \
	}
	FUNCTION(global_init),         FUNCTION(easy_init),           FUNCTION(easy_cleanup),
	FUNCTION(easy_setopt),         FUNCTION(easy_getinfo),        FUNCTION(easy_strerror),
	FUNCTION(multi_init),          FUNCTION(multi_setopt),        FUNCTION(multi_add_handle),
	FUNCTION(multi_remove_handle), FUNCTION(multi_socket_action), FUNCTION(multi_info_read),
	FUNCTION(slist_append),        FUNCTION(slist_free_all),
#undef FUNCTION
};

enum { FUNCTIONS = sizeof(functions) / sizeof(functions[0]) };

_Static_assert(sizeof(struct library) == FUNCTIONS * sizeof(void *), "each has its row");

struct acme_https {
	struct acme_https_ports ports;
	CURLM *multi;
	CURL *call; /* under way; NULL: none */
	struct curl_slist *headers, *resolve;
	uint64_t due_us; /* of curl's own timer */
	bool is_done;
	CURLcode result;
	char why[CURL_ERROR_SIZE];
	char nonce[HEADER_MAX], location[HEADER_MAX], retry_after[HEADER_MAX];
	char *request; /* MAX_ACME_BODY each */
	char *body;
	size_t len;
	struct watch_table sockets;
};

/* ---- curl on the loop ---- */

static void act(struct acme_https *h, curl_socket_t fd, int what)
{
	int running, left;
	const CURLMsg *said;

	(void)lib.multi_socket_action(h->multi, fd, what, &running);
	while ((said = lib.multi_info_read(h->multi, &left)) != NULL) {
		if (said->msg != CURLMSG_DONE || said->easy_handle != h->call)
			continue;
		h->is_done = true;
		h->result = said->data.result;
	}
}

static void on_socket(void *context, int fd, int what)
{
	act(context, fd,
	    ((what & LOOP_READABLE) ? CURL_CSELECT_IN : 0) |
	            ((what & LOOP_WRITABLE) ? CURL_CSELECT_OUT : 0) |
	            ((what & LOOP_ERROR) ? CURL_CSELECT_ERR : 0));
}

static int on_state(CURL *curl, curl_socket_t fd, int what, void *context, void *own)
{
	struct acme_https *h = context;

	(void)curl;
	(void)own;
	watch_table_want(&h->sockets, fd,
	                 what == CURL_POLL_IN      ? LOOP_READABLE
	                 : what == CURL_POLL_OUT   ? LOOP_WRITABLE
	                 : what == CURL_POLL_INOUT ? LOOP_READABLE | LOOP_WRITABLE
	                                           : 0);
	return 0;
}

static int on_timer(CURLM *multi, long in_ms, void *context)
{
	struct acme_https *h = context;

	(void)multi;
	h->due_us = in_ms < 0 ? UINT64_MAX : clock_now().us + (uint64_t)in_ms * MILLISECOND_US;
	return 0;
}

/* ---- what comes ---- */

static size_t on_body(char *at, size_t size, size_t count, void *context)
{
	struct acme_https *h = context;
	size_t len = size * count;

	if (len > MAX_ACME_BODY - h->len)
		return 0;
	memcpy(h->body + h->len, at, len);
	h->len += len;
	return len;
}

static void take_header(struct view line, struct view name, char ret[HEADER_MAX])
{
	if (view_starts_nocase(line, name) &&
	    !view_copy(view_trim(view_after(line, name.len)), ret, HEADER_MAX))
		ret[0] = 0;
}

static size_t on_header(char *at, size_t size, size_t count, void *context)
{
	struct acme_https *h = context;
	struct view line = view_bytes(at, size * count);

	take_header(line, VIEW("Replay-Nonce:"), h->nonce);
	take_header(line, VIEW("Location:"), h->location);
	take_header(line, VIEW("Retry-After:"), h->retry_after);
	return line.len;
}

/* ---- life ---- */

static enum err load(void)
{
	enum err err;

	if (lib.easy_init)
		return ERR_NONE;
	err = library_load("libcurl.so.4", functions, FUNCTIONS, &lib);
	if (err != ERR_NONE)
		return err;
	return lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_NONE : ERR_UNSUPPORTED;
}

enum err acme_https_new(const struct acme_https_ports *ports, struct acme_https **ret)
{
	struct acme_https *h;
	enum err err = load();

	if (err != ERR_NONE)
		return err;
	h = calloc(1, sizeof(*h));
	if (!h)
		return ERR_NO_MEMORY;
	h->ports = *ports;
	h->sockets.loop = ports->loop;
	h->sockets.call = LOOP_CALL(on_socket, h);
	h->due_us = UINT64_MAX;
	h->body = malloc(MAX_ACME_BODY);
	h->request = malloc(MAX_ACME_BODY);
	h->multi = lib.multi_init();
	if (!h->body || !h->request || !h->multi ||
	    lib.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_state) != CURLM_OK ||
	    lib.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h) != CURLM_OK ||
	    lib.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer) != CURLM_OK ||
	    lib.multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) != CURLM_OK) {
		free(h->body);
		free(h->request);
		free(h);
		return ERR_NO_MEMORY;
	}
	*ret = h;
	return ERR_NONE;
}

void acme_https_cancel(struct acme_https *h)
{
	if (h->call) {
		(void)lib.multi_remove_handle(h->multi, h->call);
		lib.easy_cleanup(h->call);
	}
	h->call = NULL;
	h->is_done = false;
	lib.slist_free_all(h->headers);
	lib.slist_free_all(h->resolve);
	h->headers = h->resolve = NULL;
}

/* ---- sending ---- */

static bool set_way(struct acme_https *h, const struct acme_https_call *call)
{
	struct curl_blob authority = { (void *)(uintptr_t)call->authority.at, call->authority.len,
		                       CURL_BLOB_NOCOPY };
	CURLcode (*set)(CURL *, CURLoption, ...) = lib.easy_setopt;
	CURL *c = h->call;
	char text[ACME_NAME_SIZE + 80];
	struct acme_url url;

	if (call->at) {
		if (acme_url_read(view_of(call->url), &url) != ERR_NONE)
			return false;
		(void)snprintf(text, sizeof(text), "%s:%u:%s", url.host, (unsigned)url.port,
		               call->at);
		h->resolve = lib.slist_append(NULL, text);
		if (!h->resolve || set(c, CURLOPT_RESOLVE, h->resolve) != CURLE_OK)
			return false;
	}
	return set(c, CURLOPT_URL, call->url) == CURLE_OK &&
	       set(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       set(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       set(c, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       set(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       set(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       set(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       set(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       set(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       set(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       set(c, CURLOPT_CAINFO_BLOB, &authority) == CURLE_OK &&
	       set(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) == CURLE_OK &&
	       set(c, CURLOPT_TIMEOUT, (long)ANSWER_S) == CURLE_OK;
}

static bool set_request(struct acme_https *h, const struct acme_https_call *call)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = lib.easy_setopt;
	CURL *c = h->call;

	if (set(c, CURLOPT_USERAGENT, AGENT) != CURLE_OK ||
	    set(c, CURLOPT_ERRORBUFFER, h->why) != CURLE_OK ||
	    set(c, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK ||
	    set(c, CURLOPT_WRITEDATA, h) != CURLE_OK ||
	    set(c, CURLOPT_HEADERFUNCTION, on_header) != CURLE_OK ||
	    set(c, CURLOPT_HEADERDATA, h) != CURLE_OK)
		return false;
	if (call->method == ACME_HEAD)
		return set(c, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (call->method == ACME_GET)
		return set(c, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	/* RFC 8555 6.2; and no waiting for "100 Continue". */
	h->headers = lib.slist_append(NULL, "Content-Type: application/jose+json");
	if (!h->headers || !lib.slist_append(h->headers, "Expect:"))
		return false;
	memcpy(h->request, call->body.at, call->body.len);
	return set(c, CURLOPT_HTTPHEADER, h->headers) == CURLE_OK &&
	       set(c, CURLOPT_POST, 1L) == CURLE_OK &&
	       set(c, CURLOPT_POSTFIELDS, h->request) == CURLE_OK &&
	       set(c, CURLOPT_POSTFIELDSIZE, (long)call->body.len) == CURLE_OK;
}

enum err acme_https_send(struct acme_https *h, const struct acme_https_call *call)
{
	if (h->call)
		return ERR_AGAIN;
	if (call->body.len > MAX_ACME_BODY)
		return ERR_LIMIT;
	h->nonce[0] = h->location[0] = h->retry_after[0] = h->why[0] = 0;
	h->len = 0;
	h->is_done = false;
	h->call = lib.easy_init();
	if (!h->call)
		return ERR_NO_MEMORY;
	if (!set_way(h, call) || !set_request(h, call) ||
	    lib.multi_add_handle(h->multi, h->call) != CURLM_OK) {
		acme_https_cancel(h);
		return ERR_IO;
	}
	return ERR_NONE;
}

static void answer(struct acme_https *h)
{
	struct acme_response a = { .nonce = view_of(h->nonce),
		                   .location = view_of(h->location),
		                   .retry_after = view_of(h->retry_after),
		                   .body = view_bytes(h->body, h->len) };
	long status = 0;

	(void)lib.easy_getinfo(h->call, CURLINFO_RESPONSE_CODE, &status);
	a.status = (unsigned)status;
	if (h->result != CURLE_OK || status <= 0) {
		a.status = 0;
		a.body = view_of(h->why[0] ? h->why : lib.easy_strerror(h->result));
	}
	acme_https_cancel(h);
	h->ports.answered(h->ports.context, &a);
}

void acme_https_advance(struct acme_https *h, struct now now)
{
	if (h->due_us <= now.us) {
		h->due_us = UINT64_MAX;
		act(h, CURL_SOCKET_TIMEOUT, 0);
	}
	if (h->call && h->is_done)
		answer(h);
}

uint64_t acme_https_wait_us(const struct acme_https *h, struct now now)
{
	if (h->call && h->is_done)
		return 0;
	return h->due_us == UINT64_MAX ? UINT64_MAX : now_since(h->due_us, now.us);
}
