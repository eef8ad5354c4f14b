/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks as bytes: a head, an entry per block, then the rows. It is written by
 * the parent and read by a child of the same build; what is checked guards
 * against a parent and a child of two builds, and against a reader's walk out
 * of the memory should the writer ever be another. */
#include "base/hash.h"
#include "conf/tree_priv.h"

enum { VERSION = 1, ALIGNMENT = 16, WORD_SIZE = 48 };

static const char magic[8] = { 'R', 'F', 'C', 'O', 'N', 'F', '\r', '\n' };

struct blob_head {
	char magic[8];
	uint32_t version, blocks;
	uint64_t size;
	uint64_t unused;
};

struct blob_entry {
	char word[WORD_SIZE];
	uint64_t offset, layout;
	uint32_t rows, row_size;
	uint64_t unused;
};

static size_t aligned(size_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/* A hash of where each option lies: structs of one size may differ inside. */
static uint64_t layout_of(const struct conf_block *block)
{
	static const struct hash_key key = { "conf blob layout" };
	uint64_t layout = block->row_size;

	for (uint32_t i = 0; i < block->option_count; i++) {
		const struct conf_option *o = &block->options[i];
		uint64_t facts[] = { layout,  (uint64_t)o->type, o->offset,
			             o->size, o->count_offset,   o->count_size };

		layout = hash_siphash(&key, facts, sizeof(facts));
	}
	return layout;
}

size_t conf_blob_size(const struct conf_tree *t, const struct conf_block *const *blocks,
                      size_t count)
{
	size_t size = sizeof(struct blob_head) + count * sizeof(struct blob_entry);

	for (size_t i = 0; i < count; i++)
		size += aligned((size_t)t->blocks[conf_index_of(t->schema, blocks[i])].count *
		                blocks[i]->row_size);
	return size;
}

static void put_padded(struct buffer *b, const void *at, size_t len)
{
	static const char zeros[ALIGNMENT];

	buffer_put(b, view_bytes(at, len));
	buffer_put(b, view_bytes(zeros, aligned(len) - len));
}

void conf_blob_write(const struct conf_tree *t, const struct conf_block *const *blocks,
                     size_t count, struct buffer *b)
{
	struct blob_head head = { .version = VERSION,
		                  .blocks = (uint32_t)count,
		                  .size = conf_blob_size(t, blocks, count) };
	size_t offset = sizeof(head) + count * sizeof(struct blob_entry);

	memcpy(head.magic, magic, sizeof(magic));
	put_padded(b, &head, sizeof(head));
	for (size_t i = 0; i < count; i++) {
		const struct conf_rows *rows = &t->blocks[conf_index_of(t->schema, blocks[i])];
		struct blob_entry entry = { .offset = offset,
			                    .layout = layout_of(blocks[i]),
			                    .rows = rows->count,
			                    .row_size = blocks[i]->row_size };

		(void)VIEW_COPY(view_of(blocks[i]->word), entry.word);
		put_padded(b, &entry, sizeof(entry));
		offset += aligned((size_t)rows->count * blocks[i]->row_size);
	}
	for (size_t i = 0; i < count; i++) {
		const struct conf_rows *rows = &t->blocks[conf_index_of(t->schema, blocks[i])];

		put_padded(b, rows->rows, (size_t)rows->count * blocks[i]->row_size);
	}
}

static struct blob_entry entry_at(const char *at, size_t i)
{
	struct blob_entry entry;

	memcpy(&entry, at + sizeof(struct blob_head) + i * sizeof(entry), sizeof(entry));
	return entry;
}

static bool is_sound(const struct blob_entry *entry, size_t head_size, size_t size)
{
	uint64_t rows_size = (uint64_t)entry->rows * entry->row_size;

	return entry->word[WORD_SIZE - 1] == '\0' && entry->offset % ALIGNMENT == 0 &&
	       entry->offset >= head_size && entry->offset <= size &&
	       rows_size <= size - entry->offset;
}

enum err conf_blob_open(const void *memory, size_t size, struct conf_blob *ret)
{
	struct blob_head head;
	size_t head_size;

	if (size < sizeof(head) || (uintptr_t)memory % ALIGNMENT != 0)
		return ERR_SYNTAX;
	memcpy(&head, memory, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.size > size ||
	    head.blocks > MAX_CONF_BLOCKS)
		return ERR_SYNTAX;
	if (head.version != VERSION)
		return ERR_UNSUPPORTED;
	head_size = sizeof(head) + head.blocks * sizeof(struct blob_entry);
	if (head.size < head_size)
		return ERR_SYNTAX;
	for (size_t i = 0; i < head.blocks; i++) {
		struct blob_entry entry = entry_at(memory, i);

		if (!is_sound(&entry, head_size, head.size))
			return ERR_SYNTAX;
	}
	*ret = (struct conf_blob){ memory, head.size };
	return ERR_NONE;
}

const void *conf_blob_get(const struct conf_blob *blob, const struct conf_block *block,
                          size_t *ret_count)
{
	struct blob_head head;

	memcpy(&head, blob->at, sizeof(head));
	for (size_t i = 0; i < head.blocks; i++) {
		struct blob_entry entry = entry_at(blob->at, i);

		if (!view_equal(view_of(entry.word), view_of(block->word)))
			continue;
		if (entry.row_size != block->row_size || entry.layout != layout_of(block))
			break;
		if (ret_count)
			*ret_count = entry.rows;
		return blob->at + entry.offset;
	}
	if (ret_count)
		*ret_count = 0;
	return NULL;
}
