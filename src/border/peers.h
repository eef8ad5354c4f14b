/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of each peer at this time: whether it answers, how many calls
 * stand with it. One row a peer, numbered as in the settings. */
#ifndef BORDER_PEERS_H
#define BORDER_PEERS_H

#include "border/border_priv.h"
#include "border/target.h"

struct ways; /* ways.h */

/* ERR_NO_MEMORY. */
enum err peers_new(struct border *b, struct peers **ret) MUST_USE;
void peers_free(struct peers **p);
/* The settings are new: what is known goes with the peer's name. A row's new number is
 * peers_row_now(old), or CALL_PHONE's neighbour PEER_GONE. */
void peers_apply(struct border *b, const struct border_settings *old);
enum { PEER_GONE = UINT16_MAX - 1 };
uint16_t peers_row_now(const struct border *b, const struct border_settings *old, uint16_t row);

/* Where the names of peers lead now; the table is copied. */
void peers_resolve(struct border *b, const struct resolved_table *table);
/* The addresses of that row; NULL where there is no such row. They live until the next
 * peers_resolve or peers_apply. */
const struct ways *peers_ways(const struct border *b, uint16_t row);

/* Whether one more call may begin with it, by what stands and what began lately.
 * Takes its share of the latter. */
bool peers_may_begin(struct border *b, uint16_t row);
/* The same without taking: what stands alone. */
bool peers_has_room(const struct border *b, uint16_t row);
/* A call with it stands, or does not any more. Rows that are no peer's are ignored. */
void peers_count(struct border *b, uint16_t row, bool is_more);

/* Whether it left our last question, or a call, without an answer. */
bool peers_is_away(const struct border *b, uint16_t row);
/* One of its addresses: the same. */
bool peers_is_way_away(const struct border *b, uint16_t row, const struct target_way *way);
/* What was sent on that flow got no answer: the peer's other addresses are asked first for a
 * while. Ignored where it is no peer's, or the only one. */
void peers_missed(struct border *b, const struct flow *flow);
void peers_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer);
void peers_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);
/* Members of the peer's object in ASK_PEERS. */
void peers_write(struct buffer *out, const struct border *b, uint16_t row);

#endif
