/* SPDX-License-Identifier: Apache-2.0 */
/* Times as machines write them. */
#include "base/date.h"
#include "runner/test.h"
#include <stdio.h>
#include <time.h>

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

TEST(dates_of_all_days, "writes each day of eight centuries as the C library does")
{
	struct date_day last = { 0 };

	for (int64_t day = 0; day < 292200; day++) {
		int64_t second = day * 86400 + day * 7919 % 86400;
		char text[DATE_TEXT_LEN], want[64];
		struct tm tm;

		CHECK(gmtime_r(&(time_t){ second }, &tm) != NULL);
		(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		               tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		               tm.tm_sec, (int)(day % 1000));
		for (int i = 0; i < 2; i++) { /* a new day, and the same again */
			CHECK(date_put(text, second * 1000000 + day % 1000 * 1000, &last) ==
			      text + DATE_TEXT_LEN);
			CHECK(memcmp(text, want, DATE_TEXT_LEN) == 0);
		}
	}
	return ERR_NONE;
}
