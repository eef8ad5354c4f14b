/* SPDX-License-Identifier: Apache-2.0 */
/* A changed configuration: read anew, compared, refused where it needs a new start,
 * else sealed for every process and put in force in those that run. */
#include "proc/parent_priv.h"

#include "os/log.h"

#include <stdlib.h>
#include <string.h>

static struct ask row;

static void answer_text(struct parent *p, const struct ask_head *question, enum err result,
                        struct view text)
{
	memset(&row.head, 0, sizeof(row.head));
	text = view_first(text, sizeof(row.body.text));
	if (text.len > 0)
		memcpy(row.body.text, text.at, text.len);
	row.head.size = (uint32_t)text.len;
	row.head.result = (uint8_t)result;
	row.head.is_last = 1;
	relay_answer(p, (enum role)question->from, question, &row);
}

/* The file holds references to secrets, never secrets, so it may be shown as it stands. */
void apply_get(struct parent *p, const struct ask_head *question)
{
	struct view rest;
	char *text;
	size_t len;
	enum err err = settings_text(p->config_path, &text, &len);

	if (err != ERR_NONE) {
		answer_text(p, question, err, VIEW_EMPTY);
		return;
	}
	for (rest = view_bytes(text, len); rest.len > ASK_BODY_MAX;
	     rest = view_after(rest, ASK_BODY_MAX)) {
		memset(&row.head, 0, sizeof(row.head));
		row.head.size = ASK_BODY_MAX;
		memcpy(row.body.text, rest.at, ASK_BODY_MAX);
		relay_answer(p, (enum role)question->from, question, &row);
	}
	answer_text(p, question, ERR_NONE, rest);
	free(text);
}

static void finish(struct parent *p, enum err result)
{
	struct apply *a = &p->apply;

	if (result == ERR_NONE) {
		conf_tree_free(&p->settings);
		p->settings = a->tree;
		a->tree = NULL;
		log_write(LEVEL_NOTICE, "configuration", "applied: %.*s", (int)a->words_len,
		          a->words);
	} else {
		/* Who took the new ones goes back to the old at its next start; say so. */
		for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
			(void)!children_reseal(p, (enum role)role, p->settings);
		log_write(LEVEL_WARNING, "configuration", "not applied: %s", err_text(result));
	}
	conf_tree_free(&a->tree);
	answer_text(p, &a->question, result, view_bytes(a->words, a->words_len));
	a->is_open = false;
}

static void on_settings(struct parent *p, enum role from, enum err result)
{
	struct apply *a = &p->apply;

	if (!a->is_open || a->waiting == 0)
		return;
	/* A process that died meanwhile starts with the new settings. */
	if (result != ERR_NONE && result != ERR_CLOSED) {
		log_write(LEVEL_WARNING, "configuration", "%s refuses: %s", role_name(from),
		          err_text(result));
		a->result = result;
	}
	if (--a->waiting == 0)
		finish(p, a->result);
}

static void hand_out(struct parent *p)
{
	struct apply *a = &p->apply;

	a->waiting = 1;
	a->result = ERR_NONE;
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		enum err err = children_reseal(p, (enum role)role, a->tree);

		memset(&row.head, 0, sizeof(row.head));
		row.head.kind = role == ROLE_JUDGE ? ASK_SETTINGS_JUDGE : ASK_SETTINGS;
		if (err == ERR_NONE)
			err = relay_ask(p, (enum role)role, &row, p->children[role].settings,
			                on_settings);
		if (err == ERR_NONE)
			a->waiting++;
		else if (err != ERR_CLOSED)
			a->result = err;
	}
	/* Our own count goes last, so that nobody's answer ends it early. */
	on_settings(p, ROLE_PARENT, ERR_NONE);
}

static void refuse_report(struct parent *p, const struct ask_head *question,
                          const struct conf_report *report)
{
	static char text[ASK_BODY_MAX];
	struct buffer b = BUFFER_ON(text);

	for (uint32_t i = 0; i < report->kept; i++) {
		buffer_text(&b, report->faults[i].text);
		buffer_char(&b, '\n');
	}
	answer_text(p, question, ERR_SYNTAX, buffer_view(&b));
}

void apply_start(struct parent *p, const struct ask *question)
{
	static struct conf_report report;
	struct apply *a = &p->apply;
	struct ask_head head = question->head;
	struct buffer words = BUFFER_ON(a->words);
	char path[MAX_CONF_PATH];
	enum err err;

	if (a->is_open) {
		answer_text(p, &head, ERR_AGAIN, VIEW("another apply is under way"));
		return;
	}
	(void)view_copy(view_of(p->config_path), path, sizeof(path));
	if (head.size > 0 && question->body.text[0] != '\0' &&
	    !view_copy(view_bytes(question->body.text, strnlen(question->body.text, head.size)),
	               path, sizeof(path))) {
		answer_text(p, &head, ERR_LIMIT, VIEW("the path is too long"));
		return;
	}
	memset(&report, 0, sizeof(report));
	err = settings_load(path, &a->tree, &report);
	if (err != ERR_NONE) {
		refuse_report(p, &head, &report);
		return;
	}
	a->question = head;
	if (settings_compare(p->settings, a->tree, &words)) {
		conf_tree_free(&a->tree);
		answer_text(p, &head, ERR_DENIED, buffer_view(&words));
		return;
	}
	a->words_len = words.len;
	a->is_open = true;
	hand_out(p);
}
