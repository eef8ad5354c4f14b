/* SPDX-License-Identifier: Apache-2.0 */
/* Rows for what should stand in the kernel, marked at each look; what was not
 * marked goes. */
#include "kernel/mirror.h"

#include "base/list.h"
#include "base/map.h"
#include "base/now.h"
#include "base/pool.h"

#include <stdlib.h>

/* Around the end of an element's time the kernel may have it or not: to take it
 * out then could fail the whole transaction. */
static const int64_t margin_us = 2 * INT64_C(1000000);
static const uint64_t day_us = 86400 * UINT64_C(1000000);

enum row_state { ROW_STANDING, ROW_NEW, ROW_RENEWED, ROW_GOING };

struct row {
	struct map_node node;
	struct list changed;
	struct kernel_element element;
	uint64_t wanted_us; /* end of its time as this look wants it */
	uint32_t mark;      /* of the look that wanted it last */
	uint8_t state;      /* enum row_state */
};

struct kernel_mirror {
	struct kernel_sight sight;
	struct pool *rows;
	struct map map;
	struct list changed;
	uint32_t mark;
	bool is_fresh; /* the table too must be written */
	uint64_t seen_verdicts, seen_known;
	uint64_t due_us; /* a network ends within which others lie */
	struct kernel_mirror_counts counts;
	struct addr_net never[MAX_KERNEL_NEVER], control[MAX_KERNEL_CONTROL];
	size_t never_count, control_count;
	struct addr listener;                        /* of control; family 0: none */
	struct kernel_element nets[MAX_KERNEL_NETS]; /* of this look */
	size_t net_count;
};

enum err kernel_mirror_new(const struct kernel_sight *sight, const struct hash_key *key,
                           struct kernel_mirror **ret)
{
	struct kernel_mirror *m = calloc(1, sizeof(*m));
	enum err err;

	if (!m)
		return ERR_NO_MEMORY;
	m->sight = *sight;
	m->is_fresh = true;
	m->due_us = UINT64_MAX;
	list_init(&m->changed);
	err = map_init(&m->map, MAX_KERNEL_ELEMENTS, key);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct row), MAX_KERNEL_ELEMENTS, &m->rows);
	if (err == ERR_NONE)
		*ret = m;
	else
		kernel_mirror_free(&m);
	return err;
}

void kernel_mirror_free(struct kernel_mirror **m)
{
	if (!*m)
		return;
	map_clear(&(*m)->map);
	pool_free(&(*m)->rows);
	free(*m);
	*m = NULL;
}

enum err kernel_mirror_never(struct kernel_mirror *m, const struct addr_net *nets, size_t count)
{
	if (count > MAX_KERNEL_NEVER)
		return ERR_LIMIT;
	m->never_count = count;
	if (count > 0)
		memcpy(m->never, nets, count * sizeof(*nets));
	m->is_fresh = true;
	return ERR_NONE;
}

enum err kernel_mirror_control(struct kernel_mirror *m, const struct addr *listener,
                               const struct addr_net *nets, size_t count)
{
	if (count > MAX_KERNEL_CONTROL)
		return ERR_LIMIT;
	m->listener = *listener;
	m->control_count = count;
	if (count > 0)
		memcpy(m->control, nets, count * sizeof(*nets));
	m->is_fresh = true;
	return ERR_NONE;
}

struct kernel_mirror_counts kernel_mirror_counts(const struct kernel_mirror *m)
{
	struct kernel_mirror_counts counts = m->counts;

	counts.standing = pool_used(m->rows);
	return counts;
}

/* --- Wanting --- */

static bool is_same(const struct map_node *node, const void *wanted)
{
	const struct kernel_element *a = &HOLDER(node, const struct row, node)->element;
	const struct kernel_element *b = wanted;

	return a->set == b->set && a->prefix == b->prefix && addr_equal(&a->address, &b->address);
}

static uint64_t hash_of(const struct kernel_mirror *m, const struct kernel_element *e)
{
	uint8_t key[KERNEL_KEY_MAX + 2];

	(void)kernel_element_key(e, key);
	key[KERNEL_KEY_MAX] = e->set;
	key[KERNEL_KEY_MAX + 1] = e->prefix;
	return map_hash(&m->map, key, sizeof(key));
}

static void change(struct kernel_mirror *m, struct row *r, enum row_state state)
{
	r->state = (uint8_t)state;
	list_remove(&r->changed);
	list_append(&m->changed, &r->changed);
}

static void want(struct kernel_mirror *m, const struct kernel_element *e)
{
	uint64_t hash = hash_of(m, e);
	struct map_node *node = map_find(&m->map, hash, is_same, e);
	struct row *r = node ? HOLDER(node, struct row, node) : pool_take(m->rows);

	if (!r) {
		m->counts.refused++;
		return;
	}
	if (!node) {
		r->element = *e;
		list_init(&r->changed);
		map_insert(&m->map, &r->node, hash);
		change(m, r, ROW_NEW);
	}
	if (r->mark != m->mark || r->wanted_us < e->until_us)
		r->wanted_us = e->until_us;
	r->mark = m->mark;
}

static struct addr_net net_of(const struct kernel_element *e)
{
	struct addr_net net = { e->address, e->prefix };

	net.base.port = 0;
	return net;
}

static bool is_protected(const struct kernel_mirror *m, const struct kernel_element *e)
{
	struct addr_net net = net_of(e);

	for (size_t i = 0; i < m->never_count; i++) {
		if (addr_net_holds(&m->never[i], &net.base) ||
		    addr_net_holds(&net, &m->never[i].base))
			return true;
	}
	return false;
}

/* Each element ends; the latest end moves by whole days, so that it stands still between. */
static uint64_t end_of(uint64_t until_us, uint64_t now_us)
{
	uint64_t latest = (now_us / day_us + KERNEL_TERM_DAYS) * day_us;

	return until_us < latest ? until_us : latest;
}

static struct kernel_element element_of(const struct verdict *v, uint64_t now_us)
{
	struct kernel_element e = { .address = v->source,
		                    .prefix = v->prefix,
		                    .until_us = end_of(v->until_us, now_us) };
	bool is_v6 = v->source.family == 6;
	enum kernel_set set;

	if (v->source.port != 0)
		set = SET_FLOW4;
	else
		set = v->prefix == (is_v6 ? 64 : 128) ? SET_SOURCE4 : SET_NET4;
	e.set = (uint8_t)(set + is_v6);
	return e;
}

static void take_verdict(struct kernel_mirror *m, const struct verdict *v, uint64_t now_us)
{
	struct kernel_element e = element_of(v, now_us);

	if (is_protected(m, &e)) {
		m->counts.refused++;
		return;
	}
	if (e.set != SET_NET4 && e.set != SET_NET6)
		want(m, &e);
	else if (m->net_count < MAX_KERNEL_NETS)
		m->nets[m->net_count++] = e;
	else
		m->counts.refused++;
}

/* Intervals must not overlap: of networks within one another the wide one stands. */
static void take_nets(struct kernel_mirror *m)
{
	m->due_us = UINT64_MAX;
	for (size_t i = 0; i < m->net_count; i++) {
		const struct kernel_element *e = &m->nets[i];
		bool is_within = false;

		for (size_t k = 0; k < m->net_count && !is_within; k++) {
			struct addr_net wide = net_of(&m->nets[k]);

			is_within =
				m->nets[k].prefix < e->prefix && addr_net_holds(&wide, &e->address);
			if (is_within && m->nets[k].until_us < m->due_us)
				m->due_us = m->nets[k].until_us;
		}
		if (!is_within)
			want(m, e);
	}
}

/* Known flows matter only where their address is blocked. */
static void take_known(struct kernel_mirror *m, const struct verdict *known, uint64_t now_us)
{
	const struct verdict_table *verdicts = m->sight.verdicts;
	struct kernel_element e = { .address = known->source, .prefix = 128 };
	bool is_v6 = known->source.family == 6;
	struct verdict v;

	if (known->until_us <= now_us || known->source.port == 0 ||
	    !verdict_table_find(verdicts, &known->source, now_us, &v) ||
	    !verdict_acts(&v, verdict_table_mode(verdicts)))
		return;
	e.until_us = end_of(known->until_us, now_us);
	e.set = (uint8_t)(SET_KNOWN4 + is_v6);
	want(m, &e);
	e.address = addr_source(&known->source);
	e.set = (uint8_t)(SET_NEIGHBOUR4 + is_v6);
	want(m, &e);
	if (m->sight.has_door || known->rule == 0)
		return;
	e.address = (struct addr){ .port = known->rule, .family = 4 };
	e.set = SET_SIP;
	want(m, &e);
}

/* --- A look --- */

static void forget(struct kernel_mirror *m, struct row *r)
{
	list_remove(&r->changed);
	map_remove(&m->map, &r->node);
	pool_give(m->rows, r);
}

static void judge_row(struct kernel_mirror *m, struct row *r, uint64_t now_us)
{
	int64_t left_us = (int64_t)(r->element.until_us - now_us);

	if (r->mark != m->mark) {
		if (r->state == ROW_NEW || left_us < -margin_us)
			forget(m, r);
		else if (left_us > margin_us)
			change(m, r, ROW_GOING);
		return;
	}
	if (r->state == ROW_GOING)
		change(m, r, ROW_RENEWED);
	if (r->wanted_us == r->element.until_us)
		return;
	if (r->state == ROW_STANDING) {
		change(m, r, ROW_RENEWED);
		if (left_us < margin_us)
			m->is_fresh = true;
	}
	r->element.until_us = r->wanted_us;
}

static void sweep(struct kernel_mirror *m, uint64_t now_us)
{
	struct row *r;
	uint32_t place = 0;

	while ((r = pool_next(m->rows, &place)) != NULL)
		judge_row(m, r, now_us);
	if (!m->is_fresh)
		return;
	place = 0;
	while ((r = pool_next(m->rows, &place)) != NULL) {
		if (r->mark == m->mark)
			change(m, r, ROW_NEW);
		else
			forget(m, r);
	}
}

static bool is_new(struct kernel_mirror *m, uint64_t now_us)
{
	uint64_t verdicts = verdict_table_changes(m->sight.verdicts);
	uint64_t known = verdict_table_changes(m->sight.known);

	if (verdicts == m->seen_verdicts && known == m->seen_known && !m->is_fresh &&
	    now_us < m->due_us)
		return false;
	/* What is put while we walk is found at the next look. */
	m->seen_verdicts = verdicts;
	m->seen_known = known;
	return true;
}

bool kernel_mirror_look(struct kernel_mirror *m, uint64_t now_us)
{
	enum mode mode = verdict_table_mode(m->sight.verdicts);
	struct verdict v;
	uint32_t place = 0;

	if (!is_new(m, now_us))
		return !list_is_empty(&m->changed);
	m->mark++;
	m->net_count = 0;
	while (verdict_table_next(m->sight.verdicts, &place, &v))
		if (v.until_us > now_us && verdict_acts(&v, mode))
			take_verdict(m, &v, now_us);
	take_nets(m);
	place = 0;
	while (verdict_table_next(m->sight.known, &place, &v))
		take_known(m, &v, now_us);
	sweep(m, now_us);
	return m->is_fresh || !list_is_empty(&m->changed);
}

/* --- Writing --- */

/* In messages of so many elements, since a list's length has 16 bits. */
struct writer {
	struct kernel_batch *batch;
	enum kernel_set set;
	bool is_going, is_open;
	unsigned count;
	size_t nest;
};

static void put(struct writer *w, const struct kernel_element *e, uint64_t now_us)
{
	if (!w->is_open)
		w->nest = kernel_elements_begin(w->batch, w->set, w->is_going);
	w->is_open = true;
	kernel_element_write(w->batch, e, now_us, w->is_going);
	if (++w->count % MAX_ELEMENTS_A_MESSAGE == 0) {
		kernel_elements_end(w->batch, w->nest);
		w->is_open = false;
	}
}

static void finish(struct writer *w)
{
	if (w->is_open)
		kernel_elements_end(w->batch, w->nest);
}

static void write_rows(struct kernel_mirror *m, struct writer w, uint64_t now_us)
{
	for (struct list *l = m->changed.next; l != &m->changed; l = l->next) {
		const struct row *r = HOLDER(l, struct row, changed);

		if (r->element.set != w.set)
			continue;
		if (r->state == ROW_RENEWED || (r->state == ROW_GOING) == w.is_going)
			put(&w, &r->element, now_us);
	}
	finish(&w);
}

struct nets {
	const struct addr_net *at;
	size_t count;
};

static bool is_within_another(const struct nets *nets, size_t which)
{
	const struct addr_net *net = &nets->at[which];

	for (size_t i = 0; i < nets->count; i++) {
		const struct addr_net *other = &nets->at[i];

		if (addr_net_holds(other, &net->base) &&
		    (other->prefix < net->prefix || (other->prefix == net->prefix && i < which)))
			return true;
	}
	return false;
}

/* Of the set's family; the sets of IPv4 and IPv6 stand in turn. */
static void write_nets(const struct nets *nets, struct writer w)
{
	for (size_t i = 0; i < nets->count; i++) {
		struct kernel_element e = { .address = nets->at[i].base,
			                    .prefix = nets->at[i].prefix,
			                    .set = (uint8_t)w.set };

		if ((e.address.family == 6) == (w.set % 2 != 0) && !is_within_another(nets, i))
			put(&w, &e, 0);
	}
	finish(&w);
}

/* The table, and in it what stands without a verdict. */
static void write_table(const struct kernel_mirror *m, struct kernel_batch *b)
{
	const struct nets never = { m->never, m->never_count };
	const struct nets control = { m->control, m->control_count };

	kernel_table_write(b, &m->listener);
	if (m->listener.family != 0)
		write_nets(&control,
		           (struct writer){ .batch = b,
		                            .set = kernel_table_control_set(&m->listener) });
	write_nets(&never, (struct writer){ .batch = b, .set = SET_NEVER4 });
	write_nets(&never, (struct writer){ .batch = b, .set = SET_NEVER6 });
}

void kernel_mirror_write(struct kernel_mirror *m, struct kernel_batch *b, uint64_t now_us)
{
	if (m->is_fresh)
		write_table(m, b);
	for (int set = SET_FLOW4; set < KERNEL_SET_COUNT; set++) {
		struct writer w = { .batch = b, .set = (enum kernel_set)set, .is_going = true };

		if (!m->is_fresh)
			write_rows(m, w, now_us);
		w.is_going = false;
		write_rows(m, w, now_us);
	}
	kernel_batch_close(b);
}

void kernel_mirror_settle(struct kernel_mirror *m, bool is_done)
{
	if (!is_done) {
		m->is_fresh = true;
		return;
	}
	m->is_fresh = false;
	while (!list_is_empty(&m->changed)) {
		struct row *r = HOLDER(m->changed.next, struct row, changed);

		m->counts.added += r->state == ROW_NEW;
		m->counts.removed += r->state == ROW_GOING;
		list_remove(&r->changed);
		if (r->state == ROW_GOING)
			forget(m, r);
		else
			r->state = ROW_STANDING;
	}
}
