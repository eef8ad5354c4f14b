/* SPDX-License-Identifier: Apache-2.0 */
/* Words for people, and for machines. */
#include "proc/outreach_acme_priv.h"

#include "base/date.h"

#include <jansson.h>

enum { HOUR_S = 3600 };

void outreach_acme_say_good(const struct entry *e, int64_t renewal_s)
{
	char text[DATE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	date_write(&b, renewal_s * SECOND_US);
	log_write(LEVEL_NOTICE, "acme", "certificate %s is good; it is renewed from %.*s on",
	          e->wish.certificate, VIEW_ARG(buffer_view(&b)));
}

void outreach_acme_say(const struct entry *e, uint32_t again_s)
{
	const char *unit = again_s >= 2 * HOUR_S ? "hours" : "minutes";

	log_write(LEVEL_WARNING, "acme", "certificate %s was not had from %s: %s; again in %u %s",
	          e->wish.certificate, e->wish.account, e->why,
	          (unsigned)(again_s / (again_s >= 2 * HOUR_S ? HOUR_S : 60)), unit);
}

static json_t *object_of(const struct entry *e, bool is_asked, struct now now)
{
	char text[DATE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);
	const char *state = is_asked ? "asked" : e->why[0] ? "failed" : "good";

	date_write(&b, now_wall_of(now, e->due_us > now.us ? e->due_us : now.us));
	return json_pack("{s:s, s:s, s:s, s:s%, s:s, s:i}", "name", e->wish.certificate,
	                 "authority", e->wish.account, "state", state, "next", buffer_view(&b).at,
	                 b.len, "why", e->why, "failures", (int)e->failures);
}

size_t outreach_acme_json(const struct entry *e, bool is_asked, struct now now, char *ret,
                          size_t size)
{
	json_t *object = object_of(e, is_asked, now);
	size_t len = object ? json_dumpb(object, ret, size, 0) : 0;

	json_decref(object);
	return len <= size ? len : 0;
}
