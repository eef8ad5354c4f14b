/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded table: what it forgets, and in which order. */
#include "watch/table.h"

#include "runner/test.h"

enum { ROWS = 3, MAX_TOLD = 8 };

struct row {
	struct watch_row row;
	unsigned number;
};

struct told {
	unsigned count, numbers[MAX_TOLD];
};

static void on_forget(void *context, void *row)
{
	struct told *told = context;

	if (told->count < MAX_TOLD)
		told->numbers[told->count++] = ((struct row *)row)->number;
}

#define OWNED_TABLE __attribute__((cleanup(watch_table_clear))) struct watch_table

static enum err filled(struct watch_table *t, struct told *told)
{
	enum err err = watch_table_init(t, sizeof(struct row), ROWS);
	bool is_new;

	t->forget = on_forget;
	t->context = told;
	for (unsigned i = 1; i <= ROWS && err == ERR_NONE; i++)
		((struct row *)watch_table_touch(t, i, &is_new))->number = i;
	return err;
}

TEST(table_forgets_quietest,
     "a full table tells and forgets the row that was not touched for longest")
{
	OWNED_TABLE t = { 0 };
	struct told told = { 0 };
	bool is_new;

	TRY(filled(&t, &told));
	CHECK(watch_table_touch(&t, 1, &is_new) && !is_new);
	CHECK(watch_table_touch(&t, 4, &is_new) && is_new);
	CHECK(told.count == 1 && told.numbers[0] == 2);
	CHECK(!watch_table_find(&t, 2) && watch_table_find(&t, 1) && watch_table_find(&t, 3));
	CHECK(watch_table_used(&t) == ROWS && t.forgotten == 1);
	return ERR_NONE;
}

TEST(table_keeps, "what is worth keeping is forgotten last")
{
	OWNED_TABLE t = { 0 };
	struct told told = { 0 };
	bool is_new;

	TRY(filled(&t, &told));
	watch_table_keep(&t, watch_table_find(&t, 1), true);
	for (uint64_t i = 10; i < 14; i++)
		CHECK(watch_table_touch(&t, i, &is_new) && is_new);
	CHECK(watch_table_find(&t, 1));
	for (uint64_t i = 20; i < 22; i++)
		watch_table_keep(&t, watch_table_touch(&t, i, &is_new), true);
	CHECK(watch_table_touch(&t, 30, &is_new) && !watch_table_find(&t, 1));
	return ERR_NONE;
}

TEST(table_drains, "draining tells of every row and leaves an empty table that works on")
{
	OWNED_TABLE t = { 0 };
	struct told told = { 0 };
	bool is_new;

	TRY(filled(&t, &told));
	watch_table_keep(&t, watch_table_find(&t, 1), true);
	watch_table_drop(&t, watch_table_find(&t, 2));
	watch_table_drain(&t);
	CHECK(told.count == 2 && told.numbers[0] == 3 && told.numbers[1] == 1);
	CHECK(watch_table_used(&t) == 0);
	CHECK(watch_table_touch(&t, 1, &is_new) && is_new);
	return ERR_NONE;
}

enum { CROWD = 64 };

/* Of one home, of neighbouring ones across the end of the slots, and alike in the half
 * that the slots keep. */
static uint64_t crowded(unsigned i)
{
	switch (i % 3) {
	case 0:
		return (uint64_t)i << 32 | 0x7f;
	case 1:
		return UINT64_C(0xffffffff) - i;
	default:
		return (uint64_t)i << 20 | 0x7e;
	}
}

TEST(table_crowds, "rows whose hashes crowd one place are found, dropped and found again")
{
	OWNED_TABLE t = { 0 };
	uint32_t dice = 1;
	bool is_new, is_there[2 * CROWD] = { false };

	TRY(watch_table_init(&t, sizeof(struct row), 2 * CROWD));
	for (unsigned turn = 0; turn < 4000; turn++) {
		unsigned i = (dice = dice * 1664525 + 1013904223) >> 25;
		struct row *row = watch_table_find(&t, crowded(i));

		CHECK((row != NULL) == is_there[i] && (!row || row->number == i));
		is_there[i] = !is_there[i];
		if (row)
			watch_table_drop(&t, row);
		else
			((struct row *)watch_table_touch(&t, crowded(i), &is_new))->number = i;
	}
	for (unsigned i = 0; i < 2 * CROWD; i++)
		CHECK((watch_table_find(&t, crowded(i)) != NULL) == is_there[i]);
	watch_table_drain(&t);
	for (unsigned i = 0; i < 2 * CROWD; i++)
		CHECK(!watch_table_find(&t, crowded(i)));
	return ERR_NONE;
}
