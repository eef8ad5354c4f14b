/* SPDX-License-Identifier: Apache-2.0 */
/* Masking, line by line: the text may be of any sort. */
#include "sip/mask.h"

/* With them and the nonce a password can be guessed at leisure. */
static const struct view secrets[] = { VIEW("response"), VIEW("rspauth"), VIEW("cnonce") };
static const struct view credentials[] = { VIEW("authorization"), VIEW("proxy-authorization") };

static void put_cut(struct buffer *out, struct view text)
{
	buffer_put(out, view_first(text, out->max - out->len));
}

static bool is_of_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static size_t after_blanks(struct view line, size_t at)
{
	while (at < line.len && (line.at[at] == ' ' || line.at[at] == '\t'))
		at++;
	return at;
}

/* Length of what names the secret if one begins here, as a word of its own. */
static size_t secret_at(struct view line, size_t at)
{
	struct view rest = view_after(line, at);

	if (at > 0 && is_of_word(line.at[at - 1]))
		return 0;
	if (view_starts_nocase(rest, VIEW("inline:")))
		return VIEW("inline:").len;
	for (unsigned i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		size_t sign = after_blanks(rest, secrets[i].len);

		if (view_starts_nocase(rest, secrets[i]) && sign < rest.len && rest.at[sign] == '=')
			return after_blanks(rest, sign + 1);
	}
	return 0;
}

static size_t end_of_value(struct view line, size_t at)
{
	if (at < line.len && line.at[at] == '"') {
		size_t end = view_find(line, '"', at + 1);

		return end < line.len ? end + 1 : end;
	}
	while (at < line.len && line.at[at] != ',' && line.at[at] != ';' && line.at[at] != ' ' &&
	       line.at[at] != '\r' && line.at[at] != '\n')
		at++;
	return at;
}

/* How much of the line may be read where the rest of it is all secret; else 0. */
static size_t open_part(struct view line)
{
	size_t colon = view_find(line, ':', 0);
	struct view name = view_trim(view_first(line, colon));

	if (view_starts_nocase(line, VIEW("k=")))
		return 2;
	if (view_equal_nocase(name, VIEW("a=key-mgmt")))
		return colon + 1;
	for (unsigned i = 0; i < sizeof(credentials) / sizeof(credentials[0]); i++) {
		if (view_equal_nocase(name, credentials[i]) && colon < line.len &&
		    !view_starts_nocase(view_trim(view_after(line, colon + 1)), VIEW("digest")))
			return colon + 1;
	}
	return 0;
}

static void mask_line(struct view line, struct buffer *out)
{
	size_t from = 0;

	for (size_t at = 0; at < line.len;) {
		size_t name = secret_at(line, at);

		if (name == 0) {
			at++;
			continue;
		}
		put_cut(out, view_first(view_after(line, from), at + name - from));
		put_cut(out, VIEW("\"...\""));
		from = at = end_of_value(line, at + name);
	}
	put_cut(out, view_after(line, from));
}

void sip_mask(struct view text, struct buffer *out)
{
	size_t at = 0;
	bool is_hidden = false;

	while (at < text.len && out->len < out->max) {
		size_t end = view_find(text, '\n', at);
		size_t next = end < text.len ? end + 1 : end;
		struct view line = view_first(view_after(text, at), next - at);
		size_t open = open_part(line);

		at = next;
		/* A line that is folded goes on with what stood in the one before. */
		if (is_hidden && (line.at[0] == ' ' || line.at[0] == '\t'))
			continue;
		is_hidden = open > 0;
		if (is_hidden) {
			put_cut(out, view_first(line, open));
			put_cut(out, VIEW(" ...\r\n"));
		} else {
			mask_line(line, out);
		}
	}
}
