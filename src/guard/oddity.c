/* SPDX-License-Identifier: Apache-2.0 */
/* A table of looks, each at the whole message for one kind of trap. */
#include "guard/oddity.h"

#include "base/run.h"
#include "sdp/session.h"
#include "sip/content_type.h"
#include "sip/name_addr.h"
#include "sip/number.h"
#include "sip/values.h"
#include "sip/via.h"

enum {
	LONGEST_TOKEN = 768,   /* RFC 4475 3.1.1.7 has tokens of 500 bytes */
	LONGEST_METHOD = 48,   /* RFC 4475 3.1.1.2 has one of 43 */
	MOST_REPETITIONS = 32, /* rows of one header */
};

/* ---- code where a name should stand ---- */

/* In lower case. What a person may be called ("O'Brien") and what a URI may hold by RFC 3261
 * is not among them. Each has a rare byte, by which it is looked for: all texts of all
 * strangers' messages are run through to the next of those, and few have the neighbour that
 * some needle has there. */
struct needle {
	struct view text;
	size_t rare; /* where in it that byte stands */
};

#define NEEDLE(text, rare)                                                                         \
	{                                                                                          \
		{ text, sizeof(text) - 1 }, rare                                                   \
	}
#define NO_MORE                                                                                    \
	{                                                                                          \
		{ NULL, 0 }, 0                                                                     \
	}

static const struct needle markup[] = {
	NEEDLE("<script", 0),   NEEDLE("<img", 0),     NEEDLE("<svg", 0),
	NEEDLE("<iframe", 0),   NEEDLE("<?php", 0),    NEEDLE("<!--", 0),
	NEEDLE("<!doctype", 0), NEEDLE("<!entity", 0), NO_MORE,
};
static const struct needle quotes[] = {
	NEEDLE("' or ", 0),   NEEDLE("'or ", 0), NEEDLE("'or'", 0), NEEDLE("' and '", 0),
	NEEDLE("' union", 0), NEEDLE("'--", 0),  NEEDLE("' --", 0), NO_MORE,
};
static const struct needle formats[] = {
	NEEDLE("%n%n", 0), NEEDLE("%s%s", 0),   NEEDLE("%x%x", 0), NEEDLE("%p%p", 0),
	NEEDLE("%08x", 0), NEEDLE("%0d%0a", 0), NO_MORE,
};
static const struct needle paths[] = {
	NEEDLE("../../", 2),
	NEEDLE("/bin/sh", 0),
	NEEDLE("/bin/bash", 0),
	NEEDLE("/etc/passwd", 0),
	NO_MORE,
};
static const struct needle commands[] = {
	NEEDLE(";wget ", 5),
	NEEDLE("; wget ", 6),
	NEEDLE(";curl ", 5),
	NEEDLE("; curl ", 6),
	NEEDLE("drop tabl", 4),
	NEEDLE("insert into", 6),
	NEEDLE("union all", 5),
	NEEDLE("union select", 5),
	NEEDLE("waitfor de", 7),
	NEEDLE("powershell ", 10),
	NO_MORE,
};
static const struct needle backwards[] = { NEEDLE("..\\..", 2), NO_MORE };
static const struct needle lookups[] = { NEEDLE("$(", 0), NEEDLE("${", 0), NO_MORE };
static const struct needle pipes[] = { NEEDLE("|wget ", 0), NEEDLE("|curl ", 0), NO_MORE };
static const struct needle calls[] = { NEEDLE("benchmark(", 9), NEEDLE("sleep(", 5), NO_MORE };
static const struct needle handlers[] = { NEEDLE("onerror=", 7), NEEDLE("onload=", 6), NO_MORE };
static const struct needle procedures[] = { NEEDLE("xp_cmdshell", 2), NO_MORE };
static const struct needle scripts[] = { NEEDLE("javascript:", 0), NO_MORE };
static const struct needle programs[] = { NEEDLE("cmd.exe", 5), NO_MORE };
static const struct needle cookies[] = { NEEDLE("document.cookie", 12), NO_MORE };

/* Of each rare byte its needles, how far from it they are told best, and by which bytes
 * there, as bits of their lower five, in which letters do not differ by case. */
#define BIT(c) (UINT32_C(1) << ((c)&31))
#define LETTER(low, high, list, where, bits)                                                       \
	[low] = { list, where, bits }, [high] = { list, where, bits }

static const struct rarity {
	const struct needle *needles;
	int32_t where;
	uint32_t bits;
} rarities[0x80] = {
	['<'] = { markup, 2,
	          BIT('c') | BIT('m') | BIT('v') | BIT('f') | BIT('p') | BIT('-') | BIT('d') |
	                  BIT('e') },
	['\''] = { quotes, 1, BIT(' ') | BIT('o') | BIT('-') },
	['%'] = { formats, 1, BIT('n') | BIT('s') | BIT('x') | BIT('p') | BIT('0') },
	['/'] = { paths, 1, BIT('.') | BIT('b') | BIT('e') },
	[' '] = { commands, -2, BIT('e') | BIT('r') | BIT('o') | BIT('l') },
	['\\'] = { backwards, 1, BIT('.') },
	['$'] = { lookups, 1, BIT('(') | BIT('{') },
	['|'] = { pipes, 1, BIT('w') | BIT('c') },
	['('] = { calls, -1, BIT('k') | BIT('p') },
	['='] = { handlers, -1, BIT('r') | BIT('d') },
	['_'] = { procedures, -1, BIT('p') },
	LETTER('j', 'J', scripts, 1, BIT('a')),
	LETTER('x', 'X', programs, -2, BIT('.')),
	LETTER('k', 'K', cookies, -1, BIT('o')),
};

/* The same bytes, as a set of all others. */
static const struct run_set dull = {
	.rows = RUN_ROWS(~(RUN_BYTE('<') | RUN_BYTE('\'') | RUN_BYTE('%') | RUN_BYTE('/') |
	                   RUN_BYTE('$') | RUN_BYTE('(') | RUN_BYTE('=') | RUN_BYTE(' ')),
	                 ~(RUN_BYTE('\\') | RUN_BYTE('|') | RUN_BYTE('_') | RUN_BYTE('j') |
	                   RUN_BYTE('J') | RUN_BYTE('x') | RUN_BYTE('X') | RUN_BYTE('k') |
	                   RUN_BYTE('K'))),
	.has_high = true,
};

static bool may_be_code(struct view text, size_t at, const struct rarity *rarity)
{
	size_t beside = at + (size_t)rarity->where;

	/* One before the first is beyond all, too. */
	return beside < text.len && (rarity->bits & BIT(text.at[beside])) != 0;
}

static bool is_code(struct view text, size_t at, const struct rarity *rarity)
{
	for (const struct needle *n = rarity->needles; n->text.at; n++) {
		if (n->rare <= at && view_starts_nocase(view_after(text, at - n->rare), n->text))
			return true;
	}
	return false;
}

static bool holds_code(struct view text)
{
	const char *end;

	if (view_is_empty(text))
		return false;
	end = text.at + text.len;
	for (const char *at = text.at; (at = run_end(at, end, &dull)) < end; at++) {
		const struct rarity *rarity = &rarities[*at & 0x7f];
		size_t place = (size_t)(at - text.at);

		if (may_be_code(text, place, rarity) && is_code(text, place, rarity))
			return true;
	}
	return false;
}

static bool has_injection(const struct sip_msg *msg)
{
	static const enum sip_header_id where[] = {
		SIP_HEADER_FROM,         SIP_HEADER_TO,
		SIP_HEADER_CONTACT,      SIP_HEADER_USER_AGENT,
		SIP_HEADER_SERVER,       SIP_HEADER_SUBJECT,
		SIP_HEADER_CONTENT_TYPE, SIP_HEADER_AUTHORIZATION,
		SIP_HEADER_REPLY_TO,     SIP_HEADER_PROXY_AUTHORIZATION,
	};

	if (holds_code(msg->uri) || holds_code(msg->call_id))
		return true;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		const struct sip_header *h = sip_msg_header(msg, where[i]);

		if (h && holds_code(h->value))
			return true;
	}
	return false;
}

static bool has_escaped_control(struct view user)
{
	for (size_t i = 0; i + 2 < user.len; i++) {
		if (user.at[i] == '%' && (user.at[i + 1] == '0' || user.at[i + 1] == '1'))
			return true;
	}
	return false;
}

/* A device that registers such a name is odd, yet may be (RFC 4475 3.1.1.4);
 * nobody has reason to ask for one. */
static bool asks_for_control(const struct sip_msg *msg)
{
	struct sip_name_addr to_spare __attribute__((uninitialized)); /* here and below: filled */
	struct sip_uri uri_spare __attribute__((uninitialized));
	const struct sip_name_addr *to;
	const struct sip_uri *uri;

	if (!msg->is_request ||
	    (msg->method == SIP_METHOD_REGISTER && sip_msg_header(msg, SIP_HEADER_CONTACT)))
		return false;
	to = sip_parts_address_at(msg, SIP_HEADER_TO, &to_spare);
	if (to && has_escaped_control(to->uri.user))
		return true;
	uri = sip_parts_uri_at(msg, &uri_spare);
	return uri && has_escaped_control(uri->user);
}

/* ---- beyond all measure ---- */

static bool is_long_name(const struct sip_msg *msg, enum sip_header_id id)
{
	struct sip_name_addr spare __attribute__((uninitialized));
	const struct sip_name_addr *name = sip_parts_address_at(msg, id, &spare);

	return name &&
	       (name->tag.len > LONGEST_TOKEN || name->uri.user.len > LONGEST_TOKEN ||
	        name->uri.host.text.len > LONGEST_TOKEN || name->display.len > LONGEST_TOKEN);
}

static bool has_long_branch(const struct sip_msg *msg)
{
	struct sip_via spare __attribute__((uninitialized));
	const struct sip_via *via = sip_parts_via_at(msg, &spare);

	return via && via->branch.len > LONGEST_TOKEN;
}

static bool has_long_token(const struct sip_msg *msg)
{
	return msg->call_id.len > LONGEST_TOKEN || is_long_name(msg, SIP_HEADER_FROM) ||
	       is_long_name(msg, SIP_HEADER_TO) || has_long_branch(msg) ||
	       sip_msg_value(msg, SIP_HEADER_USER_AGENT).len > LONGEST_TOKEN;
}

static bool has_long_method(const struct sip_msg *msg)
{
	return msg->method_text.len > LONGEST_METHOD;
}

/* Each proxy on the way adds one of these. */
static bool is_of_the_way(uint8_t id)
{
	return id == SIP_HEADER_VIA || id == SIP_HEADER_ROUTE || id == SIP_HEADER_RECORD_ROUTE ||
	       id == SIP_HEADER_HISTORY_INFO;
}

static bool repeats_itself(const struct sip_msg *msg)
{
	uint8_t rows[SIP_HEADER_COUNT] __attribute__((uninitialized));

	if (msg->count <= MOST_REPETITIONS)
		return false;
	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < msg->count; i++) {
		uint8_t id = msg->headers[i].id;

		if (id < SIP_HEADER_COUNT && id != SIP_HEADER_OTHER && !is_of_the_way(id) &&
		    ++rows[id] > MOST_REPETITIONS)
			return true;
	}
	return false;
}

/* ---- probing ---- */

static bool has_bare_branch(const struct sip_msg *msg)
{
	struct sip_via spare __attribute__((uninitialized));
	const struct sip_via *via = sip_parts_via_at(msg, &spare);

	return via && view_equal_nocase(via->branch, VIEW("z9hG4bK"));
}

/* With one Via nobody has counted down: the sender wrote the 0. */
static bool has_spent_hops(const struct sip_msg *msg)
{
	const struct sip_header *via = sip_msg_header(msg, SIP_HEADER_VIA);
	struct view text = sip_msg_value(msg, SIP_HEADER_MAX_FORWARDS);
	uint32_t hops;

	/* Most have plenty. */
	if (view_is_empty(text) || (text.at[0] >= '1' && text.at[0] <= '9'))
		return false;
	return msg->is_request && via && !sip_msg_next(msg, via) &&
	       view_find(via->value, ',', 0) == via->value.len &&
	       sip_number_of(msg, SIP_HEADER_MAX_FORWARDS, UINT8_MAX, &hops) == ERR_NONE &&
	       hops == 0;
}

static bool is_one_of(struct view word, const char *const *list)
{
	for (; *list; list++) {
		if (view_equal_nocase(word, view_of(*list)))
			return true;
	}
	return false;
}

static struct view first_word(struct view text)
{
	size_t end = 0;

	while (end < text.len && text.at[end] != ' ' && text.at[end] != '\t')
		end++;
	return view_first(text, end);
}

static bool has_auth_scheme(const struct sip_msg *msg)
{
	static const char *const schemes[] = { "Digest",   "Basic",     "Bearer",  "NTLM", "PGP",
		                               "Kerberos", "Negotiate", "TLS-DSK", NULL };
	static const enum sip_header_id where[] = { SIP_HEADER_AUTHORIZATION,
		                                    SIP_HEADER_PROXY_AUTHORIZATION };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		const struct sip_header *h = sip_msg_header(msg, where[i]);

		for (; h; h = sip_msg_next(msg, h)) {
			if (!view_is_empty(h->value) && !is_one_of(first_word(h->value), schemes))
				return true;
		}
	}
	return false;
}

static bool is_usual_type(struct view value)
{
	static const char *const types[] = { "application", "multipart", "message", "audio",
		                             "video",       "image",     "*",       NULL };
	static const char *const texts[] = { "plain",     "html",  "xml", "rtf",   "richtext",
		                             "enriched",  "lpidf", "csv", "vcard", "calendar",
		                             "directory", "*",     NULL };
	struct view range = view_trim(view_first(value, view_find(value, ';', 0)));
	size_t slash = view_find(range, '/', 0);
	struct view type = view_trim(view_first(range, slash));
	struct view subtype = view_trim(view_after(range, slash + 1));

	if (!view_equal_nocase(type, VIEW("text")))
		return is_one_of(type, types);
	return is_one_of(subtype, texts) || view_starts_nocase(subtype, VIEW("x-")) ||
	       view_starts_nocase(subtype, VIEW("vnd."));
}

static bool has_strange_accept(const struct sip_msg *msg)
{
	struct sip_values values = sip_values_of(msg, SIP_HEADER_ACCEPT);
	struct view value;
	bool has_value = false;

	/* What most accept, and nothing else. */
	if (view_equal(sip_msg_value(msg, SIP_HEADER_ACCEPT), VIEW("application/sdp")))
		return false;
	while (sip_values_next(&values, &value)) {
		if (is_usual_type(value))
			return false;
		has_value |= !view_is_empty(value);
	}
	return has_value;
}

/* ---- bodies ---- */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

/* sent-by "fe80:0:0:0:0:0:0:1:5060": from before RFC 3261 asked for brackets. */
static bool has_naked_ipv6(struct view via)
{
	size_t at = 0, colons = 0;

	while (at < via.len && via.at[at] != ' ')
		at++;
	for (at++; at < via.len && via.at[at] != ';' && via.at[at] != ','; at++) {
		char c = lower(via.at[at]);

		if (c == ':')
			colons++;
		else if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return colons > 2;
}

/* Senders from before RFC 3261 may leave it out. */
static bool has_untyped_sdp(const struct sip_msg *msg)
{
	return !sip_msg_header(msg, SIP_HEADER_CONTENT_TYPE) &&
	       view_starts(msg->body, VIEW("v=0\r\n")) &&
	       !has_naked_ipv6(sip_msg_value(msg, SIP_HEADER_VIA));
}

/* Of what the parser refuses only that which breaks others' parsers: ranges and
 * frames, not what merely makes no sense. */
static bool is_trap(enum sdp_reason reason)
{
	switch (reason) {
	case SDP_CONTROL_BYTE:
	case SDP_CONNECTION:
	case SDP_BANDWIDTH:
	case SDP_MEDIA_COUNT:
	case SDP_MEDIA_PORT:
	case SDP_FORMAT_COUNT:
	case SDP_PAYLOAD_TYPE:
	case SDP_ATTRIBUTE_COUNT:
	case SDP_RTPMAP:
	case SDP_FMTP:
		return true;
	default:
		return false;
	}
}

static bool read_type(const struct sip_msg *msg, struct sip_content_type *ret)
{
	return sip_msg_header(msg, SIP_HEADER_CONTENT_TYPE) &&
	       sip_content_type_parse(sip_msg_value(msg, SIP_HEADER_CONTENT_TYPE), ret) == ERR_NONE;
}

static bool has_broken_sdp(const struct sip_msg *msg)
{
	struct sip_content_type type;
	/* Of 20 KiB, which the compiler would clear for each message otherwise. */
	struct sdp_session session __attribute__((uninitialized));

	return !view_is_empty(msg->body) && read_type(msg, &type) &&
	       sip_content_type_is(&type, VIEW("application"), VIEW("sdp")) &&
	       is_trap(sdp_parse(msg->body, &session));
}

static bool has_open_multipart(const struct sip_msg *msg)
{
	enum { LONGEST_BOUNDARY = 70 }; /* RFC 2046 5.1.1 */
	char line[LONGEST_BOUNDARY + 4] = "--";
	struct sip_content_type type;
	size_t len = 2;

	if (!read_type(msg, &type) || !view_equal_nocase(type.type, VIEW("multipart")))
		return false;
	if (type.boundary.len == 0 || type.boundary.len > LONGEST_BOUNDARY)
		return true;
	memcpy(line + len, type.boundary.at, type.boundary.len);
	len += type.boundary.len;
	memcpy(line + len, "--", 2);
	return !view_contains(msg->body, view_bytes(line, len + 2));
}

static bool (*const looks[ODDITY_END - ODDITY_BEFORE_FIRST])(const struct sip_msg *msg) = {
#define LOOK(id) [ODDITY_##id - ODDITY_BEFORE_FIRST]
	LOOK(INJECTION) = has_injection,           LOOK(ESCAPED_CONTROL) = asks_for_control,
	LOOK(LONG_TOKEN) = has_long_token,         LOOK(LONG_METHOD) = has_long_method,
	LOOK(REPEATED) = repeats_itself,           LOOK(BARE_BRANCH) = has_bare_branch,
	LOOK(SPENT_HOPS) = has_spent_hops,         LOOK(AUTH_SCHEME) = has_auth_scheme,
	LOOK(STRANGE_ACCEPT) = has_strange_accept, LOOK(UNTYPED_SDP) = has_untyped_sdp,
	LOOK(BROKEN_SDP) = has_broken_sdp,         LOOK(OPEN_MULTIPART) = has_open_multipart,
#undef LOOK
};

enum guard_oddity guard_oddity_of(const struct sip_msg *msg)
{
	for (int i = ODDITY_BEFORE_FIRST + 1; i < ODDITY_END; i++) {
		if (looks[i - ODDITY_BEFORE_FIRST](msg))
			return (enum guard_oddity)i;
	}
	return ODDITY_NONE;
}

enum sip_grade guard_refusal_grade(const struct sip_msg *msg)
{
	switch (msg->reason) {
	case SIP_REASON_VIA_SYNTAX:
	case SIP_REASON_FROM_SYNTAX:
	case SIP_REASON_TO_SYNTAX:
	case SIP_REASON_CONTACT_SYNTAX:
	case SIP_REASON_ROUTE_SYNTAX:
	case SIP_REASON_URI_SYNTAX:
		if (has_naked_ipv6(sip_msg_value(msg, SIP_HEADER_VIA)))
			return SIP_GRADE_FOREIGN;
		break;
	default:
		break;
	}
	return sip_reason_grade((enum sip_reason)msg->reason);
}

static const struct {
	const char *name, *text;
} oddities[ODDITY_END - ODDITY_BEFORE_FIRST] = {
#define ODDITY(id, name, text) [ODDITY_##id - ODDITY_BEFORE_FIRST] = { name, text },
#include "guard/oddity.def"
#undef ODDITY
};

static bool is_oddity(uint16_t reason)
{
	return reason > ODDITY_BEFORE_FIRST && reason < ODDITY_END;
}

const char *guard_anomaly_name(uint16_t reason)
{
	if (is_oddity(reason))
		return oddities[reason - ODDITY_BEFORE_FIRST].name;
	return reason < SIP_REASON_COUNT ? sip_reason_name((enum sip_reason)reason) : "?";
}

const char *guard_anomaly_text(uint16_t reason)
{
	if (is_oddity(reason))
		return oddities[reason - ODDITY_BEFORE_FIRST].text;
	return reason < SIP_REASON_COUNT ? sip_reason_text((enum sip_reason)reason) : "?";
}
