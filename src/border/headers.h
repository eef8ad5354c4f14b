/* SPDX-License-Identifier: Apache-2.0 */
/* The list of allowed headers: what goes from one side to the other as it was
 * understood. Everything else is written by us, or kept out and counted by
 * name and direction. */
#ifndef BORDER_HEADERS_H
#define BORDER_HEADERS_H

#include "border/settings.h"
#include "sip/build.h"

/* Inward: towards a peer from the subscribers' or another peer's side. What
 * comes from inside shows nothing of it. */
enum headers_way { HEADERS_INWARD, HEADERS_OUTWARD };

/* No peer but a phone. */
enum { HEADERS_PHONE = UINT16_MAX };

/* Between whom a message goes (party_ends makes it). */
struct headers_ends {
	enum headers_way way;
	uint16_t from, to;                /* rows of peers, or HEADERS_PHONE */
	const struct border_headers *own; /* the exceptions that count; NULL: none */
	int64_t wall_us;
	/* A stranger's: what nobody knows is counted without its name, or anybody could fill
	 * the table. */
	bool is_stranger;
};

struct header_counts;

enum { HEADER_SETS = 32, HEADER_SET_ROWS = 8, MAX_HEADER_ROWS = HEADER_SETS * HEADER_SET_ROWS };

enum err header_counts_new(struct header_counts **ret) MUST_USE;
void header_counts_free(struct header_counts **c);

/* Copies the allowed headers of `msg`, each on a line of its own, and counts
 * what stays behind. Via, From, To, Call-ID, CSeq, Max-Forwards, Contact,
 * routes, credentials and what describes the body are their writers' matter. An
 * exception passes in printable values of at most MAX_PASSED_VALUE bytes, MAX_PASSED a message. */
enum { MAX_PASSED_VALUE = 256, MAX_PASSED = 8 };
void headers_copy(struct buffer *b, const struct sip_msg *msg, const struct headers_ends *ends,
                  struct header_counts *counts);

/* Whether a header of that name may be an exception: no writer has it as his matter. */
bool headers_may_pass(struct view name);

/* One row of what was kept out lately: a name between two ends. Where the table is full, the
 * row that was quiet for longest makes room, and its count goes to `beyond`. */
struct header_row {
	struct view name; /* lives as long as the counts do not change */
	uint16_t from, to;
	uint8_t way; /* enum headers_way */
	uint64_t count;
	int64_t last_wall_us;
};
/* The next row after place *place (0 at first); false: there is none. */
bool header_counts_next(const struct header_counts *c, unsigned *place, struct header_row *ret);
uint64_t header_counts_beyond(const struct header_counts *c, enum headers_way way);
/* The rows of peers have other numbers: new_row[old], PEER_GONE's are forgotten. */
void header_counts_apply(struct header_counts *c, const uint16_t *new_row, size_t count);

#endif
