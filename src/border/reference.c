/* SPDX-License-Identifier: Apache-2.0 */
/* Names of dialogs, from leg to leg. */
#include "border/reference.h"

#include "border/call_priv.h"

enum { HEADER_MAX = 512 };

static bool is_dialog(const struct ua_dialog *d, const struct sip_dialog_name *name,
                      struct view local, struct view remote)
{
	return view_equal(view_of(d->call_id), name->call_id) &&
	       view_equal(view_of(d->local_tag), local) &&
	       view_equal(view_of(d->remote_tag), remote);
}

/* The dialog on the other leg of the call in which `local` is our tag. */
static const struct ua_dialog *beyond(const struct border *b, const struct sip_dialog_name *name,
                                      struct view local, struct view remote)
{
	unsigned leg;
	struct call *call = call_by_tag(b, local, &leg);

	if (!call || call->state == CALL_ENDING ||
	    !is_dialog(&leg_of(call, leg)->dialog, name, local, remote))
		return NULL;
	return &leg_of(call, leg_other(leg))->dialog;
}

enum err reference_map(const struct border *b, const struct sip_dialog_name *came,
                       struct reference *ret)
{
	const struct ua_dialog *d = beyond(b, came, came->to_tag, came->from_tag);
	/* The end that is named by to-tag is ours on one leg and the other end's beyond. */
	bool is_ours = d != NULL;

	if (!d)
		d = beyond(b, came, came->from_tag, came->to_tag);
	if (!d)
		return ERR_NOT_FOUND;
	ret->is_early_only = came->is_early_only;
	if (!VIEW_COPY(view_of(d->call_id), ret->call_id) ||
	    !VIEW_COPY(view_of(is_ours ? d->remote_tag : d->local_tag), ret->to_tag) ||
	    !VIEW_COPY(view_of(is_ours ? d->local_tag : d->remote_tag), ret->from_tag))
		return ERR_LIMIT;
	return ERR_NONE;
}

static struct sip_dialog_name name_of(const struct reference *r)
{
	return (struct sip_dialog_name){
		.call_id = view_of(r->call_id),
		.to_tag = view_of(r->to_tag),
		.from_tag = view_of(r->from_tag),
		.is_early_only = r->is_early_only,
	};
}

static void write_replaces(const struct border *b, struct buffer *out, struct view text)
{
	struct sip_dialog_name name;
	struct reference r;
	enum err err = sip_replaces_parse(text, &name);

	if (err == ERR_NONE)
		err = reference_map(b, &name, &r);
	if (err == ERR_NONE) {
		name = name_of(&r);
		sip_replaces_write(out, &name);
	}
	buffer_fail(out, err);
}

/* ---- Refer-To ---- */

/* Escapes all that is not a letter, digit or one of -_.!~* (RFC 3261 25.1: hvalue). */
static void escape(struct buffer *out, struct view plain)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < plain.len; i++) {
		unsigned char c = (unsigned char)plain.at[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_' || c == '.' || c == '!' || c == '~' || c == '*') {
			buffer_char(out, (char)c);
			continue;
		}
		buffer_char(out, '%');
		buffer_char(out, digits[c >> 4]);
		buffer_char(out, digits[c & 15]);
	}
}

static bool next_header(struct view *rest, struct view *ret_name, struct view *ret_value)
{
	struct view row = view_first(*rest, view_find(*rest, '&', 0));
	size_t equals = view_find(row, '=', 0);

	if (view_is_empty(*rest))
		return false;
	*ret_name = view_first(row, equals);
	*ret_value = view_after(row, equals + 1);
	*rest = view_after(*rest, row.len + 1);
	return true;
}

/* Others would be put into the INVITE that somebody else sends: they stay out. */
static void write_headers(const struct border *b, struct buffer *uri, struct view headers)
{
	char plain_text[HEADER_MAX], mapped_text[HEADER_MAX];
	struct view name, value;

	while (next_header(&headers, &name, &value)) {
		struct buffer plain = BUFFER_ON(plain_text), mapped = BUFFER_ON(mapped_text);

		if (!view_equal_nocase(name, VIEW("Replaces")))
			continue;
		sip_escape_decode(&plain, value);
		buffer_fail(&mapped, plain.err);
		write_replaces(b, &mapped, buffer_view(&plain));
		buffer_fail(uri, mapped.err);
		buffer_text(uri, "?Replaces=");
		escape(uri, buffer_view(&mapped));
		return;
	}
}

void reference_write_refer_to(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                              const struct identity_reader *reader)
{
	char text[HEADER_MAX + 512];
	struct buffer uri = BUFFER_ON(text);
	struct sip_name_addr to;
	struct view method;
	enum err err = sip_parts_address(msg, SIP_HEADER_REFER_TO, &to);

	if (err == ERR_NONE && sip_uri_param(&to.uri, VIEW("method"), &method) &&
	    !view_equal(method, VIEW("INVITE")))
		err = ERR_DENIED;
	if (err == ERR_NONE)
		identity_write_uri(b, &uri, &to.uri, reader);
	if (err == ERR_NONE)
		write_headers(b, &uri, to.uri.headers);
	buffer_fail(out, err != ERR_NONE ? err : uri.err);
	sip_build_name_addr(out, SIP_HEADER_REFER_TO, VIEW_EMPTY, buffer_view(&uri), VIEW_EMPTY);
}

/* ---- Replaces, Target-Dialog ---- */

static void write_target_dialog(const struct border *b, struct buffer *out, struct view text)
{
	struct sip_dialog_name name;
	struct reference r;
	size_t begun;

	if (sip_target_dialog_parse(text, &name) != ERR_NONE ||
	    reference_map(b, &name, &r) != ERR_NONE)
		return;
	name = name_of(&r);
	begun = sip_build_begin(out, SIP_HEADER_TARGET_DIALOG);
	sip_target_dialog_write(out, &name);
	sip_build_finish(out, begun);
}

void reference_write_dialogs(const struct border *b, struct buffer *out, const struct sip_msg *msg)
{
	struct view replaces = sip_msg_value(msg, SIP_HEADER_REPLACES);
	struct view target = sip_msg_value(msg, SIP_HEADER_TARGET_DIALOG);
	size_t begun;

	if (!view_is_empty(replaces)) {
		begun = sip_build_begin(out, SIP_HEADER_REPLACES);
		write_replaces(b, out, replaces);
		sip_build_finish(out, begun);
	}
	if (!view_is_empty(target))
		write_target_dialog(b, out, target);
}

bool reference_is_lost(const struct border *b, const struct sip_msg *invite)
{
	struct view text = sip_msg_value(invite, SIP_HEADER_REPLACES);
	struct sip_dialog_name name;
	struct reference r;

	return !view_is_empty(text) && (sip_replaces_parse(text, &name) != ERR_NONE ||
	                                reference_map(b, &name, &r) != ERR_NONE);
}
