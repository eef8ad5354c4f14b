/* SPDX-License-Identifier: Apache-2.0 */
/* A short list of who or what was seen when: an array in some row, zeroed to
 * be empty. Full, it forgets what was not seen for longest. */
#ifndef GUARD_SEEN_H
#define GUARD_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard_seen {
	uint64_t hash;
	uint64_t at_us; /* 0: free */
};

/* Notes it, in its place or that of the longest unseen. Says whether it was not
 * seen within the window before. */
bool guard_seen_note(struct guard_seen *list, size_t size, uint64_t hash, uint64_t now_us,
                     uint64_t window_us);
/* How many different ones were seen within the window; counts no further than `enough`. */
size_t guard_seen_count(const struct guard_seen *list, size_t size, uint64_t now_us,
                        uint64_t window_us, size_t enough);

#endif
