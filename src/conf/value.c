/* SPDX-License-Identifier: Apache-2.0 */
/* Values: from words to fields, one reader a type, and what is said where a
 * value is not one. */
#include "conf/manual.h"
#include "conf/reader_priv.h"
#include "conf/tree_priv.h"

enum { MAX_LABEL = 63, MAX_VALUE = 1024, THOUSAND = 1000 };

static enum err store_ranged(const struct conf_option *o, char *at, uint64_t number)
{
	if (number < o->min || number > o->max)
		return ERR_LIMIT;
	conf_number_store(at, o->size, number);
	return ERR_NONE;
}

static bool is_digits(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9')
			return false;
	return v.len > 0;
}

static enum err read_decimal(struct view text, uint64_t max, uint64_t *ret)
{
	if (!is_digits(text))
		return ERR_SYNTAX;
	return view_decimal(text, max, ret) ? ERR_NONE : ERR_LIMIT;
}

static enum err read_yes_no(struct conf_reader *r, const struct conf_option *o, char *at)
{
	static const char *const words[] = { "no", "yes", "off", "on" };
	struct view word = conf_reader_take(r).text;

	for (unsigned i = 0; i < 4; i++) {
		if (view_equal(word, view_of(words[i]))) {
			conf_number_store(at, o->size, i % 2);
			return ERR_NONE;
		}
	}
	return ERR_SYNTAX;
}

static enum err read_count(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t number = 0;
	enum err err = read_decimal(conf_reader_take(r).text, UINT64_MAX, &number);

	/* A table's fallback is a bare number. */
	if (err == ERR_NONE && o->unit && r->path && conf_reader_skip_phrase(r, o->unit) == 0)
		return ERR_SHORT;
	return err == ERR_NONE ? store_ranged(o, at, number) : err;
}

static enum err read_seconds(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t ms = 0;
	enum err err = conf_scaled_read(r, conf_durations, &ms);

	if (err == ERR_NONE && ms % THOUSAND != 0)
		return ERR_LIMIT;
	return err == ERR_NONE ? store_ranged(o, at, ms / THOUSAND) : err;
}

static enum err read_milliseconds(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t ms = 0;
	enum err err = conf_scaled_read(r, conf_durations, &ms);

	return err == ERR_NONE ? store_ranged(o, at, ms) : err;
}

static enum err read_size(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t bytes = 0;
	enum err err = conf_scaled_read(r, conf_sizes, &bytes);

	return err == ERR_NONE ? store_ranged(o, at, bytes) : err;
}

static enum err read_window(struct conf_reader *r, uint64_t *ret_ms)
{
	static const struct conf_unit words[] = {
		{ "second", 1000 },
		{ "minute", 60 * 1000 },
		{ "hour", 3600 * 1000 },
		{ NULL, 0 },
	};

	if (conf_reader_skip_phrase(r, "in"))
		return conf_scaled_read(r, conf_durations, ret_ms);
	if (!conf_reader_skip_phrase(r, "per"))
		return ERR_SYNTAX;
	for (const struct conf_unit *unit = words; unit->text; unit++) {
		if (conf_reader_skip_phrase(r, unit->text)) {
			*ret_ms = unit->factor;
			return ERR_NONE;
		}
	}
	return ERR_SYNTAX;
}

static enum err read_rate(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t count = 0, window_ms = 0;
	enum err err = read_decimal(conf_reader_take(r).text, UINT64_MAX, &count);

	if (err == ERR_NONE)
		err = read_window(r, &window_ms);
	if (err != ERR_NONE)
		return err;
	if (count < o->min || count > o->max || window_ms == 0 || window_ms > UINT32_MAX)
		return ERR_LIMIT;
	conf_number_store(at, 4, count);
	conf_number_store(at + 4, 4, window_ms);
	return ERR_NONE;
}

/* 6, 2.5, 0.125: at most three digits behind the point. */
static enum err read_thousandths(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct view word = conf_reader_take(r).text;
	size_t point = view_find(word, '.', 0);
	struct view fraction = view_after(word, point + 1);
	uint64_t whole = 0, parts = 0;
	enum err err = read_decimal(view_first(word, point), UINT32_MAX, &whole);

	if (err != ERR_NONE)
		return err;
	if (point < word.len && (!is_digits(fraction) || fraction.len > 3))
		return ERR_SYNTAX;
	for (size_t i = 0; i < 3; i++)
		parts = parts * 10 + (i < fraction.len ? (uint64_t)(fraction.at[i] - '0') : 0);
	return store_ranged(o, at, whole * THOUSAND + parts);
}

int conf_choice_of(const struct conf_option *o, struct view word)
{
	for (int i = 0; o->choices[i]; i++)
		if (view_equal(word, view_of(o->choices[i])))
			return i;
	return -1;
}

size_t conf_choice_count(const struct conf_option *o)
{
	size_t count = 0;

	while (o->choices[count])
		count++;
	return count;
}

static enum err read_choice(struct conf_reader *r, const struct conf_option *o, char *at)
{
	int choice = conf_choice_of(o, conf_reader_take(r).text);

	if (choice < 0)
		return ERR_NOT_FOUND;
	conf_number_store(at, o->size, (uint64_t)choice);
	return ERR_NONE;
}

static enum err read_flags(struct conf_reader *r, const struct conf_option *o, char *at)
{
	uint64_t flags = conf_number_at(at, o->size);

	do {
		int choice = conf_choice_of(o, conf_reader_take(r).text);

		if (choice < 0)
			return ERR_NOT_FOUND;
		flags |= UINT64_C(1) << choice;
	} while (r->token.kind == CONF_TOKEN_WORD && conf_choice_of(o, r->token.text) >= 0);
	conf_number_store(at, o->size, flags);
	return ERR_NONE;
}

static size_t text_size(const struct conf_option *o)
{
	return o->item_size ? o->item_size : o->size;
}

static enum err read_text(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct conf_token token = conf_reader_take(r);
	char text[MAX_VALUE];
	enum err err = conf_token_text(&token, text, sizeof(text));
	size_t len;

	if (err != ERR_NONE)
		return err;
	len = strlen(text);
	if (len < o->min || len >= text_size(o))
		return ERR_LIMIT;
	memset(at, 0, text_size(o));
	memcpy(at, text, len);
	return ERR_NONE;
}

enum err conf_join_path(const char *file, const char *path, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size);
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (path[0] != '/' && slash)
		buffer_put(&b, view_bytes(file, (size_t)(slash + 1 - file)));
	buffer_text(&b, path);
	buffer_char(&b, '\0');
	return b.err;
}

static enum err read_path(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct conf_token token = conf_reader_take(r);
	char text[MAX_VALUE], joined[MAX_VALUE];
	enum err err = conf_token_text(&token, text, sizeof(text));
	/* As a secret is written, which may stand beside it. */
	size_t skipped = err == ERR_NONE && view_starts(view_of(text), VIEW("file:")) ? 5 : 0;

	if (err == ERR_NONE)
		err = conf_join_path(r->path, text + skipped, joined, sizeof(joined));
	if (err != ERR_NONE)
		return err;
	if (text[skipped] == '\0' || strlen(joined) >= text_size(o))
		return ERR_LIMIT;
	memset(at, 0, text_size(o));
	memcpy(at, joined, strlen(joined));
	return ERR_NONE;
}

static enum err read_range(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct view word = conf_reader_take(r).text;
	size_t dash = view_find(word, '-', 0);
	uint32_t width = (o->item_size ? o->item_size : o->size) / 2;
	uint64_t from = 0, to = 0;
	enum err err = read_decimal(view_first(word, dash), UINT64_MAX, &from);

	if (err == ERR_NONE && dash < word.len)
		err = read_decimal(view_after(word, dash + 1), UINT64_MAX, &to);
	else
		to = from;
	if (err != ERR_NONE)
		return err;
	if (from < o->min || to > o->max || from > to)
		return ERR_LIMIT;
	conf_number_store(at, width, from);
	conf_number_store(at + width, width, to);
	return ERR_NONE;
}

static enum err read_address(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct addr a = { 0 };
	enum err err = addr_parse(conf_reader_take(r).text, &a);

	(void)o;
	if (err == ERR_NONE)
		memcpy(at, &a, sizeof(a));
	return err;
}

static bool is_host_name(struct view text)
{
	size_t at = 0;

	while (at <= text.len) {
		size_t dot = view_find(text, '.', at);
		struct view label = view_first(view_after(text, at), dot - at);

		for (size_t i = 0; i < label.len; i++) {
			char c = label.at[i];

			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '_' || (c == '-' && i > 0)))
				return false;
		}
		if (label.len == 0 || label.len > MAX_LABEL)
			return false;
		/* A name whose last label is a number is an address, mistyped (RFC 3696 2). */
		if (dot >= text.len && is_digits(label))
			return false;
		at = dot + 1;
	}
	return text.len > 0;
}

/* NAME or NAME:PORT. The least is two labels: a word alone is more likely a slip. */
static enum err read_host_name(const struct conf_option *o, struct view word, char *at)
{
	size_t colon = view_find(word, ':', 0);
	struct view name = view_first(word, colon);
	struct addr a = { 0 };
	uint64_t port = 0;

	if (view_find(name, '.', 0) >= name.len || !is_host_name(name))
		return ERR_SYNTAX;
	if (name.len >= o->name_size)
		return ERR_LIMIT;
	if (colon < word.len &&
	    (!view_decimal(view_after(word, colon + 1), UINT16_MAX, &port) || port == 0))
		return ERR_SYNTAX;
	a.port = (uint16_t)port;
	memcpy(at, &a, sizeof(a));
	at += o->name_offset - (ptrdiff_t)o->offset;
	memset(at, 0, o->name_size);
	memcpy(at, name.at, name.len);
	return ERR_NONE;
}

enum { SIPS_PORT = 5061 };

/* Takes the scheme off; true: it was sips. */
static bool take_scheme(const struct conf_option *o, struct view *word, char *at)
{
	bool is_sips = o->sips_size && view_starts_nocase(*word, VIEW("sips:"));

	if (o->sips_size)
		at[o->sips_offset - (ptrdiff_t)o->offset] = is_sips;
	if (is_sips)
		*word = view_after(*word, 5);
	else if (view_starts_nocase(*word, VIEW("sip:")))
		*word = view_after(*word, 4);
	return is_sips;
}

static enum err read_endpoint(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct view word = conf_reader_take(r).text;
	struct addr a = { 0 };
	bool is_sips;
	uint64_t port = 0;
	enum err err;

	if ((o->flags & CONF_PORT_ALONE) && is_digits(word)) {
		if (!view_decimal(word, UINT16_MAX, &port) || port == 0)
			return ERR_LIMIT;
		a.port = (uint16_t)port;
		memcpy(at, &a, sizeof(a));
		return ERR_NONE;
	}
	is_sips = take_scheme(o, &word, at);
	err = addr_parse_port(word, &a);
	if (err != ERR_NONE && o->port != 0) {
		err = addr_parse(word, &a);
		a.port = is_sips ? SIPS_PORT : o->port;
	}
	if (err == ERR_NONE)
		memcpy(at, &a, sizeof(a));
	return err != ERR_NONE && o->name_size ? read_host_name(o, word, at) : err;
}

static enum err read_network(struct conf_reader *r, const struct conf_option *o, char *at)
{
	struct addr_net n = { 0 };
	enum err err = addr_net_parse(conf_reader_take(r).text, &n);

	(void)o;
	if (err == ERR_NONE)
		memcpy(at, &n, sizeof(n));
	return err;
}

static enum err read_noted_network(struct conf_reader *r, const struct conf_option *o, char *at)
{
	const struct conf_option note = { .size = o->item_size -
		                                  (uint32_t)sizeof(struct addr_net) };
	enum err err = read_network(r, o, at);

	if (err != ERR_NONE || r->token.kind != CONF_TOKEN_TEXT)
		return err;
	return read_text(r, &note, at + sizeof(struct addr_net)) == ERR_NONE ? ERR_NONE : ERR_FULL;
}

static const struct {
	enum err (*read)(struct conf_reader *r, const struct conf_option *o, char *at);
	const char *noun;
} types[] = {
	[CONF_YES_NO] = { read_yes_no, "yes or no" },
	[CONF_COUNT] = { read_count, "a number" },
	[CONF_SECONDS] = { read_seconds, "a duration" },
	[CONF_MILLISECONDS] = { read_milliseconds, "a duration" },
	[CONF_RATE] = { read_rate, "a rate" },
	[CONF_THOUSANDTHS] = { read_thousandths, "a number" },
	[CONF_SIZE] = { read_size, "a size" },
	[CONF_CHOICE] = { read_choice, "a choice" },
	[CONF_FLAGS] = { read_flags, "a choice" },
	[CONF_TEXT] = { read_text, "a text" },
	[CONF_PATH] = { read_path, "a path" },
	[CONF_SECRET] = { NULL, "a reference to a secret" },
	[CONF_NAME] = { NULL, "a name" },
	[CONF_RANGE] = { read_range, "a range" },
	[CONF_ADDRESS] = { read_address, "an address" },
	[CONF_ENDPOINT] = { read_endpoint, "an address with a port" },
	[CONF_NETWORK] = { read_network, "a network" },
	[CONF_TEXTS] = { read_text, "a text" },
	[CONF_ADDRESSES] = { read_address, "an address" },
	[CONF_ENDPOINTS] = { read_endpoint, "an address with a port" },
	[CONF_NETWORKS] = { read_network, "a network" },
	[CONF_NOTED_NETWORKS] = { read_noted_network, "a network" },
	[CONF_RANGES] = { read_range, "a range" },
};

bool conf_is_list(const struct conf_option *o) { return o->type >= CONF_TEXTS; }

enum err conf_value_read(struct conf_reader *r, const struct conf_option *o, char *at)
{
	return types[o->type].read(r, o, at);
}

/* What was meant by a mistyped choice, a network with host bits, a lost unit. */
static void write_guess(struct buffer *b, const struct conf_option *o, struct view value)
{
	const struct conf_unit *units = o->type == CONF_SIZE ? conf_sizes : conf_durations;
	size_t slash = view_find(value, '/', 0);
	const char *nearest;
	struct addr a;

	if (o->choices) {
		nearest = conf_nearest(value, o->choices, conf_choice_count(o));
		buffer_text(b, nearest ? "; did you mean \"" : "");
		buffer_text(b, nearest);
		buffer_text(b, nearest ? "\"?" : "");
	} else if (o->type == CONF_SIZE || o->type == CONF_SECONDS ||
	           o->type == CONF_MILLISECONDS) {
		buffer_text(b, "; units are");
		for (; units->text; units++) {
			buffer_char(b, ' ');
			buffer_text(b, units->text);
		}
	} else if (slash < value.len && addr_parse(view_first(value, slash), &a) == ERR_NONE) {
		buffer_text(b, "; write ");
		addr_write(b, &a);
		buffer_text(b, " for the one address, or the network's first address before the /");
	}
}

static const char *complaint_of(enum err err)
{
	switch (err) {
	case ERR_LIMIT:
		return " is beyond the limits";
	case ERR_SHORT:
		return " lacks its unit";
	case ERR_DENIED:
		return " has bits set behind its prefix";
	case ERR_FULL:
		return " has a note that is too long";
	case ERR_NOT_FOUND:
		return " is not known";
	default:
		return NULL;
	}
}

static void write_complaint(struct buffer *b, const struct conf_option *o, struct view value,
                            enum err err)
{
	const char *complaint = complaint_of(err);

	/* It may be the secret itself, and faults are printed and kept. */
	if (o->type == CONF_SECRET) {
		buffer_text(b, "a secret is not written here itself");
		return;
	}
	buffer_char(b, '"');
	buffer_put(b, view_first(value, 80));
	buffer_char(b, '"');
	if (complaint) {
		buffer_text(b, complaint);
		return;
	}
	buffer_text(b, " is not ");
	buffer_text(b, types[o->type].noun);
}

void conf_value_fault(const struct conf_reader *r, const struct conf_token *at,
                      const struct conf_block *block, const struct conf_option *o, enum err err)
{
	bool is_missing = at->kind != CONF_TOKEN_WORD && at->kind != CONF_TOKEN_TEXT;
	char text[CONF_FAULT_SIZE];
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, o->word[0] ? o->word : block->word);
	buffer_text(&b, ": ");
	if (is_missing)
		buffer_text(&b, "a value is missing");
	else
		write_complaint(&b, o, at->text, err);
	buffer_text(&b, "; expected ");
	conf_range_write(o, &b);
	if (!is_missing && err != ERR_LIMIT && err != ERR_FULL)
		write_guess(&b, o, at->text);
	if (!is_missing && at->text.len > 0 && at->text.at[at->text.len - 1] == ';')
		buffer_text(&b, "; a statement ends with its line, without a mark");
	conf_fault(r, at, "%.*s", VIEW_ARG(buffer_view(&b)));
}
