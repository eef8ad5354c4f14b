/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks as bytes, and bytes that are no blocks. */
#include "runner/test.h"
#include "unit/conf/sample.h"
#include <stdlib.h>

static const struct conf_block *const chosen[] = { &sample_peer_block, &sample_never_block,
	                                           &sample_header_block };
enum { CHOSEN = 3, BLOB_MAX = 1 << 14 };

static struct conf_report report;
static char storage[BLOB_MAX] __attribute__((aligned(16)));

static enum err write_blob(const char *text, size_t *ret_size)
{
	struct conf_tree *t = NULL;
	struct buffer b = BUFFER_ON(storage);
	enum err err = sample_load_text(text, &t, &report);

	if (err != ERR_NONE)
		return err;
	conf_blob_write(t, chosen, CHOSEN, &b);
	err = b.err != ERR_NONE || b.len == conf_blob_size(t, chosen, CHOSEN) ? b.err : ERR_DENIED;
	*ret_size = b.len;
	conf_tree_free(&t);
	return err;
}

TEST(blob_holds, "gives back the chosen blocks, and no others")
{
	struct conf_blob blob;
	const struct sample_peer *peer;
	const struct sample_never *never;
	size_t size = 0, count = 7;

	TRY(write_blob(sample_text, &size));
	TRY(conf_blob_open(storage, sizeof(storage), &blob));
	CHECK(blob.size == size);
	peer = conf_blob_get(&blob, &sample_peer_block, &count);
	CHECK(peer && count == 2 && peer[0].calls == 200 &&
	      view_equal(view_of(peer[1].name), VIEW("office")));
	never = conf_blob_get(&blob, &sample_never_block, &count);
	CHECK(never && count == 1 && never->count == 3);
	CHECK(conf_blob_get(&blob, &sample_side_block, &count) == NULL && count == 0);
	return ERR_NONE;
}

TEST(blob_empty, "has a block without rows")
{
	struct conf_blob blob;
	size_t size = 0, count = 7;

	TRY(write_blob("", &size));
	TRY(conf_blob_open(storage, size, &blob));
	CHECK(conf_blob_get(&blob, &sample_peer_block, &count) != NULL && count == 0);
	return ERR_NONE;
}

TEST(blob_other_build, "does not give a block whose struct differs, even at the same size")
{
	struct conf_option options[16];
	struct conf_block larger = sample_peer_block, moved = sample_peer_block;
	struct conf_blob blob;
	size_t size = 0;

	TRY(write_blob(sample_text, &size));
	TRY(conf_blob_open(storage, size, &blob));
	larger.row_size++;
	CHECK(conf_blob_get(&blob, &larger, NULL) == NULL);
	memcpy(options, sample_peer_block.options,
	       sample_peer_block.option_count * sizeof(*options));
	moved.options = options;
	CHECK(conf_blob_get(&blob, &moved, NULL) != NULL);
	options[3].offset += 4;
	CHECK(conf_blob_get(&blob, &moved, NULL) == NULL);
	return ERR_NONE;
}

TEST(blob_small_buffer, "fails in a buffer that is too small")
{
	struct conf_tree *t = NULL;
	struct buffer b;

	TRY(sample_load_text(sample_text, &t, &report));
	b = buffer_on(storage, conf_blob_size(t, chosen, CHOSEN) - 1);
	conf_blob_write(t, chosen, CHOSEN, &b);
	CHECK(b.err == ERR_LIMIT);
	conf_tree_free(&t);
	return ERR_NONE;
}

/* Reads all that a blob claims to hold: ASan sees a step outside. */
static unsigned walk(const void *memory, size_t size)
{
	struct conf_blob blob;
	unsigned sum = 0;

	if (conf_blob_open(memory, size, &blob) != ERR_NONE)
		return 0;
	for (size_t i = 0; i < CHOSEN; i++) {
		size_t count = 0;
		const unsigned char *rows = conf_blob_get(&blob, chosen[i], &count);

		for (size_t at = 0; rows && at < count * chosen[i]->row_size; at++)
			sum += rows[at];
	}
	return sum;
}

TEST(blob_tampered, "survives every truncation, and every byte of its head changed")
{
	size_t size = 0;

	TRY(write_blob(sample_text, &size));
	for (size_t len = 0; len < size; len++) {
		char *exact = aligned_alloc(16, (len + 16) / 16 * 16);
		struct conf_blob blob;

		if (!exact)
			return ERR_NO_MEMORY;
		memcpy(exact, storage, len);
		CHECK(conf_blob_open(exact, len, &blob) == ERR_SYNTAX);
		free(exact);
	}
	for (size_t at = 0; at < 32 + 3 * 80; at++) {
		for (unsigned change = 1; change < 256; change *= 2) {
			char *exact = aligned_alloc(16, size);

			if (!exact)
				return ERR_NO_MEMORY;
			memcpy(exact, storage, size);
			exact[at] = (char)(exact[at] ^ (char)change);
			(void)walk(exact, size);
			free(exact);
		}
	}
	CHECK(walk(storage, size) > 0);
	return ERR_NONE;
}

TEST(blob_versions, "refuses another version, another file, and memory that is not aligned")
{
	struct conf_blob blob;
	size_t size = 0;

	TRY(write_blob(sample_text, &size));
	CHECK(conf_blob_open(storage + 1, size - 1, &blob) == ERR_SYNTAX);
	storage[8]++;
	CHECK(conf_blob_open(storage, size, &blob) == ERR_UNSUPPORTED);
	storage[0]++;
	CHECK(conf_blob_open(storage, size, &blob) == ERR_SYNTAX);
	return ERR_NONE;
}
