/* SPDX-License-Identifier: Apache-2.0 */
/* Times as machines write them. */
#include "base/date.h"
#include "runner/test.h"

static const struct {
	const char *name, *want;
	int64_t wall_us;
} dates[] = {
	{ "the beginning", "1970-01-01T00:00:00.000Z", 0 },
	{ "before the beginning", "1970-01-01T00:00:00.000Z", -5 },
	{ "a leap day", "2024-02-29T23:59:59.999Z", INT64_C(1709251199999999) },
	{ "the day after", "2024-03-01T00:00:00.000Z", INT64_C(1709251200000000) },
	{ "a century without leap day", "2100-03-01T00:00:00.000Z", INT64_C(4107542400000000) },
	{ "an ordinary afternoon", "2026-11-21T15:04:05.678Z", INT64_C(1795273445678901) },
};

TEST(dates, "writes a time in UTC with milliseconds")
{
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char text[DATE_TEXT_MAX];
		struct buffer b = BUFFER_ON(text);

		date_write(&b, dates[i].wall_us);
		CHECK_CASE(view_equal(buffer_view(&b), view_of(dates[i].want)), dates[i].name);
	}
	return ERR_NONE;
}
