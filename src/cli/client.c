/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl over a Unix socket, and what an HTTP status means as an exit code. */
#include "cli/client.h"
#include "cli/curl.h"
#include "cli/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ANSWER = 8 * 1024 * 1024, CONNECT_TIMEOUT_S = 3, ANSWER_TIMEOUT_S = 20 };

static void put_escaped(struct cli_target *t, const char *text)
{
	static const char kept[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@";
	struct buffer b = buffer_on(t->text + t->len, sizeof(t->text) - 1 - t->len);

	for (; *text; text++) {
		if (strchr(kept, *text)) {
			buffer_char(&b, *text);
		} else {
			buffer_char(&b, '%');
			buffer_hex(&b, text, 1);
		}
	}
	t->len += b.len;
	t->text[t->len] = 0;
	if (b.err != ERR_NONE)
		t->is_too_long = true;
}

static void put_plain(struct cli_target *t, const char *text)
{
	struct buffer b = buffer_on(t->text + t->len, sizeof(t->text) - 1 - t->len);

	buffer_text(&b, text);
	t->len += b.len;
	t->text[t->len] = 0;
	if (b.err != ERR_NONE)
		t->is_too_long = true;
}

struct cli_target cli_target_on(const char *path)
{
	struct cli_target t = { .len = 0 };

	put_plain(&t, path);
	return t;
}

void cli_target_segment(struct cli_target *t, const char *text)
{
	put_plain(t, "/");
	put_escaped(t, text);
}

void cli_target_argument(struct cli_target *t, const char *name, const char *value)
{
	if (!value)
		return;
	put_plain(t, t->has_argument ? "&" : "?");
	put_plain(t, name);
	put_plain(t, "=");
	put_escaped(t, value);
	t->has_argument = true;
}

struct collected {
	char *text;
	size_t len;
};

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
	struct collected *all = context;
	size_t len = size * count;
	char *grown = all->len + len > MAX_ANSWER ? NULL : realloc(all->text, all->len + len + 1);

	if (!grown)
		return 0;
	memcpy(grown + all->len, bytes, len);
	all->text = grown;
	all->len += len;
	all->text[all->len] = 0;
	return len;
}

/* One line on standard error; what a stranger wrote may be in it. */
static void say(const char *title, struct view line)
{
	char text[2048];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	buffer_text(&b, title);
	buffer_text(&b, title[0] && line.len ? ": " : "");
	cli_text_write(&b, line);
	text[b.len] = 0;
	(void)cli_fail(CLI_FAILED, "%s", text);
}

/* What the service says of a refusal, line by line. */
static enum cli_exit explain(const struct cli_answer *a)
{
	static const struct {
		long status;
		enum cli_exit code;
	} codes[] = {
		{ 400, CLI_USAGE }, { 403, CLI_NOT_ALLOWED }, { 404, CLI_NOT_FOUND },
		{ 405, CLI_USAGE }, { 413, CLI_USAGE },       { 414, CLI_USAGE },
	};
	const char *title = json_string_value(json_object_get(a->json, "title"));
	const char *detail = json_string_value(json_object_get(a->json, "detail"));
	enum cli_exit code = CLI_FAILED;
	struct view rest;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == a->status)
			code = codes[i].code;
	if (!title)
		return cli_fail(code, "the service gave no reason");
	if (!detail && a->status == 403)
		detail = "ask as root, or as a member of a group that web { } names";
	rest = view_of(detail);
	/* That something is not written as it must be, the detail says, and where. */
	if (detail && a->status == 400)
		title = "";
	do {
		size_t end = view_find(rest, '\n', 0);

		say(title, view_first(rest, end));
		rest = view_after(rest, end + 1);
	} while (!view_is_empty(rest));
	return code;
}

struct call {
	const struct cli_curl *lib;
	CURL *curl;
	struct curl_slist *headers;
	char url[CLI_TARGET_MAX + 32];
	char *body;
	struct collected answer;
};

static bool add_header(struct call *call, const char *line)
{
	struct curl_slist *list = call->lib->slist_append(call->headers, line);

	if (list)
		call->headers = list;
	return list != NULL;
}

static bool prepare(struct call *call, const struct cli *c, const char *method)
{
	CURLcode (*set)(CURL *, CURLoption, ...) = call->lib->easy_setopt;
	CURL *curl = call->curl;

	return add_header(call, "Expect:") &&
	       (!call->body || add_header(call, "Content-Type: application/json")) &&
	       set(curl, CURLOPT_UNIX_SOCKET_PATH, c->socket) == CURLE_OK &&
	       set(curl, CURLOPT_URL, call->url) == CURLE_OK &&
	       set(curl, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK &&
	       set(curl, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK &&
	       set(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       set(curl, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
	       set(curl, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       set(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       set(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S) == CURLE_OK &&
	       set(curl, CURLOPT_TIMEOUT, (long)ANSWER_TIMEOUT_S) == CURLE_OK &&
	       set(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK &&
	       set(curl, CURLOPT_WRITEDATA, &call->answer) == CURLE_OK &&
	       (!call->body || set(curl, CURLOPT_POSTFIELDS, call->body) == CURLE_OK);
}

static enum cli_exit send_call(struct call *call, const struct cli *c, long *ret_status)
{
	CURLcode code = call->lib->easy_perform(call->curl);

	if (code == CURLE_COULDNT_CONNECT && access(c->socket, W_OK) != 0 && errno == EACCES)
		return cli_fail(CLI_NOT_ALLOWED,
		                "who asks may not use the socket %s: ask as root, or as a member "
		                "of its group (web { readers })",
		                c->socket);
	if (code == CURLE_COULDNT_CONNECT)
		return cli_fail(CLI_DAEMON_AWAY,
		                "Ringfence does not run, or not with the socket %s", c->socket);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return cli_fail(CLI_DAEMON_AWAY, "Ringfence does not answer on %s", c->socket);
	if (code != CURLE_OK)
		return cli_fail(CLI_FAILED, "%s: %s", c->socket, call->lib->easy_strerror(code));
	(void)call->lib->easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, ret_status);
	return CLI_DONE;
}

enum cli_exit cli_request(const struct cli *c, const char *method, const struct cli_target *target,
                          const json_t *body, struct cli_answer *ret)
{
	struct call call = { .lib = cli_curl_load() };
	struct cli_answer answer = { 0 };
	enum cli_exit code = CLI_DONE;
	struct buffer url = buffer_on(call.url, sizeof(call.url) - 1);

	if (c->store)
		return cli_fail(CLI_USAGE, "only lists and what they name are read from --store");
	if (!call.lib)
		return cli_fail(CLI_FAILED, "libcurl.so.4 is not installed; the package libcurl4 "
		                            "or libcurl has it");
	call.curl = call.lib->easy_init();
	buffer_text(&url, "http://localhost");
	buffer_text(&url, target->text);
	if (body)
		call.body = json_dumps(body, JSON_COMPACT);
	if (target->is_too_long)
		code = cli_fail(CLI_USAGE, "the request is too long");
	else if (!call.curl || (body && !call.body) || !prepare(&call, c, method))
		code = cli_fail(CLI_FAILED, "out of memory");
	else
		code = send_call(&call, c, &answer.status);
	answer.text = call.answer.text;
	if (code == CLI_DONE && answer.text)
		answer.json = json_loads(answer.text, 0, NULL);
	call.lib->slist_free_all(call.headers);
	call.lib->easy_cleanup(call.curl);
	free(call.body);
	if (code == CLI_DONE && answer.status / 100 != 2)
		code = explain(&answer);
	if (code == CLI_DONE)
		*ret = answer;
	else
		cli_answer_clear(&answer);
	return code;
}

enum cli_exit cli_send(const struct cli *c, const char *method, const struct cli_target *target,
                       json_t *body, struct cli_answer *ret)
{
	enum cli_exit code;

	if (body && c->reason)
		(void)json_object_set_new(body, "reason", json_string(c->reason));
	code = cli_request(c, method, target, body, ret);
	json_decref(body);
	return code;
}

void cli_answer_clear(struct cli_answer *a)
{
	free(a->text);
	json_decref(a->json);
	a->text = NULL;
	a->json = NULL;
}

enum cli_exit cli_get(const struct cli *c, const struct cli_target *target, json_t **ret)
{
	struct cli_answer answer;
	enum cli_exit code = cli_request(c, "GET", target, NULL, &answer);

	if (code != CLI_DONE)
		return code;
	if (!json_is_object(answer.json)) {
		cli_answer_clear(&answer);
		return cli_fail(CLI_FAILED, "the service's answer cannot be read");
	}
	*ret = json_incref(answer.json);
	cli_answer_clear(&answer);
	return CLI_DONE;
}
