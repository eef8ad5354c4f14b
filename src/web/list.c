/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of other processes, in pages. */
#include "web/list_priv.h"
#include <string.h>

static uint64_t number_arg(const struct web_exchange *x, const char *name)
{
	uint64_t number = 0;

	(void)view_decimal(view_of(web_arg(x, name)), UINT64_MAX, &number);
	return number;
}

struct ask web_list_ask(struct web_exchange *x, enum ask_kind kind)
{
	struct ask a = { .head = { .kind = (uint16_t)kind, .size = sizeof(struct ask_query) } };
	uint64_t limit = number_arg(x, "limit");

	x->limit = limit == 0 || limit > MAX_WEB_PAGE_ROWS ? WEB_PAGE_ROWS : (uint32_t)limit;
	a.body.query.limit = (uint16_t)x->limit;
	a.body.query.after = number_arg(x, "after");
	(void)VIEW_COPY(view_of(web_arg(x, "filter")), a.body.query.filter);
	return a;
}

struct ask web_records_ask(struct web_exchange *x, enum record_kind kind)
{
	struct ask a = web_list_ask(x, ASK_RECORDS);

	a.body.query.kind = (uint8_t)kind;
	x->is_of_records = true;
	return a;
}

enum web_rows web_list_row(struct web *w, struct web_exchange *x, const struct ask *row,
                           json_t *(*json)(const struct ask *row))
{
	json_t *item;

	if (!x->items)
		x->items = json_array();
	if (row->head.result != ERR_NONE) {
		if (!row->head.is_last)
			return ROWS_MORE;
		web_end_error(w, x, (enum err)row->head.result);
		return ROWS_OVER;
	}
	/* A process that answers more than was asked for does not make us grow. */
	item = row->head.size && x->row_count < MAX_WEB_PAGE_ROWS ? json(row) : NULL;
	if (item) {
		(void)json_array_append_new(x->items, item);
		x->row_count++;
		x->last_row = x->is_of_records ? row->body.record.head.row : 0;
	}
	return row->head.is_last ? ROWS_DONE : ROWS_MORE;
}

void web_list_end(struct web *w, struct web_exchange *x)
{
	json_t *answer = json_object();

	(void)json_object_set(answer, "items", x->items);
	if (x->last_row && x->row_count >= x->limit)
		(void)json_object_set_new(answer, "next", web_json_number_text(x->last_row));
	web_end_json(w, x, 200, answer);
}

static bool is_record(const struct ask *row, enum record_kind kind, size_t size)
{
	return row->head.size >= size && row->body.record.head.kind == kind;
}

json_t *web_row_call(const struct ask *row)
{
	return is_record(row, RECORD_CALL, sizeof(struct record_call))
	             ? web_json_call(&row->body.record.call)
	             : NULL;
}

json_t *web_row_incident(const struct ask *row)
{
	return is_record(row, RECORD_INCIDENT, sizeof(struct record_incident))
	             ? web_json_incident(&row->body.record.incident)
	             : NULL;
}

json_t *web_row_sample(const struct ask *row)
{
	return is_record(row, RECORD_SAMPLE, sizeof(struct record_sample))
	             ? web_json_sample(&row->body.record.sample)
	             : NULL;
}

json_t *web_row_block(const struct ask *row)
{
	return is_record(row, RECORD_BLOCK, sizeof(struct record_block))
	             ? web_json_block(&row->body.record.block)
	             : NULL;
}

json_t *web_row_audit(const struct ask *row)
{
	return is_record(row, RECORD_AUDIT, sizeof(struct record_audit))
	             ? web_json_audit(&row->body.record.audit)
	             : NULL;
}

json_t *web_row_registration(const struct ask *row)
{
	return row->head.size >= sizeof(struct ask_registration)
	             ? web_json_registration(&row->body.registration)
	             : NULL;
}

json_t *web_row_detector(const struct ask *row)
{
	return row->head.size >= sizeof(struct ask_detector)
	             ? web_json_detector(&row->body.detector)
	             : NULL;
}

json_t *web_row_object(const struct ask *row)
{
	json_t *object = json_loadb(row->body.text, row->head.size, 0, NULL);

	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}
