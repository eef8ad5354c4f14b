/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict table's rows and their sequence locks.
 *
 * Writer: sequence odd, words, sequence even. Each word is stored with release
 * and loaded with acquire, so a reader that saw one word of a write in progress
 * also sees its odd sequence at the second look and drops what it read. That
 * needs no fences, which thread sanitizers do not understand. */
#include "event/verdict.h"

#include <stdatomic.h>
#include <string.h>

enum {
	TABLE_MAGIC = 0x52465632,
	ROW_WORDS = 7,
	READ_TRIES = 16,
	PREFIX_WORDS = 3,
	PREFIX_MAX = 128
};

/* EMPTY ends a search: nothing was ever put beyond it. GONE does not. */
enum row_use { ROW_EMPTY, ROW_GONE, ROW_TAKEN };

struct content {
	struct verdict verdict;
	uint8_t use; /* enum row_use */
};

union words {
	struct content content;
	uint64_t words[ROW_WORDS];
};

_Static_assert(sizeof(struct content) <= ROW_WORDS * sizeof(uint64_t), "a verdict fits its row");

struct row {
	_Atomic uint32_t sequence;
	uint32_t unused;
	_Atomic uint64_t words[ROW_WORDS];
};

_Static_assert(sizeof(struct row) == 64, "a row is one cache line");

struct verdict_table {
	uint32_t magic, rows, row_size;
	_Atomic uint32_t mode;
	struct hash_key key;
	_Atomic uint64_t
		prefixes[PREFIX_WORDS]; /* lengths of networks ever put: what find looks for */
	_Atomic uint64_t has_flows;     /* whether a flow's row was ever put: what get looks for */
	_Atomic uint64_t forgotten, changes;
	_Atomic uint64_t kept_modes[VERDICT_MODES]; /* a word each, so that none is ever half one */
	struct row row[VERDICT_ROWS];
};

struct place {
	struct addr source;
	uint8_t prefix;
};

size_t verdict_table_size(void) { return sizeof(struct verdict_table); }

void verdict_table_init(struct verdict_table *t, const struct hash_key *key)
{
	memset(t, 0, sizeof(*t));
	t->key = *key;
	t->rows = VERDICT_ROWS;
	t->row_size = sizeof(struct row);
	t->magic = TABLE_MAGIC;
	atomic_store_explicit(&t->mode, MODE_OBSERVE, memory_order_release);
}

enum err verdict_table_check(const struct verdict_table *t, size_t size)
{
	if (size < sizeof(*t) || t->magic != TABLE_MAGIC || t->rows != VERDICT_ROWS ||
	    t->row_size != sizeof(struct row))
		return ERR_SYNTAX;
	return ERR_NONE;
}

static uint8_t own_prefix(const struct addr *source)
{
	return source->port == 0 && source->family == 6 ? 64 : PREFIX_MAX;
}

static struct place place_of(const struct addr *source, uint8_t prefix)
{
	struct place p = { *source,
		           prefix == 0 || prefix > PREFIX_MAX ? own_prefix(source) : prefix };

	for (size_t bit = p.prefix; bit < PREFIX_MAX; bit++)
		p.source.bytes[bit / 8] =
			(uint8_t)(p.source.bytes[bit / 8] & ~(0x80u >> (bit % 8)));
	p.source.unused = 0;
	if (p.prefix < own_prefix(source))
		p.source.port = 0;
	return p;
}

static bool is_place(const struct verdict *v, const struct place *p)
{
	return v->prefix == p->prefix && addr_equal(&v->source, &p->source);
}

static uint32_t first_row(const struct verdict_table *t, const struct place *p)
{
	uint64_t words[4] = { 0, 0, p->source.port, (uint64_t)p->source.family << 8 | p->prefix };

	memcpy(words, p->source.bytes, sizeof(p->source.bytes));
	return (uint32_t)(hash_words(&t->key, words) % VERDICT_ROWS);
}

/* A row whose writer died in it, or is too busy, reads as gone. */
static void row_read(const struct row *row, struct content *ret)
{
	union words got __attribute__((uninitialized)); /* filled before it is read */

	for (unsigned i = 0; i < READ_TRIES; i++) {
		uint32_t before = atomic_load_explicit(&row->sequence, memory_order_acquire);

		if (before % 2 != 0)
			continue;
		for (size_t w = 0; w < ROW_WORDS; w++)
			got.words[w] = atomic_load_explicit(&row->words[w], memory_order_acquire);
		if (atomic_load_explicit(&row->sequence, memory_order_relaxed) == before) {
			*ret = got.content;
			return;
		}
	}
	*ret = (struct content){ .use = ROW_GONE };
}

static void row_write(struct row *row, const struct content *content)
{
	uint32_t odd = atomic_load_explicit(&row->sequence, memory_order_relaxed) | 1;
	union words put = { .words = { 0 } };

	put.content = *content;
	atomic_store_explicit(&row->sequence, odd, memory_order_relaxed);
	for (size_t w = 0; w < ROW_WORDS; w++)
		atomic_store_explicit(&row->words[w], put.words[w], memory_order_release);
	atomic_store_explicit(&row->sequence, odd + 1, memory_order_release);
}

/* Row of that key, or VERDICT_ROWS. */
static uint32_t search(const struct verdict_table *t, const struct place *p, struct verdict *ret)
{
	uint32_t start = first_row(t, p);

	for (uint32_t i = 0; i < VERDICT_PROBE_MAX; i++) {
		uint32_t at = (start + i) % VERDICT_ROWS;
		struct content c __attribute__((uninitialized)); /* row_read fills it */

		row_read(&t->row[at], &c);
		if (c.use == ROW_EMPTY)
			break;
		if (c.use == ROW_TAKEN && is_place(&c.verdict, p)) {
			*ret = c.verdict;
			return at;
		}
	}
	return VERDICT_ROWS;
}

/* Higher stays longer. */
static unsigned rank(const struct verdict *v)
{
	if (v->state != VERDICT_BLOCK)
		return 0;
	return v->is_by_admin ? 2 : 1;
}

static bool goes_before(const struct verdict *a, const struct verdict *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	return a->until_us < b->until_us;
}

/* Where a new row may stand; VERDICT_ROWS where all around ranks above it. */
static uint32_t make_room(struct verdict_table *t, const struct place *p, const struct verdict *v,
                          uint64_t now_us)
{
	uint32_t start = first_row(t, p), victim = VERDICT_ROWS;
	struct verdict weakest = *v;

	for (uint32_t i = 0; i < VERDICT_PROBE_MAX; i++) {
		uint32_t at = (start + i) % VERDICT_ROWS;
		struct content c;

		row_read(&t->row[at], &c);
		if (c.use != ROW_TAKEN || c.verdict.until_us <= now_us)
			return at;
		if (rank(&c.verdict) <= rank(v) &&
		    (victim == VERDICT_ROWS || goes_before(&c.verdict, &weakest))) {
			victim = at;
			weakest = c.verdict;
		}
	}
	if (victim != VERDICT_ROWS)
		atomic_fetch_add_explicit(&t->forgotten, 1, memory_order_relaxed);
	return victim;
}

void verdict_table_put(struct verdict_table *t, const struct verdict *v, uint64_t now_us)
{
	struct place p = place_of(&v->source, v->prefix);
	struct content c = { .verdict = *v, .use = ROW_TAKEN };
	struct verdict old;
	uint32_t at = search(t, &p, &old);

	if (at == VERDICT_ROWS)
		at = make_room(t, &p, v, now_us);
	if (at == VERDICT_ROWS)
		return;
	c.verdict.source = p.source;
	c.verdict.prefix = p.prefix;
	row_write(&t->row[at], &c);
	atomic_fetch_add_explicit(&t->changes, 1, memory_order_release);
	if (p.prefix != own_prefix(&p.source))
		atomic_fetch_or_explicit(&t->prefixes[p.prefix / 64],
		                         UINT64_C(1) << (p.prefix % 64), memory_order_release);
	if (p.source.port != 0)
		atomic_store_explicit(&t->has_flows, 1, memory_order_release);
}

void verdict_table_remove(struct verdict_table *t, const struct addr *source, uint8_t prefix)
{
	struct place p = place_of(source, prefix);
	struct content after, gone = { .use = ROW_GONE };
	struct verdict old;
	uint32_t at = search(t, &p, &old);

	if (at == VERDICT_ROWS)
		return;
	row_write(&t->row[at], &gone);
	atomic_fetch_add_explicit(&t->changes, 1, memory_order_release);
	/* Gone rows before an empty one need not be searched through any more. */
	row_read(&t->row[(at + 1) % VERDICT_ROWS], &after);
	for (uint32_t i = 0; i < VERDICT_PROBE_MAX && after.use == ROW_EMPTY; i++) {
		uint32_t back = (at + VERDICT_ROWS - i) % VERDICT_ROWS;
		struct content c;

		row_read(&t->row[back], &c);
		if (c.use != ROW_GONE)
			break;
		row_write(&t->row[back], &(struct content){ .use = ROW_EMPTY });
	}
}

void verdict_table_set_mode(struct verdict_table *t, enum mode mode)
{
	atomic_store_explicit(&t->mode, (uint32_t)mode, memory_order_release);
	atomic_fetch_add_explicit(&t->changes, 1, memory_order_release);
}

bool verdict_table_next(const struct verdict_table *t, uint32_t *place, struct verdict *ret)
{
	/* One that nothing was put into, as each of `analyse` is, stays untouched memory. */
	if (atomic_load_explicit(&t->changes, memory_order_acquire) == 0)
		return false;
	while (*place < VERDICT_ROWS) {
		struct content c;

		row_read(&t->row[(*place)++], &c);
		if (c.use == ROW_TAKEN) {
			*ret = c.verdict;
			return true;
		}
	}
	return false;
}

/* *ret is filled by one whose time is over, too. */
static bool look(const struct verdict_table *t, const struct addr *source, uint8_t prefix,
                 uint64_t now_us, struct verdict *ret)
{
	struct place p = place_of(source, prefix);

	return search(t, &p, ret) != VERDICT_ROWS && ret->until_us > now_us;
}

bool verdict_table_get(const struct verdict_table *t, const struct addr *source, uint64_t now_us,
                       struct verdict *ret)
{
	struct verdict found __attribute__((uninitialized)); /* look fills it */

	/* Few flows are ever blocked by themselves; each datagram asks. */
	if (source->port != 0 && atomic_load_explicit(&t->has_flows, memory_order_acquire) == 0)
		return false;
	if (!look(t, source, 0, now_us, &found))
		return false;
	*ret = found;
	return true;
}

enum { MODE_SHIFT = 48, BACK_SHIFT = 52, MODE_MASK = 15 };

static const uint64_t mode_is_kept = UINT64_C(1) << 63, until_mask = (UINT64_C(1) << 48) - 1;

void verdict_table_keep_mode(struct verdict_table *t, uint32_t place,
                             const struct verdict_mode *mode)
{
	uint64_t word = mode_is_kept | ((uint64_t)(mode->mode & MODE_MASK) << MODE_SHIFT) |
	                ((uint64_t)(mode->back & MODE_MASK) << BACK_SHIFT) |
	                (mode->until_us & until_mask);

	if (place < VERDICT_MODES)
		atomic_store_explicit(&t->kept_modes[place], word, memory_order_release);
}

void verdict_table_drop_modes(struct verdict_table *t)
{
	for (uint32_t i = 0; i < VERDICT_MODES; i++)
		atomic_store_explicit(&t->kept_modes[i], 0, memory_order_release);
}

bool verdict_table_kept_mode(const struct verdict_table *t, uint32_t place,
                             struct verdict_mode *ret)
{
	uint64_t word = 0;
	struct verdict_mode mode;

	if (place < VERDICT_MODES)
		word = atomic_load_explicit(&t->kept_modes[place], memory_order_acquire);
	mode = (struct verdict_mode){ (uint8_t)(word >> MODE_SHIFT & MODE_MASK),
		                      (uint8_t)(word >> BACK_SHIFT & MODE_MASK),
		                      word & until_mask };

	if ((word & mode_is_kept) == 0 || mode.mode > MODE_BLOCK || mode.back > MODE_BLOCK)
		return false;
	*ret = mode;
	return true;
}

static bool is_stricter(const struct verdict *a, const struct verdict *b, enum mode mode)
{
	if (verdict_acts(a, mode) != verdict_acts(b, mode))
		return verdict_acts(a, mode);
	return a->state > b->state;
}

bool verdict_table_find(const struct verdict_table *t, const struct addr *address, uint64_t now_us,
                        struct verdict *ret)
{
	enum mode mode = verdict_table_mode(t);
	struct addr host = *address;
	struct verdict strictest __attribute__((uninitialized)); /* look fills them */
	struct verdict v __attribute__((uninitialized));
	bool is_found;

	host.port = 0;
	is_found = look(t, &host, 0, now_us, &strictest);
	for (unsigned w = 0; w < PREFIX_WORDS; w++) {
		uint64_t left = atomic_load_explicit(&t->prefixes[w], memory_order_acquire);

		for (; left != 0; left &= left - 1) {
			uint8_t prefix = (uint8_t)(w * 64 + (unsigned)__builtin_ctzll(left));

			if (!look(t, &host, prefix, now_us, &v))
				continue;
			if (!is_found || is_stricter(&v, &strictest, mode))
				strictest = v;
			is_found = true;
		}
	}
	if (is_found)
		*ret = strictest;
	return is_found;
}

bool verdict_acts(const struct verdict *v, enum mode mode)
{
	return v->state == VERDICT_BLOCK && (v->is_by_admin || mode == MODE_BLOCK);
}

enum mode verdict_table_mode(const struct verdict_table *t)
{
	return atomic_load_explicit(&t->mode, memory_order_acquire) == MODE_BLOCK ? MODE_BLOCK
	                                                                          : MODE_OBSERVE;
}

uint64_t verdict_table_forgotten(const struct verdict_table *t)
{
	return atomic_load_explicit(&t->forgotten, memory_order_relaxed);
}

uint64_t verdict_table_changes(const struct verdict_table *t)
{
	return atomic_load_explicit(&t->changes, memory_order_acquire);
}
