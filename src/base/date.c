/* SPDX-License-Identifier: Apache-2.0 */
/* Days since 1970 to year, month and day, without the C library's time zones. */
#include "base/date.h"

static void two_digits(struct buffer *b, uint64_t number, char after)
{
	buffer_char(b, (char)('0' + number / 10 % 10));
	buffer_char(b, (char)('0' + number % 10));
	buffer_char(b, after);
}

/* Year, month, day of a day since 1970-01-01: eras of 400 years from a March. */
static void write_date(struct buffer *b, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t shifted = (5 * of_year + 2) / 153;
	uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

	buffer_decimal(b, year / 100 % 100 / 10);
	buffer_decimal(b, year / 100 % 10);
	two_digits(b, year, '-');
	two_digits(b, month, '-');
	two_digits(b, of_year - (153 * shifted + 2) / 5 + 1, 'T');
}

void date_write(struct buffer *b, int64_t wall_us)
{
	uint64_t ms = wall_us > 0 ? (uint64_t)wall_us / 1000 : 0, s = ms / 1000;

	write_date(b, s / 86400);
	two_digits(b, s / 3600 % 24, ':');
	two_digits(b, s / 60 % 60, ':');
	two_digits(b, s % 60, '.');
	buffer_char(b, (char)('0' + ms / 100 % 10));
	two_digits(b, ms % 100, 'Z');
}
