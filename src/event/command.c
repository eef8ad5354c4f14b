/* SPDX-License-Identifier: Apache-2.0 */
/* Words of commands. */
#include "event/command.h"

static const struct {
	const char *word, *text;
	enum err err;
} refusals[COMMAND_REFUSAL_COUNT] = {
	[COMMAND_DONE] = { "done", "done", ERR_NONE },
#define COMMAND_REFUSAL(name, word, text, err) [COMMAND_##name] = { word, text, err },
#include "event/command.def"
#undef COMMAND_REFUSAL
};

const char *command_verb_name(enum command_verb verb)
{
	static const char *const names[COMMAND_VERB_COUNT] = { "end", "transfer", "hold", "dtmf",
		                                               "unhold" };

	return verb < COMMAND_VERB_COUNT ? names[verb] : "?";
}

const char *command_refusal_word(enum command_refusal why)
{
	return why < COMMAND_REFUSAL_COUNT ? refusals[why].word : "?";
}

const char *command_refusal_text(enum command_refusal why)
{
	return why < COMMAND_REFUSAL_COUNT ? refusals[why].text : "?";
}

enum err command_refusal_err(enum command_refusal why)
{
	return why < COMMAND_REFUSAL_COUNT ? refusals[why].err : ERR_DENIED;
}
