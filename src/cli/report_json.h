/* SPDX-License-Identifier: Apache-2.0 */
/* JSON written straight into a buffer. Commas come by themselves: one is put
 * before whatever follows a value. A name of NULL writes an array's item. */
#ifndef CLI_REPORT_JSON_H
#define CLI_REPORT_JSON_H

#include "base/addr.h"

void cli_json_open(struct buffer *b, const char *name, char bracket); /* { or [ */
void cli_json_close(struct buffer *b, char bracket);
/* Any bytes; what is not UTF-8 becomes U+FFFD. */
void cli_json_text(struct buffer *b, const char *name, struct view text);
void cli_json_number(struct buffer *b, const char *name, uint64_t number);
/* 12500 is written 12.5. */
void cli_json_thousandths(struct buffer *b, const char *name, uint64_t milli);
void cli_json_yes(struct buffer *b, const char *name, bool is_so);
/* RFC 3339 in UTC; null for 0 and less. */
void cli_json_time(struct buffer *b, const char *name, int64_t wall_us);
/* Without its port; null for no address. */
void cli_json_host(struct buffer *b, const char *name, const struct addr *a);
void cli_json_socket(struct buffer *b, const char *name, const struct addr *a); /* with it */

/* A char array with a NUL. */
#define CLI_JSON_TEXT(b, name, array)                                                              \
	cli_json_text((b), (name), view_bytes((array), strnlen((array), sizeof(array))))

#endif
