/* SPDX-License-Identifier: Apache-2.0 */
/* The rest that fits the number of messages in the window before. */
#include "base/pace.h"

static uint32_t rest_for(uint32_t came, const struct pace_rule *rule, uint64_t window_us)
{
	uint64_t fits_us;

	if ((uint64_t)came * rule->most_us < rule->worth * window_us)
		return 0;
	fits_us = window_us * rule->gather / came;
	return fits_us < rule->most_us ? (uint32_t)fits_us : rule->most_us;
}

void pace_note(struct pace *p, uint32_t messages)
{
	p->came += messages;
	p->has_news = p->has_news || messages > 0;
}

void pace_behind(struct pace *p) { p->is_behind = true; }

uint32_t pace_rest_us(struct pace *p, const struct pace_rule *rule, uint64_t now_us)
{
	uint64_t window_us = now_us > p->since_us ? now_us - p->since_us : 0;
	bool is_idle = p->has_news && !p->is_behind;

	if (window_us >= PACE_WINDOW_US) {
		p->rest_us = rest_for(p->came, rule, window_us);
		p->since_us = now_us;
		p->came = 0;
	}
	p->has_news = p->is_behind = false;
	/* A rest that brought nothing is not followed by another. */
	return is_idle ? p->rest_us : 0;
}
