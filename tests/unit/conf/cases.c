/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the cases and compares. */
#include "unit/conf/cases.h"
#include "runner/test.h"
#include <stdlib.h>

static struct conf_report report;

/* The next line without its end; false where there is none. */
static bool next_line(struct view *rest, struct view *ret)
{
	size_t end = view_find(*rest, '\n', 0);

	*ret = view_first(*rest, end);
	if (rest->len == 0)
		return false;
	*rest = view_after(*rest, end + 1);
	return true;
}

/* One case: everything to the first arrow is the file. */
static enum err check_case(struct view text, cases_load *load)
{
	size_t end = 0;
	struct view rest, line;
	uint32_t count = 0;
	enum err err;

	while (end < text.len && !view_starts(view_after(text, end), VIEW("\n=> ")))
		end++;
	rest = view_after(text, end + 1);
	report = (struct conf_report){ 0 };
	err = load(view_first(text, end), &report);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK_CASE(err == ERR_SYNTAX, text.at);
	while (next_line(&rest, &line)) {
		CHECK_CASE(count < report.kept, line.at);
		CHECK_CASE(view_equal(view_of(report.faults[count].text), view_after(line, 3)),
		           report.faults[count].text);
		count++;
	}
	CHECK_CASE(report.count == count, text.at);
	return ERR_NONE;
}

enum err cases_check(const char *path, cases_load *load, size_t least)
{
	struct view mark = VIEW("\n--\n"), rest;
	size_t len = 0, cases = 0;
	char *text = NULL;
	enum err err;

	TRY(test_read_file(path, &text, &len));
	rest = view_bytes(text, len);
	while (rest.len > 0 && !view_starts(rest, mark))
		rest = view_after(rest, 1);
	for (err = ERR_NONE; rest.len > 0 && err == ERR_NONE; cases++) {
		size_t end = 1;

		rest = view_after(rest, mark.len);
		while (end < rest.len && !view_starts(view_after(rest, end), mark))
			end++;
		err = check_case(view_first(rest, end), load);
		rest = view_after(rest, end);
	}
	free(text);
	if (err == ERR_NONE)
		CHECK(cases >= least);
	return err;
}
