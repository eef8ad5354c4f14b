/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes of the kernel. Works inside every sandbox and needs no
 * descriptor; never fails (ends the process where the kernel has none). */
#ifndef OS_RANDOM_H
#define OS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_fill(void *ret, size_t len);
/* Evenly from 0 to bound - 1; bound is at least 1. */
uint32_t random_below(uint32_t bound);

#endif
