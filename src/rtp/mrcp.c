/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes messages of MRCPv2. */
#include "rtp/mrcp.h"

#include "base/cursor.h"

enum { STATUS_LEAST = 200, STATUS_MOST = 599, LENGTH_DIGITS_MAX = 19, NAME_MAX = 32 };

#define BIT(name)    (1U << MRCP_##name)
#define EVERY        ((1U << MRCP_RESOURCE_COUNT) - 1)
#define SYNTHESIZERS (BIT(SYNTHESIZER) | BIT(BASIC_SYNTHESIZER))
#define RECOGNIZERS  (BIT(RECOGNIZER) | BIT(DTMF_RECOGNIZER))
#define LISTENERS    (RECOGNIZERS | BIT(RECORDER) | BIT(VERIFIER))

static const struct word {
	struct view text;
	bool is_event;
	unsigned resources;
} words[] = {
#define MRCP_WORD(text, is_event, resources) { { text, sizeof(text) - 1 }, is_event, resources },
#include "rtp/mrcp.def"
#undef MRCP_WORD
};

static const struct view resources[MRCP_RESOURCE_COUNT] = {
#define MRCP_RESOURCE(name, word) { word, sizeof(word) - 1 },
#include "rtp/mrcp.def"
#undef MRCP_RESOURCE
};

static const struct view states[] = {
	[MRCP_COMPLETE] = { "COMPLETE", 8 },
	[MRCP_IN_PROGRESS] = { "IN-PROGRESS", 11 },
	[MRCP_PENDING] = { "PENDING", 7 },
};

static const struct view version = { "MRCP/2.0", 8 };

/* ---- words ---- */

enum err mrcp_resource_parse(struct view word, enum mrcp_resource *ret)
{
	for (unsigned i = 0; i < MRCP_RESOURCE_COUNT; i++) {
		if (!view_equal_nocase(word, resources[i]))
			continue;
		*ret = (enum mrcp_resource)i;
		return ERR_NONE;
	}
	return ERR_UNSUPPORTED;
}

const char *mrcp_resource_text(enum mrcp_resource r)
{
	return (unsigned)r < MRCP_RESOURCE_COUNT ? resources[r].at : "?";
}

static bool is_alphanumeric(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	return v.len > 0;
}

enum err mrcp_channel_parse(struct view text, enum mrcp_resource *ret)
{
	size_t at = view_find(text, '@', 0);
	struct view resource = view_after(text, at + 1);

	if (text.len > MAX_MRCP_CHANNEL)
		return ERR_LIMIT;
	if (!is_alphanumeric(view_first(text, at)) || !is_alphanumeric(resource))
		return ERR_SYNTAX;
	return mrcp_resource_parse(resource, ret);
}

static bool is_known_word(const struct mrcp_message *m)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (view_equal(m->name, words[i].text))
			return words[i].is_event == (m->kind == MRCP_EVENT) &&
			       (words[i].resources & 1U << m->resource) != 0;
	return false;
}

/* ---- start line ---- */

/* Up to the length. */
static void read_front(struct cursor *in, size_t *ret)
{
	struct view digits;
	uint64_t len = 0;

	cursor_expect_text(in, version);
	cursor_expect(in, ' ');
	digits = cursor_digits(in);
	if (in->err == ERR_NONE && digits.len > LENGTH_DIGITS_MAX)
		cursor_fail(in, ERR_SYNTAX);
	cursor_expect(in, ' ');
	if (in->err == ERR_NONE && !view_decimal(digits, MAX_MRCP_MESSAGE, &len))
		cursor_fail(in, ERR_LIMIT);
	if (in->err == ERR_NONE)
		*ret = (size_t)len;
}

enum err mrcp_message_length(struct view bytes, size_t *ret)
{
	/* The shortest there can be: start line, one field, empty line. */
	enum { LEAST = sizeof("MRCP/2.0 1 A 1\r\nC:1\r\n\r\n") - 1 };
	struct cursor in = cursor_on(bytes);
	size_t len = 0;

	read_front(&in, &len);
	if (in.err != ERR_NONE)
		return in.err;
	if (len < LEAST)
		return ERR_SYNTAX;
	*ret = len;
	return ERR_NONE;
}

static void read_state(struct cursor *in, struct mrcp_message *m)
{
	struct view word = cursor_until(in, '\r');

	for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!view_equal(word, states[i]))
			continue;
		m->state = (uint8_t)i;
		return;
	}
	cursor_fail(in, ERR_SYNTAX);
}

static void read_request_id(struct cursor *in, struct mrcp_message *m)
{
	m->request_id = cursor_decimal(in, UINT32_MAX);
}

static void read_response(struct cursor *in, struct mrcp_message *m)
{
	enum { DIGITS = 3 };
	struct view code;
	uint64_t status = 0;

	m->kind = MRCP_RESPONSE;
	read_request_id(in, m);
	cursor_expect(in, ' ');
	code = cursor_digits(in);
	if (in->err == ERR_NONE &&
	    (code.len != DIGITS || !view_decimal(code, STATUS_MOST, &status) ||
	     status < STATUS_LEAST))
		cursor_fail(in, ERR_SYNTAX);
	m->status = (uint16_t)status;
	cursor_expect(in, ' ');
	read_state(in, m);
}

static void read_start(struct cursor *in, struct mrcp_message *m)
{
	int first = cursor_peek(in);

	if (first >= '0' && first <= '9') {
		read_response(in, m);
	} else {
		m->name = cursor_token(in);
		if (in->err == ERR_NONE && m->name.len > NAME_MAX)
			cursor_fail(in, ERR_LIMIT);
		cursor_expect(in, ' ');
		read_request_id(in, m);
		if (cursor_skip(in, ' ')) {
			m->kind = MRCP_EVENT;
			read_state(in, m);
		}
	}
	cursor_expect_text(in, VIEW("\r\n"));
}

/* ---- header fields ---- */

struct field {
	struct view name, value; /* value: with its folds */
};

/* Nothing below a blank but tabs and the CRLF of a fold. */
static bool is_clean(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.at[i];

		if (c == '\r' && i + 2 < v.len && v.at[i + 1] == '\n' &&
		    (v.at[i + 2] == ' ' || v.at[i + 2] == '\t'))
			i++;
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* The field that begins here, up to the line end behind which no blank stands. */
static void read_field(struct cursor *in, struct field *ret)
{
	struct view rest;
	size_t len;

	ret->name = cursor_token(in);
	cursor_expect(in, ':');
	if (in->err != ERR_NONE)
		return;
	rest = cursor_rest(in);
	len = view_find(rest, '\n', 0);
	while (len + 1 < rest.len && (rest.at[len + 1] == ' ' || rest.at[len + 1] == '\t'))
		len = view_find(rest, '\n', len + 1);
	if (len == rest.len || len == 0 || rest.at[len - 1] != '\r') {
		cursor_fail(in, ERR_SYNTAX);
		return;
	}
	ret->value = view_trim(view_first(rest, len - 1));
	if (!is_clean(ret->value))
		cursor_fail(in, ERR_SYNTAX);
	(void)cursor_take(in, len + 1);
}

static bool is_channel(const struct field *f)
{
	return view_equal_nocase(f->name, VIEW("Channel-Identifier"));
}

static bool is_length(const struct field *f)
{
	return view_equal_nocase(f->name, VIEW("Content-Length"));
}

struct lengths {
	uint64_t body;
	bool is_known;
};

static void take_field(struct cursor *in, struct mrcp_message *m, const struct field *f,
                       struct lengths *lengths)
{
	enum mrcp_resource resource;
	enum err err;

	if (is_channel(f)) {
		err = m->channel.len ? ERR_SYNTAX : mrcp_channel_parse(f->value, &resource);
		if (err == ERR_NONE) {
			m->channel = f->value;
			m->resource = (uint8_t)resource;
		}
		cursor_fail(in, err);
	} else if (is_length(f)) {
		if (lengths->is_known || !view_decimal(f->value, MAX_MRCP_MESSAGE, &lengths->body))
			cursor_fail(in, ERR_SYNTAX);
		lengths->is_known = true;
	}
}

static void read_fields(struct cursor *in, struct mrcp_message *m)
{
	const char *start = in->at;
	struct lengths lengths = { 0 };
	unsigned count = 0;

	while (in->err == ERR_NONE && cursor_peek(in) != '\r') {
		struct field f = { 0 };

		read_field(in, &f);
		if (in->err == ERR_NONE)
			take_field(in, m, &f, &lengths);
		if (++count > MAX_MRCP_FIELDS)
			cursor_fail(in, ERR_LIMIT);
	}
	if (in->err != ERR_NONE)
		return;
	m->fields = view_bytes(start, (size_t)(in->at - start));
	cursor_expect_text(in, VIEW("\r\n"));
	m->body = cursor_rest(in);
	if (in->err == ERR_NONE && (m->channel.len == 0 || m->body.len != lengths.body))
		cursor_fail(in, ERR_SYNTAX);
}

enum err mrcp_message_parse(struct view whole, struct mrcp_message *ret)
{
	struct cursor in = cursor_on(whole);
	struct mrcp_message m = { 0 };
	size_t len = 0;

	read_front(&in, &len);
	if (in.err == ERR_NONE && len != whole.len)
		return ERR_SYNTAX;
	read_start(&in, &m);
	read_fields(&in, &m);
	if (in.err != ERR_NONE)
		return in.err;
	if (whole.len - m.body.len > MAX_MRCP_HEAD)
		return ERR_LIMIT;
	if (m.kind != MRCP_RESPONSE && !is_known_word(&m))
		return ERR_UNSUPPORTED;
	*ret = m;
	return ERR_NONE;
}

/* ---- written anew ---- */

/* A fold becomes one blank. */
static void put_value(struct buffer *b, struct view v)
{
	for (size_t at = 0; at < v.len;) {
		size_t end = view_find(v, '\r', at);
		struct view rest;

		buffer_put(b, view_trim(view_first(view_after(v, at), end - at)));
		if (end == v.len)
			return;
		buffer_char(b, ' ');
		rest = view_after(v, end);
		at = end + (rest.len - view_trim(rest).len);
	}
}

static void put_field(struct buffer *b, const struct field *f)
{
	buffer_put(b, f->name);
	buffer_char(b, ':');
	put_value(b, f->value);
	buffer_text(b, "\r\n");
}

static void put_fields(struct buffer *b, const struct mrcp_message *m)
{
	struct cursor in = cursor_on(m->fields);

	buffer_text(b, "Channel-Identifier:");
	buffer_put(b, m->channel);
	buffer_text(b, "\r\n");
	while (!cursor_is_at_end(&in)) {
		struct field f = { 0 };

		read_field(&in, &f);
		if (in.err == ERR_NONE && !is_channel(&f))
			put_field(b, &f);
	}
	buffer_fail(b, in.err);
	buffer_text(b, "\r\n");
}

/* Behind the length. */
static void put_start(struct buffer *b, const struct mrcp_message *m)
{
	buffer_char(b, ' ');
	if (m->kind != MRCP_RESPONSE) {
		buffer_put(b, m->name);
		buffer_char(b, ' ');
	}
	buffer_decimal(b, m->request_id);
	if (m->kind == MRCP_RESPONSE) {
		buffer_char(b, ' ');
		buffer_decimal(b, m->status);
	}
	if (m->kind != MRCP_REQUEST) {
		buffer_char(b, ' ');
		buffer_put(b, states[m->state % (sizeof(states) / sizeof(states[0]))]);
	}
	buffer_text(b, "\r\n");
}

/* The length counts its own digits. */
static size_t length_of(size_t others)
{
	char digits[BUFFER_DIGITS_MAX];
	size_t len = others + 1;

	while (others + (size_t)(buffer_digits(digits, len) - digits) > len)
		len++;
	return len;
}

void mrcp_message_write(struct buffer *b, const struct mrcp_message *m)
{
	char text[MAX_MRCP_HEAD];
	struct buffer head = BUFFER_ON(text);
	size_t others;

	put_start(&head, m);
	put_fields(&head, m);
	if (head.err != ERR_NONE) {
		buffer_fail(b, head.err);
		return;
	}
	others = version.len + 1 + head.len + m->body.len;
	if (length_of(others) > MAX_MRCP_MESSAGE) {
		buffer_fail(b, ERR_LIMIT);
		return;
	}
	buffer_put(b, version);
	buffer_char(b, ' ');
	buffer_decimal(b, length_of(others));
	buffer_put(b, buffer_view(&head));
	buffer_put(b, m->body);
}

/* ---- who says what ---- */

enum err mrcp_talk_note(struct mrcp_talk *t, const struct mrcp_message *m, bool is_of_client)
{
	if (is_of_client != (m->kind == MRCP_REQUEST))
		return ERR_DENIED;
	if (!is_of_client)
		return t->is_begun && m->request_id >= t->first && m->request_id <= t->last
		             ? ERR_NONE
		             : ERR_DENIED;
	if (!t->is_begun)
		*t = (struct mrcp_talk){ m->request_id, m->request_id, true };
	else if (m->request_id > t->last)
		t->last = m->request_id;
	return ERR_NONE;
}
