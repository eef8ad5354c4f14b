/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed number of equal objects, taken from the system at init. An object is
 * named over time by a handle (index and generation): a handle to an object
 * that was given back finds nothing, so use after free becomes "not found".
 * Freed objects are poisoned under ASan and zeroed when taken. A fresh pool
 * gives its objects in order of index. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"
#include "base/view.h"

struct pool;

struct pool_handle {
	uint32_t index;
	uint32_t generation; /* 0 never names anything */
};

enum err pool_new(size_t object_size, uint32_t count, struct pool **ret) MUST_USE;
void pool_free(struct pool **p);

void *pool_take(struct pool *p); /* zeroed; NULL where the pool is empty */
/* The same as it was left, for who writes all that he reads. */
void *pool_take_as_is(struct pool *p);
void pool_give(struct pool *p, void *object); /* object must be taken */
struct pool_handle pool_handle_of(const struct pool *p, const void *object);
void *pool_at(const struct pool *p, struct pool_handle h); /* NULL where it is gone */
/* By its place alone, for whoever keeps count of what is taken. */
uint32_t pool_index(const struct pool *p, const void *object);
void *pool_object(const struct pool *p, uint32_t index); /* index < pool_count */
/* Walks the taken objects: index from *place on; NULL at the end. Start with place 0. */
void *pool_next(const struct pool *p, uint32_t *place);
uint32_t pool_used(const struct pool *p);
uint32_t pool_count(const struct pool *p);

#endif
