/* SPDX-License-Identifier: Apache-2.0 */
/* Warning. */
#include "sip/warning.h"

#include "base/cursor.h"
#include "sip/param.h"

enum err sip_warning_parse(struct view text, struct sip_warning *ret)
{
	struct cursor in = cursor_on(text);
	struct view code = cursor_digits(&in);
	struct sip_warning w;
	uint64_t number = 0;

	if (in.err == ERR_NONE &&
	    (code.len != 3 || !view_decimal(code, 999, &number) || number < 100))
		cursor_fail(&in, ERR_SYNTAX);
	w.code = (uint16_t)number;
	cursor_expect(&in, ' ');
	w.agent = cursor_until(&in, ' ');
	for (size_t i = 0; i < w.agent.len; i++)
		if ((unsigned char)w.agent.at[i] <= 0x20 || w.agent.at[i] == '"' ||
		    w.agent.at[i] == 0x7f)
			cursor_fail(&in, ERR_SYNTAX);
	if (w.agent.len == 0)
		cursor_fail(&in, ERR_SYNTAX);
	cursor_expect(&in, ' ');
	w.text = cursor_quoted(&in);
	cursor_end(&in);
	if (in.err == ERR_NONE)
		*ret = w;
	return in.err;
}

void sip_warning_write(struct buffer *b, const struct sip_warning *w)
{
	buffer_decimal(b, w->code);
	buffer_char(b, ' ');
	buffer_put(b, w->agent);
	buffer_char(b, ' ');
	sip_quoted_put(b, w->text);
}
