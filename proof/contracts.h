/* SPDX-License-Identifier: Apache-2.0 */
/* What readers promise each other, for the prover alone: no compiler of the product sees it.
 * A contract here or in bytes.h binds the function of that name in src/base, is proved where
 * its body stands (cursor.c, view.c, run.c), and is all that a caller may rely on. */
#ifndef PROOF_CONTRACTS_H
#define PROOF_CONTRACTS_H

#include "bytes.h"

#include "base/cursor.h"

/*@
    predicate lies_in{L}(struct cursor *c) =
        ordered(c->at, c->end) && readable(c->at, c->end - c->at);

    predicate cursor_is_good{L}(struct cursor *c) = \valid(c) && lies_in(c);

    // What each read does to a cursor, whatever it finds.
    predicate moved{L1, L2}(struct cursor *c) =
        ordered{L2}(\at(c->at, L1), \at(c->at, L2)) &&
        \at(c->end, L2) == \at(c->end, L1) &&
        (\at(c->err, L1) != 0 ==> \at(c->err, L2) != 0 && \at(c->at, L2) == \at(c->at, L1));
*/

/*@ requires view_is_good(text);
    assigns \nothing;
    ensures \result.at == text.at && \result.end == text.at + text.len && \result.err == 0; */
static inline struct cursor cursor_on(struct view text);

/*@ requires cursor_is_good(c);
    assigns \nothing;
    ensures view_is_good(\result) && \result.at == c->at && \result.len == c->end - c->at; */
static inline struct view cursor_rest(const struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns \nothing;
    ensures \result == 0 <==> (c->err == 0 && c->at != c->end); */
static inline bool cursor_is_at_end(const struct cursor *c);

/*@ requires \valid(c);
    assigns c->err;
    ensures c->err == (\old(c->err) == 0 ? err : \old(c->err)); */
static inline void cursor_fail(struct cursor *c, enum err err);

/*@ requires cursor_is_good(c);
    assigns \nothing;
    ensures -1 <= \result <= 255;
    ensures \result == -1 <==> (c->err != 0 || c->at == c->end); */
static inline int cursor_peek(const struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->at \from c->at, c->end;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures c->at == \old(c->at) + (\result != 0 ? 1 : 0); */
static inline bool cursor_skip(struct cursor *c, char byte);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures c->err == 0 ==> c->at == \old(c->at) + 1; */
void cursor_expect(struct cursor *c, char byte);

/*@ requires cursor_is_good(c) && view_is_good(text);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c); */
void cursor_expect_text(struct cursor *c, struct view text);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures c->err == 0 ==> c->at == \old(c->at) + 1; */
uint8_t cursor_byte(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures c->err == 0 ==> c->at == \old(c->at) + 2; */
uint16_t cursor_u16(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures c->err == 0 ==> c->at == \old(c->at) + 4; */
uint32_t cursor_u32(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures view_is_good(\result) && between(\result, \old(c->at), c->at);
    ensures \result.len == 0 || \result.len == len;
    ensures c->err == 0 ==> \result.len == len && c->at == \old(c->at) + len; */
struct view cursor_take(struct cursor *c, size_t len);

/*@ requires cursor_is_good(c);
    assigns c->at \from c->at, c->end;
    ensures cursor_is_good(c) && moved{Pre, Post}(c); */
static inline void cursor_blanks(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures view_is_good(\result) && between(\result, \old(c->at), c->at);
    ensures c->err == 0 ==> \result.len > 0; */
struct view cursor_token(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures view_is_good(\result) && between(\result, \old(c->at), c->at); */
struct view cursor_until(struct cursor *c, char stop);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures view_is_good(\result) && between(\result, \old(c->at), c->at);
    ensures c->err == 0 ==> \result.len > 0; */
struct view cursor_digits(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures \result <= max;
    ensures c->err == 0 ==> c->at - \old(c->at) > 0; */
uint32_t cursor_decimal(struct cursor *c, uint32_t max);

/*@ requires cursor_is_good(c);
    assigns c->err, c->at \from c->at, c->end, c->err;
    ensures cursor_is_good(c) && moved{Pre, Post}(c);
    ensures view_is_good(\result) && between(\result, \old(c->at), c->at); */
struct view cursor_quoted(struct cursor *c);

/*@ requires cursor_is_good(c);
    assigns c->err;
    ensures \old(c->err) != 0 ==> c->err == \old(c->err);
    ensures c->err == 0 ==> c->at == c->end; */
void cursor_end(struct cursor *c);

/*@ assigns \nothing; */
bool cursor_is_token_byte(char byte);

#endif
