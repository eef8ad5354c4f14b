/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence doctor: what is in the way, or will be. It looks at the configuration
 * by the program that can read it, at the machine, and asks the service where
 * one runs; each part can be absent. */
#include "cli/doctor.h"
#include "cli/client.h"
#include "cli/output.h"
#include "cli/sibling.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FACTS_TEXT_MAX = 1 << 20 };

static const char default_socket[] = "/run/ringfence/api.sock";

static const struct cli_table findings = {
	6,
	{ { "LEVEL", "level", CLI_TEXT },
	  { "ID", "id", CLI_TEXT },
	  { "SUBJECT", "subject", CLI_TEXT },
	  { "WHAT", "what", CLI_TEXT },
	  { "WHY", "why", CLI_TEXT },
	  { "REMEDY", "remedy", CLI_TEXT } },
	"nothing found",
};

static const struct cli_table headers = {
	7,
	{ { "DIRECTION", "direction", CLI_TEXT, 3 },
	  { "HEADER", "header", CLI_TEXT },
	  { "FROM", "from", CLI_TEXT },
	  { "TO", "to", CLI_TEXT },
	  { "COUNT", "count", CLI_NUMBER },
	  { "LAST", "last", CLI_TIME, 2 },
	  { "LET THROUGH BY", "line", CLI_TEXT } },
	"no header was kept out",
};

/* One visit. Facts and status are NULL where they cannot be had. */
struct visit {
	struct doctor doctor;
	json_t *facts, *status;
	bool is_running;  /* the service answers, though perhaps not who asks */
	const char *path; /* of the configuration */
};

/* ---- output ---- */

static void print_finding(const struct cli *c, const json_t *item)
{
	const char *level = doctor_text(item, "level"), *remedy = doctor_text(item, "remedy");
	bool is_ok = strcmp(level, "ok") == 0,
	     is_bold = c->is_colour && strcmp(level, "fault") == 0;

	if (is_ok && c->is_quiet)
		return;
	(void)printf("%s%-8s%s %-20s %s", is_bold ? "\033[1m" : "", level, is_bold ? "\033[0m" : "",
	             doctor_text(item, "id"), doctor_text(item, "what"));
	if (remedy[0])
		(void)printf(": %s. Remedy: %s", doctor_text(item, "why"), remedy);
	(void)putchar('\n');
}

static void print_sum(const struct doctor *d)
{
	(void)fprintf(stderr, "faults: %zu, warnings: %zu, notes: %zu, well: %zu\n",
	              doctor_count(d, DOCTOR_FAULT), doctor_count(d, DOCTOR_WARNING),
	              doctor_count(d, DOCTOR_NOTE), doctor_count(d, DOCTOR_OK));
}

static void write_findings(const struct cli *c, const struct doctor *d)
{
	json_t *all = doctor_all(d), *item;
	size_t i;

	if (!cli_is_for_reading(c)) {
		cli_write_list(c, stdout, &findings, all);
	} else {
		json_array_foreach(all, i, item) print_finding(c, item);
		if (!c->is_quiet)
			print_sum(d);
	}
	json_decref(all);
}

/* ---- the service ---- */

/* Asked before the API is, which would say on standard error that nobody is there. Where it may not
 * be asked it is taken to be there. */
static bool is_service_there(struct doctor *d, const char *path, bool *ret_may_ask)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), failed;
	bool is_denied;

	if (fd < 0 || !VIEW_COPY(view_of(path), name.sun_path))
		failed = 1;
	else
		failed = connect(fd, (const struct sockaddr *)&name, sizeof(name));
	is_denied = failed && errno == EACCES;
	if (fd >= 0)
		(void)close(fd);
	*ret_may_ask = !failed;
	if (is_denied)
		doctor_find(d, DOCTOR_SERVICE_RIGHT_FINDING, "",
		            "who asks may not use the socket %s", path);
	else if (failed)
		doctor_find(d, DOCTOR_SERVICE_FINDING, "", "no Ringfence answers at %s", path);
	else
		doctor_pass(d, DOCTOR_SERVICE_FINDING, "", "Ringfence answers at %s", path);
	return !failed || is_denied;
}

static json_t *ask(const struct cli *c, struct doctor *d, const char *path)
{
	const struct cli_target target = cli_target_on(path);
	json_t *answer = NULL;
	enum cli_exit code = cli_get(c, &target, &answer);

	if (code == CLI_NOT_ALLOWED)
		doctor_find(d, DOCTOR_SERVICE_RIGHT_FINDING, path, "who asks may not read %s",
		            path);
	else if (code != CLI_DONE)
		doctor_find(d, DOCTOR_SERVICE_ANSWER_FINDING, path, "%s was not answered", path);
	return answer;
}

static void ask_status(const struct cli *c, struct visit *v)
{
	bool may_ask;

	v->is_running = is_service_there(&v->doctor, c->socket, &may_ask);
	if (may_ask)
		v->status = ask(c, &v->doctor, "/api/v1/status");
}

static void ask_counters(const struct cli *c, struct doctor *d)
{
	const struct cli_target target = cli_target_on("/metrics");
	struct cli_answer answer;

	if (cli_request(c, "GET", &target, NULL, &answer) != CLI_DONE) {
		doctor_find(d, DOCTOR_SERVICE_ANSWER_FINDING, "/metrics",
		            "/metrics was not answered");
		return;
	}
	doctor_judge_counters(d, answer.text ? answer.text : "");
	cli_answer_clear(&answer);
}

static void examine_service(const struct cli *c, struct visit *v)
{
	struct doctor *d = &v->doctor;
	json_t *answer;

	doctor_judge_status(d, v->status);
	answer = ask(c, d, "/api/v1/peers");
	if (answer)
		doctor_judge_peers(d, answer, v->facts);
	json_decref(answer);
	answer = ask(c, d, "/api/v1/store");
	if (answer)
		doctor_judge_store(d, answer);
	json_decref(answer);
	answer = ask(c, d, "/api/v1/mode");
	if (answer)
		doctor_judge_mode(d, answer);
	json_decref(answer);
	ask_counters(c, d);
}

/* ---- the configuration ---- */

static enum cli_exit read_facts(struct visit *v, const char *path)
{
	const char *list[] = { "config", "facts", "-c", path, NULL };
	struct doctor *d = &v->doctor;
	char *text = malloc(FACTS_TEXT_MAX);
	enum cli_exit code = CLI_DONE;
	struct view first;
	json_t *doubt;
	size_t i;
	int status;

	if (access(path, R_OK) != 0) {
		code = access(path, F_OK) != 0 ? CLI_NOT_FOUND : CLI_NOT_ALLOWED;
		doctor_find(d, DOCTOR_CONFIGURATION_UNREAD_FINDING, path, "%s %s", path,
		            code == CLI_NOT_FOUND ? "is not there" : "may not be read by who asks");
		free(text);
		return code;
	}
	status = text ? cli_sibling_read("config", list, text, FACTS_TEXT_MAX) : -1;
	first = status < 0 ? VIEW_EMPTY : view_of(text);
	first = view_first(first, view_find(first, '\n', 0));
	if (status == CLI_DONE)
		v->facts = json_loads(text, 0, NULL);
	if (v->facts)
		doctor_pass(d, DOCTOR_CONFIGURATION_FINDING, path, "%s is valid", path);
	else if (status > 0)
		doctor_find(d, DOCTOR_CONFIGURATION_FINDING, path, "%.*s", VIEW_ARG(first));
	else
		doctor_find(d, DOCTOR_CONFIGURATION_UNREAD_FINDING, path,
		            "the program that reads %s cannot be started", path);
	json_array_foreach(json_object_get(v->facts, "doubts"), i, doubt) doctor_find(
		d, DOCTOR_CONFIGURATION_DOUBT_FINDING, path, "%s", json_string_value(doubt));
	free(text);
	return code;
}

static void compare_paths(struct visit *v, const char *path)
{
	const char *running = doctor_text(v->status, "configuration");
	char *a = realpath(path, NULL), *b = realpath(running, NULL);

	if (running[0] && strcmp(path, running) != 0 && (!a || !b || strcmp(a, b) != 0))
		doctor_find(&v->doctor, DOCTOR_OTHER_FILE_FINDING, path,
		            "the Ringfence that runs was started with %s, not with %s", running,
		            path);
	free(a);
	free(b);
}

/* The file that is named, and the socket that it names; or the service at the usual socket, and
 * the file that it was started with. */
static enum cli_exit meet(struct cli *c, struct visit *v)
{
	const char *path = c->configuration, *socket;
	enum cli_exit code;

	if (!path)
		ask_status(c, v);
	if (!path && doctor_text(v->status, "configuration")[0])
		path = doctor_text(v->status, "configuration");
	v->path = path ? path : CLI_CONFIGURATION;
	code = read_facts(v, v->path);
	if (!c->configuration)
		return CLI_DONE;
	if (code == CLI_NOT_FOUND)
		return cli_fail(code, "%s: it is not there", path);
	socket = doctor_text(v->facts, "socket");
	if (socket[0] && strcmp(c->socket, default_socket) == 0)
		c->socket = socket;
	ask_status(c, v);
	compare_paths(v, path);
	return CLI_DONE;
}

/* ---- the command ---- */

static enum cli_exit verdict(const struct cli *c, const struct visit *v)
{
	write_findings(c, &v->doctor);
	return doctor_count(&v->doctor, DOCTOR_FAULT) ? CLI_FAILED : CLI_DONE;
}

static enum cli_exit examine_all(struct cli *c, struct visit *v)
{
	enum cli_exit code = meet(c, v);

	if (code != CLI_DONE)
		return code;
	if (v->facts) {
		const struct doctor_service service = { v->is_running, v->status };

		doctor_judge_addresses(&v->doctor, v->facts);
		doctor_examine_ports(&v->doctor, v->facts, &service);
		doctor_examine_limits(&v->doctor, v->facts, &service);
	}
	if (v->facts)
		doctor_examine_certificates(&v->doctor, v->path);
	doctor_examine_kernel(&v->doctor);
	if (v->status)
		examine_service(c, v);
	code = verdict(c, v);
	/* Of the kernel alone nobody wanted to know. */
	if (code == CLI_DONE && !v->facts && !v->status)
		code = v->is_running ? CLI_NOT_ALLOWED : CLI_DAEMON_AWAY;
	return code;
}

static enum cli_exit examine_kernel(struct cli *c, struct visit *v)
{
	doctor_examine_kernel(&v->doctor);
	return verdict(c, v);
}

static enum cli_exit show_headers(struct cli *c)
{
	const struct cli_target target = cli_target_on("/api/v1/headers");
	json_t *answer;
	enum cli_exit code = cli_get(c, &target, &answer);

	if (code != CLI_DONE)
		return code;
	cli_write_list(c, stdout, &headers, json_object_get(answer, "items"));
	json_decref(answer);
	return CLI_DONE;
}

enum cli_exit cli_doctor(struct cli *c, int argc, char **argv)
{
	const char *part = argc == 1 ? argv[0] : "";
	struct visit v = { 0 };
	enum cli_exit code;

	if (argc == 1 && strcmp(part, "headers") == 0)
		return show_headers(c);
	if (argc > 1 || (argc == 1 && strcmp(part, "kernel") != 0))
		return cli_usage(c);
	if (!doctor_new(&v.doctor))
		code = cli_fail(CLI_FAILED, "out of memory");
	else
		code = argc ? examine_kernel(c, &v) : examine_all(c, &v);
	json_decref(v.facts);
	json_decref(v.status);
	doctor_free(&v.doctor);
	return code;
}
