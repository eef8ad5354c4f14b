/* SPDX-License-Identifier: Apache-2.0 */
/* Lists are short: one pass finds the same or the oldest. Behind the first free place all are
 * free: nobody is taken out. */
#include "guard/seen.h"

#include "base/now.h"

static bool is_within(const struct guard_seen *s, uint64_t now_us, uint64_t window_us)
{
	return s->at_us != 0 && now_since(now_us, s->at_us) < window_us;
}

bool guard_seen_note(struct guard_seen *list, size_t size, uint64_t hash, uint64_t now_us,
                     uint64_t window_us)
{
	struct guard_seen *place = &list[0];
	bool is_new = true;

	for (size_t i = 0; i < size; i++) {
		if (list[i].at_us == 0) {
			place = &list[i];
			break;
		}
		if (list[i].hash == hash) {
			place = &list[i];
			is_new = !is_within(place, now_us, window_us);
			break;
		}
		if (list[i].at_us < place->at_us)
			place = &list[i];
	}
	/* Time may run back a little in a capture. */
	if (is_new || place->at_us < now_us)
		*place = (struct guard_seen){ hash, now_us > 0 ? now_us : 1 };
	return is_new;
}

size_t guard_seen_count(const struct guard_seen *list, size_t size, uint64_t now_us,
                        uint64_t window_us, size_t enough)
{
	size_t count = 0;

	for (size_t i = 0; i < size && list[i].at_us != 0 && count < enough; i++)
		count += is_within(&list[i], now_us, window_us);
	return count;
}
