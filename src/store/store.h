/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded is kept: one SQLite database with one connection, which
 * writes, reads and checkpoints. WAL with full synchronisation: what
 * store_write has answered survives a power cut. The file is locked for this
 * process alone. Not for threads. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buffer.h"
#include "base/err.h"
#include "event/record.h"

struct store;

enum { MAX_STORE_BATCH = 256, MAX_STORE_RINGS = 64 };

/* Opens or makes the database, brings it to this program's version, and has
 * all of its files open when it returns, so that a sandbox may close then.
 * On failure `why` holds a sentence for a person. ERR_IO (not to be opened,
 * read or written), ERR_EXISTS (another process holds it), ERR_UNSUPPORTED
 * (not ours, or made by a later version), ERR_SYNTAX (damaged), ERR_NO_MEMORY. */
enum err store_open(const char *path, struct buffer *why, struct store **ret) MUST_USE;
/* Checkpoints and closes; accepts an empty owner. */
void store_free(struct store **s);

/* Where the sequence of a ring stands: 0 where nothing of it was kept yet. */
uint64_t store_ring_sequence(const struct store *s, uint32_t ring);

struct store_tally {
	uint32_t written;
	uint32_t repeated; /* (ring, sequence) was kept before: a batch that came twice */
	uint32_t refused;  /* failed record_is_sound: its writer is broken */
	uint32_t shed;     /* below what the pressure lets in */
};

/* Keeps up to MAX_STORE_BATCH records and where their rings then stand, in one
 * transaction: all of it is on disk at ERR_NONE, none of it otherwise. Within
 * a ring, records come in the order of their sequence. After ERR_IO the
 * connection is dead for ever (a failed fsync must not be tried again: the
 * kernel may have thrown the pages away) and the process should end. */
enum err store_write(struct store *s, const union record *records, size_t count,
                     struct store_tally *ret) MUST_USE;

/* Keeps one audit record that came by a request and not by a ring. */
enum err store_write_audit(struct store *s, const struct record_audit *r) MUST_USE;

/* False for a record that no writer of ours makes: wrong version, kind or
 * size, a text without end, a number beyond its enum or array. */
bool record_is_sound(const union record *r);

/* The sentence for the last failure; lives until the next call. */
const char *store_problem(const struct store *s);

#endif
