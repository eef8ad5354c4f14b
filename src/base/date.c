/* SPDX-License-Identifier: Apache-2.0 */
/* Days since 1970 to year, month and day, without the C library's time zones. */
#include "base/date.h"

/* Years that begin in March end with the day that is not always there. Each step turns a
 * count into the larger unit and the rest by one multiplication (Neri and Schneider, "Euclidean
 * affine functions and their application to calendar algorithms", 2022). */
static void write_day(char *at, uint64_t days)
{
	uint64_t quarters = 4 * (days + 719468) + 3, century = quarters / 146097;
	uint64_t of_century = quarters % 146097 | 3, scaled = 2939745 * of_century;
	uint64_t year = 100 * century + (scaled >> 32);
	uint32_t of_year = (uint32_t)scaled / 2939745 / 4;
	uint32_t months = 2141 * of_year + 197913, month = months >> 16;

	if (of_year >= 306) {
		year++;
		month -= 12;
	}
	at = buffer_pair(at, (uint32_t)(year / 100 % 100));
	at = buffer_pair(at, (uint32_t)(year % 100));
	*at++ = '-';
	at = buffer_pair(at, month);
	*at++ = '-';
	at = buffer_pair(at, (months & 0xffff) / 2141 + 1);
	*at = 'T';
}

char *date_put(char *at, int64_t wall_us, struct date_day *last)
{
	uint64_t ms = wall_us > 0 ? (uint64_t)wall_us / 1000 : 0, s = ms / 1000, days = s / 86400;
	uint32_t of_day = (uint32_t)(s - days * 86400), fraction = (uint32_t)(ms - s * 1000);

	if (last->number != days + 1) {
		last->number = days + 1;
		write_day(last->text, days);
	}
	memcpy(at, last->text, sizeof(last->text));
	at = buffer_pair(at + sizeof(last->text), of_day / 3600);
	*at++ = ':';
	at = buffer_pair(at, of_day / 60 % 60);
	*at++ = ':';
	at = buffer_pair(at, of_day % 60);
	*at++ = '.';
	*at++ = (char)('0' + fraction / 100);
	at = buffer_pair(at, fraction % 100);
	*at++ = 'Z';
	return at;
}

void date_write(struct buffer *b, int64_t wall_us)
{
	char *at = buffer_room(b, DATE_TEXT_LEN);
	struct date_day day = { 0 };

	if (at)
		(void)date_put(at, wall_us, &day);
}
