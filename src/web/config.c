/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/config: what is in force, and reading it again. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <string.h>

static json_t *text_piece(const struct ask *row)
{
	return web_json_text(view_bytes(row->body.text, row->head.size));
}

static void config_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	struct buffer b = buffer_on(w->scratch, WEB_SCRATCH);
	json_t *piece;
	size_t i;

	if (web_list_row(w, x, row, text_piece) != ROWS_DONE)
		return;
	json_array_foreach(x->items, i, piece)
		buffer_put(&b, view_bytes(json_string_value(piece), json_string_length(piece)));
	if (b.err == ERR_NONE)
		web_end_text(w, x, "text/plain; charset=utf-8", buffer_view(&b));
	else
		web_end_problem(w, x, 503, "the configuration is too long to be shown");
}

void web_config_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_CONFIG_GET } };

	web_ask_list(w, x, &a, config_row);
}

static void applied(struct web *w, struct web_exchange *x, const struct ask *row)
{
	(void)w;
	if (!x->answer)
		x->answer = json_pack("{s:[]}", "changed");
	if (row->head.size)
		(void)json_array_append_new(json_object_get(x->answer, "changed"), text_piece(row));
}

void web_config_apply(struct web *w, struct web_exchange *x)
{
	const char *file = web_member(x, "file");
	struct ask a = { .head = { .kind = ASK_CONFIG_APPLY } };

	if (file && file[0] != '/') {
		web_end_problem(w, x, 400, "'file' is no absolute path");
		return;
	}
	if (file) {
		a.head.size = (uint32_t)strlen(file);
		memcpy(a.body.text, file, a.head.size);
	}
	x->change.row = applied;
	web_change(w, x, file ? file : "", &a, 200);
}
