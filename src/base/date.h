/* SPDX-License-Identifier: Apache-2.0 */
/* A time as machines write it. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/buffer.h"

enum { DATE_TEXT_MAX = 32 }; /* "2026-11-21T19:00:00.000Z" and room */

/* RFC 3339 in UTC with milliseconds. Nothing before 1970: those are written as 1970. */
void date_write(struct buffer *b, int64_t wall_us);

#endif
