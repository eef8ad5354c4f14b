/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in fragments: bytes go to their place at once, runs of them say what is there. */
#include "capture/fragment.h"

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"

#include <stdlib.h>

enum { PLACE_SIZE = 1 << 16 };

struct key {
	uint8_t from[16], to[16];
	uint32_t id;
	uint32_t protocol; /* 0 for IPv6, whose fragments need not agree on it */
};

struct run {
	uint32_t from, to; /* bytes [from, to) are there */
};

struct datagram {
	struct map_node node;
	struct list order; /* oldest first */
	struct key key;
	int64_t began_us;
	struct run runs[MAX_FRAGMENT_RUNS]; /* apart from each other, in no order */
	uint32_t count;
	uint32_t len; /* 0 until the last fragment tells */
	uint8_t protocol;
	bool is_refused; /* stays, so that the rest of it does not begin anew */
};

struct capture_fragments {
	struct map map;
	struct list order;
	struct pool *pool;
	char *places; /* PLACE_SIZE for each of the pool */
	struct capture_skipped *skipped;
};

enum err capture_fragments_new(const struct hash_key *key, struct capture_skipped *skipped,
                               struct capture_fragments **ret)
{
	struct capture_fragments *f = calloc(1, sizeof(*f));
	enum err err;

	if (!f)
		return ERR_NO_MEMORY;
	list_init(&f->order);
	f->skipped = skipped;
	f->places = malloc((size_t)MAX_FRAGMENTED * PLACE_SIZE);
	err = f->places ? pool_new(sizeof(struct datagram), MAX_FRAGMENTED, &f->pool)
	                : ERR_NO_MEMORY;
	if (err == ERR_NONE)
		err = map_init(&f->map, MAX_FRAGMENTED, key);
	if (err != ERR_NONE) {
		capture_fragments_free(&f);
		return err;
	}
	*ret = f;
	return ERR_NONE;
}

void capture_fragments_free(struct capture_fragments **f)
{
	if (!*f)
		return;
	map_clear(&(*f)->map);
	pool_free(&(*f)->pool);
	free((*f)->places);
	free(*f);
	*f = NULL;
}

static char *place_of(const struct capture_fragments *f, const struct datagram *d)
{
	return f->places + (size_t)pool_handle_of(f->pool, d).index * PLACE_SIZE;
}

/* No longer found; its bytes stay where they are. */
static void take_out(struct capture_fragments *f, struct datagram *d)
{
	map_remove(&f->map, &d->node);
	list_remove(&d->order);
}

static void forget_oldest(struct capture_fragments *f, enum capture_skip why)
{
	struct datagram *d = HOLDER(f->order.next, struct datagram, order);

	if (!d->is_refused)
		f->skipped->counts[why]++;
	take_out(f, d);
	pool_give(f->pool, d);
}

static struct key key_of(const struct capture_fragment *piece)
{
	struct key key = { .id = piece->id };

	memcpy(key.from, piece->from.bytes, sizeof(key.from));
	memcpy(key.to, piece->to.bytes, sizeof(key.to));
	key.protocol = piece->from.family == 4 ? piece->protocol : 0;
	return key;
}

static bool has_key(const struct map_node *node, const void *wanted)
{
	return memcmp(&HOLDER(node, const struct datagram, node)->key, wanted,
	              sizeof(struct key)) == 0;
}

static struct datagram *find(struct capture_fragments *f, const struct capture_fragment *piece)
{
	struct key key = key_of(piece);
	uint64_t hash = map_hash(&f->map, &key, sizeof(key));
	struct map_node *node = map_find(&f->map, hash, has_key, &key);
	struct datagram *d;

	if (node)
		return HOLDER(node, struct datagram, node);
	d = pool_take(f->pool);
	if (!d && !list_is_empty(&f->order)) {
		forget_oldest(f, CAPTURE_SKIP_FRAGMENT_FORGOTTEN);
		d = pool_take(f->pool);
	}
	if (!d) /* all are being read, one inside the other */
		return NULL;
	d->key = key;
	d->began_us = piece->wall_us;
	map_insert(&f->map, &d->node, hash);
	list_append(&f->order, &d->order);
	return d;
}

/* ERR_NOT_FOUND: nothing of it is there yet. ERR_EXISTS: all of it is, the same bytes.
 * ERR_DENIED: some of it is, or all with other bytes. */
static enum err compare(const struct datagram *d, const char *place, struct run r, const char *at)
{
	for (uint32_t i = 0; i < d->count; i++) {
		const struct run *there = &d->runs[i];

		if (r.from >= there->to || r.to <= there->from)
			continue;
		if (r.from < there->from || r.to > there->to)
			return ERR_DENIED;
		return memcmp(place + r.from, at, r.to - r.from) == 0 ? ERR_EXISTS : ERR_DENIED;
	}
	return ERR_NOT_FOUND;
}

/* A run that touches no other byte joins what lies beside it. ERR_FULL. */
static enum err add_run(struct datagram *d, struct run r)
{
	uint32_t i = 0;

	while (i < d->count) {
		struct run *there = &d->runs[i];

		if (there->to != r.from && there->from != r.to) {
			i++;
			continue;
		}
		r.from = there->from < r.from ? there->from : r.from;
		r.to = there->to > r.to ? there->to : r.to;
		*there = d->runs[--d->count];
	}
	if (d->count == MAX_FRAGMENT_RUNS)
		return ERR_FULL;
	d->runs[d->count++] = r;
	return ERR_NONE;
}

/* Whether the end that this fragment tells, or keeps to, is that of the others. */
static bool agrees_on_end(const struct datagram *d, struct run r, bool is_last)
{
	if (d->len)
		return is_last ? r.to == d->len : r.to <= d->len;
	for (uint32_t i = 0; is_last && i < d->count; i++)
		if (d->runs[i].to > r.to)
			return false;
	return true;
}

static enum err refuse(struct capture_fragments *f, struct datagram *d, enum capture_skip why)
{
	d->is_refused = true;
	f->skipped->counts[why]++;
	return ERR_DENIED;
}

static enum err add(struct capture_fragments *f, struct datagram *d,
                    const struct capture_fragment *piece)
{
	struct run r = { piece->offset, piece->offset + (uint32_t)piece->bytes.len };
	char *place = place_of(f, d);
	enum err err;

	if (d->is_refused)
		return ERR_DENIED;
	if (!agrees_on_end(d, r, piece->is_last))
		return refuse(f, d, CAPTURE_SKIP_FRAGMENT_OVERLAP);
	err = compare(d, place, r, piece->bytes.at);
	if (err == ERR_DENIED)
		return refuse(f, d, CAPTURE_SKIP_FRAGMENT_OVERLAP);
	if (err == ERR_NOT_FOUND) {
		if (add_run(d, r) != ERR_NONE)
			return refuse(f, d, CAPTURE_SKIP_FRAGMENT);
		memcpy(place + r.from, piece->bytes.at, piece->bytes.len);
	}
	if (piece->is_last)
		d->len = r.to;
	if (piece->offset == 0)
		d->protocol = piece->protocol;
	return d->count == 1 && d->runs[0].from == 0 && d->runs[0].to == d->len ? ERR_NONE
	                                                                        : ERR_AGAIN;
}

enum err capture_fragments_take(struct capture_fragments *f, const struct capture_fragment *piece,
                                struct capture_whole *ret)
{
	struct datagram *d;
	enum err err;

	if (piece->bytes.len == 0 || (!piece->is_last && piece->bytes.len % 8 != 0) ||
	    piece->bytes.len + piece->offset > MAX_FRAGMENTED_BYTES) {
		f->skipped->counts[CAPTURE_SKIP_FRAGMENT]++;
		return ERR_DENIED;
	}
	d = find(f, piece);
	if (!d) {
		f->skipped->counts[CAPTURE_SKIP_FRAGMENT_FORGOTTEN]++;
		return ERR_DENIED;
	}
	err = add(f, d, piece);
	if (err != ERR_NONE)
		return err;
	take_out(f, d);
	*ret = (struct capture_whole){ view_bytes(place_of(f, d), d->len), d->protocol, d };
	return ERR_NONE;
}

void capture_fragments_give(struct capture_fragments *f, const struct capture_whole *whole)
{
	pool_give(f->pool, whole->place);
}

void capture_fragments_expire(struct capture_fragments *f, int64_t wall_us)
{
	while (!list_is_empty(&f->order) &&
	       wall_us - HOLDER(f->order.next, struct datagram, order)->began_us > FRAGMENT_WAIT_US)
		forget_oldest(f, CAPTURE_SKIP_FRAGMENT_INCOMPLETE);
}

void capture_fragments_end(struct capture_fragments *f)
{
	while (!list_is_empty(&f->order))
		forget_oldest(f, CAPTURE_SKIP_FRAGMENT_INCOMPLETE);
}
