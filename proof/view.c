/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the readers of src/base/view.c. */
#include "contracts.h"

/*@ assigns \nothing; */
static unsigned char lower(char c);

/*@ requires view_is_good(a) && view_is_good(b) && a.len == b.len;
    assigns \nothing; */
static bool is_same_word(struct view a, struct view b);

/*@ assigns \nothing; */
static bool is_blank(char c);

#include "base/view.c"
