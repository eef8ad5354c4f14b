/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every field: it reads no byte beyond its view, what it has
 * written it reads as the same, and no text of any shape makes it write what
 * would end a line. */
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "runner/test.h"

static char first_text[1 << 18], second_text[1 << 18];

/* True: refused, or written, and what was written is read as the same again. */
static bool is_stable(const struct field *f, struct view text)
{
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);

	if (f->rewrite(text, &first) != ERR_NONE || first.err != ERR_NONE)
		return true;
	if (f->rewrite(buffer_view(&first), &second) != ERR_NONE || second.err != ERR_NONE)
		return false;
	return view_equal(buffer_view(&first), buffer_view(&second)) &&
	       view_find(buffer_view(&first), '\r', 0) == first.len &&
	       view_find(buffer_view(&first), '\n', 0) == first.len &&
	       view_find(buffer_view(&first), '\0', 0) == first.len;
}

#define FOR_EACH_SAMPLE(f, sample)                                                                 \
	for (const struct field *f = fields; f < fields + field_count; f++)                        \
		for (const char *const *sample = f->samples; *sample; sample++)

TEST(field_samples, "each sample is accepted, written and read as the same")
{
	FOR_EACH_SAMPLE(f, sample)
	{
		struct buffer b = BUFFER_ON(first_text);

		CHECK_CASE(f->rewrite(view_of(*sample), &b) == ERR_NONE, *sample);
		CHECK_CASE(b.err == ERR_NONE && b.len > 0, *sample);
		CHECK_CASE(is_stable(f, view_of(*sample)), *sample);
	}
	return ERR_NONE;
}

/* test_truncations hands on no context. */
static const struct field *cut_field;
static bool cut_is_stable;

static void parse_cut(struct view text)
{
	if (!is_stable(cut_field, text))
		cut_is_stable = false;
}

TEST(field_truncations, "each sample may end at any byte")
{
	FOR_EACH_SAMPLE(f, sample)
	{
		cut_field = f;
		cut_is_stable = true;
		test_truncations(view_of(*sample), parse_cut);
		CHECK_CASE(cut_is_stable, *sample);
	}
	return ERR_NONE;
}

/* The sample in memory of its own size, one byte left out (byte < 0) or changed. */
static enum err tampered(const struct field *f, struct view text, size_t at, int byte)
{
	size_t len = text.len - (byte < 0);
	char *copy = test_exact_copy((struct view){ text.at, len });
	bool stable;

	memcpy(copy + at + (byte >= 0), text.at + at + 1, text.len - at - 1);
	if (byte >= 0)
		copy[at] = (char)byte;
	stable = is_stable(f, (struct view){ copy, len });
	free(copy);
	CHECK_CASE(stable, text.at);
	return ERR_NONE;
}

TEST(field_left_out, "each byte of a sample may be left out")
{
	FOR_EACH_SAMPLE(f, sample)
	for (size_t at = 0; (*sample)[at]; at++)
		TRY(tampered(f, view_of(*sample), at, -1));
	return ERR_NONE;
}

TEST(field_changed, "each byte of a sample may become a delimiter or control byte")
{
	static const char bytes[] = "\0\t\n\v\r \"%(),/:;<=>?@[\\]\x7f\x80\xff";

	FOR_EACH_SAMPLE(f, sample)
	for (size_t at = 0; (*sample)[at]; at++)
		for (size_t i = 0; i < sizeof(bytes) - 1; i++)
			TRY(tampered(f, view_of(*sample), at, (unsigned char)bytes[i]));
	return ERR_NONE;
}

TEST(field_ladder, "each sample may be followed by up to 65535 equal bytes")
{
	static const char bytes[] = "a1;,\"\\<>[ =%@:(&";
	static char text[1 << 17];

	FOR_EACH_SAMPLE(f, sample)
	{
		size_t len = strlen(*sample);

		memcpy(text, *sample, len);
		for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
			memset(text + len, bytes[i], 65535);
			for (size_t more = 1; more <= 65535; more += more / 2 + 1)
				CHECK_CASE(is_stable(f, (struct view){ text, len + more }),
				           *sample);
			CHECK_CASE(is_stable(f, (struct view){ text, len + 65535 }), *sample);
		}
	}
	return ERR_NONE;
}

TEST(field_control, "no field takes a control byte")
{
	FOR_EACH_SAMPLE(f, sample)
	{
		size_t len = strlen(*sample);
		char text[256];

		for (size_t at = 0; at < len; at++) {
			struct buffer b = BUFFER_ON(first_text);

			memcpy(text, *sample, len);
			text[at] = '\n';
			CHECK_CASE(f->rewrite((struct view){ text, len }, &b) != ERR_NONE ||
			                   b.err != ERR_NONE ||
			                   view_find(buffer_view(&b), '\n', 0) == b.len,
			           *sample);
		}
	}
	return ERR_NONE;
}
