/* SPDX-License-Identifier: Apache-2.0 */
/* Deny by default: every route with every method and every scope. */
#include "bench.h"
#include "runner/test.h"
#include "web/exchange_priv.h"
#include <string.h>

static struct bench b;

/* A target of the route with something in place of its brace, and the
 * arguments that it must have. */
static void target_of(const struct web_route *r, char *ret, size_t size)
{
	struct buffer out = buffer_on(ret, size - 1);
	const char *open = strchr(r->path, '{');
	const char *before = "?";

	buffer_put(&out,
	           view_first(view_of(r->path), open ? (size_t)(open - r->path) : strlen(r->path)));
	buffer_text(&out, open ? "7" : "");
	buffer_text(&out, open ? strchr(open, '}') + 1 : "");
	for (const struct web_field *f = r->args; f && f->name; f++) {
		if (!f->is_required)
			continue;
		buffer_text(&out, before);
		buffer_text(&out, f->name);
		buffer_text(&out, "=198.51.100.7");
		before = "&";
	}
	ret[out.len] = 0;
}

static const char *body_of(const struct web_route *r)
{
	if (!r->body)
		return "";
	if (strstr(r->path, "mode") || strstr(r->path, "detectors"))
		return "{\"mode\":\"block\"}";
	if (strstr(r->path, "/calls/"))
		return strstr(r->path, "transfer") ? "{\"to\":\"201\"}"
		     : strstr(r->path, "dtmf")     ? "{\"digits\":\"1\"}"
		                                   : "{}";
	if (strstr(r->path, "drain"))
		return "{\"on\":\"yes\"}";
	return strstr(r->path, "config") || strstr(r->path, "upgrade") || strstr(r->path, "renew")
	             ? "{}"
	             : "{\"net\":\"198.51.100.7\"}";
}

static const struct web_route *route_at(const char *path, const char *method)
{
	for (size_t i = 0; i < web_route_count; i++)
		if (strcmp(web_routes[i].path, path) == 0 &&
		    strcmp(web_method_name(web_routes[i].method), method) == 0)
			return &web_routes[i];
	return NULL;
}

/* One cell: what a client with that scope gets for that method on the route's path. */
static enum err cell(const struct web_route *r, const char *method, enum web_scope scope)
{
	const struct web_route *same = route_at(r->path, method);
	char target[256];

	TRY(bench_make(&b));
	target_of(r, target, sizeof(target));
	if (same && same != r)
		target_of(same, target, sizeof(target));
	(void)bench_post(&b, method, target, scope, same ? body_of(same) : "");
	if (scope == SCOPE_NONE && (!same || same->scope != SCOPE_NONE))
		CHECK_CASE(b.status == 403 && b.ask_count == 0, target);
	else if (!same)
		CHECK_CASE(b.status == 405 && b.allow[0] && b.ask_count == 0, target);
	else if (!web_scope_has(scope, same->scope))
		CHECK_CASE(b.status == 403 && b.reply_count == 1, target);
	else
		CHECK_CASE(b.ask_count > 0 || b.status == 200, target);
	/* A refused change is told to the trail, and nothing else is asked. */
	if (b.status == 403 && b.ask_count)
		CHECK_CASE(b.ask_count == 1 && b.asks[0].head.kind == ASK_AUDIT &&
		                   strcmp(b.asks[0].body.record.audit.result, "denied") == 0,
		           target);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(route_matrix, "lets each scope do what the table says and nothing else")
{
	static const char *const methods[] = { "GET",  "POST",  "PUT", "DELETE",
		                               "HEAD", "PATCH", "get", "" };

	for (size_t i = 0; i < web_route_count; i++)
		for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
			for (enum web_scope scope = SCOPE_NONE; scope <= SCOPE_SERVER; scope++)
				TRY(cell(&web_routes[i], methods[m], scope));
	return ERR_NONE;
}

TEST(route_rights, "has no route that changes something below the scope operate")
{
	for (size_t i = 0; i < web_route_count; i++)
		CHECK_CASE(web_routes[i].method == METHOD_GET ||
		                   web_routes[i].scope >= SCOPE_OPERATE,
		           web_routes[i].path);
	return ERR_NONE;
}

TEST(route_servers, "lets a control server command calls and see its own, and nothing else")
{
	for (size_t i = 0; i < web_route_count; i++) {
		const struct web_route *r = &web_routes[i];
		bool is_its = strstr(r->path, "/control/") ||
		              (strstr(r->path, "/calls/{call}/") && r->method == METHOD_POST);

		CHECK_CASE(web_scope_has(SCOPE_SERVER, r->scope) == is_its, r->path);
		CHECK_CASE(!strstr(r->path, "/control/") ||
		                   !web_scope_has(SCOPE_CONFIGURE, r->scope),
		           r->path);
	}
	return ERR_NONE;
}

TEST(route_open, "shows a stranger nothing but whether it lives")
{
	for (size_t i = 0; i < web_route_count; i++)
		if (web_routes[i].scope == SCOPE_NONE)
			CHECK_CASE(strcmp(web_routes[i].path, "/healthz") == 0 ||
			                   strcmp(web_routes[i].path, "/readyz") == 0,
			           web_routes[i].path);
	return ERR_NONE;
}

static const struct {
	const char *target;
	uint16_t want;
} absent[] = {
	{ "/", 404 },
	{ "/api", 404 },
	{ "/api/v1", 404 },
	{ "/api/v1/statusx", 404 },
	{ "/api/v2/status", 404 },
	{ "/api/v1/status/x", 404 },
	{ "/api/v1/calls/0", 404 },
	{ "/api/v1/calls/x", 404 },
	{ "/api/v1/calls/99999999999999999999", 404 },
	{ "/api/v1/calls/", 400 },
	{ "/api/v1/../../etc/passwd", 400 },
	{ "/api/v1/%2e%2e/%2e%2e/etc/passwd", 400 },
	{ "/api/v1/calls/..%2f..%2fetc%2fpasswd", 400 },
	{ "/api/v1/status%00", 400 },
	{ "/api//v1/status", 400 },
	{ "/api/v1/status?x=1", 400 },
	{ "/api/v1/calls?limit=201", 400 },
	{ "/api/v1/calls?limit=-1", 400 },
	{ "/api/v1/calls?live=maybe", 400 },
	{ "/api/v1/calls?after=abc", 400 },
	{ "/api/v1/calls?limit=1&limit=2", 400 },
	{ "http://localhost/api/v1/status", 400 },
	{ "*", 400 },
	{ "", 400 },
};

TEST(route_absent, "answers what is not there with 404 and what is not clean with 400")
{
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		TRY(bench_make(&b));
		(void)bench_ask(&b, "GET", absent[i].target, SCOPE_CONFIGURE);
		CHECK_CASE(b.status == absent[i].want && b.ask_count == 0, absent[i].target);
		CHECK_CASE(strcmp(b.content_type, "application/problem+json") == 0,
		           absent[i].target);
		CHECK_CASE(bench_says(&b, "\"status\":"), absent[i].target);
		bench_clear(&b);
	}
	return ERR_NONE;
}

TEST(route_long, "answers a target that is too long with 414")
{
	static char target[MAX_WEB_TARGET + 2];

	TRY(bench_make(&b));
	memset(target, 'a', sizeof(target) - 1);
	target[0] = '/';
	(void)bench_ask(&b, "GET", target, SCOPE_CONFIGURE);
	CHECK(b.status == 414);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(route_full, "answers 503 when all places are taken, and again when one is free")
{
	TRY(bench_make(&b));
	for (size_t i = 0; i < MAX_WEB_EXCHANGES; i++)
		(void)bench_ask(&b, "GET", "/api/v1/mode", SCOPE_READ);
	CHECK(b.reply_count == 0);
	(void)bench_ask(&b, "GET", "/api/v1/mode", SCOPE_READ);
	CHECK(b.reply_count == 1 && b.status == 503);
	bench_end(&b, ERR_CLOSED, NULL);
	CHECK(b.reply_count == 2);
	CHECK(bench_ask(&b, "GET", "/api/v1/mode", SCOPE_READ) != 0);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(openapi, "lists every route in its OpenAPI document")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/openapi.json", SCOPE_READ);
	CHECK(b.status == 200 && bench_says(&b, "\"openapi\":\"3.1.0\""));
	for (size_t i = 0; i < web_route_count; i++) {
		json_t *j = json_loads(b.body, 0, NULL);
		bool is_there =
			json_object_get(json_object_get(j, "paths"), web_routes[i].path) != NULL;

		json_decref(j);
		CHECK_CASE(is_there, web_routes[i].path);
	}
	bench_clear(&b);
	return ERR_NONE;
}

TEST(metrics, "writes every counter in OpenMetrics and no label but the process")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/metrics", SCOPE_READ);
	CHECK(b.status == 200);
	CHECK(bench_says(&b, "# TYPE ringfence_http_requests counter\n"));
	CHECK(bench_says(&b, "ringfence_http_requests_total{process=\"web\"} "));
	CHECK(b.body_len > 6 && strcmp(b.body + b.body_len - 6, "# EOF\n") == 0);
	bench_clear(&b);
	return ERR_NONE;
}
