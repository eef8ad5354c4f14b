/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/upgrade, /api/v1/drain: the service as a whole. */
#include "web/json.h"
#include "web/resources_priv.h"

#include <stdio.h>
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

void web_drain_post(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_DRAIN, .size = sizeof(struct ask_drain) } };
	const char *term = web_member(x, "for");
	char object[64];

	if (term && !web_length_read(term, &a.body.drain.for_s)) {
		web_end_problem(w, x, 400, "'for' is no length of time: 30m, 12h, 7d");
		return;
	}
	a.body.drain.is_on = strcmp(web_member(x, "on"), "yes") == 0;
	(void)snprintf(object, sizeof(object), "%s%s%s", a.body.drain.is_on ? "on" : "off",
	               term ? " for " : "", term ? term : "");
	x->change.row = told;
	web_change(w, x, object, &a, 200);
}
