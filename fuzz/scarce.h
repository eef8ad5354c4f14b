/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out, for targets whose code has to bear it: malloc, calloc and realloc of the
 * code under test fail once. Libraries have theirs as ever. */
#ifndef FUZZ_SCARCE_H
#define FUZZ_SCARCE_H

#include <stddef.h>

/* The number-th allocation from here fails; 0: none does. */
void scarce_from_here(size_t number);

#endif
