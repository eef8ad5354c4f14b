/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and states are read anew whenever the kernel says that one has changed: there are few,
 * and a judgement by what was true before would be worth nothing. */
#include "proc/kernel_ipsec.h"

#include "kernel/ipsec.h"

#include <stdlib.h>

struct covering {
	struct child *child;
	struct kernel_ipsec *ipsec;
	int questions, events;
	bool is_untold; /* the parent did not read: signal has to ask for all anew */
};

static void tell(struct covering *v, const struct cover_row *row)
{
	static struct ask question;
	char text[ADDR_TEXT_MAX];

	if (row->remote.family != 0 && row->verdict != COVER_YES)
		log_write(LEVEL_WARNING, "ipsec", "media with %s: %s",
		          addr_text(&row->remote, text), cover_text(row->verdict));
	question.head = (struct ask_head){ .kind = ASK_UNCOVERED, .size = sizeof(*row) };
	question.body.cover = *row;
	if (child_ask(v->child, &question, NULL) != ERR_NONE)
		v->is_untold = true;
}

static void look(struct covering *v)
{
	enum err err = kernel_ipsec_dump(v->ipsec, v->questions);
	struct cover_row row;
	uint32_t place = 0;

	if (err != ERR_NONE)
		log_write(
			LEVEL_ERROR, "ipsec",
			"the kernel does not tell its policies and states (%s): media that relies "
			"on them is ended",
			err_text(err));
	while (kernel_ipsec_changed(v->ipsec, &place, &row))
		tell(v, &row);
}

static void told(void *context, int fd, int what)
{
	struct covering *v = context;

	(void)what;
	if (kernel_ipsec_is_told(fd))
		look(v);
}

struct covering *covering_open(struct child *c)
{
	struct covering *v;
	static struct loop_watch *watch; /* to the end */

	if (child_descriptor(c, THING_IPSEC, 0) < 0)
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v || kernel_ipsec_new(&v->ipsec) != ERR_NONE)
		child_fail("ipsec", ERR_NO_MEMORY);
	v->child = c;
	v->questions = child_descriptor(c, THING_IPSEC, 0);
	v->events = child_descriptor(c, THING_IPSEC_EVENTS, 0);
	if (loop_watch(child_loop(c), v->events, LOOP_READABLE, LOOP_CALL(told, v), &watch) !=
	    ERR_NONE)
		child_fail("ipsec", ERR_IO);
	return v;
}

void covering_begin(struct covering *v)
{
	struct cover_row all = { .verdict = COVER_UNKNOWN };

	if (!v)
		return;
	look(v);
	tell(v, &all);
}

bool covering_is_untold(const struct covering *v) { return v && v->is_untold; }

void covering_advance(struct covering *v)
{
	const struct cover_row all = { .verdict = COVER_UNKNOWN };

	if (!covering_is_untold(v))
		return;
	v->is_untold = false;
	tell(v, &all);
}

bool covering_asked(struct covering *v, struct child *c, const struct ask *question)
{
	static struct ask answer;

	if (question->head.kind != ASK_COVER)
		return false;
	answer.head = (struct ask_head){ .result = ERR_SHORT, .is_last = 1 };
	if (question->head.size == sizeof(question->body.cover)) {
		answer.head = (struct ask_head){ .size = sizeof(answer.body.cover), .is_last = 1 };
		answer.body.cover = question->body.cover;
		answer.body.cover.verdict = COVER_UNKNOWN;
		if (v)
			kernel_ipsec_answer(v->ipsec, &answer.body.cover);
	}
	child_answer(c, &question->head, &answer);
	return true;
}
