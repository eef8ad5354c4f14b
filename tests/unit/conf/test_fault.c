/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of mistake, with the exact words that its writer gets. */
#include "runner/test.h"
#include "unit/conf/cases.h"
#include "unit/conf/sample.h"
#include <stdio.h>
#include <stdlib.h>

static struct conf_report report;

static enum err load(struct view text, struct conf_report *r)
{
	struct conf_tree *t = NULL;
	enum err err = sample_load_view(text, &t, r);

	conf_tree_free(&t);
	return err;
}

TEST(fault_texts, "tells each mistake with its place, what was expected, and a remedy")
{
	return cases_check("tests/unit/conf/faults", load, 60);
}

TEST(fault_bytes, "names the byte that cannot stand")
{
	struct conf_tree *t = NULL;
	enum err err = sample_load_text("mode block \x01", &t, &report);

	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 1);
	CHECK(view_equal(view_of(report.faults[0].text),
	                 VIEW("a.conf:1:12: a byte that cannot stand here: 0x01")));
	return ERR_NONE;
}

TEST(fault_many, "keeps the first twenty of many, and counts the rest")
{
	struct conf_tree *t = NULL;
	char text[512] = "";
	size_t len = 0;
	enum err err;

	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "wrong %d\n", i);
	err = sample_load_text(text, &t, &report);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 50 && report.kept == MAX_CONF_FAULTS);
	CHECK(report.faults[19].line == 20);
	return ERR_NONE;
}

static enum err refuse(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	(void)context, (void)path, (void)ret, (void)size, (void)ret_len;
	return ERR_DENIED;
}

TEST(fault_first_file, "says that the first file cannot be read, and why")
{
	struct conf_ports ports = { NULL, refuse, NULL };
	struct conf_tree *t = NULL;
	enum err err;

	report = (struct conf_report){ 0 };
	err = conf_load(&sample_schema, "/etc/a.conf", &ports, &t, &report);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 1);
	CHECK(view_equal(view_of(report.faults[0].text),
	                 VIEW("/etc/a.conf: cannot be read: is not allowed")));
	return ERR_NONE;
}

TEST(fault_printable, "shows no byte that a terminal would take for a command")
{
	struct conf_report *r = calloc(1, sizeof(*r));
	struct conf_place place = { "a\033[2J.conf", 1, 1 };

	if (!r)
		return ERR_NO_MEMORY;
	conf_report_add(r, place, VIEW("b\033]0;x\a"));
	for (const char *at = r->faults[0].text; *at; at++)
		CHECK((unsigned char)*at >= 0x20);
	free(r);
	return ERR_NONE;
}

TEST(nearest_words, "finds what a mistyped word was to be, and nothing where it may be anything")
{
	static const char *const words[] = { "ports", "calls", "credentials", "", "at" };
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "prots", "ports" },
		{ "port", "ports" },
		{ "portss", "ports" },
		{ "orts", "ports" },
		{ "credentails", "credentials" },
		{ "credetnials", "credentials" },
		{ "clals", "calls" },
		{ "it", "at" },
		{ "hats", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "pxrxs", NULL },
		{ "a-word-that-is-far-too-long-to-be-any-of-those-that-exist", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = conf_nearest(view_of(rows[i].word), words, 5);

		CHECK_CASE(rows[i].want ? got && view_equal(view_of(got), view_of(rows[i].want))
		                        : !got,
		           rows[i].word);
	}
	return ERR_NONE;
}
