/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/certificates: those that are had by ACME, as outreach knows them. */
#include "web/list_priv.h"
#include "web/resources_priv.h"

static void object_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_object) == ROWS_DONE)
		web_list_end(w, x);
}

void web_certificates_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_ACME_LIST);

	web_ask_list(w, x, &a, object_row);
}

void web_certificates_renew(struct web *w, struct web_exchange *x)
{
	struct view name = view_of(x->argument);
	struct ask a = { .head = { .kind = ASK_ACME_RENEW, .size = (uint32_t)name.len } };

	memcpy(a.body.text, name.at, name.len);
	web_change(w, x, x->argument, &a, 204);
}
