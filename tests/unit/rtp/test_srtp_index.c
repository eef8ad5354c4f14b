/* SPDX-License-Identifier: Apache-2.0 */
/* Indices guessed from sequence numbers, and the window of those that came. */
#include "rtp/srtp_index.h"
#include "runner/test.h"

#define R UINT64_C(65536)

static const struct {
	const char *name;
	uint64_t highest;
	uint16_t sequence;
	uint64_t want;
} cases[] = {
	{ "the next", 5, 6, 6 },
	{ "the one before", 6, 5, 5 },
	{ "over the wrap", 65535, 0, R },
	{ "back over the wrap", R, 65535, 65535 },
	{ "far ahead before the first wrap", 5, 65530, 65530 },
	{ "half a round ahead", 3 * R, 32768, 3 * R + 32768 },
	{ "more than half a round ahead is behind", 3 * R, 32769, 2 * R + 32769 },
	{ "half a round behind", 3 * R + 40000, 40000 - 32768, 3 * R + 40000 - 32768 },
	{ "more than half a round behind is ahead", 3 * R + 40000, 40000 - 32769,
	  4 * R + 40000 - 32769 },
	{ "behind the last round of all", 0xffffffff * R + 65535, 0, R *R *R },
};

TEST(srtp_guess, "guesses the index nearest to the highest (RFC 3711 3.3.1)")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(rtp_index_guess(cases[i].highest, cases[i].sequence) == cases[i].want,
		           cases[i].name);
	return ERR_NONE;
}

/* The same, told by a list of all that came. */
enum { SEEN = 20000 };

TEST(srtp_window_model, "allows exactly what is ahead, or within the window and new")
{
	static const unsigned sizes[] = { 64, 128, 192, 1024 };
	static bool has_come[SEEN];

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct srtp_window w = { { 0 } };
		uint64_t highest = 0, state = 88172645463325252u + k;

		memset(has_come, 0, sizeof(has_come));
		rtp_window_note(&w, sizes[k], 0, 0);
		has_come[0] = true;
		for (size_t i = 0; i < 20000; i++) {
			uint64_t index, back, ahead;
			bool want;

			state ^= state << 13, state ^= state >> 7, state ^= state << 17;
			back = state % (2 * sizes[k]);
			ahead = state / 4096 % 1000 == 0 ? 3 * sizes[k] : state / 4096 % 3;
			index = state >> 63 ? highest + ahead : highest - (back % (highest + 1));
			if (index >= SEEN)
				break;
			want = index > highest || (highest - index < sizes[k] && !has_come[index]);
			CHECK(rtp_window_allows(&w, sizes[k], highest, index) == want);
			if (!want)
				continue;
			rtp_window_note(&w, sizes[k], highest, index);
			has_come[index] = true;
			highest = index > highest ? index : highest;
		}
		CHECK(highest > 1000);
	}
	return ERR_NONE;
}
