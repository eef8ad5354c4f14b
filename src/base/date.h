/* SPDX-License-Identifier: Apache-2.0 */
/* A time as machines write it. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/buffer.h"

enum {
	DATE_TEXT_LEN = 24, /* "2026-11-21T19:00:00.000Z" */
	DATE_TEXT_MAX = 32, /* and room */
};

/* RFC 3339 in UTC with milliseconds. Nothing before 1970: those are written as 1970. */
void date_write(struct buffer *b, int64_t wall_us);

/* The day that was written last, for who writes many times of few days. Zeroed: none. */
struct date_day {
	uint64_t number; /* days since 1970 and one */
	char text[11];   /* "2026-11-21T" */
};

/* The same at `at`, where there is room for DATE_TEXT_LEN bytes; behind its end. */
char *date_put(char *at, int64_t wall_us, struct date_day *last);

#endif
