/* SPDX-License-Identifier: Apache-2.0 */
/* What a killed worker leaves behind must be whole or absent. */
#include "border/checkpoint.h"
#include "border/packed.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t slots[CHECKPOINT_KINDS] = { 3, 2, 1, 2 };
static const struct hash_key key = { "checkpoint-tests" };
static char large[CHECKPOINT_PENDING_MAX + 1];

static size_t size(void) { return checkpoint_size(slots[0], slots[1]); }

static enum err fresh(struct checkpoint *ret, void **memory)
{
	enum err err;

	*memory = calloc(1, size());
	if (!*memory)
		return ERR_NO_MEMORY;
	err = checkpoint_init(ret, *memory, slots, &key);
	if (err != ERR_NONE)
		free(*memory);
	return err;
}

/* Whether a successor finds that text in the slot; an empty one stands for nothing. */
static enum err finds(void *memory, enum checkpoint_kind kind, uint32_t slot, struct view text,
                      bool *ret)
{
	struct view got = VIEW_EMPTY;
	struct checkpoint c;

	TRY(checkpoint_init(&c, memory, slots, &key));
	*ret = (checkpoint_get(&c, kind, slot, &got) == ERR_NONE) == !view_is_empty(text) &&
	       view_equal(got, text);
	checkpoint_clear(&c);
	return ERR_NONE;
}

TEST(reads_back, "what was put last is read back, by a successor too")
{
	bool is_second = false, is_other_empty = false;
	struct checkpoint c;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err first = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("first"));
	enum err second = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("the second"));
	enum err read = finds(memory, CHECKPOINT_DIALOG, 1, VIEW("the second"), &is_second);
	if (read == ERR_NONE)
		read = finds(memory, CHECKPOINT_DIALOG, 0, VIEW_EMPTY, &is_other_empty);

	checkpoint_clear(&c);
	free(memory);
	TRY(read);
	CHECK(first == ERR_NONE && second == ERR_NONE);
	CHECK(is_second);
	CHECK(is_other_empty);
	return ERR_NONE;
}

/* Whether a successor finds that slot marked. */
static enum err finds_mark(void *memory, uint32_t slot, bool *ret)
{
	struct checkpoint c;

	TRY(checkpoint_init(&c, memory, slots, &key));
	*ret = checkpoint_is_marked(&c, CHECKPOINT_PENDING, slot);
	checkpoint_clear(&c);
	return ERR_NONE;
}

TEST(marks, "a mark is found by a successor, on its slot alone, until the next put")
{
	bool was = true, is_one = false, is_other = true, is_left = true, is_empty = true;
	struct checkpoint c;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_PENDING, 0, VIEW("of the first"));
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_PENDING, 1, VIEW("of the second"));
	if (err == ERR_NONE)
		err = finds_mark(memory, 1, &was);
	checkpoint_mark(&c, CHECKPOINT_PENDING, 1);
	if (err == ERR_NONE)
		err = finds_mark(memory, 1, &is_one);
	if (err == ERR_NONE)
		err = finds_mark(memory, 0, &is_other);
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_PENDING, 1, VIEW("of the second"));
	if (err == ERR_NONE)
		err = finds_mark(memory, 1, &is_left);
	checkpoint_drop(&c, CHECKPOINT_PENDING, 1);
	checkpoint_mark(&c, CHECKPOINT_PENDING, 1);
	if (err == ERR_NONE)
		err = finds_mark(memory, 1, &is_empty);

	checkpoint_clear(&c);
	free(memory);
	TRY(err);
	CHECK(is_one);
	CHECK(!was && !is_other && !is_left && !is_empty);
	return ERR_NONE;
}

TEST(pieces, "pieces are kept one behind the other, of what is in the slot too")
{
	struct view got = VIEW_EMPTY, pieces[] = { VIEW("one "), VIEW_EMPTY, VIEW("two ") };
	bool is_whole = false;
	struct checkpoint c;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put_pieces(&c, CHECKPOINT_DIALOG, 0, pieces, 3);
	if (err == ERR_NONE)
		err = checkpoint_get(&c, CHECKPOINT_DIALOG, 0, &got);
	pieces[1] = view_first(got, 4);
	pieces[2] = view_after(got, 4);
	if (err == ERR_NONE)
		err = checkpoint_put_pieces(&c, CHECKPOINT_DIALOG, 0, pieces, 3);
	if (err == ERR_NONE)
		err = finds(memory, CHECKPOINT_DIALOG, 0, VIEW("one one two "), &is_whole);

	checkpoint_clear(&c);
	free(memory);
	TRY(err);
	CHECK(is_whole);
	return ERR_NONE;
}

/* A death after each byte that a put writes: all of the new place, before what makes room for it
 * is given back. */
static enum err die_everywhere(uint8_t *before, const uint8_t *after, struct view old,
                               unsigned *ret_wrong)
{
	size_t old_at = 0;
	uint8_t *torn = malloc(size());

	if (!torn)
		return ERR_NO_MEMORY;
	while (memcmp(before + old_at, old.at, old.len) != 0)
		old_at++;
	old_at -= old_at % 256;
	for (unsigned round = 0; round < 2; round++) {
		for (size_t cut = 0; cut < size(); cut++) {
			bool is_old = cut >= old_at && cut < old_at + 256, is_one, is_other;
			enum err err;

			if (after[cut] == before[cut] || is_old != (round == 1))
				continue;
			before[cut] = after[cut];
			memcpy(torn, before, size()); /* who takes over mends it */
			err = finds(torn, CHECKPOINT_REGISTRATION, 2, old, &is_one);
			if (err == ERR_NONE)
				err = finds(torn, CHECKPOINT_REGISTRATION, 2, VIEW("newer"),
				            &is_other);
			if (err != ERR_NONE) {
				free(torn);
				return err;
			}
			*ret_wrong += !is_one && !is_other;
		}
	}
	free(torn);
	return ERR_NONE;
}

TEST(torn_write, "a write that was cut anywhere leaves the one before it")
{
	struct checkpoint c;
	void *memory, *before;
	unsigned wrong = 0;

	TRY(fresh(&c, &memory));
	before = calloc(1, size());
	/* Twice, so that it goes where another lay before. */
	enum err err = checkpoint_put(&c, CHECKPOINT_REGISTRATION, 2, VIEW("eldest"));
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_REGISTRATION, 2, VIEW("whole"));
	if (before)
		memcpy(before, memory, size());
	enum err later = checkpoint_put(&c, CHECKPOINT_REGISTRATION, 2, VIEW("newer"));
	enum err done =
		before ? die_everywhere(before, memory, VIEW("whole"), &wrong) : ERR_NO_MEMORY;

	checkpoint_clear(&c);
	free(before);
	free(memory);
	TRY(done);
	CHECK(err == ERR_NONE && later == ERR_NONE);
	CHECK(wrong == 0);
	return ERR_NONE;
}

TEST(both_whole, "of two whole ones the newer holds, and the other's place is free")
{
	struct checkpoint c;
	void *memory, *before = malloc(size());
	uint8_t *mixed;
	bool is_newer = false;

	if (!before)
		return ERR_NO_MEMORY;
	enum err err = fresh(&c, &memory);
	if (err != ERR_NONE) {
		free(before);
		return err;
	}
	err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("whole"));
	memcpy(before, memory, size());
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("newer"));
	checkpoint_clear(&c);
	/* As it is before the old one is given back: each place as it was whole. */
	mixed = memory;
	for (size_t i = 256; i < 512; i++)
		mixed[i] = ((uint8_t *)before)[i];
	enum err read = finds(memory, CHECKPOINT_DIALOG, 1, VIEW("newer"), &is_newer);
	enum err again = read == ERR_NONE ? checkpoint_init(&c, memory, slots, &key) : read;
	enum err all = again;
	/* As many as there may be still find room. */
	for (uint32_t i = 0; i < slots[CHECKPOINT_REGISTRATION] && all == ERR_NONE; i++)
		all = checkpoint_put(&c, CHECKPOINT_REGISTRATION, i, VIEW("another"));
	for (uint32_t i = 0; i < slots[CHECKPOINT_DIALOG] && all == ERR_NONE; i++)
		all = checkpoint_put(&c, CHECKPOINT_DIALOG, i, VIEW("another"));
	if (again == ERR_NONE)
		checkpoint_clear(&c);

	free(before);
	free(memory);
	TRY(read);
	TRY(again);
	CHECK(err == ERR_NONE && all == ERR_NONE);
	CHECK(is_newer);
	return ERR_NONE;
}

TEST(damage, "a slot whose place is damaged is empty, not believed")
{
	struct checkpoint c;
	void *memory;
	bool is_empty = false;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_DIALOG, 0, VIEW("honest"));
	checkpoint_clear(&c);
	uint8_t *at = memory;
	for (size_t i = 0; i < size(); i++)
		at[i] ^= 0x5a;
	enum err read = finds(memory, CHECKPOINT_DIALOG, 0, VIEW_EMPTY, &is_empty);

	free(memory);
	TRY(read);
	CHECK(err == ERR_NONE);
	CHECK(is_empty);
	return ERR_NONE;
}

TEST(drop, "what was dropped does not come back")
{
	struct checkpoint c;
	void *memory;
	bool is_gone = false;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("first"));
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("second"));
	checkpoint_drop(&c, CHECKPOINT_DIALOG, 1);
	enum err read = finds(memory, CHECKPOINT_DIALOG, 1, VIEW_EMPTY, &is_gone);

	checkpoint_clear(&c);
	free(memory);
	TRY(read);
	CHECK(err == ERR_NONE);
	CHECK(is_gone);
	return ERR_NONE;
}

static bool lies_in(const void *memory, struct view text)
{
	return memmem(memory, size(), text.at, text.len) != NULL;
}

TEST(wiped, "of what was replaced or dropped nothing stays: there are keys in it")
{
	struct checkpoint c;
	void *memory;
	bool is_first, is_second;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("master-key-one"));
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("master-key-two"));
	is_first = lies_in(memory, VIEW("master-key-one"));
	checkpoint_drop(&c, CHECKPOINT_DIALOG, 1);
	is_second = lies_in(memory, VIEW("master-key-two"));
	checkpoint_clear(&c);
	free(memory);
	CHECK(err == ERR_NONE);
	CHECK(!is_first && !is_second);
	return ERR_NONE;
}

TEST(limits, "holds the largest of each kind and refuses one byte more")
{
	static const struct {
		enum checkpoint_kind kind;
		size_t most;
	} kinds[] = { { CHECKPOINT_REGISTRATION, CHECKPOINT_REGISTRATION_MAX },
		      { CHECKPOINT_DIALOG, CHECKPOINT_DIALOG_MAX },
		      { CHECKPOINT_SPENDING, CHECKPOINT_SPENDING_MAX },
		      { CHECKPOINT_PENDING, CHECKPOINT_PENDING_MAX } };
	struct checkpoint c;
	unsigned wrong = 0;
	void *memory;

	TRY(fresh(&c, &memory));
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint32_t slot = slots[kinds[i].kind] - 1;
		struct view got;

		wrong += checkpoint_put(&c, kinds[i].kind, slot,
		                        view_bytes(large, kinds[i].most)) != ERR_NONE;
		wrong += checkpoint_put(&c, kinds[i].kind, slot,
		                        view_bytes(large, kinds[i].most + 1)) != ERR_LIMIT;
		wrong += checkpoint_get(&c, kinds[i].kind, slot, &got) != ERR_NONE ||
		         got.len != kinds[i].most;
		checkpoint_drop(&c, kinds[i].kind, slot);
		wrong += checkpoint_get(&c, kinds[i].kind, slot, &got) != ERR_NOT_FOUND;
	}
	checkpoint_clear(&c);
	free(memory);
	CHECK(wrong == 0);
	return ERR_NONE;
}

TEST(fills, "every slot may be full at any size, and be written anew")
{
	struct checkpoint c;
	unsigned wrong = 0;
	void *memory;

	TRY(fresh(&c, &memory));
	for (size_t len = 1; len <= CHECKPOINT_PENDING_MAX; len += len < 2048 ? 37 : 1021) {
		for (uint32_t i = 0; i < 2 * slots[CHECKPOINT_PENDING]; i++) {
			uint32_t slot = i % slots[CHECKPOINT_PENDING];

			wrong += checkpoint_put(&c, CHECKPOINT_PENDING, slot,
			                        view_bytes(large, len)) != ERR_NONE;
			if (len <= CHECKPOINT_DIALOG_MAX)
				wrong += checkpoint_put(&c, CHECKPOINT_DIALOG, slot,
				                        view_bytes(large, len)) != ERR_NONE;
		}
	}
	checkpoint_clear(&c);
	free(memory);
	CHECK(wrong == 0);
	return ERR_NONE;
}

enum { WORDS = 150 };

TEST(packs, "a value comes back as it was, and takes little more than what is not zero")
{
	static const unsigned steps[] = { 1, 2, 7, 63, 64, 149, 1000 };
	uint64_t value[WORDS], back[WORDS], packed[PACKED_MAX(sizeof(value)) / 8];
	uint64_t plain[PACKED_MAX(sizeof(value)) / 8];
	unsigned wrong = 0;

	for (unsigned s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		size_t set = 0, len;

		memset(value, 0, sizeof(value));
		for (size_t i = 0; i < WORDS; i += steps[s], set++)
			value[i] = i + 1;
		len = packed_write(value, sizeof(value), packed);
		wrong += len != (set + 3) * 8;
		/* Each way to write it writes the same. */
		wrong += packed_write_plain(value, sizeof(value), plain) != len;
		wrong += memcmp(packed, plain, len) != 0;
		memset(back, 0x5a, sizeof(back));
		wrong += packed_read(view_bytes(packed, len), back, sizeof(back)) != ERR_NONE;
		wrong += memcmp(value, back, sizeof(value)) != 0;
	}
	CHECK(wrong == 0);
	return ERR_NONE;
}

TEST(packs_wrong, "what is cut, too long or says of words that are not there is refused")
{
	uint64_t value[WORDS] = { 1, 2, 3 }, back[WORDS], packed[PACKED_MAX(sizeof(value)) / 8 + 1];
	size_t len = packed_write(value, sizeof(value), packed);
	unsigned taken = 0;

	for (size_t cut = 0; cut < len; cut++)
		taken += packed_read(view_bytes(packed, cut), back, sizeof(back)) == ERR_NONE;
	taken += packed_read(view_bytes(packed, len + 8), back, sizeof(back)) == ERR_NONE;
	packed[2] = UINT64_C(1) << 63;
	taken += packed_read(view_bytes(packed, len + 8), back, sizeof(back)) == ERR_NONE;
	CHECK(taken == 0);
	return ERR_NONE;
}
