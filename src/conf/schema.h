/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables: how a module says what may be configured. One table yields
 * the parser, the range check, the defaults, `config explain` and the manual.
 * The module declares plain structs (no pointers, so that a block travels to
 * its process as bytes) and, in src/MODULE/options.c, one row per option:
 *
 *     struct guard_guessing {                 in guard/options.h
 *             uint8_t mode;                   enum guard_mode
 *             uint32_t free_guesses;
 *             uint32_t window_s;
 *             struct addr_net trusted[8];
 *             uint8_t trusted_count;
 *     };
 *     extern const struct conf_block guard_guessing_block;
 *
 *     static const char *const modes[] = { "off", "observe", "block", NULL };
 *     static const struct conf_option guessing_options[] = {
 *             { CONF_BARE, CONF_CHOICE, CONF_AT(struct guard_guessing, mode), .choices = modes,
 *               .fallback = "observe", .help = "what a verdict of this detector leads to" },
 *             { "free", CONF_COUNT, CONF_AT(struct guard_guessing, free_guesses),
 *               .min = 1, .max = 1000, .unit = "wrong passwords per account",
 *               .fallback = "4", .help = "guesses without score" },
 *             { "in", CONF_SECONDS, CONF_AT(struct guard_guessing, window_s),
 *               .min = 10, .max = 86400, .fallback = "10m", .help = "window of the count" },
 *             { "trust", CONF_NETWORKS, CONF_LIST(struct guard_guessing, trusted, trusted_count),
 *               .help = "networks that are never counted" },
 *     };
 *     const struct conf_block guard_guessing_block = {
 *             .word = "detector guessing", .help = "finds those who try passwords",
 *             CONF_ROWS(struct guard_guessing, guessing_options),
 *     };
 *
 * which makes this sayable, in any order and on any number of lines:
 *
 *     detector guessing { block  free 4 wrong passwords per account in 10m  trust 192.0.2.0/24 }
 *
 * The language: a block is its word, its label if it has one, and statements
 * between braces; a block that fits on one line may leave the braces out
 * (`mode observe` is `mode { observe }`). A statement is an option's word and
 * its values; it ends where the next option's word, a line's end or `}` stands.
 * A comma repeats the first word of the statement before it: `at-most 200
 * calls at once, 20 new calls per second`, `keep calls 90d, incidents 400d`.
 * Words of options and blocks may be several words ("at score", "keep calls").
 * Texts with blanks stand in "quotes". `include FILE` stands between blocks. */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "base/addr.h"

/* What an option takes, and the field that takes it. Numbers go into an
 * unsigned field of 1, 2, 4 or 8 bytes; .max must fit into it. */
enum conf_type {
	CONF_SWITCH,       /* no value: the word alone sets 1 */
	CONF_YES_NO,       /* yes, no, on, off -> 1, 0 */
	CONF_COUNT,        /* 200, then .unit's words if it has one; .min to .max */
	CONF_SECONDS,      /* 30s 10m 1h 7d 2w; .min and .max in seconds */
	CONF_MILLISECONDS, /* 250ms 30s 10m; .min and .max in milliseconds */
	CONF_RATE,         /* 30 in 2s, 5 per second -> two uint32_t: count, window in ms */
	CONF_THOUSANDTHS,  /* 6, 2.5 -> 6000, 2500; .min and .max in thousandths */
	CONF_SIZE,         /* 512 B, 64 kB, 10 GB, 4 KiB, 2 GiB; .min and .max in bytes */
	CONF_CHOICE,       /* one of .choices -> its place in the list */
	CONF_FLAGS,        /* one or more of .choices -> 1 << place, or-ed */
	CONF_TEXT,         /* a word or "text" -> char array with NUL; .min: least length */
	CONF_PATH,         /* TEXT; relative to the folder of the file that says it */
	CONF_SECRET,       /* file:PATH or env:NAME -> char array with what is read there */
	CONF_NAME,         /* label of a .refers_to block -> its row, CONF_NO_ROW; uint16_t */
	CONF_RANGE,        /* 20000-29999, or one number -> array of two; .min to .max each */
	CONF_ADDRESS,      /* 192.0.2.1, 2001:db8::1 -> struct addr, port 0 */
	CONF_ENDPOINT,     /* ADDRESS:PORT, sip:ADDRESS[:PORT] -> struct addr; see .port and
	                    * CONF_OR_NAME */
	CONF_NETWORK,      /* 192.0.2.0/24 or an address -> struct addr_net */
	/* Lists: one or more values on the line, further statements append.
	 * Field: an array, and a counter of 1, 2 or 4 bytes. */
	CONF_TEXTS,          /* -> char [n][size] */
	CONF_ADDRESSES,      /* -> struct addr [n] */
	CONF_ENDPOINTS,      /* -> struct addr [n] */
	CONF_NETWORKS,       /* -> struct addr_net [n] */
	CONF_NOTED_NETWORKS, /* 192.0.2.0/24 "office" -> struct { addr_net; char note[]; } [n] */
	CONF_RANGES,         /* -> unsigned number [n][2] */
};

enum { CONF_NO_ROW = 0xffff };

enum conf_flag {
	CONF_REQUIRED = 1,   /* must be written; has no .fallback */
	CONF_SHARES = 2,     /* `udp tcp 5060`: shares the value of the next word of its type */
	CONF_PORT_ALONE = 4, /* an ENDPOINT may be a port alone: family 0 */
	/* Of one NAME: what is not written in this row is taken from the row that it names, whose
	 * block has the same struct. It may give what is required here. */
	CONF_INHERITS = 8,
};

/* Word of the one option (CHOICE, FLAGS or a list) whose values stand without a word. */
#define CONF_BARE ""

struct conf_option {
	const char *word;
	enum conf_type type;
	uint32_t offset, size;             /* of the field: CONF_AT */
	uint32_t count_offset, count_size; /* of a list's counter: CONF_LIST */
	uint32_t item_size;                /* of a list's item */
	uint32_t name_offset, name_size;   /* char array for a name: CONF_OR_NAME */
	uint32_t sips_offset, sips_size;   /* one byte: CONF_OR_SIPS */
	unsigned flags;                    /* enum conf_flag */
	uint64_t min, max;
	uint16_t port;              /* of an ENDPOINT written without one; 0: must be written */
	const char *unit;           /* COUNT: words after the number; may part two options */
	const char *const *choices; /* ends with NULL; at most 32 for FLAGS */
	const char *refers_to;      /* NAME: the word of a labelled block */
	const char *fallback;       /* meant where nothing is written; NULL: zero bytes */
	const char *help;           /* one sentence, lower case, no full stop; says the unit */
};

#define CONF_AT(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define CONF_LIST(type, member, counter)                                                           \
	CONF_AT(type, member), .item_size = sizeof(((type *)0)->member[0]),                        \
			       .count_offset = offsetof(type, counter),                            \
			       .count_size = sizeof(((type *)0)->counter)

/* An ENDPOINT that may be a host name instead: the name goes there and family 0 with the port,
 * or 0 where none is written, into the address. */
#define CONF_OR_NAME(type, member)                                                                 \
	.name_offset = offsetof(type, member), .name_size = sizeof(((type *)0)->member)

/* An ENDPOINT that may be written sips:, which sets that byte and means port 5061. */
#define CONF_OR_SIPS(type, member)                                                                 \
	.sips_offset = offsetof(type, member), .sips_size = sizeof(((type *)0)->member)

struct conf_check;

/* Fields that the block's struct has beyond its options stay 0. */
struct conf_block {
	const char *word;
	const char *label;                 /* what it names ("name of the side"); NULL: none */
	uint32_t label_offset, label_size; /* char array for the label: CONF_LABEL */
	const struct conf_option *options;
	uint32_t option_count;
	uint32_t row_size; /* of the struct: CONF_ROWS sets these three */
	/* 0: stands once at most and always has a row, of fallbacks if need be. */
	uint32_t max_rows;
	const char *within;     /* word of the block in which it stands; NULL: outermost */
	uint32_t parent_offset; /* uint16_t field for the row of that block */
	/* Its rows only give to rows that name them (CONF_INHERITS): nothing is required in them,
	 * and the options are explained there. One within such a block gives in the same way to the
	 * block of its word, with the same struct, within who takes. */
	bool is_pattern;
	/* Called once per row when everything is read. Finds contradictions that no
	 * range can; reports them by conf_object. NULL: none. */
	void (*check)(struct conf_check *c, const void *row);
	const char *help; /* one sentence for the manual */
};

#define CONF_ROWS(type, rows)                                                                      \
	.row_size = sizeof(type), .options = (rows),                                               \
	.option_count = sizeof(rows) / sizeof((rows)[0])
/* Labels are unique per block word; letters, digits, - _ and . */
#define CONF_LABEL(what, type, member)                                                             \
	.label = (what), .label_offset = offsetof(type, member),                                   \
	.label_size = sizeof(((type *)0)->member)

/* All blocks of a program. A NAME may refer to any block in it. */
struct conf_schema {
	const struct conf_block *const *blocks;
	size_t count;
};

enum {
	MAX_CONF_BLOCKS = 64,  /* of a schema */
	MAX_CONF_OPTIONS = 48, /* of a block */
	MAX_CONF_LABEL = 31,   /* bytes */
};

/* Finds mistakes in tables: fields too small, defaults out of range, words
 * doubled, more options or blocks than allowed. To be called in a unit test
 * for every schema. Returns NULL, or what is wrong (static storage). */
const char *conf_schema_mistake(const struct conf_schema *s);

/* For check functions: reports the row as contradictory. `option` and `other`
 * are words of the row's options (as in the table, "at-most calls at once"
 * where a unit tells two apart); other may be NULL. Both lines are named.
 * problem: "srtp is required, but signalling is udp"; remedy: "write signalling tls". */
void conf_object(struct conf_check *c, const char *option, const char *other, const char *problem,
                 const char *remedy);
/* Whether the option was written in this row (else it holds its fallback). */
bool conf_is_written(const struct conf_check *c, const char *option);

#endif
