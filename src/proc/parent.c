/* SPDX-License-Identifier: Apache-2.0 */
/* The parent: reads the configuration, takes sockets and memory, starts the
 * children and holds everything for them until it is told to end.
 *
 *     parent -c FILE [--log plain|journal|json] [--level LEVEL] [--no-sandbox]
 *     parent --watch INTERFACE [--block] [--inside NETWORK]... [-c FILE] [...]
 *     parent --take-over ...      started by a parent that gives way, see proc/upgrade.h
 *
 * Ends with 0 when asked to, 1 where something could not be had, 2 for wrong
 * usage, 3 where the configuration is not valid. */
#include "proc/parent_priv.h"

#include "border/options.h"
#include "event/verdict.h"
#include "kernel/options.h"
#include "media/options.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/spawn.h"
#include "proc/certificates.h"
#include "proc/keep.h"
#include "proc/resolved.h"
#include "proc/shelf.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WATCHES = 16 };
enum { TICK_US = SECOND_US / 2, END_TICK_US = 20 * MILLISECOND_US };
enum { STATUS_USAGE = 2, STATUS_CONFIGURATION = 3 };

static const char *const level_names[] = { "error", "warning", "notice", "info", "debug" };

struct arguments {
	const char *config, *user;
	enum log_format format;
	enum log_level level;
	bool is_sandbox_off;
	const char *interface;
	bool is_blocking, is_taking_over;
	struct addr_net inside[MAX_INSIDE];
	uint8_t inside_count;
};

static bool read_level(const char *word, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*ret = (enum log_level)(LEVEL_ERROR + i);
			return true;
		}
	}
	return false;
}

static bool read_format(const char *word, enum log_format *ret)
{
	static const char *const names[] = { "plain", "journal", "json" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*ret = (enum log_format)i;
			return true;
		}
	}
	return false;
}

static bool read_inside(const char *word, struct arguments *ret)
{
	if (ret->inside_count == MAX_INSIDE ||
	    addr_net_parse(view_of(word), &ret->inside[ret->inside_count]) != ERR_NONE)
		return false;
	ret->inside_count++;
	return true;
}

static bool read_arguments(int argc, char **argv, struct arguments *ret)
{
	*ret = (struct arguments){ .format = getenv("JOURNAL_STREAM") ? LOG_JOURNAL : LOG_PLAIN,
		                   .level = LEVEL_NOTICE,
		                   .user = "ringfence" };
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--no-sandbox") == 0) {
			ret->is_sandbox_off = true;
			continue;
		}
		if (strcmp(argv[i], "--take-over") == 0) {
			ret->is_taking_over = true;
			continue;
		}
		if (strcmp(argv[i], "--block") == 0) {
			ret->is_blocking = true;
			continue;
		}
		if (!value)
			return false;
		i++;
		if (strcmp(argv[i - 1], "-c") == 0)
			ret->config = value;
		else if (strcmp(argv[i - 1], "--user") == 0)
			ret->user = value;
		else if (strcmp(argv[i - 1], "--watch") == 0)
			ret->interface = value;
		else if (strcmp(argv[i - 1], "--inside") == 0  ? !read_inside(value, ret)
		         : strcmp(argv[i - 1], "--log") == 0   ? !read_format(value, &ret->format)
		         : strcmp(argv[i - 1], "--level") == 0 ? !read_level(value, &ret->level)
		                                               : true)
			return false;
	}
	if (!ret->interface)
		return ret->config != NULL && !ret->is_blocking && ret->inside_count == 0;
	if (!ret->config)
		ret->config = "";
	return true;
}

static void tell_report(const struct parent *p, const struct conf_report *report, enum err err)
{
	for (uint32_t i = 0; i < report->kept; i++)
		(void)fprintf(stderr, "%s\n", report->faults[i].text);
	if (report->count > report->kept)
		(void)fprintf(stderr, "%s: %u more\n", p->config_path,
		              report->count - report->kept);
	if (err != ERR_NONE && report->count == 0)
		(void)fprintf(stderr, "%s: %s\n", p->config_path, err_text(err));
}

static enum err load(struct parent *p)
{
	static struct conf_report report;
	enum err err = p->holdings.interface ? settings_watch(p->config_path, &p->settings, &report)
	                                     : settings_load(p->config_path, &p->settings, &report);

	tell_report(p, &report, err);
	if (err != ERR_NONE || p->config_path[0] == '\0')
		return err;
	return settings_text(p->config_path, &p->text, &p->text_len);
}

/* Whom the children become: the user named so; without root, or without such a user, who we are. */
static void choose_user(struct child_facts *f, const char *name)
{
	const struct passwd *who = geteuid() == 0 ? getpwnam(name) : NULL;

	f->uid = who ? who->pw_uid : UINT32_MAX;
	f->gid = who ? who->pw_gid : UINT32_MAX;
}

static void choose_facts(struct child_facts *f, const struct arguments *a)
{
	choose_user(f, a->user);
	f->log_format = (uint8_t)a->format;
	f->log_level = (uint8_t)a->level;
	f->is_sandbox_off = a->is_sandbox_off;
}

static void choose_watch(struct holdings *h, const struct arguments *a)
{
	h->roles = 1U << ROLE_OBSERVE | 1U << ROLE_JUDGE | 1U << ROLE_STORE | 1U << ROLE_WEB;
	if (a->is_blocking)
		h->roles |= 1U << ROLE_KERNEL;
	h->facts.mode = a->is_blocking ? MODE_BLOCK : MODE_OBSERVE;
	h->facts.has_no_door = 1;
	h->facts.inside_count = a->inside_count;
	memcpy(h->facts.inside, a->inside, sizeof(a->inside));
}

static void choose_roles(struct holdings *h, const struct conf_tree *settings)
{
	const struct kernel_options *kernel = conf_get(settings, &kernel_block, NULL);
	const struct media_options *media = conf_get(settings, &media_block, NULL);
	const struct border_signal *signal = conf_get(settings, &border_signal_block, NULL);

	h->roles = 1U << ROLE_SIGNAL | 1U << ROLE_MEDIA | 1U << ROLE_JUDGE | 1U << ROLE_STORE |
	           1U << ROLE_WEB;
	for (unsigned worker = 1; worker < media->workers; worker++)
		h->roles |= 1U << role_media(worker);
	for (unsigned worker = 1; worker < signal->workers; worker++)
		h->roles |= 1U << role_signal(worker);
	if (kernel->is_on || holdings_want_ipsec(settings))
		h->roles |= 1U << ROLE_KERNEL;
	h->facts.has_no_filter = !kernel->is_on;
}

/* --- The loop's callbacks --- */

void parent_end(struct parent *p, int status)
{
	if (p->is_ending)
		return;
	p->is_ending = true;
	if (p->upgrade.pid > 0)
		(void)!spawn_kill(p->upgrade.pid, SIGKILL);
	service_ending(&p->service);
	p->status = status;
	p->ending_us = p->tick_us = clock_now().us;
	(void)children_end(p, 0);
}

static void on_child(void *context, int number)
{
	(void)number;
	children_reap(context, clock_now());
}

static void on_end(void *context, int number)
{
	(void)number;
	log_write(LEVEL_NOTICE, "ending", "asked to by a signal");
	parent_end(context, 0);
}

static void on_advance(void *context, struct now now)
{
	struct parent *p = context;

	p->tick_us = now.us + (p->is_ending || p->upgrade.step ? END_TICK_US : TICK_US);
	children_reap(p, now);
	relay_advance(p, now);
	upgrade_advance(p, now);
	shelf_advance(p, now);
	drain_advance(p, now);
	certificates_advance(p, now);
	acme_advance(p, now);
	service_advance(&p->service, now);
	if (p->is_ending && children_end(p, now_since(now.us, p->ending_us)))
		loop_stop(p->loop);
}

static uint64_t on_wait(void *context, struct now now)
{
	const struct parent *p = context;
	uint64_t tick_us = now_since(p->tick_us, now.us), start_us = children_wait_us(p, now);

	return tick_us < start_us ? tick_us : start_us;
}

/* What is in force goes on, whatever the file says by now. */
static enum err load_kept(struct parent *p, struct buffer *words)
{
	static struct conf_report report;
	struct view text = p->text_len > 0 ? view_bytes(p->text, p->text_len) : VIEW("\n");
	enum err err = settings_load_text(p->config_path, text, p->holdings.interface != NULL,
	                                  &p->settings, &report);

	if (err == ERR_NONE)
		return ERR_NONE;
	buffer_text(words, "the configuration in force is not valid here: ");
	buffer_text(words, report.kept > 0 ? report.faults[0].text : err_text(err));
	return err;
}

static enum err take_over(struct parent *p)
{
	char text[UPGRADE_WORDS_MAX];
	struct buffer words = BUFFER_ON(text);
	enum err err = upgrade_take(p, &words);

	if (err == ERR_NONE)
		err = load_kept(p, &words);
	if (err == ERR_NONE)
		err = holdings_resume(&p->holdings, p->settings, &words);
	if (err == ERR_NONE)
		err = certificates_take(p, &words);
	if (err == ERR_NONE)
		return upgrade_agree();
	if (words.len == 0)
		buffer_text(&words, err_text(err));
	upgrade_refuse(buffer_view(&words));
	return err;
}

static int take_new(struct parent *p, const struct arguments *a)
{
	if (a->interface)
		choose_watch(&p->holdings, a);
	else
		choose_roles(&p->holdings, p->settings);
	return holdings_take(&p->holdings, p->settings) == ERR_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What the file says and what is in force: kept calls fit both, or all begins anew. */
static enum err resume(struct parent *p, int state, struct buffer *words)
{
	struct conf_tree *file = p->settings;
	char *file_text = p->text;
	size_t file_len = p->text_len;
	enum err err;

	p->text = NULL;
	p->settings = NULL;
	err = keep_state_take(p, state, words);
	if (err == ERR_NONE)
		err = load_kept(p, words);
	if (err == ERR_NONE && p->tries >= SHELF_TRIES) {
		buffer_text(words, "it did not stand the last times");
		err = ERR_STALE;
	}
	if (err == ERR_NONE && settings_compare(p->settings, file, words))
		err = ERR_DENIED;
	if (err == ERR_NONE) {
		buffer_reset(words);
		err = holdings_resume(&p->holdings, p->settings, words);
	}
	if (err != ERR_NONE) {
		conf_tree_free(&p->settings);
		free(p->text);
		p->settings = file;
		p->text = file_text;
		p->text_len = file_len;
		return err;
	}
	p->has_newer_file =
		!view_equal(view_bytes(p->text, p->text_len), view_bytes(file_text, file_len));
	conf_tree_free(&file);
	free(file_text);
	return ERR_NONE;
}

static int begin(struct parent *p, const struct arguments *a)
{
	char text[KEEP_WORDS_MAX];
	struct buffer words = BUFFER_ON(text);
	struct child_facts fresh = p->holdings.facts;
	uint64_t started_us = p->started_us;
	int64_t started_wall_us = p->started_wall_us;
	int state = -1;
	enum err err;

	if (load(p) != ERR_NONE)
		return STATUS_CONFIGURATION;
	service_open(&p->service);
	err = shelf_take(p, &state);
	if (err == ERR_NOT_FOUND)
		return take_new(p, a);
	err = resume(p, state, &words);
	socket_close(&state);
	if (err == ERR_NONE) {
		p->tries++;
		shelf_state(p);
		log_write(LEVEL_NOTICE, "taken up", "what the parent before held");
		return EXIT_SUCCESS;
	}
	log_write(LEVEL_WARNING, "not taken up",
	          "what the parent before held: %.*s; all begins anew", (int)words.len, words.at);
	shelf_forget(p);
	p->holdings = (struct holdings){ .interface = a->interface, .facts = fresh };
	keep_init(&p->holdings);
	p->upgrades = 0;
	p->started_us = started_us;
	p->started_wall_us = started_wall_us;
	return take_new(p, a);
}

/* Without its certificates a service that is to speak TLS would stand there deaf. */
static int take_material(struct parent *p)
{
	char text[KEEP_WORDS_MAX + MAX_CONF_PATH];
	struct buffer words = BUFFER_ON(text);

	if (certificates_take(p, &words) == ERR_NONE)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "%s: %.*s\n", p->config_path, (int)words.len, words.at);
	return STATUS_CONFIGURATION;
}

static enum err run(struct parent *p)
{
	enum err err = loop_new(MAX_WATCHES, &p->loop);

	if (err == ERR_NONE)
		err = loop_on_signal(p->loop, SIGCHLD, on_child, p);
	if (err == ERR_NONE)
		err = loop_on_signal(p->loop, SIGTERM, on_end, p);
	if (err == ERR_NONE)
		err = loop_on_signal(p->loop, SIGINT, on_end, p);
	if (err == ERR_NONE)
		err = children_init(p);
	if (err != ERR_NONE)
		return err;
	loop_set_hooks(p->loop, &(struct loop_hooks){ p, NULL, on_wait, on_advance });
	children_advance(p, clock_now());
	loop_run(p->loop);
	return ERR_NONE;
}

int main(int argc, char **argv)
{
	static struct parent p = { .apply = { .waiting = 0 }, .service = { .fd = -1 } };
	struct arguments arguments;
	struct now now = clock_now();
	char program[4096];
	enum err err;
	int status;

	if (!read_arguments(argc, argv, &arguments)) {
		(void)fputs(
			"usage: ringfence run [-c FILE] | watch INTERFACE [--block] [--inside NETWORK]... [-c FILE]\n"
			"       with [--log plain|journal|json] [--level error|warning|notice|info|debug] [--user NAME] [--no-sandbox]\n",
			stderr);
		return STATUS_USAGE;
	}
	log_open("ringfence", arguments.format, arguments.level);
	if (spawn_own(program, sizeof(program)) == ERR_NONE)
		p.program = program;
	(void)signal(SIGPIPE, SIG_IGN);
	p.config_path = arguments.config;
	p.holdings.interface = arguments.interface;
	p.argc = argc;
	p.argv = argv;
	p.started_us = p.begun_us = now.us;
	p.started_wall_us = now.wall_us;
	p.is_taking_over = arguments.is_taking_over;
	(void)spawn_raise_descriptors();
	keep_init(&p.holdings);
	choose_facts(&p.holdings.facts, &arguments);
	status = p.is_taking_over ? take_over(&p) != ERR_NONE : begin(&p, &arguments);
	if (status == EXIT_SUCCESS && !p.is_taking_over)
		status = take_material(&p);
	if (status != EXIT_SUCCESS)
		return status;
	resolved_resume(&p);
	resolved_apply(&p);
	spawn_shut_memory();
	err = run(&p);
	if (p.is_handed_on)
		return upgrade_leave(&p);
	if (!p.is_taking_over)
		holdings_leave(p.settings);
	if (err == ERR_NONE)
		return p.status;
	log_write(LEVEL_ERROR, "start", "%s", err_text(err));
	return EXIT_FAILURE;
}
