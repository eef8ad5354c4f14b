/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/upgrade, /api/v1/drain: the service as a whole. */
#include "web/json.h"
#include "web/resources_priv.h"

#include <string.h>

static void told(struct web *w, struct web_exchange *x, const struct ask *row)
{
	(void)w;
	if (!x->answer)
		x->answer = json_pack("{s:o}", "told",
		                      web_json_text(view_bytes(row->body.text, row->head.size)));
}

void web_upgrade_post(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_UPGRADE } };

	x->change.row = told;
	web_change(w, x, "", &a, 200);
}
