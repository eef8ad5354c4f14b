/* SPDX-License-Identifier: Apache-2.0 */
/* What a killed worker leaves behind must be whole or absent. */
#include "border/checkpoint.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t slots[CHECKPOINT_KINDS] = { 3, 2 };
static const struct hash_key key = { "checkpoint-tests" };

static enum err fresh(struct checkpoint *ret, void **memory)
{
	*memory = calloc(1, checkpoint_size(slots[0], slots[1]));
	if (!*memory)
		return ERR_NO_MEMORY;
	checkpoint_init(ret, *memory, slots, &key);
	return ERR_NONE;
}

TEST(reads_back, "what was put last is read back, by a successor too")
{
	struct checkpoint c, successor;
	struct view got;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err first = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("first"));
	enum err second = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("the second"));
	checkpoint_init(&successor, memory, slots, &key);
	enum err read = checkpoint_get(&successor, CHECKPOINT_DIALOG, 1, &got);
	bool is_second = read == ERR_NONE && view_equal(got, VIEW("the second"));
	bool is_other_empty =
		checkpoint_get(&successor, CHECKPOINT_DIALOG, 0, &got) == ERR_NOT_FOUND;

	free(memory);
	CHECK(first == ERR_NONE && second == ERR_NONE);
	CHECK(is_second);
	CHECK(is_other_empty);
	return ERR_NONE;
}

TEST(torn_write, "a write that was cut anywhere leaves the one before it")
{
	struct checkpoint c;
	void *memory, *before;
	size_t size = checkpoint_size(slots[0], slots[1]);
	unsigned wrong = 0;

	TRY(fresh(&c, &memory));
	before = calloc(1, size);
	if (!before) {
		free(memory);
		return ERR_NO_MEMORY;
	}
	enum err err = checkpoint_put(&c, CHECKPOINT_REGISTRATION, 2, VIEW("whole"));
	memcpy(before, memory, size);
	enum err later = checkpoint_put(&c, CHECKPOINT_REGISTRATION, 2, VIEW("newer"));

	/* Every prefix of the bytes that changed, as if the worker died there. */
	uint8_t *after = memory;
	uint8_t *old = before;
	for (size_t cut = 0; cut < size; cut++) {
		struct checkpoint torn;
		struct view got;

		if (after[cut] == old[cut])
			continue;
		old[cut] = after[cut];
		checkpoint_init(&torn, before, slots, &key);
		if (checkpoint_get(&torn, CHECKPOINT_REGISTRATION, 2, &got) != ERR_NONE ||
		    (!view_equal(got, VIEW("whole")) && !view_equal(got, VIEW("newer"))))
			wrong++;
	}
	free(before);
	free(memory);
	CHECK(err == ERR_NONE && later == ERR_NONE);
	CHECK(wrong == 0);
	return ERR_NONE;
}

TEST(torn_then_written, "after a torn write the next one spares what was whole")
{
	struct checkpoint c, successor;
	struct view got;
	void *memory;
	unsigned wrong = 0;
	uint8_t *torn = NULL;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("whole"));
	if (err == ERR_NONE)
		err = checkpoint_put(&c, CHECKPOINT_DIALOG, 1, VIEW("never finished"));
	/* The last one's text is damaged, so that its sum does not hold. */
	for (size_t i = 0; i + 5 < checkpoint_size(slots[0], slots[1]); i++)
		if (memcmp((uint8_t *)memory + i, "never", 5) == 0)
			torn = (uint8_t *)memory + i;
	if (torn)
		*torn = 'N';
	checkpoint_init(&successor, memory, slots, &key);
	wrong += checkpoint_get(&successor, CHECKPOINT_DIALOG, 1, &got) != ERR_NONE ||
	         !view_equal(got, VIEW("whole"));
	if (err == ERR_NONE)
		err = checkpoint_put(&successor, CHECKPOINT_DIALOG, 1, VIEW("next"));
	/* That one went where the torn one lay: torn again, the first is still there. */
	if (torn)
		*torn = 'N';
	checkpoint_init(&successor, memory, slots, &key);
	wrong += checkpoint_get(&successor, CHECKPOINT_DIALOG, 1, &got) != ERR_NONE ||
	         !view_equal(got, VIEW("whole"));

	free(memory);
	CHECK(err == ERR_NONE && torn);
	CHECK(wrong == 0);
	return ERR_NONE;
}

TEST(damage, "a slot whose both copies are damaged is empty, not believed")
{
	struct checkpoint c;
	struct view got;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err err = checkpoint_put(&c, CHECKPOINT_DIALOG, 0, VIEW("honest"));
	uint8_t *at = memory;
	for (size_t i = 0; i < checkpoint_size(slots[0], slots[1]); i++)
		at[i] ^= 0x5a;
	checkpoint_init(&c, memory, slots, &key);
	bool is_empty = checkpoint_get(&c, CHECKPOINT_DIALOG, 0, &got) == ERR_NOT_FOUND;

	free(memory);
	CHECK(err == ERR_NONE);
	CHECK(is_empty);
	return ERR_NONE;
}

TEST(limits, "holds its largest thing and refuses one byte more")
{
	static char large[CHECKPOINT_DIALOG_MAX + 1];
	struct checkpoint c;
	struct view got;
	void *memory;

	TRY(fresh(&c, &memory));
	enum err fits =
		checkpoint_put(&c, CHECKPOINT_DIALOG, 1, view_bytes(large, CHECKPOINT_DIALOG_MAX));
	enum err beyond =
		checkpoint_put(&c, CHECKPOINT_DIALOG, 1, view_bytes(large, sizeof(large)));
	enum err read = checkpoint_get(&c, CHECKPOINT_DIALOG, 1, &got);
	checkpoint_drop(&c, CHECKPOINT_DIALOG, 1);
	struct view gone;
	enum err dropped = checkpoint_get(&c, CHECKPOINT_DIALOG, 1, &gone);

	free(memory);
	CHECK(fits == ERR_NONE);
	CHECK(beyond == ERR_LIMIT);
	CHECK(read == ERR_NONE && got.len == CHECKPOINT_DIALOG_MAX);
	CHECK(dropped == ERR_NOT_FOUND);
	return ERR_NONE;
}
