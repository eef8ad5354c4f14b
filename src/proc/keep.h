/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives a parent: the descriptors of its holdings, each by a name and an index,
 * and one sealed memory that says what they are. They go to a successor over a channel
 * (proc/upgrade.h) or rest with the service manager (proc/shelf.h), and who takes them
 * up checks first that it means the same by them. */
#ifndef PROC_KEEP_H
#define PROC_KEEP_H

#include "proc/parent_priv.h"

enum { MAX_KEEP_NAME = 32, KEEP_WORDS_MAX = 256 };

/* Changes with the meaning of anything that is kept; sizes are looked at besides. */
enum { KEEP_VERSION = 1 };

/* The sealed memory: this, then the configuration's text that is in force. */
struct keep_state {
	char magic[16];
	uint32_t version; /* KEEP_VERSION */
	uint32_t size;    /* of this struct */
	uint64_t layout;  /* keep_layout() */
	char program[32]; /* the version of whom it comes from, for words */
	uint32_t roles, pair_count, upgrades, tries; /* see proc/shelf.h */
	uint64_t started_us, drain_due_us;
	int64_t started_wall_us;
	struct child_facts facts; /* with the keys */
	uint64_t text_len;
};

/* Descriptors of one name, in a row. */
struct keep_part {
	const char *name;
	uint32_t index; /* of the first */
	uint32_t count;
	int descriptors[CHANNEL_DESCRIPTORS_MAX];
};

struct keep_cursor {
	uint32_t row, index;
};

/* All descriptors: none. */
void keep_init(struct holdings *h);
/* The next ones that there are, at most `most`; false after the last. What `is_shelved` leaves out
 * can be opened again at once: the media ports, and the API's socket, whose folder the manager
 * may have removed. */
bool keep_next(const struct holdings *h, bool is_shelved, struct keep_cursor *c,
               struct keep_part *ret);
/* Into its place. ERR_NOT_FOUND (no such name), ERR_LIMIT (no such index), ERR_NO_MEMORY:
 * the descriptor is the caller's still. */
enum err keep_put(struct holdings *h, struct view name, uint32_t index, int fd) MUST_USE;
/* Closes all that was put. */
void keep_drop(struct holdings *h);

/* ERR_NO_MEMORY, ERR_IO. */
enum err keep_state_seal(const struct parent *p, int *ret_fd) MUST_USE;
/* Reads it, and takes from it what a parent is: facts, text, roles, times. Words are for a
 * person. ERR_UNSUPPORTED (of another version, or another meaning), ERR_SHORT, ERR_NO_MEMORY. */
enum err keep_state_take(struct parent *p, int fd, struct buffer *words) MUST_USE;
uint64_t keep_layout(void);

#endif
