/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a database as the API gives them: one JSON array. */
#include "base/now.h"
#include "cli/analyse.h"
#include "os/clock.h"
#include "store/query.h"
#include "web/json.h"
#include <string.h>
#include <unistd.h>

static json_t *call_json(const union record *r) { return web_json_call(&r->call); }
static json_t *incident_json(const union record *r) { return web_json_incident(&r->incident); }
static json_t *block_json(const union record *r) { return web_json_block(&r->block); }
static json_t *audit_json(const union record *r) { return web_json_audit(&r->audit); }

/* The last word of the API's path, and what the store calls it. */
static const struct {
	const char *name;
	enum record_kind kind;
	json_t *(*json)(const union record *r);
} lists[] = {
	{ "calls", RECORD_CALL, call_json },
	{ "incidents", RECORD_INCIDENT, incident_json },
	{ "blocks", RECORD_BLOCK, block_json },
	{ "audit", RECORD_AUDIT, audit_json },
};

struct listing {
	json_t *(*json)(const union record *r);
	uint64_t left, last_row;
	uint32_t count; /* of this page */
	bool is_going_on;
};

static bool put_row(const union record *r, void *context)
{
	struct listing *l = context;
	json_t *row = l->json(r);

	if (row) {
		(void)fputs(l->is_going_on ? ",\n" : "[\n", stdout);
		l->is_going_on = true;
		(void)json_dumpf(row, stdout, JSON_COMPACT);
		json_decref(row);
	}
	l->last_row = r->head.row;
	l->count++;
	return --l->left > 0;
}

static enum cli_exit put_all(struct store *store, struct store_query *q, struct listing *l)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	enum err err;

	do {
		l->count = 0;
		q->after = l->last_row;
		err = store_query_each(store, q, &why, put_row, l);
	} while (err == ERR_NONE && l->count > 0 && l->left > 0 && q->number == 0);
	if (err == ERR_NONE) {
		(void)fputs(l->is_going_on ? "]\n" : "[]\n", stdout);
		return CLI_DONE;
	}
	return cli_fail(err == ERR_SYNTAX ? CLI_USAGE : CLI_FAILED, "%.*s",
	                VIEW_ARG(why.len ? buffer_view(&why) : view_of(err_text(err))));
}

enum cli_exit cli_analyse_list(int argc, char **argv)
{
	struct store_query q = { .now_wall_us = clock_now().wall_us };
	struct listing l = { .left = 0 };
	struct store *store = NULL;
	char text[256];
	struct buffer why = BUFFER_ON(text);
	enum cli_exit code;

	if (argc != 5 || !view_decimal(view_of(argv[2]), INT64_MAX, &q.number) ||
	    !view_decimal(view_of(argv[3]), UINT32_MAX, &l.left) || l.left == 0)
		return cli_fail(CLI_USAGE, "--list KIND STORE NUMBER LIMIT FILTER");
	q.filter = view_of(argv[4]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(lists[i].name, argv[0]) != 0)
			continue;
		l.json = lists[i].json;
		q.kind = (uint8_t)lists[i].kind;
	}
	if (!l.json)
		return cli_fail(CLI_USAGE,
		                "--store knows calls, incidents, blocks and the audit trail");
	/* Opening makes what is not there. */
	if (access(argv[1], R_OK) != 0)
		return cli_fail(CLI_NOT_FOUND, "%s: there is no such database", argv[1]);
	if (store_open(argv[1], &why, &store) != ERR_NONE)
		return cli_fail(CLI_FAILED, "%s: %.*s", argv[1], VIEW_ARG(buffer_view(&why)));
	code = put_all(store, &q, &l);
	store_free(&store);
	return code;
}
