/* SPDX-License-Identifier: Apache-2.0 */
/* Lists: a page of rows of another process, and the place where the next begins. */
#ifndef WEB_LIST_PRIV_H
#define WEB_LIST_PRIV_H

#include "web/exchange_priv.h"
#include "web/json.h"

enum { WEB_PAGE_ROWS = 50, MAX_WEB_PAGE_ROWS = 200 };

/* A question for rows: filter, after and limit from the arguments. */
struct ask web_list_ask(struct web_exchange *x, enum ask_kind kind);
/* For the store: rows of one kind. */
struct ask web_records_ask(struct web_exchange *x, enum record_kind kind);

enum web_rows { ROWS_MORE, ROWS_DONE, ROWS_OVER };

/* Takes a row into x->items. DONE: that was the last one. OVER: the other
 * process refused, and the exchange has been ended with a problem. */
enum web_rows web_list_row(struct web *w, struct web_exchange *x, const struct ask *row,
                           json_t *(*json)(const struct ask *row));
/* Ends with {"items": [...], "next": "..."}. */
void web_list_end(struct web *w, struct web_exchange *x);

/* The sorts of rows; NULL for a row that is none of its sort. */
json_t *web_row_call(const struct ask *row);
json_t *web_row_incident(const struct ask *row);
json_t *web_row_sample(const struct ask *row);
json_t *web_row_block(const struct ask *row);
json_t *web_row_audit(const struct ask *row);
json_t *web_row_registration(const struct ask *row);
json_t *web_row_detector(const struct ask *row);
json_t *web_row_object(const struct ask *row); /* body.text is a JSON object already */

#endif
