/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates end, of those that there are: rows of `ringfence certificates list`. */
#include "cli/doctor.h"
#include "cli/sibling.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_TEXT_MAX = 1 << 20 };

static void judge(struct doctor *d, const json_t *row)
{
	const char *name = doctor_text(row, "name"), *state = doctor_text(row, "state"),
		   *file = doctor_text(row, "file"), *ends = doctor_text(row, "ends");

	if (strcmp(state, "ended") == 0)
		doctor_find(d, DOCTOR_CERTIFICATE_ENDED_FINDING, name, "%s (%s) has ended: %s",
		            name, file, ends);
	else if (strncmp(state, "ends-in-", 8) == 0)
		doctor_find(d, DOCTOR_CERTIFICATE_ENDING_FINDING, name,
		            "%s (%s) ends within %s days: %s", name, file, state + 8, ends);
	else if (strcmp(state, "unreadable") == 0 || strcmp(state, "absent") == 0)
		doctor_find(d, DOCTOR_CERTIFICATE_UNREAD_FINDING, name, "%s (%s) %s", name, file,
		            state[0] == 'a' ? "is not there" : "is not in PEM");
	else if (strcmp(state, "denied") == 0)
		doctor_find(d, DOCTOR_CERTIFICATE_RIGHT_FINDING, name,
		            "%s (%s) may not be read by who asks", name, file);
	else if (strcmp(state, "not-yet") == 0)
		doctor_find(d, DOCTOR_CERTIFICATE_EARLY_FINDING, name, "%s (%s) is not good yet",
		            name, file);
}

void doctor_judge_certificates(struct doctor *d, const json_t *rows)
{
	size_t i, before = doctor_count(d, DOCTOR_FAULT) + doctor_count(d, DOCTOR_WARNING);
	json_t *row;

	json_array_foreach(rows, i, row) judge(d, row);
	if (json_array_size(rows) > 0 &&
	    doctor_count(d, DOCTOR_FAULT) + doctor_count(d, DOCTOR_WARNING) == before)
		doctor_pass(d, DOCTOR_CERTIFICATE_ENDING_FINDING, "",
		            "no certificate ends within 30 days");
}

void doctor_examine_certificates(struct doctor *d, const char *path)
{
	const char *list[] = { "certificates", "list", "-q", "-o", "json", "-c", path, NULL };
	char *text = malloc(LIST_TEXT_MAX);
	json_t *rows = NULL;

	/* Who may not read the folder hears nothing of it: root does. */
	if (text && cli_sibling_read("certificates", list, text, LIST_TEXT_MAX) == CLI_DONE)
		rows = json_loads(text, 0, NULL);
	if (rows)
		doctor_judge_certificates(d, rows);
	json_decref(rows);
	free(text);
}
