/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for people, made from the option tables: `config explain`, and the
 * reference pages in Markdown and scdoc. */
#ifndef CONF_MANUAL_H
#define CONF_MANUAL_H

#include "conf/schema.h"

/* All blocks and options that the word names: a block ("peer"), an option
 * ("free"), or both ("detector guessing free", "peer at-most"); where there is none
 * the blocks that begin with it ("detector"), and else the options that take it as a
 * value ("tls-tcp"). ERR_NOT_FOUND, and then *ret_nearest is a word that may be meant,
 * or NULL. */
enum err conf_explain(const struct conf_schema *s, struct view word, struct buffer *b,
                      const char **ret_nearest) MUST_USE;

enum conf_manual_form { CONF_MARKDOWN, CONF_SCDOC };
/* The reference of all blocks. Errors stay in the buffer. */
void conf_manual_write(const struct conf_schema *s, enum conf_manual_form form, struct buffer *b);

/* "1 to 1000 wrong passwords per account", "10s to 1d", "off, observe or
 * block": what the option takes, as faults and manual say it. */
void conf_range_write(const struct conf_option *o, struct buffer *b);

#endif
