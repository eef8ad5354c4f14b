/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases, looked up in the ascending table. */
#include "sip/status.h"

static const struct {
	uint16_t status;
	struct view phrase;
} rows[] = {
#define STATUS(status, phrase) { status, { phrase, sizeof(phrase) - 1 } },
#include "sip/status.def"
#undef STATUS
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct view *find(unsigned status)
{
	size_t low = 0, high = ROWS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].status < status)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ROWS && rows[low].status == status ? &rows[low].phrase : NULL;
}

struct view sip_status_phrase(unsigned status)
{
	static const struct view unknown = { "Unknown", 7 };
	const struct view *phrase = find(status);

	/* An unknown code is understood as x00 of its class (RFC 3261 8.1.3.2). */
	if (!phrase)
		phrase = find(status / 100 * 100);
	/* 1xx is understood as 183 there; 100 would say that nothing was heard yet. */
	if (phrase == &rows[0].phrase && status != 100)
		phrase = find(183);
	return phrase ? *phrase : unknown;
}
