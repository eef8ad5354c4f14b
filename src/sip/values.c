/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting headers into values. Each byte is looked at once, whatever stands
 * in it: the walk keeps its place and never goes back. */
#include "sip/values.h"

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

/* Place of the first comma that separates, or the end. */
static enum err find_comma(struct view text, size_t *ret)
{
	bool is_in_quotes = false, is_in_brackets = false;
	size_t at;

	for (at = 0; at < text.len; at++) {
		char c = text.at[at];

		if (is_in_quotes) {
			if (c == '\\')
				at++;
			else if (c == '"')
				is_in_quotes = false;
			continue;
		}
		if (c == '"' && !is_in_brackets)
			is_in_quotes = true;
		else if (c == '<')
			is_in_brackets = true;
		else if (c == '>')
			is_in_brackets = false;
		else if (c == ',' && !is_in_brackets)
			break;
	}
	if (is_in_quotes || is_in_brackets)
		return ERR_SYNTAX;
	*ret = at < text.len ? at : text.len;
	return ERR_NONE;
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
