/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a JSON object, written into a buffer one by one; a comma comes by
 * itself where something stands before. Braces and brackets are the caller's:
 *
 *     buffer_char(&b, '{');
 *     object_text(&b, "name", view_of(peer->name));
 *     object_number(&b, "calls", calls);
 *     buffer_char(&b, '}');
 */
#ifndef BASE_OBJECT_H
#define BASE_OBJECT_H

#include "base/buffer.h"

/* `"name":`, for a value that the caller writes. Names are words of ours. */
void object_name(struct buffer *b, const char *name);
void object_number(struct buffer *b, const char *name, uint64_t number);
void object_truth(struct buffer *b, const char *name, bool is_true);
/* Printable ASCII but quotes and backslashes; every other byte is shown as '?',
 * so that no text ends the string or the line. */
void object_text(struct buffer *b, const char *name, struct view text);

#endif
