/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two configurations of one schema: by label where there
 * is one, else by order. */
#include "conf/reader_priv.h"
#include "conf/tree_priv.h"

struct changes {
	const struct conf_tree *old, *new;
	struct conf_change *ret;
	size_t count, max;
};

static void add(struct changes *c, enum conf_change_kind kind, const struct conf_block *block,
                const char *label, const struct conf_option *option)
{
	if (c->count < c->max)
		c->ret[c->count] = (struct conf_change){ kind, block, label, option };
	c->count++;
}

static const char *name_of(const struct conf_tree *t, const struct conf_block *named,
                           const char *field)
{
	uint64_t row = conf_number_at(field, 2);
	size_t index = conf_index_of(t->schema, named);

	return row == CONF_NO_ROW ? "" : conf_label_of(named, conf_row_at(t, index, row));
}

/* Rows are compared as what they mean: a NAME by what it names, for the number
 * of its row may change when a block comes or goes. */
static bool is_equal(const struct changes *c, const struct conf_option *o, const char *old,
                     const char *new)
{
	if (o->type == CONF_NAME) {
		const struct conf_block *named = conf_block_of(c->old->schema, o->refers_to);

		return view_equal(view_of(name_of(c->old, named, old + o->offset)),
		                  view_of(name_of(c->new, named, new + o->offset)));
	}
	if (conf_is_list(o) &&
	    memcmp(old + o->count_offset, new + o->count_offset, o->count_size) != 0)
		return false;
	if (o->sips_size && old[o->sips_offset] != new[o->sips_offset])
		return false;
	if (o->name_size && memcmp(old + o->name_offset, new + o->name_offset, o->name_size) != 0)
		return false;
	return memcmp(old + o->offset, new + o->offset, o->size) == 0;
}

static const char *parent_of(const struct conf_tree *t, const struct conf_block *block,
                             const char *row)
{
	const struct conf_block *outer;

	if (!block->within)
		return "";
	outer = conf_block_of(t->schema, block->within);
	return name_of(t, outer, row + block->parent_offset);
}

/* The row of `in` that the row of `from` is another state of; NULL: none. */
static const char *find_fellow(const struct conf_tree *from, size_t block, size_t row,
                               const struct conf_tree *in)
{
	const struct conf_block *b = from->schema->blocks[block];
	const char *wanted = conf_row_at(from, block, row);

	if (!b->label)
		return row < in->blocks[block].count ? conf_row_at(in, block, row) : NULL;
	for (uint32_t i = 0; i < in->blocks[block].count; i++) {
		const char *at = conf_row_at(in, block, i);

		if (view_equal(view_of(conf_label_of(b, at)), view_of(conf_label_of(b, wanted))) &&
		    view_equal(view_of(parent_of(in, b, at)), view_of(parent_of(from, b, wanted))))
			return at;
	}
	return NULL;
}

static void compare_block(struct changes *c, size_t index)
{
	const struct conf_block *block = c->old->schema->blocks[index];

	for (uint32_t row = 0; row < c->old->blocks[index].count; row++) {
		const char *old = conf_row_at(c->old, index, row);
		const char *new = find_fellow(c->old, index, row, c->new);

		if (!new)
			add(c, CONF_REMOVED, block, conf_label_of(block, old), NULL);
		for (uint32_t i = 0; new &&i < block->option_count; i++)
			if (!is_equal(c, &block->options[i], old, new))
				add(c, CONF_CHANGED, block, conf_label_of(block, old),
				    &block->options[i]);
	}
	for (uint32_t row = 0; row < c->new->blocks[index].count; row++)
		if (!find_fellow(c->new, index, row, c->old))
			add(c, CONF_ADDED, block,
			    conf_label_of(block, conf_row_at(c->new, index, row)), NULL);
}

size_t conf_diff(const struct conf_tree *old, const struct conf_tree *new, struct conf_change *ret,
                 size_t max)
{
	struct changes c = { .old = old, .new = new, .ret = ret, .max = max };

	for (size_t i = 0; i < old->schema->count; i++)
		compare_block(&c, i);
	return c.count;
}
