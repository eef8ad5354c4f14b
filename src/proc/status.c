/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent knows of itself and its children, as JSON. */
#include "proc/parent_priv.h"

#include "base/object.h"

#include <string.h>

static void put_child(struct buffer *b, const struct child_process *c, struct now now)
{
	if (b->at[b->len - 1] != '[')
		buffer_char(b, ',');
	buffer_char(b, '{');
	object_text(b, "name", view_of(role_name(c->role)));
	object_text(b, "state", view_of(parent_state_name(c->state)));
	object_number(b, "pid", (uint64_t)c->pid);
	object_number(b, "starts", c->starts);
	if (c->state == CHILD_READY)
		object_number(b, "up_s", now_since(now.us, c->ready_us) / SECOND_US);
	if (c->starts > 1) {
		object_text(b, "last_end", view_of(c->last_end));
		object_number(b, "back_after_ms", c->recovered_ms);
	}
	buffer_char(b, '}');
}

static void put_ring(struct buffer *b, struct holdings *h, enum ring_name name)
{
	struct ring_level level;

	ring_level(&h->watchers[name], &level);
	if (b->at[b->len - 1] != '[')
		buffer_char(b, ',');
	buffer_char(b, '{');
	object_text(b, "name", view_of(ring_name_text(name)));
	object_number(b, "slots", level.slots);
	object_number(b, "used", level.used);
	object_number(b, "put", level.put);
	object_number(b, "dropped_samples", level.dropped[RING_SAMPLE]);
	object_number(b, "dropped_details", level.dropped[RING_DETAIL]);
	object_number(b, "dropped_kept", level.dropped[RING_KEPT]);
	object_number(b, "broken", level.broken);
	buffer_char(b, '}');
}

void status_answer(struct parent *p, const struct ask_head *question, struct now now)
{
	static struct ask row;
	struct buffer b = BUFFER_ON(row.body.text);
	bool is_ready = true;

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		is_ready = is_ready && (!holdings_have(&p->holdings, (enum role)role) ||
		                        p->children[role].state == CHILD_READY);
	buffer_char(&b, '{');
	object_text(&b, "version", view_of(RINGFENCE_VERSION));
	object_text(&b, "state",
	            view_of(p->is_ending ? "ending"
	                    : is_ready   ? "ready"
	                                 : "starting"));
	object_number(&b, "up_s", now_since(now.us, p->started_us) / SECOND_US);
	object_number(&b, "started_wall_us", (uint64_t)p->started_wall_us);
	object_text(&b, "configuration", view_of(p->config_path));
	object_number(&b, "calls", drain_calls(p));
	object_text(&b, "drain",
	            !p->drain.is_on       ? VIEW("off")
	            : p->drain.due_us > 0 ? VIEW("on, with a deadline")
	                                  : VIEW("on"));
	if (p->drain.is_on && p->drain.due_us > 0)
		object_number(&b, "drain_ends_in_s",
		              now_since(p->drain.due_us, now.us) / SECOND_US);
	object_number(&b, "upgrades", p->upgrades);
	object_text(&b, "upgrade",
	            p->upgrade.step != UPGRADE_NONE ? VIEW("under way")
	                                            : view_of(p->upgrade.words));
	object_number(&b, "port_pairs", p->holdings.pair_count);
	object_number(&b, "asks_refused", p->relay.refused);
	object_text(&b, "queue", view_of(p->queue_text));
	object_name(&b, "processes");
	buffer_char(&b, '[');
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		if (holdings_have(&p->holdings, (enum role)role))
			put_child(&b, &p->children[role], now);
	buffer_char(&b, ']');
	object_name(&b, "rings");
	buffer_char(&b, '[');
	for (int name = 0; name < RING_NAME_COUNT; name++)
		if (holdings_have_ring(&p->holdings, (enum ring_name)name))
			put_ring(&b, &p->holdings, (enum ring_name)name);
	buffer_text(&b, "]}");
	memset(&row.head, 0, sizeof(row.head));
	row.head.size = (uint32_t)b.len;
	row.head.is_last = 1;
	row.head.result = (uint8_t)b.err;
	relay_answer(p, (enum role)question->from, question, &row);
}
