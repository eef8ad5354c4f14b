/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/config: what is in force, and reading it again. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_CONFIG_TEXT = 1 << 20 };

/* Pieces of a text, put together in x->answer as one JSON string. */
static json_t *text_piece(const struct ask *row)
{
	return web_json_text(view_bytes(row->body.text, row->head.size));
}

static char *join(const json_t *pieces, size_t *ret_len)
{
	size_t len = 0, i;
	char *text;
	json_t *piece;

	json_array_foreach(pieces, i, piece) len += json_string_length(piece);
	text = len <= MAX_CONFIG_TEXT ? malloc(len + 1) : NULL;
	if (!text)
		return NULL;
	len = 0;
	json_array_foreach(pieces, i, piece)
	{
		memcpy(text + len, json_string_value(piece), json_string_length(piece));
		len += json_string_length(piece);
	}
	*ret_len = len;
	return text;
}

static void config_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	size_t len = 0;
	char *text;

	if (web_list_row(w, x, row, text_piece) != ROWS_DONE)
		return;
	text = join(x->items, &len);
	if (text)
		web_end_text(w, x, "text/plain; charset=utf-8", (struct view){ text, len });
	else
		web_end_problem(w, x, 503, NULL);
	free(text);
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
	web_change(w, x, file ? file : "", &a, applied, 200);
}
