/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and objects in the format that was asked for. On a terminal a table
 * with local times, fitted to its width; elsewhere the same aligned text without colour and with
 * times in UTC, or JSON, JSON lines, CSV. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/buffer.h"
#include "cli/client.h"
#include "cli/command.h"
#include <stdio.h>

enum cli_column_kind {
	CLI_TEXT, /* may be cut where a terminal is too narrow */
	CLI_NAME, /* text of which a part is of no use: an address, a call's number */
	CLI_TIME,
	CLI_NUMBER,
};

/* A column: its title in tables, and the member, with dots for members of
 * members, which is also its name in CSV. */
struct cli_column {
	const char *title, *member;
	enum cli_column_kind kind;
	uint8_t leaves; /* on a narrow terminal the highest is left out first; 0: never */
};

enum { MAX_CLI_COLUMNS = 12 };

struct cli_table {
	size_t count;
	struct cli_column columns[MAX_CLI_COLUMNS];
	const char *empty; /* said on standard error where there is no row */
};

/* Writes an array of objects. */
void cli_write_list(const struct cli *c, FILE *out, const struct cli_table *t, const json_t *items);
/* The same as a table, whatever the format; fitted to c->columns. */
void cli_write_table(const struct cli *c, FILE *out, const struct cli_table *t,
                     const json_t *items);
/* Writes one object: names and values line by line, lists of objects below. */
void cli_write_object(const struct cli *c, FILE *out, const json_t *object);
/* The lines alone, indented. */
void cli_print_object(const struct cli *c, FILE *out, const json_t *object, int depth);

/* "caller.address" of an object as text, into the buffer. */
void cli_write_member(const struct cli *c, struct buffer *b, const json_t *object,
                      const struct cli_column *column);

/* The same, written. */
void cli_print_member(const struct cli *c, FILE *out, const json_t *object, const char *member,
                      enum cli_column_kind kind);

/* Reads pages of a list until there are `limit` rows (0: all), and writes them.
 * Takes the options --limit and --all from args; what is left is the filter. */
struct cli_args;
enum cli_exit cli_show_list(const struct cli *c, struct cli_target target, struct cli_args *args,
                            const struct cli_table *t);

/* GET, and the object that comes back. */
enum cli_exit cli_show(struct cli *c, const struct cli_target *target);
/* `NOUN show NAME`: GET path/NAME, and the object that comes back. */
enum cli_exit cli_show_one(struct cli *c, const char *path, int argc, char **argv);
/* Sends a change with --reason and writes what comes back; the body is taken over, may be NULL. */
enum cli_exit cli_change(struct cli *c, const char *method, const struct cli_target *target,
                         json_t *body);
/* An incident as a story, for a person. */
void cli_print_incident(const struct cli *c, FILE *out, const json_t *incident);
/* A score step by step, for a person. */
void cli_print_score(const struct cli *c, const json_t *block);

#endif
