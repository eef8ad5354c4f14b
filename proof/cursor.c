/* SPDX-License-Identifier: Apache-2.0 */
/* Proves src/base/cursor.c and what stands in its header. */
#include "contracts.h"

/*@ requires cursor_is_good(c);
    assigns c->err;
    ensures c->err != 0;
    ensures \old(c->err) != 0 ==> c->err == \old(c->err); */
static void fail_here(struct cursor *c);

/*@ requires cursor_is_good(c) && ordered(start, c->at) && readable(start, c->at - start);
    assigns c->err;
    ensures view_is_good(\result) && between(\result, start, c->at);
    ensures \old(c->err) != 0 ==> c->err == \old(c->err);
    ensures c->err == 0 ==> \result.len > 0; */
static struct view taken(struct cursor *c, const char *start);

/*@ assigns \nothing; */
static bool is_control(char c);

#include "base/cursor.c"
