/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies written anew. No XML is understood here beyond its text: what names a
 * host, wherever it stands, is found by its shape. */
#include "border/body.h"

#include "border/home.h"
#include "border/reference.h"
#include "sip/build.h"
#include "sip/content_type.h"

enum kind { KIND_PLAIN, KIND_WORDS, KIND_XML };

static const struct body_row {
	enum sip_method method;
	enum kind kind;
	size_t max;
	const char *type, *subtype, *whole;
} rows[] = {
	{ SIP_METHOD_INFO, KIND_PLAIN, 128, "application", "dtmf-relay", "application/dtmf-relay" },
	{ SIP_METHOD_INFO, KIND_PLAIN, 32, "application", "dtmf", "application/dtmf" },
	{ SIP_METHOD_MESSAGE, KIND_PLAIN, 4096, "text", "plain", "text/plain" },
	{ SIP_METHOD_NOTIFY, KIND_WORDS, 2048, "application", "simple-message-summary",
	  "application/simple-message-summary" },
	{ SIP_METHOD_NOTIFY, KIND_XML, 6000, "application", "dialog-info+xml",
	  "application/dialog-info+xml" },
	{ SIP_METHOD_NOTIFY, KIND_XML, 6000, "application", "pidf+xml", "application/pidf+xml" },
	{ SIP_METHOD_PUBLISH, KIND_XML, 6000, "application", "pidf+xml", "application/pidf+xml" },
	{ SIP_METHOD_PUBLISH, KIND_XML, 6000, "application", "dialog-info+xml",
	  "application/dialog-info+xml" },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Text that may stand in a message: no control bytes but line ends and tabs. */
static bool is_text(struct view body)
{
	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.at[i];

		if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Elements alone: a document type could name entities and files. */
static bool is_simple_xml(struct view body)
{
	for (size_t at = view_find(body, '<', 0); at < body.len;
	     at = view_find(body, '<', at + 1)) {
		struct view rest = view_after(body, at);

		if (view_starts(rest, VIEW("<!")) ||
		    (view_starts(rest, VIEW("<?")) && !view_starts(rest, VIEW("<?xml "))))
			return false;
	}
	return true;
}

/* ---- hosts and URIs ---- */

struct walk {
	const struct border *b;
	const struct identity_reader *reader;
	struct view body;
	size_t at;
	struct buffer *out;
	struct reference dialog;                    /* names of the <dialog> in hand, mapped */
	struct view call_id, local_tag, remote_tag; /* where they stand in the body */
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_alnum(char c) { return is_digit(c) || is_letter(c); }

static bool is_address_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == '.' || c == ':';
}

static bool is_name_byte(char c) { return is_alnum(c) || c == '.' || c == '-'; }

static struct view run_of(struct view text, bool (*is_it)(char c))
{
	size_t len = 0;

	while (len < text.len && is_it(text.at[len]))
		len++;
	return view_first(text, len);
}

static bool ends_uri(char c)
{
	return c == '"' || c == '\'' || c == '<' || c == '>' || c == '&' || (c >= 0 && c <= ' ');
}

static bool is_address(struct view text)
{
	struct addr a;

	return text.len > 2 && addr_parse(text, &a) == ERR_NONE;
}

/* A sentence may end behind it. */
static struct view without_dots(struct view text)
{
	while (text.len > 0 && text.at[text.len - 1] == '.')
		text.len--;
	return text;
}

/* Four numbers with dots between, whatever follows them. */
static struct view quad_of(struct view text)
{
	size_t len = 0;

	for (unsigned parts = 0; parts < 4; parts++) {
		if (parts > 0 && (len == text.len || text.at[len++] != '.'))
			return VIEW_EMPTY;
		for (unsigned i = 0; i < 3 && len < text.len && is_digit(text.at[len]); i++)
			len++;
	}
	return view_first(text, len);
}

/* What is at the front of the text: an address with or without a port behind it, or a name
 * that the configuration has for a peer; else nothing. */
static struct view telling(const struct border *b, struct view text)
{
	struct view run = without_dots(run_of(text, is_address_byte));
	struct view name = without_dots(run_of(text, is_name_byte));

	if (is_address(run))
		return run;
	run = quad_of(text);
	if (is_address(run))
		return run;
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		if (b->settings.peers[i].domain[0] &&
		    view_equal_nocase(name, view_of(b->settings.peers[i].domain)))
			return name;
	}
	return VIEW_EMPTY;
}

/* As that reader calls us, or himself where he is a peer. */
static void write_host(struct walk *w)
{
	struct view domain;
	struct addr ours;

	if (w->reader->peer && !party_is_outer(w->reader->peer)) {
		party_write_domain(w->out, w->reader->peer);
		return;
	}
	domain = home_domain_on(w->b, w->reader->flow);
	if (!view_is_empty(domain)) {
		buffer_put(w->out, domain);
	} else {
		ours = party_our_address(w->b, w->reader->flow);
		addr_write_host(w->out, &ours);
	}
}

static void take_word(struct walk *w)
{
	struct view rest = view_after(w->body, w->at), host = telling(w->b, rest);

	if (host.len > 0) {
		write_host(w);
		w->at += host.len;
		return;
	}
	/* An address may follow letters directly. */
	host = run_of(rest, is_digit(*rest.at) ? is_digit : is_letter);
	if (host.len == 0)
		host = view_first(rest, 1);
	buffer_put(w->out, host);
	w->at += host.len;
}

static void take_uri(struct walk *w)
{
	struct view rest = view_after(w->body, w->at);
	struct sip_uri uri;
	size_t len = 0;

	while (len < rest.len && !ends_uri(rest.at[len]))
		len++;
	if (sip_uri_parse(view_first(rest, len), &uri) == ERR_NONE)
		identity_write_uri(w->b, w->out, &uri, w->reader);
	else
		buffer_fail(w->out, ERR_SYNTAX);
	w->at += len;
}

/* ---- names of dialogs (RFC 4235) ---- */

static struct view attribute(struct view tag, const char *name)
{
	size_t len = strlen(name);

	for (size_t at = 0; at + len + 2 < tag.len; at++) {
		struct view rest = view_after(tag, at);

		if (tag.at[at] > ' ' || !view_starts(view_after(rest, 1), view_of(name)) ||
		    rest.at[1 + len] != '=' || rest.at[2 + len] != '"')
			continue;
		rest = view_after(rest, len + 3);
		return view_first(rest, view_find(rest, '"', 0));
	}
	return VIEW_EMPTY;
}

/* Who watches may pick the call up by what stands here: Replaces with these names. */
static void meet_dialog(struct walk *w)
{
	struct view rest = view_after(w->body, w->at);
	struct view tag = view_first(rest, view_find(rest, '>', 0));
	struct sip_dialog_name name = {
		.call_id = attribute(tag, "call-id"),
		.to_tag = attribute(tag, "local-tag"),
		.from_tag = attribute(tag, "remote-tag"),
	};

	w->call_id = w->local_tag = w->remote_tag = VIEW_EMPTY;
	if (view_is_empty(name.call_id) || view_is_empty(name.to_tag) ||
	    view_is_empty(name.from_tag) || reference_map(w->b, &name, &w->dialog) != ERR_NONE)
		return;
	w->call_id = name.call_id;
	w->local_tag = name.to_tag;
	w->remote_tag = name.from_tag;
}

static bool take_name(struct walk *w)
{
	const char *here = w->body.at + w->at;
	const struct {
		const struct view *came;
		const char *mapped;
	} names[] = { { &w->call_id, w->dialog.call_id },
		      { &w->local_tag, w->dialog.to_tag },
		      { &w->remote_tag, w->dialog.from_tag } };

	for (unsigned i = 0; i < 3; i++) {
		if (names[i].came->len == 0 || names[i].came->at != here)
			continue;
		buffer_text(w->out, names[i].mapped);
		w->at += names[i].came->len;
		return true;
	}
	return false;
}

static void write_mapped(struct walk *w)
{
	while (w->at < w->body.len && w->out->err == ERR_NONE) {
		struct view rest = view_after(w->body, w->at);
		bool is_word = w->at > 0 && is_alnum(w->body.at[w->at - 1]);

		if (view_starts(rest, VIEW("<dialog ")))
			meet_dialog(w);
		if (take_name(w))
			continue;
		if (!is_word && (view_starts_nocase(rest, VIEW("sip:")) ||
		                 view_starts_nocase(rest, VIEW("sips:"))))
			take_uri(w);
		else
			take_word(w);
	}
}

/* ---- by type ---- */

static const struct body_row *row_of(const struct sip_msg *msg)
{
	struct sip_content_type type;

	if (sip_msg_header(msg, SIP_HEADER_CONTENT_ENCODING) ||
	    sip_content_type_parse(sip_msg_value(msg, SIP_HEADER_CONTENT_TYPE), &type) != ERR_NONE)
		return NULL;
	for (unsigned i = 0; i < ROWS; i++) {
		if (rows[i].method == (enum sip_method)msg->method &&
		    msg->body.len <= rows[i].max &&
		    sip_content_type_is(&type, view_of(rows[i].type), view_of(rows[i].subtype)))
			return &rows[i];
	}
	return NULL;
}

enum err body_write(const struct border *b, const struct sip_msg *msg,
                    const struct identity_reader *reader, struct buffer *out, struct body *ret)
{
	struct walk w = { .b = b, .reader = reader, .body = msg->body, .out = out };
	const struct body_row *row = row_of(msg);

	if (view_is_empty(msg->body)) {
		*ret = (struct body){ 0 };
		return ERR_NONE;
	}
	if (!row || !is_text(msg->body))
		return ERR_UNSUPPORTED;
	if (row->kind == KIND_XML && !is_simple_xml(msg->body))
		return ERR_SYNTAX;
	if (row->kind == KIND_PLAIN)
		buffer_put(out, msg->body);
	else
		write_mapped(&w);
	if (out->err != ERR_NONE)
		return out->err;
	*ret = (struct body){ view_of(row->whole), buffer_view(out) };
	return ERR_NONE;
}

void body_write_accept(struct buffer *out, enum sip_method method)
{
	size_t header = sip_build_begin(out, SIP_HEADER_ACCEPT);
	size_t begun = out->len;

	for (unsigned i = 0; i < ROWS; i++) {
		if (rows[i].method != method)
			continue;
		buffer_text(out, out->len > begun ? ", " : "");
		buffer_text(out, rows[i].whole);
	}
	sip_build_finish(out, header);
}
