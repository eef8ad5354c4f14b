/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what is kept, and the memory that says what it is. */
#include "proc/keep.h"

#include "border/border.h"
#include "media/flow_secure.h"
#include "os/socket.h"
#include "proc/passing.h"
#include "proc/signal_common.h"
#include "transport/udp.h"

#include <stdlib.h>
#include <string.h>

static const char magic[16] = "ringfence-state";

/* Names go to the service manager: letters and - alone. They do not change. */
static const struct row {
	const char *name;
	size_t offset, stride;
	uint32_t count;
	bool is_list;  /* what stands there is a pointer to so many */
	bool is_bound; /* can be opened again where it was */
} rows[] = {
#define ONE(member)         offsetof(struct holdings, member), sizeof(int), 1, false, false
#define EACH(member, count) offsetof(struct holdings, member), sizeof(int), count, false, false
#define RING(member)                                                                               \
	offsetof(struct holdings, rings[0].member), sizeof(struct ring_ends), RING_NAME_COUNT,     \
		false, false
#define PORTS(member) offsetof(struct holdings, member), sizeof(int), MAX_PORT_PAIRS, true, true
	{ "sip", EACH(sip, MAX_LISTENERS) },
	{ "api", offsetof(struct holdings, api), sizeof(int), 1, false, true },
	{ "control", offsetof(struct holdings, control), sizeof(int), 1, false, true },
	{ "tap", ONE(tap) },
	{ "netfilter", ONE(netfilter) },
	{ "known", ONE(known) },
	{ "verdicts", ONE(verdicts) },
	{ "checkpoint", EACH(checkpoint, MAX_SIGNAL_WORKERS) },
	{ "common", ONE(common) },
	{ "marks", ONE(marks) },
	{ "inbox", EACH(inbox, MAX_SIGNAL_WORKERS) },
	{ "outbox", EACH(outbox, MAX_SIGNAL_WORKERS) },
	{ "ports", ONE(port_table) },
	{ "counters", EACH(counters, ROLE_COUNT) },
	{ "ring-body", RING(writer.body) },
	{ "ring-tail", RING(reader.tail) },
	{ "above", ONE(above) },
	{ "names", ONE(resolved) },
	{ "rtp", PORTS(rtp) },
	{ "rtcp", PORTS(rtcp) },
#undef ONE
#undef EACH
#undef RING
#undef PORTS
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int *list_of(const struct holdings *h, const struct row *r)
{
	char *at = (char *)(uintptr_t)h + r->offset;

	return r->is_list ? *(int **)(void *)at : NULL;
}

/* NULL where the list is not there. */
static int *place_of(const struct holdings *h, const struct row *r, uint32_t index)
{
	char *at = (char *)(uintptr_t)h + r->offset + index * r->stride;
	int *list = list_of(h, r);

	if (r->is_list)
		return list ? list + index : NULL;
	return (int *)(void *)at;
}

void keep_init(struct holdings *h)
{
	for (size_t r = 0; r < ROWS; r++)
		for (uint32_t i = 0; !rows[r].is_list && i < rows[r].count; i++)
			*place_of(h, &rows[r], i) = -1;
	/* Read from their files by every parent, so that no key rests elsewhere. */
	h->material = MATERIAL_NONE;
}

void keep_drop(struct holdings *h)
{
	for (size_t r = 0; r < ROWS; r++)
		for (uint32_t i = 0; i < rows[r].count && place_of(h, &rows[r], i); i++)
			socket_close(place_of(h, &rows[r], i));
}

static uint32_t count_of(const struct holdings *h, const struct row *r)
{
	if (!r->is_list)
		return r->count;
	return list_of(h, r) ? h->pair_count : 0;
}

bool keep_next(const struct holdings *h, bool is_shelved, struct keep_cursor *c,
               struct keep_part *ret)
{
	for (; c->row < ROWS; c->row++, c->index = 0) {
		const struct row *r = &rows[c->row];
		uint32_t count = is_shelved && r->is_bound ? 0 : count_of(h, r);

		while (c->index < count && *place_of(h, r, c->index) < 0)
			c->index++;
		ret->name = r->name;
		ret->index = c->index;
		ret->count = 0;
		while (c->index < count && *place_of(h, r, c->index) >= 0 &&
		       ret->count < CHANNEL_DESCRIPTORS_MAX)
			ret->descriptors[ret->count++] = *place_of(h, r, c->index++);
		if (ret->count > 0)
			return true;
	}
	return false;
}

static enum err make_list(struct holdings *h, const struct row *r)
{
	int *list = list_of(h, r);

	if (!r->is_list || list)
		return ERR_NONE;
	list = malloc(r->count * sizeof(*list));
	if (!list)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < r->count; i++)
		list[i] = -1;
	*(int **)(void *)((char *)h + r->offset) = list;
	return ERR_NONE;
}

enum err keep_put(struct holdings *h, struct view name, uint32_t index, int fd)
{
	for (size_t r = 0; r < ROWS; r++) {
		enum err err;

		if (!view_equal(name, view_of(rows[r].name)))
			continue;
		if (index >= rows[r].count)
			return ERR_LIMIT;
		err = make_list(h, &rows[r]);
		if (err != ERR_NONE)
			return err;
		if (*place_of(h, &rows[r], index) >= 0)
			return ERR_LIMIT;
		*place_of(h, &rows[r], index) = fd;
		return ERR_NONE;
	}
	return ERR_NOT_FOUND;
}

/* ---- what it is ---- */

uint64_t keep_layout(void)
{
	static const struct hash_key key = { 0 };
	const uint64_t sizes[] = {
		sizeof(struct child_facts),
		sizeof(struct counters),
		sizeof(union media_order),
		sizeof(struct media_event),
		sizeof(struct fact),
		sizeof(union record),
		sizeof(struct port_pair),
		sizeof(struct flow_marks),
		RECORD_SLOT,
		RECORD_SIGNAL_SLOT,
		verdict_table_size(),
		udp_inbox_size(),
		udp_outbox_size(),
		border_checkpoint_layout(),
		sizeof(struct signal_common),
		PASSED_SLOT,
		sizeof(struct resolved_table),
		FACT_VERSION,
		RECORD_VERSION,
		ROLE_COUNT,
		MAX_LISTENERS,
	};

	return hash_siphash(&key, sizes, sizeof(sizes));
}

enum err keep_state_seal(const struct parent *p, int *ret_fd)
{
	size_t size = sizeof(struct keep_state) + p->text_len;
	struct keep_state *s = calloc(1, size);
	enum err err;

	if (!s)
		return ERR_NO_MEMORY;
	memcpy(s->magic, magic, sizeof(magic));
	s->version = KEEP_VERSION;
	s->size = sizeof(*s);
	s->layout = keep_layout();
	(void)VIEW_COPY(VIEW(RINGFENCE_VERSION), s->program);
	s->roles = p->holdings.roles;
	s->pair_count = p->holdings.pair_count;
	s->upgrades = p->upgrades;
	s->tries = p->tries;
	s->started_us = p->started_us;
	s->drain_due_us = p->drain.due_us;
	s->started_wall_us = p->started_wall_us;
	s->facts = p->holdings.facts;
	s->text_len = p->text_len;
	if (p->text_len > 0)
		memcpy(s + 1, p->text, p->text_len);
	err = shared_create_sealed("state", view_bytes(s, size), ret_fd);
	explicit_bzero(s, size);
	free(s);
	return err;
}

static enum err check(const struct keep_state *s, size_t size, struct buffer *words)
{
	if (size < sizeof(*s) || memcmp(s->magic, magic, sizeof(magic)) != 0) {
		buffer_text(words, "what is kept is no state of Ringfence");
		return ERR_SHORT;
	}
	if (s->version == KEEP_VERSION && s->size == sizeof(*s) && s->layout == keep_layout() &&
	    s->text_len == size - sizeof(*s))
		return ERR_NONE;
	buffer_text(words, "the state is that of version ");
	buffer_put(words, view_bytes(s->program, strnlen(s->program, sizeof(s->program))));
	buffer_text(words, " (layout ");
	buffer_decimal(words, s->version);
	buffer_text(words, "), this is " RINGFENCE_VERSION " (layout ");
	buffer_decimal(words, KEEP_VERSION);
	buffer_text(words, "), which cannot read it");
	return ERR_UNSUPPORTED;
}

/* What of the facts is who we are now stays: user, log, sandbox. */
static void take_facts(struct child_facts *own, const struct child_facts *kept)
{
	struct child_facts was = *own;

	*own = *kept;
	own->uid = was.uid;
	own->gid = was.gid;
	own->log_format = was.log_format;
	own->log_level = was.log_level;
	own->is_sandbox_off = was.is_sandbox_off;
}

enum err keep_state_take(struct parent *p, int fd, struct buffer *words)
{
	struct shared_map map;
	const struct keep_state *s;
	enum err err = shared_map(fd, SHARED_READ, 1, &map);

	if (err != ERR_NONE)
		return err;
	s = map.at;
	err = check(s, map.size, words);
	if (err == ERR_NONE && s->text_len > 0) {
		p->text = malloc(s->text_len);
		err = p->text ? ERR_NONE : ERR_NO_MEMORY;
	}
	if (err == ERR_NONE) {
		if (s->text_len > 0)
			memcpy(p->text, s + 1, s->text_len);
		p->text_len = s->text_len;
		p->holdings.roles = s->roles;
		p->holdings.pair_count = s->pair_count;
		p->upgrades = s->upgrades;
		p->tries = s->tries;
		p->started_us = s->started_us;
		p->drain.is_on = s->facts.is_draining;
		p->drain.due_us = s->drain_due_us;
		p->started_wall_us = s->started_wall_us;
		take_facts(&p->holdings.facts, &s->facts);
	}
	shared_unmap(&map);
	return err;
}
