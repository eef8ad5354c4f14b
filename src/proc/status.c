/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent knows of itself and its children, as JSON. */
#include "proc/parent_priv.h"

#include <string.h>

static void put_name(struct buffer *b, const char *name)
{
	char last = b->len > 0 ? b->at[b->len - 1] : '{';

	if (last != '{' && last != '[')
		buffer_char(b, ',');
	buffer_char(b, '"');
	buffer_text(b, name);
	buffer_text(b, "\":");
}

static void put_number(struct buffer *b, const char *name, uint64_t number)
{
	put_name(b, name);
	buffer_decimal(b, number);
}

/* Our own words: nothing in them needs escaping but what a path may hold. */
static void put_text(struct buffer *b, const char *name, const char *text)
{
	put_name(b, name);
	buffer_char(b, '"');
	for (; *text != '\0'; text++)
		buffer_char(b, *text == '"' || *text == '\\' || (unsigned char)*text < 0x20 ||
		                               *text == 0x7f
		                       ? '?'
		                       : *text);
	buffer_char(b, '"');
}

static void put_child(struct buffer *b, const struct child_process *c, struct now now)
{
	if (b->at[b->len - 1] != '[')
		buffer_char(b, ',');
	buffer_char(b, '{');
	put_text(b, "name", role_name(c->role));
	put_text(b, "state", parent_state_name(c->state));
	put_number(b, "pid", (uint64_t)c->pid);
	put_number(b, "starts", c->starts);
	if (c->state == CHILD_READY)
		put_number(b, "up_s", now_since(now.us, c->ready_us) / SECOND_US);
	if (c->starts > 1) {
		put_text(b, "last_end", c->last_end);
		put_number(b, "back_after_ms", c->recovered_ms);
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
	put_text(b, "name", ring_name_text(name));
	put_number(b, "slots", level.slots);
	put_number(b, "used", level.used);
	put_number(b, "put", level.put);
	put_number(b, "dropped_samples", level.dropped[RING_SAMPLE]);
	put_number(b, "dropped_details", level.dropped[RING_DETAIL]);
	put_number(b, "dropped_kept", level.dropped[RING_KEPT]);
	put_number(b, "broken", level.broken);
	buffer_char(b, '}');
}

void status_answer(struct parent *p, const struct ask_head *question, struct now now)
{
	static struct ask row;
	struct buffer b = BUFFER_ON(row.body.text);
	bool is_ready = true;

	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		is_ready = is_ready && p->children[role].state == CHILD_READY;
	buffer_char(&b, '{');
	put_text(&b, "version", RINGFENCE_VERSION);
	put_text(&b, "state", p->is_ending ? "ending" : is_ready ? "ready" : "starting");
	put_number(&b, "up_s", now_since(now.us, p->started_us) / SECOND_US);
	put_number(&b, "started_wall_us", (uint64_t)p->started_wall_us);
	put_text(&b, "configuration", p->config_path);
	put_number(&b, "port_pairs", p->holdings.pair_count);
	put_number(&b, "asks_refused", p->relay.refused);
	put_text(&b, "queue", p->queue_text);
	put_name(&b, "processes");
	buffer_char(&b, '[');
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
		put_child(&b, &p->children[role], now);
	buffer_char(&b, ']');
	put_name(&b, "rings");
	buffer_char(&b, '[');
	for (int name = 0; name < RING_NAME_COUNT; name++)
		put_ring(&b, &p->holdings, (enum ring_name)name);
	buffer_text(&b, "]}");
	memset(&row.head, 0, sizeof(row.head));
	row.head.size = (uint32_t)b.len;
	row.head.is_last = 1;
	row.head.result = (uint8_t)b.err;
	relay_answer(p, (enum role)question->from, question, &row);
}
