/* SPDX-License-Identifier: Apache-2.0 */
/* A capture file in memory, read in pieces of a chosen size. */
#ifndef UNIT_CAPTURE_READING_H
#define UNIT_CAPTURE_READING_H

#include "capture/file.h"

#include <string.h>

enum { MAX_READING = 64 };

struct reading {
	struct view rest;
	size_t piece;    /* bytes a read; 0: all */
	bool is_failing; /* at the end, instead of an end */
	struct capture_packet packets[MAX_READING];
	char first[MAX_READING]; /* byte of each packet */
	size_t count;
	struct capture_skipped skipped;
	enum capture_end end;
	enum capture_format format;
	char key_log[64];
};

static inline size_t reading_read(void *context, void *buffer, size_t size)
{
	struct reading *r = context;
	size_t len = r->rest.len < size ? r->rest.len : size;

	if (r->piece && len > r->piece)
		len = r->piece;
	if (len == 0)
		return r->is_failing ? CAPTURE_READ_FAILED : 0;
	memcpy(buffer, r->rest.at, len);
	r->rest = view_after(r->rest, len);
	return len;
}

static inline void reading_key_log(void *context, struct view text)
{
	struct reading *r = context;

	VIEW_COPY(text, r->key_log);
}

/* The whole file; packets beyond MAX_READING are counted only. */
static inline enum err reading_run(struct reading *r, struct view file)
{
	struct capture_input input = { r, reading_read, reading_key_log };
	struct capture_packet p;
	struct capture_file *f = NULL;
	enum err err = capture_file_new(&input, &r->skipped, &f);

	if (err != ERR_NONE)
		return err;
	r->rest = file;
	for (r->count = 0; capture_file_next(f, &p) == ERR_NONE; r->count++) {
		if (r->count >= MAX_READING)
			continue;
		r->packets[r->count] = p;
		r->first[r->count] = p.bytes.len ? p.bytes.at[0] : '\0';
	}
	r->end = capture_file_end(f);
	r->format = capture_file_format(f);
	capture_file_free(&f);
	return ERR_NONE;
}

#endif
