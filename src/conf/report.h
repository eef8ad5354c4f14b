/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration, for a person: each fault is one text
 * "FILE:LINE:COLUMN: what is wrong; what was expected; what to do". The first
 * MAX_CONF_FAULTS are kept, the others counted. */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include "base/buffer.h"

enum { MAX_CONF_FAULTS = 20, CONF_FAULT_SIZE = 512 };

/* Where something stands; lines and columns (in bytes) from 1. Line 0: nowhere. */
struct conf_place {
	const char *file; /* lives with the tree or the loading that gave it */
	uint32_t line, column;
};

struct conf_fault {
	uint32_t line, column;
	char text[CONF_FAULT_SIZE]; /* NUL-terminated; control bytes of the file shown as ? */
};

struct conf_report {
	struct conf_fault faults[MAX_CONF_FAULTS];
	uint32_t kept, count; /* count: those beyond MAX_CONF_FAULTS too */
};

/* Adds a fault; text is what follows the place. */
void conf_report_add(struct conf_report *r, struct conf_place place, struct view text);

/* Letters by which `word` misses what may be meant; SIZE_MAX where they are too
 * many (more than a third of it, or 3). */
size_t conf_distance(struct view word, struct view meant);
/* The nearest of the candidates, or NULL where none is near. */
const char *conf_nearest(struct view word, const char *const *candidates, size_t count);

#endif
