/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of system calls on purpose: the n-th call of a kind from now on fails with an errno,
 * or does part of what was asked. The executable's own definitions of the calls stand before
 * the C library's, for libraries too (SQLite), so the product has no seam and pays nothing. */
#ifndef RUNNER_FAULT_H
#define RUNNER_FAULT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_call {
#define FAULT(name) FAULT_##name,
#include "runner/fault.def"
#undef FAULT
	FAULT_COUNT
};

/* In place of an errno: half of the bytes are written or read. */
enum { FAULT_SHORT = -1 };

const char *fault_name(enum fault_call call);

/* The nth call (from 1) of that kind fails once. */
void fault_arm(enum fault_call call, uint32_t nth, int error);
/* No more faults; says whether there was one. */
bool fault_disarm(void);

/* How many descriptors this process has. */
uint32_t fault_descriptors(void);

struct fault_kind {
	enum fault_call call;
	int error;
};

/* Runs `scene` with each kind of fault at each place in turn, until one runs through without.
 * After each, the process must have as many descriptors as before; `scene` itself checks what
 * a failure may leave, and returns ERR_DENIED where something is wrong. Any other error is
 * a right answer to a fault, none where there was no fault. ret_faults: how many there were. */
enum err fault_ladder(enum err (*scene)(void), const struct fault_kind *kinds, size_t count,
                      uint32_t *ret_faults) MUST_USE;

#endif
