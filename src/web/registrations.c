/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/registrations, /api/v1/peers and /api/v1/headers: what signal knows. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <string.h>

static void registration_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_registration) == ROWS_DONE)
		web_list_end(w, x);
}

void web_registrations_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_REGISTRATIONS);

	web_ask_list(w, x, &a, registration_row);
}

static void object_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_object) == ROWS_DONE)
		web_list_end(w, x);
}

void web_peers_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_PEERS);

	web_ask_list(w, x, &a, object_row);
}

static bool is_same(const json_t *a, const json_t *b, const char *name)
{
	const json_t *one = json_object_get(a, name), *other = json_object_get(b, name);

	return one == other || (one && other && json_equal(one, other));
}

/* Each worker of signal has counted for itself: one row for what is the same. True: it has gone
 * into one that is there. */
static bool has_joined(json_t *items, const json_t *fresh)
{
	json_t *row;
	size_t i;

	json_array_foreach(items, i, row)
	{
		const char *last = json_string_value(json_object_get(fresh, "last"));
		const char *before = json_string_value(json_object_get(row, "last"));

		if (!is_same(row, fresh, "direction") || !is_same(row, fresh, "header") ||
		    !is_same(row, fresh, "from") || !is_same(row, fresh, "to"))
			continue;
		(void)json_object_set_new(
			row, "count",
			json_integer(json_integer_value(json_object_get(row, "count")) +
		                     json_integer_value(json_object_get(fresh, "count"))));
		if (last && before && strcmp(last, before) > 0)
			(void)json_object_set_new(row, "last", json_string(last));
		return true;
	}
	return false;
}

static void header_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	json_t *fresh = row->head.result == ERR_NONE ? web_row_object(row) : NULL;
	bool is_known = fresh && !row->head.is_last && has_joined(x->items, fresh);

	json_decref(fresh);
	if (!is_known)
		object_row(w, x, row);
}

void web_headers_get(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_HEADERS);

	web_ask_list(w, x, &a, header_row);
}
