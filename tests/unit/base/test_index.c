/* SPDX-License-Identifier: Apache-2.0 */
/* Places by hashes, from the first to as many as there is room for. */
#include "base/index.h"
#include "runner/test.h"

enum { ROWS = 1000 };

/* Some share the lower half, many the home. */
static uint64_t hash_of(uint32_t place)
{
	return (uint64_t)place << 32 | (place / 3 * UINT32_C(0x9e3779b1) & ~UINT32_C(3));
}

static bool holds(const struct index *x, uint32_t wanted)
{
	uint32_t slot = index_home(x, hash_of(wanted)), place;

	while (index_next(x, hash_of(wanted), &slot, &place)) {
		if (place == wanted)
			return true;
	}
	return false;
}

static bool holds_just(const struct index *x, uint32_t from, uint32_t to, uint32_t step)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		if (holds(x, i) != (i >= from && i < to && (i - from) % step == 0))
			return false;
	}
	return true;
}

TEST(index_limits, "no rows and too many are refused")
{
	struct index x = { 0 };

	CHECK(index_init(&x, 0) == ERR_LIMIT);
	CHECK(index_init(&x, (1U << 28) + 1) == ERR_LIMIT);
	index_clear(&x);
	return ERR_NONE;
}

TEST(index_growth, "what was put before it grew is found after it")
{
	static const uint32_t rows[] = { 1, 2, 3, 31, 32, 33, 500, ROWS };
	struct index x = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		TRY(index_init(&x, rows[i]));
		CHECK(holds_just(&x, 0, 0, 1));
		for (uint32_t place = 0; place < rows[i]; place++) {
			index_put(&x, hash_of(place), place);
			CHECK(x.count <= (x.mask + 1) / 2 && x.mask <= x.most);
		}
		CHECK(x.count == rows[i] && holds_just(&x, 0, rows[i], 1));
		index_clear(&x);
	}
	return ERR_NONE;
}

TEST(index_drop, "what is dropped is gone, and nothing else")
{
	struct index x = { 0 };

	TRY(index_init(&x, ROWS));
	for (uint32_t place = 0; place < ROWS; place++)
		index_put(&x, hash_of(place), place);
	for (uint32_t place = 0; place < ROWS; place++) {
		if (place % 2 != 0)
			index_drop(&x, hash_of(place), place);
	}
	CHECK(x.count == ROWS / 2 && holds_just(&x, 0, ROWS, 2));
	index_drop(&x, hash_of(1), 1);
	CHECK(x.count == ROWS / 2);
	for (uint32_t place = 1; place < ROWS; place += 2)
		index_put(&x, hash_of(place), place);
	CHECK(x.count == ROWS && holds_just(&x, 0, ROWS, 1));
	index_clear(&x);
	index_clear(&x);
	return ERR_NONE;
}
