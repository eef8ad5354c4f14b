/* SPDX-License-Identifier: Apache-2.0 */
/* 1,024 different SIP messages and a loop that measures a parser on them. One
 * message over and over would be learnt by the branch predictors; this many,
 * in an order that they cannot learn, show what a server sees. */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include <stddef.h>

enum { MIX_MESSAGES = 1024 };

struct mix {
	char *texts[MIX_MESSAGES]; /* NUL-terminated behind their end, for parsers that want it */
	size_t lens[MIX_MESSAGES];
	size_t count;
};

/* Made anew, always the same; or read from a file of 16-bit little-endian
 * lengths, each with its message. Ends the program where that fails. */
void mix_load(struct mix *m, const char *path);
void mix_save(const struct mix *m, const char *path);

/* Returns 0 if the parser accepts the message. */
typedef int (*mix_parse)(const char *text, size_t len);

/* Prints "name: min med max rejected count bytes": processor nanoseconds a
 * message over nine rounds of at least 0.1 s. */
void mix_measure(const struct mix *m, const char *name, mix_parse parse);

#endif
