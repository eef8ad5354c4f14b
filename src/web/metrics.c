/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics in OpenMetrics: counters by process. No label that a stranger can
 * choose, so the number of series is fixed. */
#include "web/resources_priv.h"

/* Name, help and a row per process: the longest counter needs 200 + 16 * 90 bytes. */
_Static_assert(COUNTER_COUNT * 1700 < WEB_SCRATCH, "all counters of all processes fit");

static void put_counter(struct buffer *b, const struct web_settings *settings, enum counter which)
{
	const char *name = counter_name(which);

	buffer_text(b, "# TYPE ringfence_");
	buffer_text(b, name);
	buffer_text(b, " counter\n# HELP ringfence_");
	buffer_text(b, name);
	buffer_text(b, " ");
	buffer_text(b, counter_text(which));
	buffer_text(b, "\n");
	for (size_t i = 0; i < settings->page_count; i++) {
		buffer_text(b, "ringfence_");
		buffer_text(b, name);
		buffer_text(b, "_total{process=\"");
		buffer_text(b, role_name(settings->pages[i].role));
		buffer_text(b, "\"} ");
		buffer_decimal(b, counters_get(settings->pages[i].counters, which));
		buffer_text(b, "\n");
	}
}

void web_metrics_get(struct web *w, struct web_exchange *x)
{
	struct buffer b = buffer_on(w->scratch, WEB_SCRATCH);

	for (enum counter which = 0; which < COUNTER_COUNT; which++)
		put_counter(&b, &w->settings, which);
	buffer_text(&b, "# EOF\n");
	web_end_text(w, x, "application/openmetrics-text; version=1.0.0; charset=utf-8",
	             buffer_view(&b));
}
