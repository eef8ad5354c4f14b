/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting headers into values. Each byte is looked at once, whatever stands
 * in it: the walk keeps its place and never goes back. */
#include "sip/values.h"

#include "sip/bytes_priv.h"

struct sip_values sip_values_of(const struct sip_msg *m, enum sip_header_id id)
{
	return (struct sip_values){ .msg = m,
		                    .next = sip_msg_header(m, id),
		                    .is_list = sip_header_times(id) == SIP_TIMES_LIST };
}

struct sip_values sip_values_on(struct view text)
{
	return (struct sip_values){ .rest = text, .is_list = true, .is_open = text.len > 0 };
}

/* Behind the quote that ends what is quoted from `at` on, or ERR_SYNTAX. */
static enum err skip_quoted(struct view text, size_t at, size_t *ret)
{
	for (;;) {
		at = bytes_find(text, at, "\"\"\\\\");
		if (at >= text.len)
			return ERR_SYNTAX;
		if (text.at[at] == '"')
			break;
		at += 2;
	}
	*ret = at + 1;
	return ERR_NONE;
}

/* Place of the first comma that separates, or the end. Within brackets nothing
 * but their end counts, within quotes nothing but theirs. */
static enum err find_comma(struct view text, size_t *ret)
{
	size_t at = 0;

	for (;;) {
		at = bytes_find(text, at, ",\"<<");
		if (at >= text.len || text.at[at] == ',') {
			*ret = at;
			return ERR_NONE;
		}
		if (text.at[at] == '<') {
			at = bytes_find(text, at, ">>>>");
			if (at >= text.len)
				return ERR_SYNTAX;
			at++;
		} else if (skip_quoted(text, at + 1, &at) != ERR_NONE) {
			return ERR_SYNTAX;
		}
	}
}

/* Opens the next header that is not empty. */
static bool open_next(struct sip_values *w)
{
	while (!w->is_open && w->next) {
		w->rest = w->next->value;
		w->next = sip_msg_next(w->msg, w->next);
		w->is_open = w->rest.len > 0;
	}
	return w->is_open;
}

static struct view take_value(struct sip_values *w)
{
	size_t comma = w->rest.len;
	struct view value;

	if (w->is_list)
		w->err = find_comma(w->rest, &comma);
	value = view_trim(view_first(w->rest, comma));
	w->is_open = w->err == ERR_NONE && comma < w->rest.len;
	w->rest = view_after(w->rest, comma + 1);
	return value;
}

bool sip_values_next(struct sip_values *w, struct view *ret)
{
	while (w->err == ERR_NONE && open_next(w)) {
		struct view value = take_value(w);

		if (w->err != ERR_NONE)
			return false;
		if (value.len > 0) {
			*ret = value;
			return true;
		}
		if (!w->skips_empty)
			w->err = ERR_SYNTAX;
	}
	return false;
}
