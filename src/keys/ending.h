/* SPDX-License-Identifier: Apache-2.0 */
/* When certificates end, and what is to be told: 30, 14 and 3 days ahead, and when it is over. */
#ifndef KEYS_ENDING_H
#define KEYS_ENDING_H

#include "keys/bundle.h"

/* 0: it has ended; 3, 14, 30: that many days are left at most; -1: more. */
int keys_ending_mark(int64_t ends_s, int64_t now_s);

/* The first end of all that stands in a file: of certificates, of a list of revocations (when the
 * next one is due), or of a staple. False: there is none that can be read. */
bool keys_ending_of(enum keys_kind kind, struct view pem, int64_t *ret_s);

/* Whether all that stands in a file of certificates or of lists (PEM) can be read, as the service
 * reads it: 0, or the number of the first that is broken; 1 also where there is none. */
size_t keys_ending_broken(enum keys_kind kind, struct view pem);

/* What was said of which file. */
enum { MAX_KEYS_ENDINGS = 128 };
struct keys_ending {
	uint8_t kind; /* enum keys_kind */
	char name[KEYS_NAME_SIZE];
	int64_t ends_s;
	int mark; /* that was told last */
};
struct keys_endings {
	uint32_t count;
	struct keys_ending rows[MAX_KEYS_ENDINGS];
};

/* Of the chains, authorities, lists and staples of a bundle; what was told of a file that has the
 * same end is not told again. Staples live for days: of those is told only that they have ended.
 * Beyond MAX_KEYS_ENDINGS files are left out. */
void keys_endings_read(struct keys_endings *e, const struct keys_bundle *b);
/* The next one that has to be told now, once for each mark; NULL: none. */
const struct keys_ending *keys_endings_next(struct keys_endings *e, int64_t now_s);

#endif
