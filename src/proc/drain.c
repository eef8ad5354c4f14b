/* SPDX-License-Identifier: Apache-2.0 */
/* The service empties itself: no new calls, and its end when none is left or it is time. */
#include "proc/parent_priv.h"

#include "os/clock.h"
#include "os/log.h"

#include <string.h>

/* What a BYE needs on both legs, repetitions included. */
enum { FAREWELL_US = 4 * SECOND_US };

static struct ask row;

/* A process that is not there hears it at its start, from its facts. */
static void tell(struct parent *p, bool is_over)
{
	p->holdings.facts.is_draining = p->drain.is_on;
	memset(&row.head, 0, sizeof(row.head));
	row.head.kind = ASK_DRAINING;
	row.head.size = sizeof(row.body.drain);
	row.body.drain = (struct ask_drain){ .is_on = p->drain.is_on, .is_over = is_over };
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (holdings_have(&p->holdings, role_signal(i)))
			(void)!relay_ask(p, role_signal(i), &row, -1, NULL);
	shelf_state(p);
}

void drain_start(struct parent *p, const struct ask *question)
{
	struct ask_head head = question->head;
	struct ask_drain wanted = question->body.drain;
	struct now now = clock_now();
	struct view text;

	if (head.size < sizeof(wanted) || !holdings_have(&p->holdings, ROLE_SIGNAL)) {
		row.head = (struct ask_head){ .is_last = 1, .result = ERR_UNSUPPORTED };
		relay_answer(p, (enum role)head.from, &head, &row);
		return;
	}
	p->drain = (struct drain){ .is_on = wanted.is_on != 0, .begun_us = now.us };
	if (p->drain.is_on && wanted.for_s > 0)
		p->drain.due_us = now.us + (uint64_t)wanted.for_s * SECOND_US;
	tell(p, false);
	text = !p->drain.is_on ? VIEW("calls begin again")
	     : p->drain.due_us ? VIEW("no new calls; the service ends when none is left, and at "
	                              "the latest when the time is over")
	                       : VIEW("no new calls; the service ends when none is left");
	log_write(LEVEL_NOTICE, "drain", "%.*s", VIEW_ARG(text));
	memset(&row.head, 0, sizeof(row.head));
	memcpy(row.body.text, text.at, text.len);
	row.head.size = (uint32_t)text.len;
	row.head.is_last = 1;
	relay_answer(p, (enum role)head.from, &head, &row);
}

uint32_t drain_calls(const struct parent *p)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++) {
		const struct child_pulse *pulse = p->holdings.pulse_maps[role_signal(i)].at;

		if (pulse)
			sum += atomic_load_explicit(&pulse->calls, memory_order_relaxed);
	}
	return sum;
}

/* A process that begins has not counted yet what it reads back. */
static bool have_counted(const struct parent *p, struct now now)
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++) {
		const struct child_process *c = &p->children[role_signal(i)];

		if (holdings_have(&p->holdings, role_signal(i)) &&
		    (c->state != CHILD_READY || now_since(now.us, c->ready_us) < SECOND_US))
			return false;
	}
	return true;
}

void drain_advance(struct parent *p, struct now now)
{
	struct drain *d = &p->drain;

	if (!d->is_on || p->is_ending || p->upgrade.step != UPGRADE_NONE || !have_counted(p, now) ||
	    now_since(now.us, d->begun_us) < SECOND_US)
		return;
	if (drain_calls(p) == 0) {
		log_write(LEVEL_NOTICE, "drain", "no call is left");
		parent_end(p, 0);
	} else if (d->is_over && now.us >= d->due_us) {
		log_write(LEVEL_WARNING, "drain", "%u calls did not end", drain_calls(p));
		parent_end(p, 0);
	} else if (!d->is_over && d->due_us > 0 && now.us >= d->due_us) {
		log_write(LEVEL_NOTICE, "drain", "it is time: %u calls are ended", drain_calls(p));
		d->is_over = true;
		d->due_us = now.us + FAREWELL_US;
		tell(p, true);
	}
}
