/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of strangers on a terminal and in a spreadsheet. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "base/buffer.h"

/* As a person may see it: control bytes, what turns writing around, what cannot
 * be seen and what is not UTF-8 are written as \xNN or \u{NNNN}. */
void cli_text_write(struct buffer *b, struct view text);
/* Length in bytes of the character that the text begins with; 0 where that is no UTF-8.
 * The text is not empty. */
size_t cli_text_character(struct view text);
/* Columns that it takes on a terminal: its characters. */
size_t cli_text_width(struct view written);
/* A cell of RFC 4180, in quotes where needed; a text that a spreadsheet would
 * take for a formula gets a ' before it. */
void cli_text_write_csv(struct buffer *b, struct view text);

/* "2026-11-21T19:00:00.000Z" as local time, "2026-11-21 20:00:00"; the text
 * itself where it is no such time. */
void cli_text_write_time(struct buffer *b, struct view rfc3339);

#endif
