/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one file, or one fallback, token by token without comments. A copy
 * of a reader looks ahead. */
#ifndef CONF_READER_PRIV_H
#define CONF_READER_PRIV_H

#include "conf/grammar.h"
#include "conf/report.h"
#include "conf/schema.h"

struct conf_reader {
	struct conf_lexer lexer;
	struct conf_token token; /* the next one */
	const char *path;        /* of the file; NULL for a fallback of a table */
	uint16_t file;           /* its number in the tree */
	struct conf_report *report;
};

struct conf_reader conf_reader_on(struct view text, const char *path, struct conf_report *report);
/* Returns the next token and goes on to the one after it. */
struct conf_token conf_reader_take(struct conf_reader *r);
/* Goes on over the words of the phrase if they stand next; says how many there are, or 0. */
size_t conf_reader_skip_phrase(struct conf_reader *r, const char *phrase);
/* Whether a value may stand next: a word or a text. */
bool conf_reader_has_value(const struct conf_reader *r);

/* A fault at the token. */
void conf_fault(const struct conf_reader *r, const struct conf_token *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- Values: value.c --- */

/* Reads one value, or one item of a list, to `at`; consumes its tokens. The
 * errors are for conf_value_fault. NAME and SECRET are the statement's. */
enum err conf_value_read(struct conf_reader *r, const struct conf_option *o, char *at) MUST_USE;
/* Says what is wrong with the value that began at the token. `block` is named for a bare option. */
void conf_value_fault(const struct conf_reader *r, const struct conf_token *at,
                      const struct conf_block *block, const struct conf_option *o, enum err err);
bool conf_is_list(const struct conf_option *o);
/* Path of a value, seen from the folder of the file; into ret with a NUL. ERR_LIMIT. */
enum err conf_join_path(const char *file, const char *path, char *ret, size_t size) MUST_USE;
/* Position among the choices, or -1. */
int conf_choice_of(const struct conf_option *o, struct view word);
/* Number of choices. */
size_t conf_choice_count(const struct conf_option *o);

/* --- Numbers with units: number.c --- */
struct conf_unit {
	const char *text;
	uint64_t factor;
};
extern const struct conf_unit conf_durations[]; /* in ms; ends with NULL */
extern const struct conf_unit conf_sizes[];     /* in bytes */
enum err conf_scaled_read(struct conf_reader *r, const struct conf_unit *units,
                          uint64_t *ret) MUST_USE;
void conf_scaled_write(struct buffer *b, const struct conf_unit *units, uint64_t number,
                       const char *blank);

#endif
