/* SPDX-License-Identifier: Apache-2.0 */
/* Findings, and the words of each from the one table. */
#include "cli/doctor.h"
#include "cli/text.h"
#include <stdarg.h>
#include <string.h>

#define FAULT   DOCTOR_FAULT
#define WARNING DOCTOR_WARNING
#define NOTE    DOCTOR_NOTE

static const struct {
	const char *id;
	enum doctor_level level;
	const char *why, *remedy;
} rows[DOCTOR_FINDING_COUNT] = {
#define FINDING(name, id, level, why, remedy) { id, level, why, remedy },
#include "cli/doctor.def"
#undef FINDING
};

static const char *const levels[DOCTOR_LEVEL_COUNT] = { "ok", "note", "warning", "fault" };

bool doctor_new(struct doctor *ret)
{
	bool is_whole = true;

	for (int i = 0; i < DOCTOR_LEVEL_COUNT; i++) {
		ret->found[i] = json_array();
		is_whole = is_whole && ret->found[i];
	}
	return is_whole;
}

void doctor_free(struct doctor *d)
{
	for (int i = 0; i < DOCTOR_LEVEL_COUNT; i++) {
		json_decref(d->found[i]);
		d->found[i] = NULL;
	}
}

const char *doctor_id(enum doctor_finding finding) { return rows[finding].id; }

/* Names of programs, realms and peers are others' words. */
static json_t *shown(const char *text)
{
	char storage[8 * MAX_DOCTOR_WHAT];
	struct buffer b = BUFFER_ON(storage);

	cli_text_write(&b, view_of(text));
	return json_stringn(b.at, b.len);
}

static json_t *write_finding(enum doctor_finding finding, enum doctor_level level,
                             const char *subject, const char *what)
{
	json_t *item = json_pack("{s:s, s:s, s:o, s:o}", "id", rows[finding].id, "level",
	                         levels[level], "subject", shown(subject), "what", shown(what));

	if (item && level != DOCTOR_OK) {
		(void)json_object_set_new(item, "why", json_string(rows[finding].why));
		(void)json_object_set_new(item, "remedy", json_string(rows[finding].remedy));
	}
	return item;
}

void doctor_find(struct doctor *d, enum doctor_finding finding, const char *subject,
                 const char *what, ...)
{
	enum doctor_level level = rows[finding].level;
	char text[MAX_DOCTOR_WHAT];
	va_list list;

	va_start(list, what);
	(void)vsnprintf(text, sizeof(text), what, list);
	va_end(list);
	(void)json_array_append_new(d->found[level], write_finding(finding, level, subject, text));
}

void doctor_pass(struct doctor *d, enum doctor_finding finding, const char *subject,
                 const char *what, ...)
{
	char text[MAX_DOCTOR_WHAT];
	va_list list;

	va_start(list, what);
	(void)vsnprintf(text, sizeof(text), what, list);
	va_end(list);
	(void)json_array_append_new(d->found[DOCTOR_OK],
	                            write_finding(finding, DOCTOR_OK, subject, text));
}

size_t doctor_count(const struct doctor *d, enum doctor_level level)
{
	return json_array_size(d->found[level]);
}

json_t *doctor_all(const struct doctor *d)
{
	json_t *all = json_array();

	for (int level = DOCTOR_LEVEL_COUNT - 1; all && level >= 0; level--)
		(void)json_array_extend(all, d->found[level]);
	return all;
}

const char *doctor_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

long long doctor_number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}
