/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP's suites: each found by its name, none else. */
#include "base/suite.h"
#include "runner/test.h"

TEST(suite_names, "finds each suite by its name and by no other")
{
	for (unsigned i = SUITE_NONE + 1; i < SUITE_COUNT; i++) {
		struct view name = view_of(suite_sizes(i)->name);

		CHECK(suite_find(name) == i);
		CHECK(suite_find(view_first(name, name.len - 1)) == SUITE_NONE);
		CHECK(suite_secret_size(i) <= SUITE_MAX_SECRET && suite_secret_size(i) >= 28);
		CHECK(suite_sizes(i)->tag <= SUITE_MAX_TAG);
		CHECK(suite_is_aead(i) == (suite_sizes(i)->salt == 12));
	}
	CHECK(suite_find(VIEW_EMPTY) == SUITE_NONE &&
	      suite_find(VIEW("F8_128_HMAC_SHA1_80")) == SUITE_NONE);
	CHECK(suite_secret_size(SUITE_NONE) == 0 && suite_secret_size(SUITE_COUNT) == 0);
	return ERR_NONE;
}
