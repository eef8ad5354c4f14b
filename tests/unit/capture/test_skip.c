/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons for what a capture leaves out. */
#include "capture/skip.h"
#include "runner/test.h"

#include <string.h>

TEST(skip_names, "gives every reason a name of its own")
{
	for (int i = 0; i < CAPTURE_SKIP_COUNT; i++)
		for (int j = 0; j < i; j++)
			CHECK(strcmp(capture_skip_name((enum capture_skip)i),
			             capture_skip_name((enum capture_skip)j)) != 0);
	return ERR_NONE;
}

TEST(skip_total, "adds up what was left out")
{
	struct capture_skipped s = { .counts = { [CAPTURE_SKIP_LINK] = 2,
		                                 [CAPTURE_SKIP_COUNT - 1] = 3 } };

	CHECK(capture_skipped_total(&s) == 5);
	return ERR_NONE;
}
