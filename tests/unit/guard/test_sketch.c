/* SPDX-License-Identifier: Apache-2.0 */
/* How well different things are counted in a kilobyte. */
#include "base/hash.h"
#include "guard/sketch.h"
#include "runner/test.h"

static const struct hash_key key = { { 4, 2 } };

static uint64_t hash_of(uint32_t number) { return hash_siphash(&key, &number, sizeof(number)); }

static void add_many(struct guard_sketch *s, uint32_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		(void)guard_sketch_add(s, hash_of(from + i));
}

TEST(sketch_counts, "counts the first 128 exactly, and 10,000 within 2 percent")
{
	static const uint32_t counts[] = { 0, 1, 127, 128, 129, 300, 1000, 2652, 10000 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct guard_sketch s = { 0 };
		uint32_t count;

		add_many(&s, 0, counts[i]);
		add_many(&s, 0, counts[i]);
		count = guard_sketch_count(&s);
		if (counts[i] <= SKETCH_EXACT)
			CHECK(count == counts[i] && !s.is_estimate);
		CHECK(count >= counts[i] - counts[i] / 50 && count <= counts[i] + counts[i] / 50);
	}
	return ERR_NONE;
}

TEST(sketch_holds, "knows what was added, and little else")
{
	struct guard_sketch s = { 0 };
	uint32_t wrong = 0;

	add_many(&s, 0, 500);
	for (uint32_t i = 0; i < 500; i++)
		CHECK(guard_sketch_holds(&s, hash_of(i)));
	for (uint32_t i = 1000; i < 2000; i++)
		wrong += guard_sketch_holds(&s, hash_of(i));
	CHECK(wrong < 100);
	return ERR_NONE;
}

TEST(sketch_full, "a flood fills it and does no harm, and its count never shrinks")
{
	struct guard_sketch s = { 0 };
	uint32_t last = 0;

	for (uint32_t i = 0; i < 50; i++) {
		add_many(&s, i * 5000, 5000);
		CHECK(guard_sketch_count(&s) >= last);
		last = guard_sketch_count(&s);
	}
	CHECK(last > 30000);
	return ERR_NONE;
}

TEST(sketch_joins, "two that share half of what they saw come to what is different")
{
	static const uint32_t sizes[][2] = {
		{ 20, 20 }, { 100, 100 }, { 20, 2000 }, { 2000, 20 }, { 2000, 2000 }
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t shared = (sizes[i][0] < sizes[i][1] ? sizes[i][0] : sizes[i][1]) / 2;
		uint32_t want = sizes[i][0] + sizes[i][1] - shared, count;
		struct guard_sketch a = { 0 }, b = { 0 };

		add_many(&a, 0, sizes[i][0]);
		add_many(&b, sizes[i][0] - shared, sizes[i][1]);
		guard_sketch_join(&a, &b);
		count = guard_sketch_count(&a);
		CHECK(count >= want - want / 33 && count <= want + want / 33);
	}
	return ERR_NONE;
}
