/* SPDX-License-Identifier: Apache-2.0 */
/* Every error has a word for people and a name for machines. */
#include "base/err.h"
#include "runner/test.h"

TEST(err_texts, "names each error and gives it a text of its own")
{
	for (enum err i = 0; i < ERR_COUNT; i++)
		for (enum err j = 0; j < i; j++) {
			CHECK(!view_equal(view_of(err_text(i)), view_of(err_text(j))));
			CHECK(!view_equal(view_of(err_name(i)), view_of(err_name(j))));
		}
	CHECK(view_equal(view_of(err_name(ERR_LIMIT)), VIEW("LIMIT")));
	return ERR_NONE;
}

TEST(err_unknown, "has a text for a number that is no error")
{
	CHECK(view_equal(view_of(err_name(ERR_COUNT)), VIEW("UNKNOWN")));
	CHECK(view_of(err_text((enum err) - 1)).len > 0);
	return ERR_NONE;
}
