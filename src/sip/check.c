/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of all headers that we use, by one table. */
#include "sip/check.h"

#include "base/run.h"
#include "sip/auth.h"
#include "sip/cause.h"
#include "sip/contact.h"
#include "sip/content_type.h"
#include "sip/dialog_name.h"
#include "sip/event.h"
#include "sip/msg_priv.h"
#include "sip/name_addr.h"
#include "sip/number.h"
#include "sip/tokens.h"
#include "sip/values.h"
#include "sip/via.h"
#include "sip/warning.h"

static enum err check_via(struct view text)
{
	struct sip_via via __attribute__((uninitialized)); /* here and below: filled, not read */

	return sip_via_fill(text, &via);
}

static enum err check_name_addr(struct view text)
{
	struct sip_name_addr address __attribute__((uninitialized));

	return sip_name_addr_fill(text, &address);
}

static enum err check_seconds(struct view text)
{
	uint32_t seconds;

	return sip_seconds_parse(text, &seconds);
}

static enum err check_number(struct view text)
{
	uint32_t number;

	return sip_number_parse(text, UINT32_MAX, &number);
}

static enum err check_content_type(struct view text)
{
	struct sip_content_type type __attribute__((uninitialized));

	return sip_content_type_parse(text, &type);
}

static enum err check_challenge(struct view text)
{
	struct sip_digest digest __attribute__((uninitialized));

	return sip_auth_parse(text, SIP_AUTH_CHALLENGE, &digest);
}

static enum err check_credentials(struct view text)
{
	struct sip_digest digest __attribute__((uninitialized));

	return sip_auth_parse(text, SIP_AUTH_CREDENTIALS, &digest);
}

static enum err check_warning(struct view text)
{
	struct sip_warning warning __attribute__((uninitialized));

	return sip_warning_parse(text, &warning);
}

static enum err check_cause(struct view text)
{
	struct sip_cause cause __attribute__((uninitialized));

	return sip_cause_parse(text, &cause);
}

static enum err check_event(struct view text)
{
	struct sip_event event __attribute__((uninitialized));

	return sip_event_parse(text, &event);
}

static enum err check_subscription(struct view text)
{
	struct sip_subscription subscription __attribute__((uninitialized));

	return sip_subscription_parse(text, &subscription);
}

static enum err check_retry_after(struct view text)
{
	struct sip_retry_after retry __attribute__((uninitialized));

	return sip_retry_after_parse(text, &retry);
}

static enum err check_session_expires(struct view text)
{
	struct sip_session_expires session __attribute__((uninitialized));

	return sip_session_expires_parse(text, &session);
}

static enum err check_rack(struct view text)
{
	struct sip_rack rack __attribute__((uninitialized));

	return sip_rack_parse(text, &rack);
}

static enum err check_replaces(struct view text)
{
	struct sip_dialog_name name __attribute__((uninitialized));

	return sip_replaces_parse(text, &name);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT": all but the weekday's and month's spelling (RFC 3261 20.17). */
static enum err check_date(struct view text)
{
	static const char shape[] = "aaa, dd aaa dddd dd:dd:dd GMT";

	if (text.len != sizeof(shape) - 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i], letter = (char)(c | 0x20);
		bool is_good = shape[i] == 'a' ? letter >= 'a' && letter <= 'z'
		             : shape[i] == 'd' ? c >= '0' && c <= '9'
		                               : c == shape[i];

		if (!is_good)
			return ERR_SYNTAX;
	}
	return ERR_NONE;
}

enum {
#define CHECKED(id, reason, check) ROW_##id,
#include "sip/check.def"
#undef CHECKED
	ROW_COUNT
};

static const struct row {
	uint8_t id, reason;                   /* enum sip_header_id, enum sip_reason */
	enum err (*check)(struct view value); /* NULL: a list of tokens */
} rows[ROW_COUNT] = {
#define CHECKED(id, reason, check) { SIP_HEADER_##id, SIP_REASON_##reason, check },
#include "sip/check.def"
#undef CHECKED
};

/* By header, as a set of rows: a message has a dozen of all these. */
static const uint64_t row_of[SIP_HEADER_COUNT] = {
#define CHECKED(id, reason, check) [SIP_HEADER_##id] = UINT64_C(1) << ROW_##id,
#include "sip/check.def"
#undef CHECKED
};

_Static_assert(ROW_COUNT <= 64, "rows fit a set of 64 bits");

/* Whether an empty header of ours says something: "none at all". */
static bool may_be_empty(enum sip_header_id id)
{
	return id == SIP_HEADER_SUPPORTED || id == SIP_HEADER_ALLOW ||
	       id == SIP_HEADER_CONTENT_ENCODING;
}

/* Whether at each of the places stands a comma, or a blank behind one; not at the first. */
static bool are_commas(const char *at, uint64_t places)
{
	for (; places != 0; places &= places - 1) {
		const char *stop = at + __builtin_ctzll(places);

		if (*stop != ',' && (*stop != ' ' || stop[-1] != ','))
			return false;
	}
	return true;
}

/* Tokens with nothing but ", " or "," between them, as nearly all write it. Much of what is sound
 * is not told by this, and none that is not passes. */
static bool is_plain_list(struct view text)
{
	static const struct run_set bytes = { .rows = RUN_ROWS(CURSOR_TOKEN_LOWER,
		                                               CURSOR_TOKEN_UPPER) };
	struct run_misses misses;
	uint64_t below;

	if (text.len == 0 || text.len >= RUN_SPAN)
		return false;
	misses = run_misses(text.at, text.len, &bytes);
	below = (UINT64_C(1) << text.len % 64) - 1;
	if ((misses.low & 1) != 0)
		return false;
	if (text.len < 64)
		return are_commas(text.at, misses.low & below);
	return are_commas(text.at, misses.low) && are_commas(text.at + 64, misses.high & below);
}

/* Tokens between commas; nothing may stand between two commas. One pass: a phone's Allow
 * has a dozen, and taking each as a value of its own was a quarter of the whole check. */
static enum err check_tokens(const struct row *row, struct view text)
{
	struct cursor in = cursor_on(text);
	size_t count = 0;

	do {
		cursor_blanks(&in);
		if (cursor_is_at_end(&in) || *in.at == ',')
			continue;
		(void)cursor_token(&in);
		cursor_blanks(&in);
		count++;
	} while (cursor_skip(&in, ','));
	cursor_end(&in);
	if (in.err != ERR_NONE)
		return in.err;
	return count > 0 || may_be_empty(row->id) ? ERR_NONE : ERR_SHORT;
}

static enum err check_values(const struct row *row, struct view text)
{
	struct sip_values w = sip_values_on(text);
	struct view value;
	size_t count = 0;

	w.is_list = sip_header_times(row->id) == SIP_TIMES_LIST;
	while (sip_values_next(&w, &value)) {
		enum err err = row->check(value);

		if (err != ERR_NONE)
			return err;
		count++;
	}
	if (w.err == ERR_NONE && count == 0 && !may_be_empty(row->id))
		return ERR_SHORT;
	return w.err;
}

static enum err check_header(const struct row *row, struct view text)
{
	if (!row->check)
		return is_plain_list(text) ? ERR_NONE : check_tokens(row, text);
	return msg_is_one_value(text) ? row->check(text) : check_values(row, text);
}

#define ROW_BIT(id) (UINT64_C(1) << ROW_##id)

/* The rows of which headers are there and have still to be looked at: what was read as a part was
 * looked at; what could not be is looked at again, and noted. */
static uint64_t rows_left(const struct sip_msg *m)
{
	const struct sip_header *end = m->headers + m->count;
	uint8_t known = m->parts.known;
	uint64_t left = 0;

	for (const struct sip_header *h = m->headers; h < end; h++)
		left |= row_of[h->id];
	if (known & SIP_PART_FROM)
		left &= ~ROW_BIT(FROM);
	if (known & SIP_PART_TO)
		left &= ~ROW_BIT(TO);
	if ((known & SIP_PART_VIA) && m->first[SIP_HEADER_VIA] == m->last[SIP_HEADER_VIA])
		left &= ~ROW_BIT(VIA);
	if ((known & SIP_PART_DIGEST) && m->headers[m->parts.digest_row].next == SIP_HEADER_NONE)
		left &= ~row_of[m->headers[m->parts.digest_row].id];
	return left;
}

static void check_row(struct sip_msg *m, const struct row *row)
{
	uint8_t i = m->first[row->id];

	/* Of Via the part is the first row. */
	if (row->id == SIP_HEADER_VIA && (m->parts.known & SIP_PART_VIA))
		i = m->headers[i].next;
	for (; i != SIP_HEADER_NONE; i = m->headers[i].next) {
		struct sip_header *h = &m->headers[i];

		if (check_header(row, h->value) == ERR_NONE)
			continue;
		h->is_foreign = sip_reason_grade(row->reason) == SIP_GRADE_FOREIGN;
		msg_note(m, row->reason);
	}
}

/* Those of several, or of what is no simple one. */
static bool are_contacts(const struct sip_msg *m)
{
	struct sip_contact contact __attribute__((uninitialized)); /* filled before it is read */
	struct sip_values w = sip_values_of(m, SIP_HEADER_CONTACT);
	struct view value;
	size_t count = 0;
	bool has_star = false;

	while (sip_values_next(&w, &value)) {
		if (sip_contact_fill(value, &contact) != ERR_NONE)
			return false;
		has_star = has_star || contact.is_star;
		count++;
	}
	return w.err == ERR_NONE && count > 0 &&
	       (!has_star || (count == 1 && m->method == SIP_METHOD_REGISTER));
}

/* "*" only by itself and in a REGISTER (RFC 3261 10.2.2). */
static void check_contacts(struct sip_msg *m)
{
	bool is_sound = m->first[SIP_HEADER_CONTACT] == SIP_HEADER_NONE;

	if (m->parts.known & SIP_PART_CONTACT)
		is_sound = !m->parts.contact.is_star || m->method == SIP_METHOD_REGISTER;
	else if (!is_sound && !msg_has_one_contact(m))
		is_sound = are_contacts(m);
	if (!is_sound)
		msg_note(m, SIP_REASON_CONTACT_SYNTAX);
}

/* A Request-URI holds no headers (RFC 3261 19.1.1): they would become the request's. */
static void check_target(struct sip_msg *m)
{
	if (!m->is_request)
		return;
	if (!(m->parts.known & SIP_PART_URI) || m->parts.uri.headers.len > 0)
		msg_note(m, SIP_REASON_URI_SYNTAX);
}

enum err sip_check(struct sip_msg *m)
{
	sip_parts_read_all(m);
	check_target(m);
	check_contacts(m);
	for (uint64_t left = rows_left(m); left != 0; left &= left - 1)
		check_row(m, &rows[__builtin_ctzll(left)]);
	return m->reason == SIP_REASON_NONE ? ERR_NONE : ERR_SYNTAX;
}
