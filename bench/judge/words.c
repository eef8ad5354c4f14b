/* SPDX-License-Identifier: Apache-2.0 */
/* Each make has the habits by which the programs of its kind are known. */
#include "judge/words.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static bool is_scanner(enum make make) { return make == MAKE_VICIOUS || make == MAKE_DISGUISED; }

void words_branch(struct words *w, struct chance *c)
{
	if (is_scanner(w->make) || w->make == MAKE_LIST_SCANNER)
		(void)snprintf(w->branch, sizeof(w->branch), "z9hG4bK-%u",
		               (unsigned)(chance_next(c) >> 33));
	else
		(void)snprintf(w->branch, sizeof(w->branch), "z9hG4bK%016llx",
		               (unsigned long long)chance_next(c));
}

void words_renew(struct words *w, struct chance *c)
{
	if (is_scanner(w->make))
		(void)snprintf(w->call_id, sizeof(w->call_id), "%llu",
		               (unsigned long long)chance_next(c));
	else
		(void)snprintf(w->call_id, sizeof(w->call_id), "%016llx@%.24s",
		               (unsigned long long)chance_next(c), w->via);
	(void)snprintf(w->tag, sizeof(w->tag), "%016llx", (unsigned long long)chance_next(c));
	w->to_tag[0] = '\0';
	words_branch(w, c);
}

void words_credentials(struct words *w, const char *user, const char *nonce, struct chance *c)
{
	(void)snprintf(w->authorization, sizeof(w->authorization),
	               "Digest username=\"%s\", realm=\"pbx\", nonce=\"%s\", uri=\"%s\", "
	               "response=\"%016llx%016llx\", algorithm=MD5",
	               user, nonce, w->uri, (unsigned long long)chance_next(c),
	               (unsigned long long)chance_next(c));
}

static void line(struct buffer *b, const char *name, const char *value)
{
	buffer_text(b, name);
	buffer_text(b, value);
	buffer_text(b, "\r\n");
}

static void write_start(const struct words *w, struct buffer *b)
{
	if (w->status) {
		buffer_text(b, "SIP/2.0 ");
		buffer_decimal(b, w->status);
		buffer_text(b, " Answer\r\n");
		return;
	}
	buffer_text(b, w->method);
	buffer_char(b, ' ');
	buffer_text(b, w->uri);
	buffer_text(b, " SIP/2.0\r\n");
}

static const char *display_of(enum make make)
{
	if (make == MAKE_VICIOUS)
		return "\"sipvicious\"";
	return make == MAKE_DISGUISED ? "\"ccxllrlflgig\"" : "";
}

static void write_end(const struct words *w, struct buffer *b, const char *name, bool is_from)
{
	const char *tag = is_from ? w->tag : w->to_tag;

	buffer_text(b, name);
	buffer_text(b, w->status && !is_from ? "" : display_of(w->make));
	buffer_char(b, '<');
	buffer_text(b, is_from ? w->from : w->to);
	buffer_char(b, '>');
	if (tag[0]) {
		buffer_text(b, ";tag=");
		buffer_text(b, tag);
	}
	buffer_text(b, "\r\n");
}

static void write_contact(const struct words *w, struct buffer *b)
{
	bool is_bare = is_scanner(w->make) || w->make == MAKE_LIST_SCANNER;

	if (!w->contact[0])
		return;
	buffer_text(b, "Contact: ");
	buffer_text(b, is_bare ? "" : "<");
	buffer_text(b, w->contact);
	buffer_text(b, is_bare ? "" : ">");
	if (w->status && w->expires) {
		buffer_text(b, ";expires=");
		buffer_decimal(b, w->expires);
	}
	buffer_text(b, "\r\n");
}

static void write_body(const struct words *w, struct buffer *b)
{
	char text[256];
	struct buffer body = BUFFER_ON(text);

	if (w->has_sdp)
		buffer_text(&body,
		            "v=0\r\no=- 1 1 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\n"
		            "t=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\na=sendrecv\r\n");
	if (w->has_sdp)
		line(b, "Content-Type: ", "application/sdp");
	buffer_text(b, "Content-Length: ");
	buffer_decimal(b, body.len);
	buffer_text(b, "\r\n\r\n");
	buffer_put(b, buffer_view(&body));
}

void words_write(const struct words *w, struct buffer *b)
{
	write_start(w, b);
	buffer_text(b, "Via: SIP/2.0/UDP ");
	buffer_text(b, w->via);
	buffer_text(b, ";branch=");
	buffer_text(b, w->branch);
	buffer_text(b, w->make == MAKE_PHONE || is_scanner(w->make) ? ";rport\r\n" : "\r\n");
	if (!w->status)
		line(b, "Max-Forwards: ", "70");
	write_end(w, b, "From: ", true);
	write_end(w, b, "To: ", false);
	line(b, "Call-ID: ", w->call_id);
	buffer_text(b, "CSeq: ");
	buffer_decimal(b, w->cseq);
	buffer_char(b, ' ');
	line(b, "", w->method);
	write_contact(w, b);
	if (w->agent)
		line(b, w->status ? "Server: " : "User-Agent: ", w->agent);
	if (!w->status && (is_scanner(w->make) || w->make == MAKE_LIST_SCANNER))
		line(b, "Accept: ", "application/sdp");
	if (!w->status && strcmp(w->method, "REGISTER") == 0) {
		buffer_text(b, "Expires: ");
		buffer_decimal(b, w->expires);
		buffer_text(b, "\r\n");
	}
	if (w->authorization[0] && !w->status)
		line(b, "Authorization: ", w->authorization);
	if (w->challenge[0] && w->status)
		line(b, "WWW-Authenticate: ", w->challenge);
	write_body(w, b);
}
