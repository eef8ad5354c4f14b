/* SPDX-License-Identifier: Apache-2.0 */
/* Proves how src/sip/number.c reads numbers, seconds and comments. What follows them are
 * parameters, whose reader is not among the proven. */
#include "contracts.h"
#include "sip/number.h"

/*@ requires view_is_good(text) && \valid(ret);
    assigns *ret;
    ensures \result == 0 ==> *ret <= max;
    ensures \result != 0 ==> *ret == \old(*ret); */
enum err sip_number_parse(struct view text, uint32_t max, uint32_t *ret);

/*@ requires cursor_is_good(in);
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static uint32_t read_seconds(struct cursor *in);

/*@ requires view_is_good(text) && \valid(ret);
    assigns *ret;
    ensures \result != 0 ==> *ret == \old(*ret); */
enum err sip_seconds_parse(struct view text, uint32_t *ret);

/*@ requires cursor_is_good(in) && in->err == 0 && in->at != in->end && *in->at == '(';
    assigns in->err, in->at \from in->at, in->end, in->err;
    ensures cursor_is_good(in) && moved{Pre, Post}(in); */
static struct view read_comment(struct cursor *in);

#include "sip/number.c"
