/* SPDX-License-Identifier: Apache-2.0 */
/* One table of connections, two lists by age (begun, and only asked for), and for
 * each direction the number of the next byte with the pieces that are ahead of it,
 * sorted and without overlap. */
#include "capture/tcp.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"

enum { YOUNG_SHARE = 4 }; /* a quarter of the table may be mere SYNs */

struct ahead {
	struct ahead *next;
	uint32_t seq, len;
	int64_t wall_us;
	bool is_cut, is_doubtful;
	char bytes[];
};

struct half {
	struct ahead *first;
	size_t held, count; /* bytes with their overhead, and pieces, from `first` on */
	int64_t hole_us;    /* when what waits first was seen; means something if `first` */
	uint32_t next;      /* number of the next byte */
	uint32_t start;     /* what `next` was at first */
	uint32_t sent_end;  /* behind the highest number that this side used */
	uint32_t acked;     /* the highest number that the other side acknowledged */
	uint32_t fin;       /* number of its FIN; means something if has_fin */
	bool has_next, has_sent, has_acked, has_fin;
	bool is_cut;      /* what stands before `next` was cut off by the snapshot length */
	bool is_doubtful; /* its last segment acknowledged what nobody had just sent */
};

struct connection {
	struct capture_connection open;
	struct map_node node;
	struct list age;
	struct half half[2];
	size_t counted; /* its share of tcp.buffered */
	bool is_young, is_unwanted;
};

struct ends {
	struct addr end[2];
};

struct capture_tcp {
	struct capture_tcp_settings settings;
	struct capture_tcp_ports ports;
	struct capture_skipped *skipped;
	struct pool *pool;
	struct map map;
	struct list old, young; /* the quietest first */
	uint32_t young_count;
	size_t buffered;
	uint64_t seen;
};

static bool is_before(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

/* No window that is open reaches from one to the other. */
static bool is_far(uint32_t a, uint32_t b)
{
	return a - b > MAX_CAPTURE_JUMP && b - a > MAX_CAPTURE_JUMP;
}

/* The same for both directions. *ret is the side that sent. */
static struct ends ends_of(const struct capture_segment *s, unsigned *ret)
{
	bool is_swapped = memcmp(&s->from, &s->to, sizeof(s->from)) > 0;

	*ret = is_swapped ? 1 : 0;
	return is_swapped ? (struct ends){ { s->to, s->from } }
	                  : (struct ends){ { s->from, s->to } };
}

static bool is_between(const struct map_node *node, const void *wanted)
{
	const struct connection *c = HOLDER(node, struct connection, node);

	return memcmp(c->open.end, wanted, sizeof(c->open.end)) == 0;
}

static void drop_ahead(struct half *h)
{
	while (h->first) {
		struct ahead *gone = h->first;

		h->first = gone->next;
		free(gone);
	}
	h->held = h->count = 0;
}

static void account(struct capture_tcp *t, struct connection *c)
{
	size_t now = c->half[0].held + c->half[1].held + c->open.state_size;

	t->buffered = t->buffered - c->counted + now;
	c->counted = now;
}

/* --- Bytes in order ---------------------------------------------------------- */

static enum err give(struct capture_tcp *t, struct connection *c, const struct capture_piece *p)
{
	enum err err;

	if (c->is_unwanted)
		return ERR_NONE;
	err = t->ports.piece(t->ports.context, &c->open, p);
	if (err == ERR_CLOSED) {
		c->is_unwanted = true;
		return ERR_NONE;
	}
	return err;
}

/* Gives the pieces that follow on. The first error is kept, all pieces go. */
static enum err drain(struct capture_tcp *t, struct connection *c, unsigned side, bool is_after_gap)
{
	struct half *h = &c->half[side];
	enum err err = ERR_NONE;

	while (h->first && h->first->seq == h->next) {
		struct ahead *a = h->first;
		struct capture_piece p = { a->wall_us, view_bytes(a->bytes, a->len), (uint8_t)side,
			                   is_after_gap };
		enum err given;

		h->first = a->next;
		h->held -= sizeof(*a) + a->len;
		h->count--;
		h->next += a->len;
		h->is_cut = a->is_cut;
		if (a->is_doubtful)
			c->open.is_proven[side] = false;
		is_after_gap = false;
		given = give(t, c, &p);
		if (err == ERR_NONE)
			err = given;
		free(a);
	}
	if (h->first)
		h->hole_us = h->first->wall_us;
	return err;
}

static enum err skip_hole(struct capture_tcp *t, struct connection *c, unsigned side)
{
	t->skipped->counts[CAPTURE_SKIP_TCP_GAP]++;
	c->open.is_proven[side] = false;
	c->half[side].next = c->half[side].first->seq;
	return drain(t, c, side, true);
}

static bool is_waited_out(const struct half *h, int64_t now_us)
{
	int64_t waited = now_us > h->hole_us ? now_us - h->hole_us : 0;

	if (h->is_cut || waited > CAPTURE_HOLE_WAIT_US || h->held > MAX_CAPTURE_AHEAD ||
	    h->count > MAX_CAPTURE_AHEAD_PIECES)
		return true;
	return h->has_acked && !is_before(h->acked, h->first->seq) &&
	       waited > CAPTURE_HOLE_ACKED_WAIT_US;
}

static enum err settle(struct capture_tcp *t, struct connection *c, int64_t now_us)
{
	enum err err = ERR_NONE;

	for (unsigned side = 0; side < 2; side++) {
		while (c->half[side].first && is_waited_out(&c->half[side], now_us)) {
			enum err skipped = skip_hole(t, c, side);

			if (err == ERR_NONE)
				err = skipped;
		}
	}
	return err;
}

/* --- Bytes ahead ------------------------------------------------------------- */

static enum err put_ahead(struct half *h, struct ahead **at, const struct capture_segment *s,
                          uint32_t seq)
{
	struct ahead *a = malloc(sizeof(*a) + s->payload.len);

	if (!a)
		return ERR_NO_MEMORY;
	*a = (struct ahead){ *at,        seq,       (uint32_t)s->payload.len,
		             s->wall_us, s->is_cut, h->is_doubtful };
	memcpy(a->bytes, s->payload.at, s->payload.len);
	if (!h->first)
		h->hole_us = s->wall_us;
	*at = a;
	h->held += sizeof(*a) + a->len;
	h->count++;
	return ERR_NONE;
}

/* Keeps what is not there yet: the bytes that came first stay. */
static enum err keep_ahead(struct half *h, const struct capture_segment *s, uint32_t seq)
{
	struct ahead **at = &h->first;
	struct capture_segment part = *s;

	while (part.payload.len > 0) {
		size_t room = part.payload.len;
		enum err err;

		while (*at && !is_before(seq, (*at)->seq + (*at)->len))
			at = &(*at)->next;
		if (*at && !is_before(seq, (*at)->seq)) {
			uint32_t known = (*at)->seq + (*at)->len - seq;

			seq += known;
			part.payload = view_after(part.payload, known);
			continue;
		}
		if (*at && (*at)->seq - seq < room)
			room = (*at)->seq - seq;
		part.is_cut = s->is_cut && room == part.payload.len;
		err = put_ahead(
			h, at,
			&(struct capture_segment){ .payload = view_first(part.payload, room),
		                                   .wall_us = s->wall_us,
		                                   .is_cut = part.is_cut },
			seq);
		if (err != ERR_NONE)
			return err;
		seq += (uint32_t)room;
		part.payload = view_after(part.payload, room);
	}
	return ERR_NONE;
}

/* A number that no window can hold: the sender began anew unseen, or another forged
 * it. Going along costs a gap; staying would lose the stream for good. */
static void jump(struct capture_tcp *t, struct half *h, uint32_t seq)
{
	t->skipped->counts[CAPTURE_SKIP_TCP_GAP]++;
	drop_ahead(h);
	h->next = seq;
	h->is_cut = false;
}

static enum err take_bytes(struct capture_tcp *t, struct connection *c, unsigned side,
                           const struct capture_segment *s)
{
	struct half *h = &c->half[side];
	uint32_t seq = s->seq + (s->flags & CAPTURE_TCP_SYN ? 1 : 0), known;
	struct capture_piece p = { s->wall_us, s->payload, (uint8_t)side, false };
	enum err err, drained;

	if (!h->has_next) {
		h->has_next = true;
		h->next = h->start = seq;
	}
	if (is_far(seq, h->next)) {
		jump(t, h, seq);
		c->open.is_proven[side] = false;
		p.is_after_gap = true;
	}
	known = is_before(seq, h->next) ? h->next - seq : 0;
	if (known >= s->payload.len) {
		t->skipped->counts[CAPTURE_SKIP_TCP_REPEATED]++;
		return ERR_NONE;
	}
	p.bytes = view_after(s->payload, known);
	seq += known;
	if (h->first || seq != h->next) {
		err = keep_ahead(h,
		                 &(struct capture_segment){ .payload = p.bytes,
		                                            .wall_us = s->wall_us,
		                                            .is_cut = s->is_cut },
		                 seq);
		drained = drain(t, c, side, p.is_after_gap);
		return err == ERR_NONE ? drained : err;
	}
	h->next = seq + (uint32_t)p.bytes.len;
	h->is_cut = s->is_cut;
	return give(t, c, &p);
}

/* --- Connections ------------------------------------------------------------- */

/* Hands out all that waits, then lets the reader free its state. */
static enum err finish(struct capture_tcp *t, struct connection *c)
{
	enum err err = ERR_NONE, next;

	for (unsigned side = 0; side < 2; side++) {
		while (c->half[side].first) {
			next = skip_hole(t, c, side);
			if (err == ERR_NONE)
				err = next;
		}
	}
	if (c->open.state) {
		next = t->ports.end(t->ports.context, &c->open);
		if (err == ERR_NONE)
			err = next;
	}
	c->open.state = NULL;
	c->open.state_size = 0;
	c->open.has_beginning = false;
	account(t, c);
	return err;
}

static enum err forget(struct capture_tcp *t, struct connection *c)
{
	enum err err = finish(t, c);

	if (c->is_young)
		t->young_count--;
	list_remove(&c->age);
	map_remove(&t->map, &c->node);
	pool_give(t->pool, c);
	return err;
}

static struct connection *quietest(struct list *l)
{
	return list_is_empty(l) ? NULL : HOLDER(l->next, struct connection, age);
}

/* Room for one more. */
static enum err make_room(struct capture_tcp *t, bool is_young)
{
	struct connection *gone = NULL;

	if (is_young && t->young_count > t->settings.max_connections / YOUNG_SHARE)
		gone = quietest(&t->young);
	else if (pool_used(t->pool) == pool_count(t->pool))
		gone = list_is_empty(&t->young) ? quietest(&t->old) : quietest(&t->young);
	if (!gone)
		return ERR_NONE;
	t->skipped->counts[CAPTURE_SKIP_TCP_FORGOTTEN]++;
	return forget(t, gone);
}

static enum err open_connection(struct capture_tcp *t, const struct ends *ends, bool is_young,
                                struct connection **ret)
{
	enum err err = make_room(t, is_young);
	struct connection *c = pool_take(t->pool);

	c->open.end[0] = ends->end[0];
	c->open.end[1] = ends->end[1];
	c->open.number = (uint32_t)(++t->seen);
	if (c->open.number == 0)
		c->open.number = (uint32_t)(++t->seen);
	c->is_young = is_young;
	t->young_count += is_young;
	list_append(is_young ? &t->young : &t->old, &c->age);
	map_insert(&t->map, &c->node, map_hash(&t->map, ends, sizeof(*ends)));
	*ret = c;
	return err;
}

static void touch(struct capture_tcp *t, struct connection *c)
{
	if (c->is_young) {
		c->is_young = false;
		t->young_count--;
	}
	list_remove(&c->age);
	list_append(&t->old, &c->age);
}

/* Between what this side had acknowledged before and what was sent: a segment ahead of a hole
 * has a number that can be hit, and who fills the hole later says nothing about it. */
static bool has_just_been_sent(const struct half *other, const struct capture_segment *s)
{
	return (s->flags & CAPTURE_TCP_ACK) && other->has_sent && other->has_acked &&
	       !is_before(other->sent_end, s->ack) && !is_before(s->ack, other->acked);
}

/* Exactly equal, so that who forges the address has one chance in 2^32. What does not
 * follow on, or acknowledges what was never sent, has to be proven anew. */
static void note_numbers(struct connection *c, unsigned side, const struct capture_segment *s)
{
	struct half *h = &c->half[side], *other = &c->half[!side];
	bool has_syn = (s->flags & CAPTURE_TCP_SYN) != 0;
	uint32_t used = (uint32_t)s->payload.len + has_syn + ((s->flags & CAPTURE_TCP_FIN) != 0);

	if (used > 0 && (!h->has_sent || is_before(h->sent_end, s->seq + used))) {
		h->sent_end = s->seq + used;
		h->has_sent = true;
	}
	h->is_doubtful = !has_just_been_sent(other, s);
	if (s->flags & CAPTURE_TCP_ACK) {
		if (other->has_sent && s->ack == other->sent_end)
			c->open.is_proven[side] = true;
		else if (other->has_sent && is_far(s->ack, other->sent_end))
			c->open.is_proven[side] = false;
		if (!other->has_acked || is_before(other->acked, s->ack))
			other->acked = s->ack;
		other->has_acked = true;
	}
	if (has_syn && !h->has_next) {
		h->next = h->start = s->seq + 1;
		h->has_next = true;
		c->open.has_beginning = true;
	}
}

/* Another connection between the same ends. */
static bool begins_anew(const struct connection *c, unsigned side, const struct capture_segment *s)
{
	const struct half *h = &c->half[side];

	if (!(s->flags & CAPTURE_TCP_SYN))
		return false;
	return h->has_next && h->start != s->seq + 1;
}

/* A RST that does not stand exactly at the end of what was seen may be forged
 * (RFC 5961 3.2). Bytes that follow a true one are met as in the middle. */
static bool closes(struct connection *c, unsigned side, const struct capture_segment *s)
{
	struct half *h = &c->half[side], *other = &c->half[!side];

	if (s->flags & CAPTURE_TCP_RST)
		return h->has_next && s->seq == h->next;
	if (s->flags & CAPTURE_TCP_FIN) {
		h->has_fin = true;
		h->fin = s->seq + (uint32_t)s->payload.len;
	}
	return h->has_fin && h->fin == h->next && other->has_fin && other->fin == other->next;
}

/* The quietest go until the bytes fit; the one in hand last. */
static enum err hold_limit(struct capture_tcp *t)
{
	enum err err = ERR_NONE, next;

	while (t->buffered > t->settings.max_buffered && !list_is_empty(&t->old)) {
		t->skipped->counts[CAPTURE_SKIP_TCP_FORGOTTEN]++;
		next = forget(t, quietest(&t->old));
		if (err == ERR_NONE)
			err = next;
	}
	return err;
}

static enum err first_of(enum err a, enum err b) { return a == ERR_NONE ? b : a; }

enum err capture_tcp_take(struct capture_tcp *t, const struct capture_segment *s)
{
	unsigned side;
	struct ends ends = ends_of(s, &side);
	struct map_node *node =
		map_find(&t->map, map_hash(&t->map, &ends, sizeof(ends)), is_between, &ends);
	struct connection *c = node ? HOLDER(node, struct connection, node) : NULL;
	bool is_syn = (s->flags & (CAPTURE_TCP_SYN | CAPTURE_TCP_ACK)) == CAPTURE_TCP_SYN;
	enum err err = ERR_NONE;

	if (c && begins_anew(c, side, s)) {
		err = forget(t, c);
		c = NULL;
	}
	if (!c && s->payload.len == 0 && !(s->flags & CAPTURE_TCP_SYN))
		return err;
	if (!c)
		err = first_of(err, open_connection(t, &ends, is_syn && s->payload.len == 0, &c));
	else if (!is_syn)
		touch(t, c);
	note_numbers(c, side, s);
	if (s->payload.len > 0)
		err = first_of(err, take_bytes(t, c, side, s));
	if (c->half[0].first || c->half[1].first)
		err = first_of(err, settle(t, c, s->wall_us));
	if (closes(c, side, s))
		err = first_of(err, finish(t, c));
	account(t, c);
	return first_of(err, hold_limit(t));
}

enum err capture_tcp_end(struct capture_tcp *t)
{
	struct list *const lists[] = { &t->young, &t->old };
	enum err err = ERR_NONE;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		while (!list_is_empty(lists[i]))
			err = first_of(err, forget(t, quietest(lists[i])));
	return err;
}

enum err capture_tcp_new(const struct capture_tcp_settings *settings,
                         const struct capture_tcp_ports *ports, struct capture_skipped *skipped,
                         struct capture_tcp **ret)
{
	struct capture_tcp *t;
	enum err err;

	if (settings->max_connections == 0 || settings->max_connections > MAX_CAPTURE_CONNECTIONS)
		return ERR_LIMIT;
	t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_NO_MEMORY;
	t->settings = *settings;
	t->ports = *ports;
	t->skipped = skipped;
	list_init(&t->old);
	list_init(&t->young);
	err = map_init(&t->map, settings->max_connections, &settings->key);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct connection), settings->max_connections, &t->pool);
	if (err != ERR_NONE)
		capture_tcp_free(&t);
	else
		*ret = t;
	return err;
}

void capture_tcp_free(struct capture_tcp **t)
{
	uint32_t place = 0;
	struct connection *c;

	if (!*t)
		return;
	while ((*t)->pool && (c = pool_next((*t)->pool, &place)) != NULL) {
		drop_ahead(&c->half[0]);
		drop_ahead(&c->half[1]);
	}
	pool_free(&(*t)->pool);
	map_clear(&(*t)->map);
	free(*t);
	*t = NULL;
}

uint64_t capture_tcp_connections(const struct capture_tcp *t) { return t->seen; }
