/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions between options, told with both their places. */
#include "conf/tree_priv.h"
#include <assert.h>

static struct conf_place place_of(const struct conf_check *c, const char *option)
{
	struct conf_place place = conf_place_of(c->tree, c->block, c->row, option);

	/* An option that holds its fallback stands nowhere: its block does. */
	return place.line > 0 ? place : conf_place_of(c->tree, c->block, c->row, NULL);
}

void conf_object_to(const struct conf_check *c, const char *option, const struct conf_check *other,
                    const char *other_option, const char *problem, const char *remedy)
{
	size_t index = conf_index_of(c->tree->schema, c->block);
	const char *label = conf_label_of(c->block, conf_row_at(c->tree, index, c->row));
	struct conf_place place = place_of(c, option), rival = { 0 };
	char text[CONF_FAULT_SIZE];
	struct buffer b = BUFFER_ON(text);

	if (other)
		rival = place_of(other, other_option);
	buffer_text(&b, c->block->word);
	if (label[0]) {
		buffer_char(&b, ' ');
		buffer_text(&b, label);
	}
	buffer_text(&b, ": ");
	buffer_text(&b, problem);
	if (rival.line > 0) {
		buffer_text(&b, " (");
		buffer_text(&b, rival.file);
		buffer_char(&b, ':');
		buffer_decimal(&b, rival.line);
		buffer_char(&b, ')');
	}
	if (remedy) {
		buffer_text(&b, "; ");
		buffer_text(&b, remedy);
	}
	conf_report_add(c->report, place, buffer_view(&b));
}

void conf_object(struct conf_check *c, const char *option, const char *other, const char *problem,
                 const char *remedy)
{
	bool names_other = other && conf_is_written(c, other);

	conf_object_to(c, option, names_other ? c : NULL, other, problem, remedy);
}

bool conf_is_written(const struct conf_check *c, const char *option)
{
	return conf_place_of(c->tree, c->block, c->row, option).line > 0;
}
