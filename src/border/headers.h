/* SPDX-License-Identifier: Apache-2.0 */
/* The list of allowed headers: what goes from one side to the other as it was
 * understood. Everything else is written by us, or kept out and counted by
 * name and direction. */
#ifndef BORDER_HEADERS_H
#define BORDER_HEADERS_H

#include "sip/build.h"

/* Inward: towards a peer from the subscribers' or another peer's side. What
 * comes from inside shows nothing of it. */
enum headers_way { HEADERS_INWARD, HEADERS_OUTWARD };

struct header_counts;

enum { MAX_HEADER_NAMES = 64 }; /* names we do not know, remembered for `doctor headers` */

enum err header_counts_new(struct header_counts **ret) MUST_USE;
void header_counts_free(struct header_counts **c);

/* Copies the allowed headers of `msg`, each on a line of its own, and counts
 * what stays behind. Via, From, To, Call-ID, CSeq, Max-Forwards, Contact,
 * routes, credentials and what describes the body are their writers' matter. */
void headers_copy(struct buffer *b, const struct sip_msg *msg, enum headers_way way,
                  struct header_counts *counts);

/* Writes "{"inward":{...},"outward":{...}}" for ASK_HEADERS, into half a KiB or more. Names
 * that find no room are summed up under "(further names)", as are those beyond the ceiling. */
void header_counts_write(struct buffer *b, const struct header_counts *c);

#endif
