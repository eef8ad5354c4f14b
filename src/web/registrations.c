/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/registrations, /api/v1/peers and /api/v1/headers: what signal knows. */
#include "web/list_priv.h"
#include "web/resources_priv.h"

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

void web_headers_get(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_HEADERS);

	web_ask_list(w, x, &a, object_row);
}
