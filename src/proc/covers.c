/* SPDX-License-Identifier: Apache-2.0 */
/* Asked and answered over the channel: there is one question a stream, at its beginning. */
#include "proc/covers.h"

static struct child *the_child;

void covers_begin(struct child *c) { the_child = c; }

void covers_ask(void *context, const struct cover_row *row)
{
	static struct ask question;

	(void)context;
	question.head = (struct ask_head){ .kind = ASK_COVER, .size = sizeof(*row) };
	question.body.cover = *row;
	(void)!child_ask(the_child, &question, NULL);
}

void covers_answered(struct border *b, const struct ask *row, struct now now)
{
	if (row->head.kind != ASK_COVER)
		return;
	/* Without an answer nothing passes; who can give one begins by telling us to ask again. */
	if (row->head.size == sizeof(row->body.cover))
		border_covered(b, &row->body.cover, now);
	else
		log_write(LEVEL_ERROR, "ipsec",
		          "nobody can ask the kernel (%s): media that relies on it waits; where "
		          "`media ipsec` is new, the service has to be started anew",
		          err_text(row->head.result));
}

void covers_told(struct child *c, struct border *b, const struct ask *question, struct now now)
{
	static struct ask answer;

	if (question->head.size == sizeof(question->body.cover))
		border_covered(b, &question->body.cover, now);
	answer.head = (struct ask_head){ .is_last = 1 };
	child_answer(c, &question->head, &answer);
}
