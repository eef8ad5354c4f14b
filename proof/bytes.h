/* SPDX-License-Identifier: Apache-2.0 */
/* What views and runs promise (proof/contracts.h), and, taken on trust, what the C library's
 * functions do. */
#ifndef PROOF_BYTES_H
#define PROOF_BYTES_H

#include <string.h>

/* Frama-C's own contracts speak of initialised and dangling bytes too, which WP cannot. */
/*@ requires n > 0 ==> \valid_read((char *)s + (0 .. n - 1));
    assigns \result \from s, n, c, ((char *)s)[0 .. n - 1];
    ensures \result == \null || (\base_addr(\result) == \base_addr(s) &&
            (char *)s <= (char *)\result < (char *)s + n); */
void *proof_memchr(const void *s, int c, size_t n);

/*@ requires n > 0 ==> \valid_read((char *)a + (0 .. n - 1));
    requires n > 0 ==> \valid_read((char *)b + (0 .. n - 1));
    assigns \result \from n, ((char *)a)[0 .. n - 1], ((char *)b)[0 .. n - 1]; */
int proof_memcmp(const void *a, const void *b, size_t n);

/*@ requires n > 0 ==> \valid((char *)to + (0 .. n - 1));
    requires n > 0 ==> \valid_read((char *)from + (0 .. n - 1));
    requires n > 0 ==> \separated((char *)to + (0 .. n - 1), (char *)from + (0 .. n - 1));
    assigns ((char *)to)[0 .. n - 1], \result \from to, n, ((char *)from)[0 .. n - 1];
    ensures \result == to; */
void *proof_memcpy(void *to, const void *from, size_t n);

void *memmem(const void *s, size_t n, const void *part, size_t part_len);

#define memchr proof_memchr
#define memcmp proof_memcmp
#define memcpy proof_memcpy

#include "base/run.h"
#include "base/view.h"

/* An object is never longer than a difference of pointers can tell. */
/*@ predicate readable{L}(char *at, integer len) =
        0 <= len <= 0x7fffffffffffffff && (len > 0 ==> \valid_read(at + (0 .. len - 1)));

    predicate view_is_good{L}(struct view v) = readable(v.at, v.len);

    // In order within one object.
    predicate ordered{L}(char *a, char *b) = \base_addr(a) == \base_addr(b) && a <= b;

    predicate between{L}(struct view v, char *from, char *to) =
        v.len > 0 ==> ordered(from, v.at) && ordered(v.at + v.len, to);

    predicate part_of{L}(struct view part, struct view whole) =
        between(part, whole.at, whole.at + whole.len);
*/

/*@ assigns \nothing;
    ensures \result != 0 <==> v.len == 0; */
static inline bool view_is_empty(struct view v);

/*@ requires view_is_good(a) && view_is_good(b);
    assigns \nothing; */
static inline bool view_equal(struct view a, struct view b);

/*@ requires view_is_good(a) && view_is_good(b) && a.len == b.len;
    assigns \nothing; */
bool view_goes_on_alike(struct view a, struct view b);

/*@ requires view_is_good(a) && view_is_good(b);
    assigns \nothing; */
static inline bool view_equal_nocase(struct view a, struct view b);

/*@ requires view_is_good(v) && view_is_good(prefix);
    assigns \nothing;
    ensures \result ==> prefix.len <= v.len; */
bool view_starts(struct view v, struct view prefix);

/*@ requires view_is_good(v) && view_is_good(prefix);
    assigns \nothing;
    ensures \result ==> prefix.len <= v.len; */
bool view_starts_nocase(struct view v, struct view prefix);

/*@ requires view_is_good(v);
    assigns \nothing;
    ensures \result <= v.len; */
size_t view_find(struct view v, char c, size_t from);

/*@ requires view_is_good(v);
    assigns \nothing;
    ensures view_is_good(\result) && part_of(\result, v) && \result.len <= v.len;
    ensures from < v.len ==> \result.at == v.at + from && \result.len == v.len - from; */
static inline struct view view_after(struct view v, size_t from);

/*@ requires view_is_good(v);
    assigns \nothing;
    ensures view_is_good(\result) && part_of(\result, v);
    ensures \result.at == v.at && \result.len == \min(len, v.len); */
static inline struct view view_first(struct view v, size_t len);

/*@ assigns \nothing;
    ensures \result.at == (char *)at && \result.len == len; */
static inline struct view view_bytes(const void *at, size_t len);

/*@ requires view_is_good(v);
    assigns \nothing;
    ensures view_is_good(\result) && part_of(\result, v) && \result.len <= v.len; */
struct view view_trim(struct view v);

/*@ requires view_is_good(v) && \valid(ret);
    assigns *ret;
    ensures \result != 0 ==> *ret <= max;
    ensures \result == 0 ==> *ret == \old(*ret); */
bool view_decimal(struct view v, uint64_t max, uint64_t *ret);

/*@ requires \valid_read(set);
    assigns \nothing; */
static inline bool run_holds(const struct run_set *set, char byte);

/*@ requires \valid_read(set);
    requires ordered(at, end) && readable(at, end - at);
    assigns \result \from at, end, at[0 .. end - at - 1], *set;
    ensures ordered(at, \result) && ordered(\result, end); */
const char *run_end(const char *at, const char *end, const struct run_set *set);

/*@ requires \valid_read(set);
    requires ordered(at, end) && readable(at, end - at);
    assigns \result \from at, end, at[0 .. end - at - 1], *set;
    ensures ordered(at, \result) && ordered(\result, end); */
const char *run_end_plain(const char *at, const char *end, const struct run_set *set);

#endif
