/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is read in parts. */
#ifndef FUZZ_PART_H
#define FUZZ_PART_H

#include "capture/file.h"

struct part {
	struct view rest;
	size_t zeros; /* that stand behind it */
	size_t most;  /* bytes of one read */
	bool is_broken;
};

/* The context is a struct part. */
size_t part_read(void *context, void *buffer, size_t size);
/* Whether both ended alike, at the same place. */
bool part_same_end(const struct capture_file *f, const struct capture_file *g);

#endif
