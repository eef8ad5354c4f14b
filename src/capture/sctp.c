/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of a message have consecutive numbers (RFC 9260 6.9), and within a
 * stream the order of numbers is that of messages: so order by number is all that
 * is needed, and a hole harms the one message around it. */
#include "capture/sctp.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "capture/pile.h"

struct ahead {
	struct ahead *next;
	struct capture_chunk chunk;
	char bytes[];
};

/* One way of one association. The tag is the receiver's choice: with both ports it
 * is a name, whichever of its addresses an end uses. */
struct name {
	uint32_t tag;
	uint16_t from, to;
};

struct way {
	struct name name;
	struct map_node node;
	struct list age;
	struct ahead *first;
	struct capture_pile message; /* fragments so far */
	size_t held;
	uint32_t count, next;
	int64_t hole_us;
	bool has_next, is_joining;
	uint16_t stream, sequence; /* of the message that is being joined */
};

struct capture_sctp {
	struct capture_sctp_settings settings;
	struct capture_sctp_ports ports;
	struct capture_skipped *skipped;
	struct pool *pool;
	struct map map;
	struct list quiet; /* the quietest first */
	size_t buffered;
};

static bool is_before(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

static bool is_named(const struct map_node *node, const void *wanted)
{
	const struct way *w = HOLDER(node, struct way, node);

	return memcmp(&w->name, wanted, sizeof(w->name)) == 0;
}

/* Both directions give the same; made of what both know, so that nothing is kept. */
static uint32_t connection_of(const struct capture_sctp *t, const struct capture_chunk *c)
{
	bool is_swapped = memcmp(&c->from, &c->to, sizeof(c->from)) > 0;
	struct addr ends[2] = { is_swapped ? c->to : c->from, is_swapped ? c->from : c->to };

	return (uint32_t)hash_siphash(&t->settings.key, ends, sizeof(ends)) | 1;
}

static void release(struct capture_sctp *t, struct way *w, size_t len)
{
	w->held -= len;
	t->buffered -= len;
}

static void forget_message(struct capture_sctp *t, struct way *w)
{
	release(t, w, w->message.room);
	capture_pile_clear(&w->message);
	w->is_joining = false;
}

static void tell(struct capture_sctp *t, const struct capture_chunk *c, struct view bytes)
{
	t->ports.message(t->ports.context,
	                 &(struct capture_sctp_message){ .wall_us = c->wall_us,
	                                                 .from = c->from,
	                                                 .to = c->to,
	                                                 .ppid = c->ppid,
	                                                 .connection = connection_of(t, c),
	                                                 .stream = c->stream,
	                                                 .bytes = bytes,
	                                                 .is_cut = c->is_cut });
}

static enum err append(struct capture_sctp *t, struct way *w, struct view bytes)
{
	size_t before = w->message.room;
	enum err err = capture_pile_add(&w->message, bytes);

	w->held += w->message.room - before;
	t->buffered += w->message.room - before;
	return err;
}

static void leave_out(struct capture_sctp *t, struct way *w)
{
	if (w->is_joining)
		t->skipped->counts[CAPTURE_SKIP_SCTP_MESSAGE]++;
	forget_message(t, w);
}

/* The next chunk by number. */
static enum err join(struct capture_sctp *t, struct way *w, const struct capture_chunk *c)
{
	bool is_first = (c->flags & CAPTURE_SCTP_BEGINNING) != 0;
	bool is_last = (c->flags & CAPTURE_SCTP_END) != 0;
	enum err err;

	if (is_first) {
		leave_out(t, w);
		if (is_last) {
			tell(t, c, c->payload);
			return ERR_NONE;
		}
		w->is_joining = true;
		w->stream = c->stream;
		w->sequence = c->sequence;
	}
	if (!w->is_joining)
		return ERR_NONE;
	if (c->stream != w->stream || c->sequence != w->sequence ||
	    w->message.len + c->payload.len > MAX_CAPTURE_SCTP_MESSAGE || (c->is_cut && !is_last)) {
		leave_out(t, w);
		return ERR_NONE;
	}
	err = append(t, w, c->payload);
	if (err != ERR_NONE) {
		leave_out(t, w);
		return err;
	}
	if (is_last) {
		tell(t, c, capture_pile_view(&w->message));
		forget_message(t, w);
	}
	return ERR_NONE;
}

static enum err first_of(enum err a, enum err b) { return a == ERR_NONE ? b : a; }

static enum err drain(struct capture_sctp *t, struct way *w)
{
	enum err err = ERR_NONE;

	while (w->first && w->first->chunk.tsn == w->next) {
		struct ahead *a = w->first;

		w->first = a->next;
		w->count--;
		w->next++;
		err = first_of(err, join(t, w, &a->chunk));
		release(t, w, sizeof(*a) + a->chunk.payload.len);
		free(a);
	}
	if (w->first)
		w->hole_us = w->first->chunk.wall_us;
	return err;
}

static enum err skip_hole(struct capture_sctp *t, struct way *w)
{
	leave_out(t, w);
	t->skipped->counts[CAPTURE_SKIP_SCTP_GAP]++;
	w->next = w->first->chunk.tsn;
	return drain(t, w);
}

static enum err keep_ahead(struct capture_sctp *t, struct way *w, const struct capture_chunk *c)
{
	struct ahead **at = &w->first, *a;

	while (*at && is_before((*at)->chunk.tsn, c->tsn))
		at = &(*at)->next;
	if (*at && (*at)->chunk.tsn == c->tsn)
		return ERR_NONE;
	a = malloc(sizeof(*a) + c->payload.len);
	if (!a)
		return ERR_NO_MEMORY;
	*a = (struct ahead){ *at, *c };
	if (c->payload.len > 0)
		memcpy(a->bytes, c->payload.at, c->payload.len);
	a->chunk.payload = view_bytes(a->bytes, c->payload.len);
	if (!w->first)
		w->hole_us = c->wall_us;
	*at = a;
	w->count++;
	w->held += sizeof(*a) + c->payload.len;
	t->buffered += sizeof(*a) + c->payload.len;
	return ERR_NONE;
}

static enum err forget(struct capture_sctp *t, struct way *w)
{
	enum err err = ERR_NONE;

	while (w->first)
		err = first_of(err, skip_hole(t, w));
	leave_out(t, w);
	list_remove(&w->age);
	map_remove(&t->map, &w->node);
	pool_give(t->pool, w);
	return err;
}

static enum err way_of(struct capture_sctp *t, const struct capture_chunk *c, struct way **ret)
{
	struct name name = { c->tag, c->from.port, c->to.port };
	uint64_t hash = map_hash(&t->map, &name, sizeof(name));
	struct map_node *node = map_find(&t->map, hash, is_named, &name);
	struct way *w = node ? HOLDER(node, struct way, node) : NULL;
	enum err err = ERR_NONE;

	if (!w) {
		if (pool_used(t->pool) == pool_count(t->pool)) {
			t->skipped->counts[CAPTURE_SKIP_SCTP_FORGOTTEN]++;
			err = forget(t, HOLDER(t->quiet.next, struct way, age));
		}
		w = pool_take(t->pool);
		w->name = name;
		map_insert(&t->map, &w->node, hash);
	} else {
		list_remove(&w->age);
	}
	list_append(&t->quiet, &w->age);
	*ret = w;
	return err;
}

static bool is_waited_out(const struct way *w, int64_t now_us)
{
	return w->count > MAX_CAPTURE_SCTP_AHEAD ||
	       (now_us > w->hole_us && now_us - w->hole_us > CAPTURE_SCTP_WAIT_US);
}

enum err capture_sctp_take(struct capture_sctp *t, const struct capture_chunk *c)
{
	struct way *w;
	enum err err = way_of(t, c, &w);

	if (!w->has_next || (c->tsn - w->next > MAX_CAPTURE_SCTP_JUMP &&
	                     w->next - c->tsn > MAX_CAPTURE_SCTP_JUMP)) {
		while (w->first)
			err = first_of(err, skip_hole(t, w));
		leave_out(t, w);
		w->next = c->tsn;
		w->has_next = true;
	}
	if (is_before(c->tsn, w->next)) {
		t->skipped->counts[CAPTURE_SKIP_SCTP_REPEATED]++;
	} else if (c->tsn == w->next) {
		w->next++;
		err = first_of(err, join(t, w, c));
		err = first_of(err, drain(t, w));
	} else {
		err = first_of(err, keep_ahead(t, w, c));
	}
	while (w->first && is_waited_out(w, c->wall_us))
		err = first_of(err, skip_hole(t, w));
	while (t->buffered > t->settings.max_buffered && !list_is_empty(&t->quiet)) {
		t->skipped->counts[CAPTURE_SKIP_SCTP_FORGOTTEN]++;
		err = first_of(err, forget(t, HOLDER(t->quiet.next, struct way, age)));
	}
	return err;
}

enum err capture_sctp_end(struct capture_sctp *t)
{
	enum err err = ERR_NONE;

	while (!list_is_empty(&t->quiet))
		err = first_of(err, forget(t, HOLDER(t->quiet.next, struct way, age)));
	return err;
}

enum err capture_sctp_new(const struct capture_sctp_settings *settings,
                          const struct capture_sctp_ports *ports, struct capture_skipped *skipped,
                          struct capture_sctp **ret)
{
	struct capture_sctp *t = calloc(1, sizeof(*t));
	enum err err;

	if (!t)
		return ERR_NO_MEMORY;
	t->settings = *settings;
	t->ports = *ports;
	t->skipped = skipped;
	list_init(&t->quiet);
	err = map_init(&t->map, settings->max_directions, &settings->key);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct way), settings->max_directions, &t->pool);
	if (err != ERR_NONE)
		capture_sctp_free(&t);
	else
		*ret = t;
	return err;
}

void capture_sctp_free(struct capture_sctp **t)
{
	uint32_t place = 0;
	struct way *w;

	if (!*t)
		return;
	while ((*t)->pool && (w = pool_next((*t)->pool, &place)) != NULL) {
		while (w->first) {
			struct ahead *gone = w->first;

			w->first = gone->next;
			free(gone);
		}
		capture_pile_clear(&w->message);
	}
	pool_free(&(*t)->pool);
	map_clear(&(*t)->map);
	free(*t);
	*t = NULL;
}
