/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that the service has by ACME: asked of it. */
#include "cli/certificates_acme.h"
#include "base/buffer.h"
#include "cli/client.h"

#include <string.h>
#include <unistd.h>

#define BLOCK "certificate "

static const struct certificates_named *named(const struct certificates_config *config,
                                              const char *by)
{
	for (size_t i = 0; i < config->named_count; i++)
		if (config->named[i].acme[0] && strcmp(config->named[i].by, by) == 0)
			return &config->named[i];
	return NULL;
}

bool certificates_is_by_acme(const struct certificates_config *config, const char *name)
{
	char by[64];

	(void)snprintf(by, sizeof(by), BLOCK "%s", name);
	return config && named(config, by);
}

enum cli_exit certificates_ask_renewal(const struct cli *c, const char *name)
{
	struct cli_target target = cli_target_on("/api/v1/certificates");
	struct cli_answer answer;
	enum cli_exit code;

	cli_target_segment(&target, name);
	cli_target_segment(&target, "renew");
	code = cli_send(c, "POST", &target, json_object(), &answer);
	if (code != CLI_DONE)
		return code;
	cli_answer_clear(&answer);
	if (!c->is_quiet)
		(void)fprintf(stderr,
		              "the service asks for %s now; its log, and `ringfence "
		              "certificates list`, say how it goes\n",
		              name);
	return CLI_DONE;
}

/* "letsencrypt", "letsencrypt: asked now", "letsencrypt: not had: WHY". */
static json_t *words_of(const char *authority, const json_t *said)
{
	const char *state = json_string_value(json_object_get(said, "state"));
	const char *why = json_string_value(json_object_get(said, "why"));

	if (state && strcmp(state, "asked") == 0)
		return json_sprintf("%s: asked now", authority);
	if (state && why && strcmp(state, "failed") == 0)
		return json_sprintf("%s: not had: %s", authority, why);
	return json_string(authority);
}

static const json_t *said_of(const json_t *items, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(items, i, one)
	{
		const char *its = json_string_value(json_object_get(one, "name"));

		if (its && strcmp(its, name) == 0)
			return one;
	}
	return NULL;
}

static bool has_acme(const struct certificates_config *config)
{
	for (size_t i = 0; i < config->named_count; i++)
		if (config->named[i].acme[0])
			return true;
	return false;
}

void certificates_tell_acme(const struct cli *c, const struct certificates_config *config,
                            json_t *rows)
{
	struct cli_target target = cli_target_on("/api/v1/certificates");
	json_t *answer = NULL, *row;
	size_t i;

	if (!has_acme(config))
		return;
	/* A list is wanted where nothing runs, too. */
	if (c->socket && access(c->socket, W_OK) == 0)
		(void)cli_get(c, &target, &answer);
	json_array_foreach(rows, i, row)
	{
		const char *by = json_string_value(json_object_get(row, "name"));
		const struct certificates_named *n = by ? named(config, by) : NULL;
		const json_t *items = json_object_get(answer, "items");

		if (n)
			(void)json_object_set_new(
				row, "acme",
				words_of(n->acme, said_of(items, by + sizeof(BLOCK) - 1)));
	}
	json_decref(answer);
}
