/* SPDX-License-Identifier: Apache-2.0 */
/* What each role is given: the privilege table, as descriptors. What is not listed
 * here a child does not have. */
#include "proc/setup.h"

#include "os/random.h"

#include <string.h>

enum {
	SIGNAL = 1 << ROLE_SIGNAL,
	MEDIA = 1 << ROLE_MEDIA,
	JUDGE = 1 << ROLE_JUDGE,
	STORE = 1 << ROLE_STORE,
	WEB = 1 << ROLE_WEB,
	KERNEL = 1 << ROLE_KERNEL,
	OBSERVE = 1 << ROLE_OBSERVE,
	KEYS = 1 << ROLE_KEYS,
};

static const struct {
	enum thing thing;
	unsigned roles;
	size_t offset; /* of the descriptor in struct holdings */
} single_table[] = {
	{ THING_VERDICTS, SIGNAL | MEDIA | KERNEL, offsetof(struct holdings, verdicts_readonly) },
	{ THING_VERDICTS, JUDGE, offsetof(struct holdings, verdicts) },
	{ THING_PORT_TABLE, SIGNAL | MEDIA, offsetof(struct holdings, port_table) },
	{ THING_COMMON, SIGNAL, offsetof(struct holdings, common) },
	{ THING_MARKS, MEDIA, offsetof(struct holdings, marks) },
	{ THING_API_SOCKET, WEB, offsetof(struct holdings, api) },
	{ THING_CONTROL_SOCKET, WEB, offsetof(struct holdings, control) },
	{ THING_CONTROL, WEB, offsetof(struct holdings, material.control) },
	{ THING_KNOWN, JUDGE, offsetof(struct holdings, known) },
	{ THING_KNOWN, KERNEL, offsetof(struct holdings, known_readonly) },
	{ THING_TAP, OBSERVE, offsetof(struct holdings, tap) },
	{ THING_RESOLVED, SIGNAL | JUDGE | KERNEL, offsetof(struct holdings, resolved) },
	{ THING_NETFILTER, KERNEL, offsetof(struct holdings, netfilter) },
	{ THING_IPSEC, KERNEL, offsetof(struct holdings, ipsec) },
	{ THING_IPSEC_EVENTS, KERNEL, offsetof(struct holdings, ipsec_events) },
	{ THING_MATERIAL, SIGNAL, offsetof(struct holdings, material.public) },
	{ THING_KEYS, KEYS, offsetof(struct holdings, material.secret) },
};

static void add(struct child_process *c, enum thing thing, uint32_t index, const int *descriptors,
                uint32_t count)
{
	while (count > 0 && c->row_count < MAX_SETUP_ROWS) {
		uint32_t part = count < CHANNEL_DESCRIPTORS_MAX ? count : CHANNEL_DESCRIPTORS_MAX;

		c->rows[c->row_count++] = (struct setup_row){ thing, index, descriptors, part };
		index += part;
		descriptors += part;
		count -= part;
	}
}

/* Of signal and observe, who write the same, one runs. */
static bool is_writer(enum role role, enum role writer)
{
	return role == writer || (role == ROLE_OBSERVE && writer == ROLE_SIGNAL);
}

static void add_ring(struct child_process *c, const struct holdings *h, enum ring_name name)
{
	struct ring_use use = ring_use(name);
	uint32_t index = (uint32_t)name * RING_PART_COUNT;
	bool is_watched = !holdings_have(h, ROLE_SIGNAL) &&
	                  (name == RING_NAME_FACTS || name == RING_NAME_RECORDS_SIGNAL);

	/* The first certificate may come while we run: signal hears `keys` all along. */
	if (!holdings_have(h, use.writer) && !is_watched && ring_use(name).like != RING_NAME_SIGNED)
		return;
	if (is_watched ? is_writer(c->role, use.writer) : use.writer == c->role)
		add(c, THING_RING_WRITER, index, &h->rings[name].writer.body, RING_PART_COUNT);
	if (use.reader == c->role)
		add(c, THING_RING_READER, index, &h->rings[name].reader.body, RING_PART_COUNT);
}

static void add_rings(struct child_process *c, const struct holdings *h)
{
	for (unsigned name = 0; name < RING_NAME_COUNT; name++)
		if (holdings_have_ring(h, (enum ring_name)name))
			add_ring(c, h, (enum ring_name)name);
}

/* What a worker of signal has for itself. */
static void add_signal(struct child_process *c, const struct holdings *h)
{
	unsigned worker = role_worker(c->role);

	add(c, THING_SIP_SOCKET, 0, h->sip, h->facts.listener_count);
	add(c, THING_INBOX, 0, &h->inbox[worker], 1);
	add(c, THING_OUTBOX, 0, &h->outbox[worker], 1);
	add(c, THING_CHECKPOINT, 0, &h->checkpoint[worker], 1);
}

static bool is_for(enum role role, const struct port_pair *row)
{
	return role_kind(role) == ROLE_SIGNAL ? row->kind == PORT_STREAM
	                                      : role_media(row->worker) == role;
}

/* Rows of one kind and worker lie together. A stream's socket stands in both lists. */
static void add_ports(struct child_process *c, const struct holdings *h)
{
	struct shared_map map;
	const struct port_table *table;
	uint32_t end;

	if (shared_map(h->port_table, SHARED_READ, sizeof(*table), &map) != ERR_NONE)
		return;
	table = map.at;
	for (uint32_t i = 0; i < h->pair_count; i = end + 1) {
		for (end = i; end < h->pair_count && is_for(c->role, &table->pairs[end]); end++)
			;
		if (role_kind(c->role) == ROLE_SIGNAL) {
			add(c, THING_STREAM_SOCKET, i, &h->rtcp[i], end - i);
		} else {
			add(c, THING_RTP_SOCKET, i, &h->rtp[i], end - i);
			add(c, THING_RTCP_SOCKET, i, &h->rtcp[i], end - i);
		}
	}
	shared_unmap(&map);
}

void setup_list(struct child_process *c, const struct holdings *h)
{
	c->row_count = c->row_sent = 0;
	c->is_facts_sent = false;
	add(c, THING_SETTINGS, 0, &c->settings, 1);
	add(c, THING_PULSE, 0, &h->pulses[c->role], 1);
	for (uint32_t role = 0; role < ROLE_COUNT; role++) {
		if (role >= ROLE_MEDIA_2 && !holdings_have(h, (enum role)role))
			continue;
		if (role == (uint32_t)c->role)
			add(c, THING_COUNTERS, role, &h->counters[role], 1);
		else if (c->role == ROLE_WEB)
			add(c, THING_COUNTERS, role, &h->counters_readonly[role], 1);
	}
	add_rings(c, h);
	for (size_t i = 0; i < sizeof(single_table) / sizeof(single_table[0]); i++) {
		const int *fd =
			(const int *)(const void *)((const char *)h + single_table[i].offset);

		if ((single_table[i].roles & (1U << role_kind(c->role))) != 0 && *fd >= 0)
			add(c, single_table[i].thing, 0, fd, 1);
	}
	if (role_kind(c->role) == ROLE_SIGNAL)
		add_signal(c, h);
	if (role_kind(c->role) == ROLE_SIGNAL || role_kind(c->role) == ROLE_MEDIA)
		add_ports(c, h);
}

static void facts_for(const struct child_process *c, const struct holdings *h,
                      struct child_facts *ret)
{
	*ret = h->facts;
	ret->starts = c->starts;
	ret->owner = (uint8_t)role_worker(c->role);
	random_fill(&ret->random, sizeof(ret->random));
	/* Keys make names and proofs: only who makes or checks them may have them. */
	if (role_kind(c->role) != ROLE_SIGNAL) {
		memset(ret->keys, 0, 3 * sizeof(ret->keys[0]));
		if (c->role != ROLE_JUDGE && role_kind(c->role) != ROLE_MEDIA &&
		    c->role != ROLE_OBSERVE)
			memset(&ret->keys[3], 0, sizeof(ret->keys[3]));
	}
	if (c->role != ROLE_JUDGE && c->role != ROLE_KERNEL)
		ret->around_count = 0;
	if (c->role != ROLE_OUTREACH)
		ret->server_count = 0;
	if (c->role != ROLE_STORE)
		memset(ret->directory, 0, sizeof(ret->directory));
}

enum err setup_send(struct child_process *c, const struct holdings *h)
{
	static struct channel_message m;
	struct frame_head head = { .kind = FRAME_THINGS };
	struct child_facts facts;
	enum err err;

	for (; c->row_sent < c->row_count; c->row_sent++) {
		const struct setup_row *row = &c->rows[c->row_sent];

		head.thing = row->thing;
		head.index = row->index;
		memcpy(m.bytes, &head, sizeof(head));
		m.len = sizeof(head);
		memcpy(m.descriptors, row->descriptors, row->count * sizeof(int));
		m.descriptor_count = row->count;
		err = channel_send(c->channel, &m);
		if (err != ERR_NONE)
			return err;
	}
	if (!c->is_facts_sent) {
		facts_for(c, h, &facts);
		frame_begin(&m, FRAME_FACTS);
		memcpy(m.bytes + m.len, &facts, sizeof(facts));
		m.len += sizeof(facts);
		err = channel_send(c->channel, &m);
		explicit_bzero(&facts, sizeof(facts));
		explicit_bzero(&m, sizeof(m));
		if (err != ERR_NONE)
			return err;
		c->is_facts_sent = true;
	}
	frame_begin(&m, FRAME_START);
	return channel_send(c->channel, &m);
}
