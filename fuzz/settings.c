/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the tables of the whole configuration and what contradicts in it: the standard form of a
 * file is taken where the file is, and means the same. No other file is read. */
#include <stdlib.h>
#include <string.h>

#include "conf/grammar.h"
#include "proc/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err give(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	const struct view *text = context;

	*ret_len = text->len;
	return strcmp(path, "a.conf") == 0 && view_copy(*text, ret, size) ? ERR_NONE : ERR_IO;
}

static size_t meaning_of(struct view text, struct buffer b)
{
	static struct conf_report report;
	const struct conf_ports ports = { &text, give, NULL };
	struct conf_tree *t = NULL;

	report.count = 0;
	if (conf_load(&proc_schema, "a.conf", &ports, &t, &report) != ERR_NONE)
		return 0;
	proc_check(t, false, &report);
	conf_blob_write(t, proc_schema.blocks, proc_schema.count, &b);
	conf_tree_free(&t);
	return report.count > 0 ? 0 : b.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char form[1 << 18], old[1 << 22], new[1 << 22];
	struct buffer once = BUFFER_ON(form);
	size_t len = meaning_of(view_bytes(data, size), BUFFER_ON(old));

	if (conf_format(view_bytes(data, size), &once, &(struct conf_token){ 0 }) == ERR_NONE &&
	    (meaning_of(buffer_view(&once), BUFFER_ON(new)) != len || memcmp(old, new, len) != 0))
		abort();
	return 0;
}
