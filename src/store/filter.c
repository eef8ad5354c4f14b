/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a filter: which fields a kind has, and what their values mean. */
#include "store/filter.h"
#include "base/cursor.h"
#include <string.h>

enum field_type {
	FIELD_TEXT,
	FIELD_LISTED,
	FIELD_HOST,
	FIELD_LISTED_HOST,
	FIELD_NET,
	FIELD_NUMBER,
	FIELD_CHOICE,
	FIELD_BIT,
	FIELD_SINCE,
	FIELD_UNTIL
};

struct field {
	enum record_kind kind;
	const char *word;
	enum field_type type;
	const char *columns[MAX_FILTER_COLUMNS];
	const char *const *choices; /* FIELD_CHOICE: their place is the number, or the bit */
};

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const outcomes[] = { "unknown", "succeeded", "failed", NULL };
static const char *const phases[] = { "scan", "enumerate", "guess", "register", "dial", NULL };
static const char *const ends[] = { "unknown", "caller", "callee", "ringfence", NULL };
static const char *const block_kinds[] = { "source", "never", NULL };
static const char *const origins[] = { "judge", "admin", "configuration", "feed", NULL };

static const struct field fields[] = {
	{ RECORD_CALL, "source", FIELD_HOST, { "caller_remote", "callee_remote" }, NULL },
	{ RECORD_CALL, "from", FIELD_TEXT, { "from_identity" }, NULL },
	{ RECORD_CALL, "to", FIELD_TEXT, { "to_identity" }, NULL },
	{ RECORD_CALL, "number", FIELD_TEXT, { "number" }, NULL },
	{ RECORD_CALL, "peer", FIELD_TEXT, { "caller_peer", "callee_peer" }, NULL },
	{ RECORD_CALL, "call-id", FIELD_TEXT, { "caller_call_id", "callee_call_id" }, NULL },
	{ RECORD_CALL, "cause", FIELD_TEXT, { "cause" }, NULL },
	{ RECORD_CALL, "status", FIELD_NUMBER, { "status" }, NULL },
	{ RECORD_CALL, "ended-by", FIELD_CHOICE, { "ended_by" }, ends },
	{ RECORD_CALL, "emergency", FIELD_CHOICE, { "is_emergency" }, no_yes },
	{ RECORD_CALL, "since", FIELD_SINCE, { "started_wall_us" }, NULL },
	{ RECORD_CALL, "until", FIELD_UNTIL, { "started_wall_us" }, NULL },
	{ RECORD_INCIDENT, "source", FIELD_LISTED_HOST, { "source", "source_list" }, NULL },
	{ RECORD_INCIDENT, "target", FIELD_LISTED_HOST, { "target_list" }, NULL },
	{ RECORD_INCIDENT, "user", FIELD_LISTED, { "user_list" }, NULL },
	{ RECORD_INCIDENT, "number", FIELD_LISTED, { "number_list" }, NULL },
	{ RECORD_INCIDENT, "about", FIELD_LISTED, { "user_list", "number_list", "account" }, NULL },
	{ RECORD_INCIDENT, "phase", FIELD_BIT, { "phases" }, phases },
	{ RECORD_INCIDENT, "part-of", FIELD_NUMBER, { "part_of" }, NULL },
	{ RECORD_INCIDENT, "account", FIELD_TEXT, { "account" }, NULL },
	{ RECORD_INCIDENT, "detector", FIELD_TEXT, { "detector" }, NULL },
	{ RECORD_INCIDENT, "rule", FIELD_TEXT, { "rule" }, NULL },
	{ RECORD_INCIDENT, "outcome", FIELD_CHOICE, { "outcome" }, outcomes },
	{ RECORD_INCIDENT, "proven", FIELD_CHOICE, { "is_proven" }, no_yes },
	{ RECORD_INCIDENT, "blocked", FIELD_CHOICE, { "is_blocked" }, no_yes },
	{ RECORD_INCIDENT, "since", FIELD_SINCE, { "last_wall_us" }, NULL },
	{ RECORD_INCIDENT, "until", FIELD_UNTIL, { "first_wall_us" }, NULL },
	{ RECORD_SAMPLE, "source", FIELD_HOST, { "flow_remote" }, NULL },
	{ RECORD_SAMPLE, "since", FIELD_SINCE, { "wall_us" }, NULL },
	{ RECORD_SAMPLE, "until", FIELD_UNTIL, { "wall_us" }, NULL },
	{ RECORD_BLOCK, "source", FIELD_NET, { "net" }, NULL },
	{ RECORD_BLOCK, "kind", FIELD_CHOICE, { "kind" }, block_kinds },
	{ RECORD_BLOCK, "origin", FIELD_CHOICE, { "origin" }, origins },
	{ RECORD_BLOCK, "observed", FIELD_CHOICE, { "is_observed" }, no_yes },
	{ RECORD_BLOCK, "removed", FIELD_CHOICE, { "is_removed" }, no_yes },
	{ RECORD_BLOCK, "rule", FIELD_TEXT, { "rule" }, NULL },
	{ RECORD_BLOCK, "actor", FIELD_TEXT, { "actor" }, NULL },
	{ RECORD_BLOCK, "since", FIELD_SINCE, { "from_wall_us" }, NULL },
	{ RECORD_BLOCK, "until", FIELD_UNTIL, { "from_wall_us" }, NULL },
	{ RECORD_AUDIT, "actor", FIELD_TEXT, { "actor" }, NULL },
	{ RECORD_AUDIT, "role", FIELD_TEXT, { "role" }, NULL },
	{ RECORD_AUDIT, "verb", FIELD_TEXT, { "verb" }, NULL },
	{ RECORD_AUDIT, "object", FIELD_TEXT, { "object" }, NULL },
	{ RECORD_AUDIT, "result", FIELD_TEXT, { "result" }, NULL },
	{ RECORD_AUDIT, "since", FIELD_SINCE, { "wall_us" }, NULL },
	{ RECORD_AUDIT, "until", FIELD_UNTIL, { "wall_us" }, NULL },
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static void complain(struct buffer *why, struct view word, const char *text)
{
	buffer_text(why, "filter: '");
	buffer_put(why, word);
	buffer_text(why, "' ");
	buffer_text(why, text);
}

static const struct field *find_field(enum record_kind kind, struct view word)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (fields[i].kind == kind && view_equal(word, view_of(fields[i].word)))
			return &fields[i];
	return NULL;
}

static void list_fields(struct buffer *why, enum record_kind kind)
{
	const char *before = " ";

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].kind != kind)
			continue;
		buffer_text(why, before);
		buffer_text(why, fields[i].word);
		before = ", ";
	}
}

static enum err read_choice(struct view value, const struct field *f, struct buffer *why,
                            int64_t *ret)
{
	for (size_t i = 0; f->choices[i]; i++)
		if (view_equal(value, view_of(f->choices[i]))) {
			*ret = (int64_t)i;
			return ERR_NONE;
		}
	complain(why, value, "is none of");
	for (size_t i = 0; f->choices[i]; i++) {
		buffer_text(why, i ? ", " : " ");
		buffer_text(why, f->choices[i]);
	}
	return ERR_SYNTAX;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, by counting from
 * 0000-03-01 in eras of 400 years, so that the leap day ends a year. */
static int64_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t y = month <= 2 ? year - 1 : year;
	uint32_t era = y / 400, of_era = y % 400;
	uint32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static uint32_t fixed_digits(struct cursor *in, size_t len, uint32_t least, uint32_t most)
{
	uint64_t number = 0;

	if (!view_decimal(cursor_take(in, len), most, &number) || number < least)
		cursor_fail(in, ERR_SYNTAX);
	return (uint32_t)number;
}

/* 2026-01-31 or 2026-01-31T08:00:00Z; always UTC. */
static enum err read_date(struct view text, int64_t *ret_wall_us)
{
	struct cursor in = cursor_on(text);
	uint32_t year, month, day, seconds = 0;

	year = fixed_digits(&in, 4, 1970, 9999);
	cursor_expect(&in, '-');
	month = fixed_digits(&in, 2, 1, 12);
	cursor_expect(&in, '-');
	day = fixed_digits(&in, 2, 1, 31);
	if (!cursor_is_at_end(&in)) {
		cursor_expect(&in, 'T');
		seconds = fixed_digits(&in, 2, 0, 23) * 3600;
		cursor_expect(&in, ':');
		seconds += fixed_digits(&in, 2, 0, 59) * 60;
		cursor_expect(&in, ':');
		seconds += fixed_digits(&in, 2, 0, 60);
		cursor_expect(&in, 'Z');
	}
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret_wall_us = (days_of(year, month, day) * 86400 + seconds) * 1000000;
	return in.err;
}

/* 30s 15m 12h 7d 2w */
static enum err read_length(struct view text, int64_t *ret_us)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 },
	};
	struct cursor in = cursor_on(text);
	uint32_t number = cursor_decimal(&in, 100000);
	uint8_t unit = cursor_byte(&in);

	cursor_end(&in);
	if (in.err != ERR_NONE)
		return in.err;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (unit == (uint8_t)units[i].unit) {
			*ret_us = number * units[i].seconds * 1000000;
			return ERR_NONE;
		}
	return ERR_SYNTAX;
}

static enum err read_time(struct view value, int64_t now_wall_us, struct buffer *why, int64_t *ret)
{
	int64_t length;

	if (read_date(value, ret) == ERR_NONE)
		return ERR_NONE;
	if (read_length(value, &length) == ERR_NONE) {
		*ret = now_wall_us - length;
		return ERR_NONE;
	}
	complain(why, value, "is no time: 30m, 12h, 7d, 2026-01-31 or 2026-01-31T08:00:00Z");
	return ERR_SYNTAX;
}

/* Addresses are kept in one way of writing them, so they are compared in it. */
static enum err read_address(struct view value, const struct field *f, struct buffer *why,
                             struct filter_word *w)
{
	struct buffer b = buffer_on(w->text, sizeof(w->text) - 1);
	struct addr host;
	struct addr_net net;

	if (f->type != FIELD_NET && addr_parse(value, &host) == ERR_NONE)
		addr_write(&b, &host);
	else if (f->type == FIELD_NET && addr_net_parse(value, &net) == ERR_NONE)
		addr_net_write(&b, &net);
	else {
		complain(why, value, "is no address");
		return ERR_SYNTAX;
	}
	w->text[b.len] = 0;
	w->match = f->type == FIELD_LISTED_HOST ? MATCH_LISTED : MATCH_TEXT;
	return b.err;
}

static enum err read_text(struct view value, struct buffer *why, struct filter_word *w)
{
	bool is_prefix = value.len > 0 && value.at[value.len - 1] == '*';

	w->match = is_prefix ? MATCH_PREFIX : MATCH_TEXT;
	if (VIEW_COPY(view_first(value, value.len - (is_prefix ? 1 : 0)), w->text))
		return ERR_NONE;
	complain(why, view_first(value, 20), "... is too long");
	return ERR_LIMIT;
}

static enum err read_value(struct view value, const struct field *f, int64_t now_wall_us,
                           struct buffer *why, struct filter_word *w)
{
	uint64_t number;
	enum err err;

	switch (f->type) {
	case FIELD_TEXT:
		return read_text(value, why, w);
	case FIELD_LISTED:
		err = read_text(value, why, w);
		if (w->match == MATCH_TEXT)
			w->match = MATCH_LISTED;
		return err;
	case FIELD_HOST:
	case FIELD_LISTED_HOST:
	case FIELD_NET:
		if (value.len > 0 && value.at[value.len - 1] == '*')
			return read_text(value, why, w);
		return read_address(value, f, why, w);
	case FIELD_CHOICE:
		w->match = MATCH_NUMBER;
		return read_choice(value, f, why, &w->number);
	case FIELD_BIT:
		w->match = MATCH_BIT;
		err = read_choice(value, f, why, &w->number);
		w->number = INT64_C(1) << w->number;
		return err;
	case FIELD_SINCE:
	case FIELD_UNTIL:
		w->match = f->type == FIELD_SINCE ? MATCH_FROM : MATCH_BELOW;
		return read_time(value, now_wall_us, why, &w->number);
	case FIELD_NUMBER:
		break;
	}
	w->match = MATCH_NUMBER;
	if (!view_decimal(value, INT64_MAX, &number)) {
		complain(why, value, "is no number");
		return ERR_SYNTAX;
	}
	w->number = (int64_t)number;
	return ERR_NONE;
}

/* field=value or field="value with blanks" */
static enum err read_word(struct cursor *in, enum record_kind kind, int64_t now_wall_us,
                          struct buffer *why, struct filter_word *ret)
{
	struct view word = cursor_until(in, '='), value;
	const struct field *f = find_field(kind, word);

	if (!f) {
		complain(why, view_first(word, 40), "is no field here; there are");
		list_fields(why, kind);
		return ERR_UNSUPPORTED;
	}
	cursor_expect(in, '=');
	value = cursor_peek(in) == '"' ? cursor_quoted(in) : cursor_until(in, ' ');
	if (in->err != ERR_NONE || view_is_empty(value)) {
		complain(why, word, "needs a value: field=value");
		return ERR_SYNTAX;
	}
	memcpy(ret->columns, f->columns, sizeof(ret->columns));
	return read_value(value, f, now_wall_us, why, ret);
}

enum err filter_parse(struct view text, enum record_kind kind, int64_t now_wall_us,
                      struct buffer *why, struct filter *ret)
{
	struct cursor in = cursor_on(text);
	struct filter filter = { 0 };
	enum err err;

	for (cursor_blanks(&in); !cursor_is_at_end(&in); cursor_blanks(&in)) {
		if (filter.count == MAX_FILTER_WORDS) {
			buffer_text(why, "filter: too many words");
			return ERR_LIMIT;
		}
		err = read_word(&in, kind, now_wall_us, why, &filter.words[filter.count]);
		if (err != ERR_NONE)
			return err;
		filter.count++;
	}
	*ret = filter;
	return ERR_NONE;
}
