/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions between options, told with both their places. */
#include "conf/tree_priv.h"

static struct conf_place place_of(struct conf_claim claim)
{
	const struct conf_check *c = claim.check;
	struct conf_place place = conf_place_of(c->tree, c->block, c->row, claim.option);

	/* An option that holds its fallback stands nowhere: its block does. */
	return place.line > 0 ? place : conf_place_of(c->tree, c->block, c->row, NULL);
}

static void write_subject(const struct conf_check *c, struct buffer *b)
{
	size_t index = conf_index_of(c->tree->schema, c->block);
	const char *label = conf_label_of(c->block, conf_row_at(c->tree, index, c->row));

	buffer_text(b, c->block->word);
	if (label[0]) {
		buffer_char(b, ' ');
		buffer_text(b, label);
	}
	buffer_text(b, ": ");
}

void conf_object_to(struct conf_claim claim, struct conf_claim rival, const char *problem,
                    const char *remedy)
{
	struct conf_place other = { 0 };
	char text[CONF_FAULT_SIZE];
	struct buffer b = BUFFER_ON(text);

	if (rival.check)
		other = place_of(rival);
	write_subject(claim.check, &b);
	buffer_text(&b, problem);
	if (other.line > 0) {
		buffer_text(&b, " (");
		buffer_text(&b, other.file);
		buffer_char(&b, ':');
		buffer_decimal(&b, other.line);
		buffer_char(&b, ')');
	}
	if (remedy) {
		buffer_text(&b, "; ");
		buffer_text(&b, remedy);
	}
	conf_report_add(claim.check->report, place_of(claim), buffer_view(&b));
}

void conf_object(struct conf_check *c, const char *option, const char *other, const char *problem,
                 const char *remedy)
{
	struct conf_claim claim = { c, option }, rival = { 0 };

	if (other && conf_is_written(c, other))
		rival = (struct conf_claim){ c, other };
	conf_object_to(claim, rival, problem, remedy);
}

bool conf_is_written(const struct conf_check *c, const char *option)
{
	return conf_place_of(c->tree, c->block, c->row, option).line > 0;
}
