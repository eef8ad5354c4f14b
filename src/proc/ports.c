/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of port pairs and of ports of streams: drawn in random order, so that nobody can tell
 * which port the next call gets; the former deaf while idle, the latter bound and not listening. */
#include "proc/parent_priv.h"

#include "media/options.h"
#include "os/log.h"
#include "os/random.h"
#include "os/socket.h"
#include "os/socket_stream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_PORT_CANDIDATES = 32768, EXPEDITED_FORWARDING = 184 };

struct draw {
	struct holdings *h;
	struct port_table *table;
	uint16_t candidates[MAX_PORT_CANDIDATES];
	uint32_t candidate_count, next_candidate;
	uint32_t counts[2]; /* of each family and side, by enum port_kind */
	uint32_t spare;     /* pairs more, where there is room */
	uint32_t workers;   /* of media, who share them */
};

static void shuffle(struct draw *d, const uint32_t range[2])
{
	d->candidate_count = d->next_candidate = 0;
	for (uint32_t port = range[0] + (range[0] & 1); port + 1 <= range[1]; port += 2)
		d->candidates[d->candidate_count++] = (uint16_t)port;
	for (uint32_t i = d->candidate_count; i > 1; i--) {
		uint32_t other = random_below(i);
		uint16_t swapped = d->candidates[i - 1];

		d->candidates[i - 1] = d->candidates[other];
		d->candidates[other] = swapped;
	}
}

/* Both ports or none. */
static enum err open_pair(const struct addr *at, int *ret_rtp, int *ret_rtcp)
{
	const struct socket_options options = { .is_deaf = true,
		                                .traffic_class = EXPEDITED_FORWARDING };
	struct addr rtcp = *at;
	int even, odd;
	enum err err;

	rtcp.port++;
	err = socket_udp_open(at, &options, &even);
	if (err != ERR_NONE)
		return err;
	err = socket_udp_open(&rtcp, &options, &odd);
	if (err != ERR_NONE) {
		socket_close(&even);
		return err;
	}
	*ret_rtp = even;
	*ret_rtcp = odd;
	return ERR_NONE;
}

/* A stream's socket stands in both lists, so that each has one for every row. */
static enum err open_stream_port(const struct addr *at, int *ret, int *ret_again)
{
	int fd, again;
	enum err err = socket_tcp_bind(at, &fd);

	if (err != ERR_NONE)
		return err;
	again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (again < 0) {
		socket_close(&fd);
		return ERR_LIMIT;
	}
	*ret = fd;
	*ret_again = again;
	return ERR_NONE;
}

static enum err open_row(const struct port_pair *row, int *ret, int *ret_second)
{
	return (row->kind == PORT_STREAM ? open_stream_port : open_pair)(&row->local, ret,
	                                                                 ret_second);
}

/* *row becomes the last that was tried. */
static enum err draw_rows(struct draw *d, struct port_pair *row, uint32_t count,
                          uint32_t *ret_taken)
{
	struct holdings *h = d->h;
	uint32_t taken = 0;
	enum err err = ERR_NONE;

	while (d->next_candidate < d->candidate_count && taken < count && err == ERR_NONE) {
		row->local.port = d->candidates[d->next_candidate++];
		err = open_row(row, &h->rtp[h->pair_count], &h->rtcp[h->pair_count]);
		if (err == ERR_NONE) {
			row->worker = (uint8_t)((uint64_t)taken * d->workers / count);
			d->table->pairs[h->pair_count++] = *row;
			taken++;
		} else if (err == ERR_EXISTS) {
			err = ERR_NONE;
		}
	}
	*ret_taken = taken;
	return err;
}

static enum err draw_at(struct draw *d, struct addr at, uint8_t side, enum port_kind kind)
{
	struct port_pair row = { .local = at, .side = side, .kind = (uint8_t)kind };
	char text[ADDR_TEXT_MAX];
	uint32_t taken, count = d->counts[kind];
	enum err err = draw_rows(d, &row, count, &taken);

	if (err != ERR_NONE) {
		log_write(LEVEL_ERROR, "media ports", "%s cannot be opened: it %s%s",
		          addr_text(&row.local, text), err_text(err),
		          err == ERR_LIMIT ? " (open files; name fewer calls)" : "");
		return err;
	}
	at.port = 0;
	if (taken == count)
		return ERR_NONE;
	log_write(LEVEL_ERROR, "media ports",
	          "only %u of %u port pairs are free at %s: name a wider range or fewer %s", taken,
	          count, addr_text(&at, text), kind == PORT_STREAM ? "streams" : "calls");
	return ERR_FULL;
}

/* What the range, the table and the limit of open files leave: calls do without. */
static void draw_spare(struct draw *d, const struct addr *at, uint8_t side)
{
	struct port_pair row = { .local = *at, .side = side, .kind = PORT_PAIR, .is_spare = 1 };
	uint32_t taken, room = MAX_PORT_PAIRS - d->h->pair_count;

	(void)!draw_rows(d, &row, d->spare < room ? d->spare : room, &taken);
}

/* The first listener of each side and family says the address. */
static bool is_first(const struct child_facts *f, uint32_t listener)
{
	for (uint32_t i = 0; i < listener; i++)
		if (f->listener_sides[i] == f->listener_sides[listener] &&
		    f->listeners[i].family == f->listeners[listener].family)
			return false;
	return true;
}

static enum err draw_all(struct draw *d, const uint32_t range[2])
{
	const struct child_facts *f = &d->h->facts;

	/* Grouped by side, as the table promises. */
	for (uint8_t side = 0; side < MAX_SIDES; side++) {
		for (uint32_t i = 0; i < f->listener_count; i++) {
			enum err err;

			if (f->listener_sides[i] != side || !is_first(f, i))
				continue;
			if (d->h->pair_count + d->counts[PORT_PAIR] + d->counts[PORT_STREAM] >
			    MAX_PORT_PAIRS)
				return ERR_LIMIT;
			shuffle(d, range);
			err = draw_at(d, f->listeners[i], side, PORT_PAIR);
			if (err == ERR_NONE)
				err = draw_at(d, f->listeners[i], side, PORT_STREAM);
			if (err != ERR_NONE)
				return err;
			draw_spare(d, &f->listeners[i], side);
		}
	}
	return ERR_NONE;
}

static enum err reopen(struct holdings *h, const struct port_table *table)
{
	h->rtp = calloc(MAX_PORT_PAIRS, sizeof(int));
	h->rtcp = calloc(MAX_PORT_PAIRS, sizeof(int));
	h->pair_count = 0;
	if (!h->rtp || !h->rtcp)
		return ERR_NO_MEMORY;
	for (; h->pair_count < table->count; h->pair_count++) {
		enum err err = open_row(&table->pairs[h->pair_count], &h->rtp[h->pair_count],
		                        &h->rtcp[h->pair_count]);

		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

enum err ports_reopen(struct holdings *h)
{
	struct shared_map map;
	const struct port_table *table;
	enum err err = shared_map(h->port_table, SHARED_READ, sizeof(struct port_table), &map);

	if (err != ERR_NONE)
		return err;
	table = map.at;
	err = table->version == 1 && table->count <= MAX_PORT_PAIRS &&
	                      map.size >= sizeof(*table) + table->count * sizeof(table->pairs[0])
	            ? reopen(h, table)
	            : ERR_SYNTAX;
	shared_unmap(&map);
	return err;
}

enum err ports_draw(struct holdings *h, const struct media_options *options, uint32_t spare)
{
	struct draw *d = calloc(1, sizeof(*d));
	size_t table_size = sizeof(struct port_table) + MAX_PORT_PAIRS * sizeof(struct port_pair);
	enum err err = ERR_NO_MEMORY;

	h->rtp = calloc(MAX_PORT_PAIRS, sizeof(int));
	h->rtcp = calloc(MAX_PORT_PAIRS, sizeof(int));
	if (d)
		d->table = calloc(1, table_size);
	if (d && d->table && h->rtp && h->rtcp) {
		d->h = h;
		d->counts[PORT_PAIR] = media_max_pairs(options);
		d->counts[PORT_STREAM] = options->max_streams;
		d->spare = spare;
		d->workers = options->workers;
		err = draw_all(d, options->ports);
	}
	if (err == ERR_NONE) {
		d->table->version = 1;
		d->table->count = h->pair_count;
		err = shared_create_sealed(
			"ports",
			view_bytes(d->table, sizeof(struct port_table) +
		                                     h->pair_count * sizeof(struct port_pair)),
			&h->port_table);
	}
	if (d)
		free(d->table);
	free(d);
	return err;
}
