/* SPDX-License-Identifier: Apache-2.0 */
/* Masking, line by line: the text may be of any sort. */
#include "sip/mask.h"

/* With them and the nonce a password can be guessed at leisure. */
static const struct view secrets[] = { VIEW("response="), VIEW("rspauth="), VIEW("cnonce="),
	                               VIEW("inline:") };
static const struct view credentials[] = { VIEW("authorization:"), VIEW("proxy-authorization:") };

static void put_cut(struct buffer *out, struct view text)
{
	buffer_put(out, view_first(text, out->max - out->len));
}

/* Length of the secret's name if one begins here, as a word of its own. */
static size_t secret_at(struct view line, size_t at)
{
	if (at > 0 && line.at[at - 1] != ' ' && line.at[at - 1] != ',' && line.at[at - 1] != '\t')
		return 0;
	for (unsigned i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (view_starts_nocase(view_after(line, at), secrets[i]))
			return secrets[i].len;
	}
	return 0;
}

static size_t end_of_value(struct view line, size_t at)
{
	if (at < line.len && line.at[at] == '"') {
		size_t end = view_find(line, '"', at + 1);

		return end < line.len ? end + 1 : end;
	}
	while (at < line.len && line.at[at] != ',' && line.at[at] != ' ' && line.at[at] != '\r' &&
	       line.at[at] != '\n')
		at++;
	return at;
}

static bool is_other_scheme(struct view line)
{
	for (unsigned i = 0; i < sizeof(credentials) / sizeof(credentials[0]); i++) {
		if (view_starts_nocase(line, credentials[i]))
			return !view_starts_nocase(view_trim(view_after(line, credentials[i].len)),
			                           VIEW("digest"));
	}
	return false;
}

static void mask_line(struct view line, struct buffer *out)
{
	size_t from = 0;

	if (is_other_scheme(line)) {
		put_cut(out, view_first(line, view_find(line, ':', 0) + 1));
		put_cut(out, VIEW(" ...\r\n"));
		return;
	}
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

	while (at < text.len && out->len < out->max) {
		size_t end = view_find(text, '\n', at);
		size_t next = end < text.len ? end + 1 : end;

		mask_line(view_first(view_after(text, at), next - at), out);
		at = next;
	}
}
