/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence incidents list|show, ringfence audit-trail list */
#include "cli/args.h"
#include "cli/output.h"
#include "cli/stored.h"

static const struct cli_table incidents = {
	9,
	{ { "INCIDENT", "incident", CLI_NAME },
	  { "LAST", "last", CLI_TIME, 1 },
	  { "SOURCE", "source", CLI_NAME },
	  { "SOURCES", "sources", CLI_NUMBER, 5 },
	  { "WHAT", "detector", CLI_TEXT, 3 },
	  { "PHASES", "phases", CLI_TEXT },
	  { "OUTCOME", "outcome", CLI_TEXT },
	  { "BLOCKED", "blocked", CLI_TEXT, 2 },
	  { "EVIDENCE", "evidence", CLI_TEXT, 4 } },
	"no incidents",
};

static const struct cli_table trail = {
	6,
	{ { "TIME", "time", CLI_TIME },
	  { "WHO", "actor", CLI_TEXT },
	  { "WHAT", "verb", CLI_TEXT },
	  { "OBJECT", "object", CLI_TEXT },
	  { "RESULT", "result", CLI_TEXT, 1 },
	  { "REASON", "reason", CLI_TEXT, 2 } },
	"nothing was changed",
};

enum cli_exit cli_incidents_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return cli_show_list(c, cli_target_on("/api/v1/incidents"), &args, &incidents);
}

/* --- One as a story --- */

static void print_headline(const struct cli *c, FILE *out, const json_t *incident)
{
	(void)fprintf(out, "incident ");
	cli_print_member(c, out, incident, "incident", CLI_TEXT);
	(void)fprintf(out, ": ");
	if (json_is_string(json_object_get(incident, "source"))) {
		cli_print_member(c, out, incident, "source", CLI_TEXT);
	} else {
		cli_print_member(c, out, incident, "sources", CLI_NUMBER);
		(void)fprintf(out, " sources");
	}
	(void)fprintf(out, ", ");
	cli_print_member(c, out, incident, "detector", CLI_TEXT);
	(void)fprintf(out, " (");
	cli_print_member(c, out, incident, "rule", CLI_TEXT);
	(void)fprintf(out, "), outcome ");
	cli_print_member(c, out, incident, "outcome", CLI_TEXT);
	(void)fprintf(out,
	              json_is_true(json_object_get(incident, "blocked")) ? ", blocked\n" : "\n");
	(void)fprintf(out, "  ");
	cli_print_member(c, out, incident, "evidence", CLI_TEXT);
	(void)fprintf(out, "\n");
	if (!json_is_string(json_object_get(incident, "part_of")))
		return;
	(void)fprintf(out, "  goes on in incident ");
	cli_print_member(c, out, incident, "part_of", CLI_TEXT);
	(void)fprintf(out, "\n");
}

/* From the first fact over each phase to the last one. */
static void print_course(const struct cli *c, FILE *out, const json_t *incident)
{
	static const struct {
		const char *member, *text;
	} steps[] = {
		{ "first", "first seen" },
		{ "began.scan", "scanned" },
		{ "began.enumerate", "tried users" },
		{ "began.guess", "guessed passwords" },
		{ "began.register", "got in" },
		{ "began.dial", "dialled" },
		{ "last", "last seen" },
	};
	char text[64];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct buffer b = BUFFER_ON(text);
		const struct cli_column column = { "", steps[i].member, CLI_TIME };

		cli_write_member(c, &b, incident, &column);
		if (b.len > 0)
			(void)fprintf(out, "  %.*s  %s\n", VIEW_ARG(buffer_view(&b)),
			              steps[i].text);
	}
}

static void print_lists(const struct cli *c, FILE *out, const json_t *incident)
{
	static const struct {
		const char *count, *one, *list;
	} lists[] = { { "sources", "source", "source_list" },
		      { "targets", "target", "target_list" },
		      { "users", "user", "user_list" },
		      { "numbers", "number", "number_list" } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const json_t *list = json_object_get(incident, lists[i].list);
		json_int_t count = json_integer_value(json_object_get(incident, lists[i].count));
		size_t k;
		json_t *word;

		if (json_array_size(list) == 0)
			continue;
		(void)fprintf(out, "  %" JSON_INTEGER_FORMAT " %s:", count,
		              count == 1 ? lists[i].one : lists[i].count);
		json_array_foreach(list, k, word)
		{
			json_t *row = json_pack("{s:O}", "word", word);

			(void)fprintf(out, " ");
			cli_print_member(c, out, row, "word", CLI_TEXT);
			json_decref(row);
		}
		(void)fprintf(out, (size_t)count > json_array_size(list) ? " ...\n" : "\n");
	}
}

static void print_samples(const struct cli *c, FILE *out, const json_t *incident)
{
	size_t i;
	json_t *sample;

	json_array_foreach(json_object_get(incident, "samples"), i, sample)
	{
		(void)fprintf(out, "\n");
		cli_print_object(c, out, sample, 1);
	}
}

void cli_print_incident(const struct cli *c, FILE *out, const json_t *incident)
{
	print_headline(c, out, incident);
	print_course(c, out, incident);
	print_lists(c, out, incident);
	print_samples(c, out, incident);
}

enum cli_exit cli_incidents_show(struct cli *c, int argc, char **argv)
{
	struct cli_target target = cli_target_on("/api/v1/incidents");
	json_t *incident;
	enum cli_exit code;

	if (!cli_is_for_reading(c))
		return cli_show_one(c, "/api/v1/incidents", argc, argv);
	if (argc != 1 || argv[0][0] == '-' || !argv[0][0])
		return cli_usage(c);
	cli_target_segment(&target, argv[0]);
	code = c->store ? cli_stored_one(c, "/api/v1/incidents", argv[0], &incident)
	                : cli_get(c, &target, &incident);
	if (code != CLI_DONE)
		return code;
	cli_print_incident(c, stdout, incident);
	json_decref(incident);
	return CLI_DONE;
}

enum cli_exit cli_audit_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return cli_show_list(c, cli_target_on("/api/v1/audit"), &args, &trail);
}
