/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for answers of processes that map no JSON library. */
#include "base/object.h"

void object_name(struct buffer *b, const char *name)
{
	char last = b->len > 0 ? b->at[b->len - 1] : '{';

	if (last != '{' && last != '[')
		buffer_char(b, ',');
	buffer_char(b, '"');
	buffer_text(b, name);
	buffer_text(b, "\":");
}

void object_number(struct buffer *b, const char *name, uint64_t number)
{
	object_name(b, name);
	buffer_decimal(b, number);
}

void object_truth(struct buffer *b, const char *name, bool is_true)
{
	object_name(b, name);
	buffer_text(b, is_true ? "true" : "false");
}

void object_text(struct buffer *b, const char *name, struct view text)
{
	object_name(b, name);
	buffer_char(b, '"');
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];
		bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

		buffer_char(b, is_plain ? byte : '?');
	}
	buffer_char(b, '"');
}
