/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that processes share: memfds that cannot change their size, handed
 * on by descriptor. A descriptor that was reopened read-only cannot be mapped
 * for writing, whatever its holder tries. */
#ifndef OS_SHARED_H
#define OS_SHARED_H

#include "base/err.h"
#include "base/view.h"

enum shared_access { SHARED_READ, SHARED_WRITE };

struct shared_map {
	void *at; /* NULL where nothing is mapped */
	size_t size;
};

/* Zeroed memory of that size (rounded up to pages); owned by the caller. `name`
 * is seen in /proc only. ERR_IO, ERR_LIMIT (size 0). */
enum err shared_create(const char *name, size_t size, int *ret_fd) MUST_USE;
/* The bytes, sealed: nobody can change them any more, we neither. */
enum err shared_create_sealed(const char *name, struct view bytes, int *ret_fd) MUST_USE;
/* Another descriptor of the same memory that allows reading only. */
enum err shared_reopen_readonly(int fd, int *ret_fd) MUST_USE;

/* Maps all of it. Refuses memory whose size could still change under us
 * (ERR_DENIED) and memory smaller than `least` (ERR_SHORT). */
enum err shared_map(int fd, enum shared_access access, size_t least,
                    struct shared_map *ret) MUST_USE;
void shared_unmap(struct shared_map *m);

#endif
