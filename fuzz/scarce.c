/* SPDX-License-Identifier: Apache-2.0 */
/* Counts down before each allocation; the linker leads them here. */
#include "scarce.h"

#include <stdbool.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t left;

void scarce_from_here(size_t number) { left = number; }

static bool is_last(void) { return left > 0 && --left == 0; }

void *__wrap_malloc(size_t size) { return is_last() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size)
{
	return is_last() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size)
{
	return is_last() ? NULL : __real_realloc(old, size);
}
