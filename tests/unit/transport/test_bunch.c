/* SPDX-License-Identifier: Apache-2.0 */
/* Which letters of a batch leave as one: letters stand for messages here, "a1" for the first kind
 * of message of call a. */
#include "runner/test.h"
#include "transport/bunch.h"

#include <stdio.h>
#include <string.h>

enum { TEXT = 80 };

static const struct flow ways[2] = {
	{ .local = { .family = 4, .port = 5060 }, .remote = { .family = 4, .port = 5060 } },
	{ .local = { .family = 4, .port = 5060 }, .remote = { .family = 4, .port = 5062 } },
};

/* "a1b1": two letters of two calls, both of length 1; "+" before one: by the second way; "!":
 * may not be joined. Written back with a space between bunches. */
static const char *sorted(const char *words)
{
	static char texts[BUNCH_LETTERS][TEXT], names[BUNCH_LETTERS][3], out[4 * BUNCH_LETTERS];
	static struct bunch_letter letters[BUNCH_LETTERS];
	struct bunches b;
	size_t count = 0, at = 0, used = 0;

	for (; *words; words += 2, count++) {
		bool is_second = *words == '+', is_alone = words[is_second] == '!';

		words += is_second + is_alone;
		(void)snprintf(names[count], sizeof(names[0]), "%.2s", words);
		(void)snprintf(texts[count], TEXT, "BYE\r\nCall-ID: %c\r\n\r\n%.*s", *words,
		               words[1] - '0', "123456789");
		letters[count] =
			(struct bunch_letter){ &ways[is_second], view_of(texts[count]), is_alone };
	}
	bunch_sort(letters, count, &b);
	out[0] = '\0';
	for (size_t i = 0; i < b.count; i++) {
		for (size_t n = 0; n < b.sizes[i]; n++)
			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s",
			                         names[b.order[at++]]);
		used += (size_t)snprintf(out + used, sizeof(out) - used, " ");
	}
	return at == count ? out : "lost";
}

TEST(bunch_sorts, "letters of one length by one way are one, and none overtakes its own call")
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "a1", "a1 " },
		{ "a1b1c1", "a1b1c1 " },
		{ "a1a2b1b2", "a1b1 a2b2 " },
		{ "a1b2c1", "a1c1 b2 " },
		{ "a2b1b2c1", "a2 b1c1 b2 " }, /* b2 stays behind b1 */
		{ "a2b1b2c2", "a2c2 b1 b2 " },
		{ "a1a1a1", "a1a1a1 " },
		{ "a1+b1c1+d1", "a1c1 b1d1 " },
		{ "a1!b1c1", "a1c1 b1 " },
		{ "!a1!b1", "a1 b1 " },
		{ "a1b2c3a1b2c3", "a1a1 b2b2 c3c3 " },
		{ "a1a2a1b1", "a1b1 a2 a1 " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(strcmp(sorted(cases[i][0]), cases[i][1]) == 0, cases[i][0]);
	return ERR_NONE;
}

TEST(bunch_bounds, "a bunch has no more pieces and bytes than the kernel takes")
{
	static char bytes[3000];
	static struct bunch_letter letters[BUNCH_LETTERS];
	struct bunches b;

	for (size_t i = 0; i < BUNCH_LETTERS; i++)
		letters[i] = (struct bunch_letter){ &ways[0], view_bytes(bytes, 1400), false };
	bunch_sort(letters, BUNCH_LETTERS, &b);
	CHECK(b.count == 4 && b.sizes[0] == BUNCH_BYTES / 1400 && b.sizes[3] == 2);
	for (size_t i = 0; i < BUNCH_LETTERS; i++)
		letters[i].bytes = view_bytes(bytes, 10);
	bunch_sort(letters, BUNCH_LETTERS, &b);
	CHECK(b.count == 2 && b.sizes[0] == BUNCH_PIECES && b.sizes[1] == BUNCH_PIECES);
	for (size_t i = 0; i < BUNCH_LETTERS; i++) {
		letters[i].bytes = view_bytes(bytes, 1 + i);
		CHECK(b.order[i] == i);
	}
	bunch_sort(letters, BUNCH_LETTERS, &b);
	CHECK(b.count == BUNCH_LETTERS);
	return ERR_NONE;
}
