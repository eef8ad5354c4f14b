/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures as a table of shapes. Each asks for what the tool's code cannot
 * help writing and no phone writes: one odd thing in a message is a bad phone,
 * a conjunction of three is a tool. */
#include "guard/screen.h"

#include "sip/msg.h"
#include "sip/name_addr.h"
#include "sip/via.h"

/* What the signatures look at, where the second look has read it; what it has not is read aside. */
struct shape {
	const struct sip_msg *msg;
	const struct flow *flow;
	const struct sip_name_addr *from, *to;
	const struct sip_via *via;
	struct sip_name_addr from_aside, to_aside;
	struct sip_via via_aside;
};

static bool shape_read(const struct sip_msg *msg, const struct flow *flow, struct shape *ret)
{
	ret->msg = msg;
	ret->flow = flow;
	ret->from = sip_parts_address_at(msg, SIP_HEADER_FROM, &ret->from_aside);
	ret->to = sip_parts_address_at(msg, SIP_HEADER_TO, &ret->to_aside);
	ret->via = sip_parts_via_at(msg, &ret->via_aside);
	return ret->from && ret->to && ret->via;
}

static bool is_user_at(const struct sip_name_addr *a, struct view user, struct view host)
{
	return view_equal(a->uri.user, user) && view_equal_nocase(a->uri.host.text, host);
}

static bool has_bare_contact(const struct shape *s)
{
	struct view contact = view_trim(sip_msg_value(s->msg, SIP_HEADER_CONTACT));

	return view_starts_nocase(contact, VIEW("sip:")) &&
	       view_find(contact, '<', 0) == contact.len;
}

static bool accepts_sdp_alone(const struct shape *s)
{
	return view_equal_nocase(view_trim(sip_msg_value(s->msg, SIP_HEADER_ACCEPT)),
	                         VIEW("application/sdp"));
}

static bool is_nowhere(const struct shape *s)
{
	return is_user_at(s->from, VIEW("100"), VIEW("1.1.1.1")) &&
	       is_user_at(s->to, VIEW("100"), VIEW("1.1.1.1"));
}

static bool has_tool_name(const struct shape *s)
{
	static const struct view names[] = { { "sipvicious", 10 },
		                             { "friendly-scanner", 16 },
		                             { "ccxllrlflgig", 12 },
		                             { "sip-scan", 8 },
		                             { "sipscan", 7 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (view_equal_nocase(s->from->display, names[i]))
			return true;
	}
	return false;
}

static int nibble_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* hex(target 0x01 decimals): the tool keeps in its tag whom it asked. Printable
 * text, one byte 01 and at least four digits do not come about by chance. */
static bool has_hex_tag(const struct shape *s)
{
	enum { MAX_TAG = 256, LEAST_DIGITS = 4 };
	struct view tag = s->from->tag;
	size_t digits = 0;
	bool is_number = false;

	if (tag.len % 2 != 0 || tag.len > MAX_TAG)
		return false;
	for (size_t i = 0; i < tag.len; i += 2) {
		int high = nibble_of(tag.at[i]), low = nibble_of(tag.at[i + 1]),
		    byte = high * 16 + low;

		if (high < 0 || low < 0)
			return false;
		if (!is_number && byte == 1 && i > 0)
			is_number = true;
		else if (is_number ? byte < '0' || byte > '9' : byte < 0x20 || byte > 0x7e)
			return false;
		else
			digits += is_number;
	}
	return digits >= LEAST_DIGITS;
}

static bool has_toolkit_shape(const struct shape *s)
{
	struct view number = view_after(s->via->branch, 8);
	uint64_t unused;

	return view_starts(s->via->branch, VIEW("z9hG4bK-")) &&
	       view_decimal(number, UINT64_MAX, &unused) && has_bare_contact(s) &&
	       accepts_sdp_alone(s);
}

static bool has_same_ends(const struct shape *s)
{
	return s->msg->method == SIP_METHOD_OPTIONS && s->msg->cseq.number == 1 &&
	       s->from->uri.user.len > 0 && sip_uri_same_account(&s->from->uri, &s->to->uri) &&
	       has_bare_contact(s) && accepts_sdp_alone(s);
}

static bool is_gateway_guise(const struct shape *s)
{
	static const char *const users[] = { "voipgw", "trunk", "user" };
	const struct sip_host *host = &s->from->uri.host;

	if (s->msg->method == SIP_METHOD_REGISTER || host->addr.family == 0 ||
	    !addr_same_host(&host->addr, &s->flow->local))
		return false;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (view_equal_nocase(s->from->uri.user, view_of(users[i])))
			return true;
	}
	return false;
}

static bool is_port_probe(const struct shape *s)
{
	return is_user_at(s->from, VIEW("nm"), VIEW("nm")) &&
	       (view_equal(s->to->uri.user, VIEW("nm")) ||
	        view_equal(s->to->uri.user, VIEW("nm2")));
}

static bool has_tool_user(const struct shape *s)
{
	static const struct view users[] = { { "sipvicious", 10 },
		                             { "smap", 4 },
		                             { "sivus", 5 },
		                             { "sipscan", 7 },
		                             { "svmap", 5 } };

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (view_equal_nocase(s->from->uri.user, users[i]))
			return true;
	}
	return false;
}

static bool is_hex(struct view text, size_t len)
{
	if (text.len != len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (nibble_of(text.at[i]) < 0)
			return false;
	}
	return true;
}

static bool is_alphanumeric(struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		char low = (char)(text.at[i] | 0x20);

		if (!(low >= 'a' && low <= 'z') && !(text.at[i] >= '0' && text.at[i] <= '9'))
			return false;
	}
	return true;
}

enum { CALL_ID_DIGITS = 32 };

static bool has_call_id_branch(const struct shape *s)
{
	return view_starts(s->via->branch, VIEW("z9hG4bK-")) &&
	       view_equal(view_after(s->via->branch, 8), s->msg->call_id) &&
	       is_hex(s->msg->call_id, CALL_ID_DIGITS);
}

static bool has_long_branch(const struct shape *s)
{
	enum { BRANCH_LETTERS = 71, TAG_DIGITS = 8 };
	struct view branch = s->via->branch;

	if (view_starts(branch, VIEW("z9hG4bK")) && branch.len > BRANCH_LETTERS)
		branch = view_after(branch, 7);
	return branch.len == BRANCH_LETTERS && is_alphanumeric(branch) &&
	       is_hex(s->msg->call_id, CALL_ID_DIGITS) && is_hex(s->from->tag, TAG_DIGITS);
}

static bool is_textbook(const struct shape *s)
{
	return is_user_at(s->from, VIEW("alice"), VIEW("atlanta.com")) &&
	       view_equal(s->from->tag, VIEW("1928301774"));
}

static bool is_unspecified(const struct sip_host *host)
{
	return view_equal(host->text, VIEW("0.0.0.0"));
}

static bool has_no_address(const struct shape *s)
{
	struct sip_name_addr contact __attribute__((uninitialized)); /* filled before it is read */

	return is_unspecified(&s->via->host) &&
	       sip_name_addr_parse(sip_msg_value(s->msg, SIP_HEADER_CONTACT), &contact) ==
	               ERR_NONE &&
	       is_unspecified(&contact.uri.host);
}

static const struct {
	const char *name, *text;
} signatures[SIGNATURE_COUNT] = {
	[SIGNATURE_NONE] = { "none", "matches no signature" },
#define SIGNATURE(id, slug, sentence) [SIGNATURE_##id] = { slug, sentence },
#include "guard/signature.def"
#undef SIGNATURE
};

static bool (*const matchers[SIGNATURE_COUNT])(const struct shape *s) = {
	[SIGNATURE_NOWHERE] = is_nowhere,
	[SIGNATURE_TOOL_NAME] = has_tool_name,
	[SIGNATURE_HEX_TAG] = has_hex_tag,
	[SIGNATURE_TOOLKIT_SHAPE] = has_toolkit_shape,
	[SIGNATURE_SAME_ENDS] = has_same_ends,
	[SIGNATURE_GATEWAY_GUISE] = is_gateway_guise,
	[SIGNATURE_PORT_PROBE] = is_port_probe,
	[SIGNATURE_TOOL_USER] = has_tool_user,
	[SIGNATURE_CALL_ID_BRANCH] = has_call_id_branch,
	[SIGNATURE_LONG_BRANCH] = has_long_branch,
	[SIGNATURE_TEXTBOOK] = is_textbook,
	[SIGNATURE_NO_ADDRESS] = has_no_address,
};

enum guard_signature guard_signature_of(const struct sip_msg *msg, const struct flow *flow)
{
	struct shape shape __attribute__((uninitialized)); /* filled whole */

	if (!msg->is_request || !shape_read(msg, flow, &shape))
		return SIGNATURE_NONE;
	for (int i = SIGNATURE_NONE + 1; i < SIGNATURE_COUNT; i++) {
		if (matchers[i](&shape))
			return (enum guard_signature)i;
	}
	return SIGNATURE_NONE;
}

struct guard_screening guard_screen(const struct sip_msg *msg, const struct flow *flow,
                                    enum fact_standing standing, bool is_suspect)
{
	struct guard_screening screening = { .treatment = TREAT_PASS };

	if (standing != STANDING_STRANGER)
		return screening;
	screening.signature = guard_signature_of(msg, flow);
	if (screening.signature == SIGNATURE_NONE)
		return screening;
	if (msg->method != SIP_METHOD_REGISTER)
		screening.treatment = TREAT_SILENCE;
	else if (is_suspect)
		screening.treatment = TREAT_CHALLENGE;
	return screening;
}

const char *guard_signature_name(enum guard_signature signature)
{
	return (size_t)signature < SIGNATURE_COUNT ? signatures[signature].name : "?";
}

const char *guard_signature_text(enum guard_signature signature)
{
	return (size_t)signature < SIGNATURE_COUNT ? signatures[signature].text : "?";
}
