/* SPDX-License-Identifier: Apache-2.0 */
/* Days since 1970 to year, month and day, without the C library's time zones. */
#include "base/date.h"

/* Two digits, and what follows them. */
static char *put(char *at, uint32_t number, char after)
{
	at[0] = (char)('0' + number / 10);
	at[1] = (char)('0' + number % 10);
	at[2] = after;
	return at + 3;
}

/* Eras of 400 years from a March. */
static char *put_date(char *at, uint64_t days)
{
	uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
	uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint64_t shifted = (5 * of_year + 2) / 153;
	uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);

	at = put(at, (uint32_t)(year / 100 % 100), ' ') - 1;
	at = put(at, (uint32_t)(year % 100), '-');
	at = put(at, (uint32_t)month, '-');
	return put(at, (uint32_t)(of_year - (153 * shifted + 2) / 5 + 1), 'T');
}

void date_write(struct buffer *b, int64_t wall_us)
{
	uint64_t ms = wall_us > 0 ? (uint64_t)wall_us / 1000 : 0, s = ms / 1000;
	uint32_t of_day = (uint32_t)(s % 86400), fraction = (uint32_t)(ms % 1000);
	char text[DATE_TEXT_MAX], *at = put_date(text, s / 86400);

	at = put(at, of_day / 3600, ':');
	at = put(at, of_day / 60 % 60, ':');
	at = put(at, of_day % 60, '.');
	*at++ = (char)('0' + fraction / 100);
	at = put(at, fraction % 100, 'Z');
	buffer_put(b, view_bytes(text, (size_t)(at - text)));
}
