/* SPDX-License-Identifier: Apache-2.0 */
/* The table of SRTP's suites. */
#include "base/suite.h"

static const struct suite_sizes table[SUITE_COUNT] = {
#define SUITE(row, name, key, salt, tag, rtcp_tag)                                                 \
	[SUITE_##row] = { name, key, salt, tag, rtcp_tag },
#include "base/suite.def"
#undef SUITE
};

const struct suite_sizes *suite_sizes(unsigned suite)
{
	return &table[suite < SUITE_COUNT ? suite : SUITE_NONE];
}

enum suite suite_find(struct view name)
{
	for (unsigned i = SUITE_NONE + 1; i < SUITE_COUNT; i++)
		if (view_equal(name, view_of(table[i].name)))
			return (enum suite)i;
	return SUITE_NONE;
}
