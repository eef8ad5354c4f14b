/* SPDX-License-Identifier: Apache-2.0 */
/* A changed configuration: read anew, compared, refused where it needs a new start,
 * else sealed for every process and put in force in those that run. */
#include "proc/parent_priv.h"

#include "os/clock.h"
#include "os/log.h"
#include "proc/certificates.h"
#include "proc/resolved.h"
#include "proc/shelf.h"

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
	struct view rest = view_bytes(p->text, p->text_len);

	for (; rest.len > ASK_BODY_MAX; rest = view_after(rest, ASK_BODY_MAX)) {
		memset(&row.head, 0, sizeof(row.head));
		row.head.size = ASK_BODY_MAX;
		memcpy(row.body.text, rest.at, ASK_BODY_MAX);
		relay_answer(p, (enum role)question->from, question, &row);
	}
	answer_text(p, question, ERR_NONE, rest);
}

static enum err hand_to(struct parent *p, enum role role, const struct conf_tree *tree,
                        void (*answered)(struct parent *p, enum role from, enum err result))
{
	enum err err = children_reseal(p, role, tree);

	if (err != ERR_NONE)
		return err;
	memset(&row.head, 0, sizeof(row.head));
	row.head.kind = role == ROLE_JUDGE    ? ASK_SETTINGS_JUDGE
	              : role == ROLE_KERNEL   ? ASK_SETTINGS_KERNEL
	              : role == ROLE_OUTREACH ? ASK_SETTINGS_OUTREACH
	                                      : ASK_SETTINGS;
	return relay_ask(p, role, &row, p->children[role].settings, answered);
}

static void finish(struct parent *p, enum err result)
{
	struct apply *a = &p->apply;

	if (result == ERR_NONE) {
		conf_tree_free(&p->settings);
		free(p->text);
		p->settings = a->tree;
		p->text = a->text;
		p->text_len = a->text_len;
		a->tree = NULL;
		a->text = NULL;
		certificates_settle(p, result);
		resolved_apply(p);
		shelf_state(p);
		log_write(LEVEL_NOTICE, "configuration", "applied: %.*s",
		          VIEW_ARG(a->words_len ? view_bytes(a->words, a->words_len)
		                                : VIEW("nothing differs")));
	} else {
		certificates_settle(p, result);
		/* Who took the new ones goes back to the old. */
		for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++)
			(void)!hand_to(p, (enum role)role, p->settings, NULL);
		log_write(LEVEL_WARNING, "configuration", "not applied: %s", err_text(result));
	}
	conf_tree_free(&a->tree);
	free(a->text);
	a->text = NULL;
	service_ready(&p->service,
	              result == ERR_NONE ? "configuration applied" : "configuration not applied");
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
	certificates_offer(p);
	for (int role = ROLE_PARENT + 1; role < ROLE_COUNT; role++) {
		enum err err = hand_to(p, (enum role)role, a->tree, on_settings);

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

/* Files beside the one that we were started with: what a fault quotes of a file must not
 * become a way to read others. */
static bool is_beside(const char *own, const char *path)
{
	const char *slash = strrchr(own, '/');
	size_t len = slash ? (size_t)(slash - own) + 1 : 0;

	return strncmp(own, path, len) == 0 && !strchr(path + len, '/');
}

static enum err read_new(struct parent *p, const struct ask *question, char path[MAX_CONF_PATH])
{
	struct view wanted =
		view_bytes(question->body.text, strnlen(question->body.text, question->head.size));

	if (wanted.len == 0)
		wanted = view_of(p->config_path);
	if (!view_copy(wanted, path, MAX_CONF_PATH))
		return ERR_LIMIT;
	return is_beside(p->config_path, path) ? ERR_NONE : ERR_DENIED;
}

static void drop_new(struct apply *a)
{
	conf_tree_free(&a->tree);
	free(a->text);
	a->text = NULL;
}

void apply_start(struct parent *p, const struct ask *question)
{
	static struct conf_report report;
	struct apply *a = &p->apply;
	struct ask_head head = question->head;
	struct buffer words = BUFFER_ON(a->words);
	char path[MAX_CONF_PATH];
	enum err err = a->is_open ? ERR_AGAIN : read_new(p, question, path);

	if (err != ERR_NONE) {
		answer_text(p, &head, err,
		            err == ERR_AGAIN ? VIEW("another apply is under way")
		                             : VIEW("only files beside the one in force"));
		return;
	}
	memset(&report, 0, sizeof(report));
	err = p->holdings.interface ? settings_watch(path, &a->tree, &report)
	                            : settings_load(path, &a->tree, &report);
	if (err == ERR_NONE)
		err = settings_text(path, &a->text, &a->text_len);
	if (err != ERR_NONE) {
		conf_tree_free(&a->tree);
		refuse_report(p, &head, &report);
		return;
	}
	a->question = head;
	if (settings_compare(p->settings, a->tree, &words)) {
		drop_new(a);
		answer_text(p, &head, ERR_DENIED, buffer_view(&words));
		return;
	}
	err = certificates_apply(p, a->tree, &words);
	if (err != ERR_NONE) {
		drop_new(a);
		answer_text(p, &head, ERR_SYNTAX, buffer_view(&words));
		return;
	}
	a->words_len = words.len;
	a->is_open = true;
	service_reloading(&p->service, clock_now());
	hand_out(p);
}

void apply_file(struct parent *p)
{
	static const struct ask question = { .head = { .kind = ASK_CONFIG_APPLY } };

	p->has_newer_file = false;
	apply_start(p, &question);
}
