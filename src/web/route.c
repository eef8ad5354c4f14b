/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes and what their arguments and bodies may hold. */
#include "base/cursor.h"
#include "web/route_priv.h"
#include <string.h>

#define REASON                                                                                     \
	{                                                                                          \
		"reason", VALUE_TEXT, WEB_REASON_MAX - 1, false, "why, for the audit trail"        \
	}
#define NETWORK_HELP "address or network: 198.51.100.7, 198.51.100.0/24, 2001:db8::/64"
#define PAGE                                                                                       \
	{ "filter", VALUE_TEXT, 127, false, "words field=value, all of which must hold" },         \
		{ "after", VALUE_COUNT, 0, false, "continue: the `next` of the page before" },     \
	{                                                                                          \
		"limit", VALUE_COUNT, 200, false, "rows of a page; 50 without it"                  \
	}

static const struct web_field *const args_NONE = NULL;
static const struct web_field args_LIST[] = { PAGE, { .name = NULL } };
static const struct web_field args_CALLS[] = {
	PAGE,
	{ "live", VALUE_YES_NO, 0, false, "calls that stand now" },
	{ .name = NULL },
};
static const struct web_field args_BLOCKS[] = {
	PAGE,
	{ "all", VALUE_YES_NO, 0, false, "blocks that ended too" },
	{ .name = NULL },
};
static const struct web_field args_REMOVE[] = {
	{ "net", VALUE_TEXT, 63, true, NETWORK_HELP },
	REASON,
	{ .name = NULL },
};
static const struct web_field args_ADDRESS[] = {
	{ "address", VALUE_TEXT, 63, true, "address" },
	{ .name = NULL },
};
static const struct web_field args_ROUTE[] = {
	{ "from", VALUE_TEXT, 31, true, "peer that calls, or phone" },
	{ "number", VALUE_TEXT, 63, true, "what is dialled" },
	{ .name = NULL },
};
static const struct web_field args_OF[] = {
	{ "of", VALUE_TEXT, 100, true, "address, user, number or Call-ID" },
	{ .name = NULL },
};

static const struct web_field *const body_NONE = NULL;
static const struct web_field body_BLOCK[] = {
	{ "net", VALUE_TEXT, 63, true, NETWORK_HELP },
	{ "for", VALUE_TEXT, 15, false, "how long: 30m, 12h, 7d; 1h without it" },
	REASON,
	{ .name = NULL },
};
#define SIDE                                                                                       \
	{                                                                                          \
		"side", VALUE_TEXT, 6, false, "which end: caller or callee; caller without it"     \
	}
/* Of a control server: without them it commands nothing. */
#define BY_SERVER                                                                                  \
	{ "token", VALUE_TEXT, COMMAND_TOKEN_SIZE - 1, false, "of a server: the call's token" },   \
	{                                                                                          \
		"counter", VALUE_COUNT, 0, false, "of a server: higher than in its last command"   \
	}
static const struct web_field body_COMMAND[] = { SIDE, BY_SERVER, REASON, { .name = NULL } };
static const struct web_field body_TRANSFER[] = {
	{ "to", VALUE_TEXT, COMMAND_TARGET_SIZE - 1, true, "number or user that it shall call" },
	SIDE,
	BY_SERVER,
	REASON,
	{ .name = NULL },
};
static const struct web_field body_HOLD[] = {
	{ "silent", VALUE_YES_NO, 0, false, "yes: it hears nothing meanwhile" },
	SIDE,
	BY_SERVER,
	REASON,
	{ .name = NULL },
};
static const struct web_field body_DIGITS[] = {
	{ "digits", VALUE_TEXT, COMMAND_DIGITS_SIZE - 1, true, "0 to 9, *, #, A to D" },
	SIDE,
	BY_SERVER,
	REASON,
	{ .name = NULL },
};
static const struct web_field body_NEVER[] = {
	{ "net", VALUE_TEXT, 63, true, NETWORK_HELP },
	REASON,
	{ .name = NULL },
};
static const struct web_field body_MODE[] = {
	{ "mode", VALUE_TEXT, 15, true, "off, observe or block" },
	{ "for", VALUE_TEXT, 15, false, "how long, then as before: 30m" },
	REASON,
	{ .name = NULL },
};
static const struct web_field body_DRAIN[] = {
	{ "on", VALUE_YES_NO, 0, true, "no: calls begin again" },
	{ "for", VALUE_TEXT, 15, false,
	  "how long calls may go on: 30m; without it until they end" },
	REASON,
	{ .name = NULL },
};
static const struct web_field body_REASON_ALONE[] = { REASON, { .name = NULL } };
static const struct web_field body_CONFIG[] = {
	{ "file", VALUE_TEXT, 255, false, "absolute path; the file in force without it" },
	REASON,
	{ .name = NULL },
};

#define ROUTE(method, path, scope, handler, verb, args, body, help)                                \
	void web_##handler(struct web *w, struct web_exchange *x);
#include "web/routes.def"
#undef ROUTE

const struct web_route web_routes[] = {
#define ROUTE(method, path, scope, handler, verb, args, body, help)                                \
	{                                                                                          \
		METHOD_##method, path,        SCOPE_##scope, web_##handler, verb,                  \
		args_##args,     body_##body, help                                                 \
	},
#include "web/routes.def"
#undef ROUTE
};
const size_t web_route_count = sizeof(web_routes) / sizeof(web_routes[0]);

const char *web_method_name(enum web_method m)
{
	static const char *const names[METHOD_COUNT] = { "GET", "POST", "PUT", "DELETE" };

	return m < METHOD_COUNT ? names[m] : "?";
}

/* Segment by segment; what stands for the brace goes into `ret`. */
static bool path_fits(const char *pattern, const char *path, char ret[WEB_ARGUMENT_MAX])
{
	struct cursor wanted = cursor_on(view_of(pattern)), given = cursor_on(view_of(path));

	while (!cursor_is_at_end(&wanted) && !cursor_is_at_end(&given)) {
		struct view want, have;

		(void)cursor_skip(&wanted, '/');
		(void)cursor_skip(&given, '/');
		want = cursor_until(&wanted, '/');
		have = cursor_until(&given, '/');
		if (view_starts(want, VIEW("{"))) {
			if (!view_copy(have, ret, WEB_ARGUMENT_MAX))
				return false;
		} else if (!view_equal(want, have)) {
			return false;
		}
	}
	return cursor_is_at_end(&wanted) && cursor_is_at_end(&given);
}

enum web_match web_route_find(struct view method, struct web_exchange *x)
{
	enum web_match match = MATCH_NONE;

	for (size_t i = 0; i < web_route_count; i++) {
		const struct web_route *r = &web_routes[i];

		/* "blocks/why" stands in the table beside "blocks/{...}" of another day:
		 * the first row that fits is meant. */
		if (!path_fits(r->path, x->target.path, x->argument))
			continue;
		match = MATCH_NO_METHOD;
		if (!view_equal(method, view_of(web_method_name(r->method))))
			continue;
		x->route = r;
		return MATCH_FOUND;
	}
	return match;
}

void web_route_methods(const struct web_target *t, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);
	char argument[WEB_ARGUMENT_MAX];

	for (size_t i = 0; i < web_route_count; i++) {
		if (!path_fits(web_routes[i].path, t->path, argument))
			continue;
		buffer_text(&b, b.len ? ", " : "");
		buffer_text(&b, web_method_name(web_routes[i].method));
	}
	ret[b.len] = 0;
}
