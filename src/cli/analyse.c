/* SPDX-License-Identifier: Apache-2.0 */
/* Wires capture, watch, judge and report together. Time is the packets' time. */
#include "cli/analyse.h"
#include "capture/engine.h"
#include "capture/keylog.h"
#include "cli/analyse_store.h"
#include "cli/pace.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "guard/inspector.h"
#include "guard/judge.h"
#include "os/random.h"
#include "os/sandbox.h"
#include "sip/reason.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS_AT_ONCE = 4096, MAX_KEY_FILE = 16 << 20, ADVANCE_US = 10 * SECOND_US };

struct analysis {
	const struct cli_analyse *order;
	struct capture_engine *engine;
	struct watch *watch;
	struct guard_judge *judge;
	struct cli_report *report;
	struct cli_store *store; /* NULL: none is written */
	struct verdict_table *verdicts;
	struct counters counters;
	struct cli_progress progress;
	struct cli_pace pace;
	uint64_t bytes_done;  /* of the files before this one */
	uint64_t advance_us;  /* when the judge wants to be told the time */
	uint64_t rtp_packets; /* of streams that were believed: one packet may be anything */
	const char *format;
	enum capture_end end; /* the first that was not whole */
	bool is_reading;      /* some file was a capture */
	bool has_lost;        /* memory ran out for a stream */
	int fd;
	int files[MAX_ANALYSE_FILES]; /* in the order's order */
};

/* What is no SIP has the same number on both sides but for noise, which is 0 in a fact. */
_Static_assert((int)CAPTURE_HTTP == NON_SIP_HTTP && (int)CAPTURE_TLS == NON_SIP_TLS &&
                       (int)CAPTURE_SSDP == NON_SIP_SSDP && (int)CAPTURE_RTSP == NON_SIP_RTSP &&
                       (int)CAPTURE_KEEPALIVE == NON_SIP_KEEPALIVE &&
                       (int)CAPTURE_NOISE == NON_SIP_CAPTURED,
               "kinds of what is no SIP");

/* --- Ports, from the wire to the report --- */

static void message(void *context, const struct capture_message *m)
{
	struct analysis *a = context;
	struct watch_message in = {
		.flow = &m->flow,
		.bytes = m->bytes,
		.len = m->len,
		.now = cli_pace_at(&a->pace, m->wall_us),
		.is_cut = m->is_cut,
		.is_connected = m->is_proven,
	};

	if (m->kind == CAPTURE_SIP)
		watch_message(a->watch, &in);
	else
		watch_non_sip(a->watch, &in,
		              m->kind < NON_SIP_CAPTURED ? m->kind : (uint16_t)NON_SIP_NOISE);
}

static void media(void *context, const struct capture_datagram *d)
{
	struct analysis *a = context;

	watch_datagram(a->watch, &d->flow, d->payload, cli_pace_at(&a->pace, d->wall_us));
}

static void fact(void *context, const struct fact *f)
{
	struct analysis *a = context;

	cli_report_fact(a->report, f);
	guard_judge_take(a->judge, f);
	if (f->now_us >= a->advance_us) {
		a->advance_us = f->now_us + ADVANCE_US;
		guard_judge_advance(a->judge, (struct now){ f->now_us, f->wall_us });
	}
}

static void call(void *context, const struct watch_call *c)
{
	struct analysis *a = context;

	cli_report_call(a->report, c);
	if (a->store)
		cli_store_call(a->store, c);
}

static void stream(void *context, const struct watch_stream *s)
{
	struct analysis *a = context;

	a->rtp_packets += s->packets;
	cli_report_stream(a->report, s);
}

static void phone(void *context, const struct watch_phone *p)
{
	struct analysis *a = context;

	cli_report_phone(a->report, p);
}

static void finding(void *context, const struct guard_finding *f, const struct fact *about,
                    uint32_t suspicion_milli, uint32_t proven_milli)
{
	struct analysis *a = context;

	cli_report_finding(a->report, f, about, suspicion_milli, proven_milli);
}

static void record(void *context, union record *r)
{
	struct analysis *a = context;

	if (r->head.kind == RECORD_INCIDENT)
		cli_report_incident(a->report, &r->incident);
	if (a->store)
		cli_store_record(a->store, r);
}

/* --- Making --- */

static enum err make_report(struct analysis *a, const struct hash_key *key, uint64_t first_number)
{
	const struct cli_report_settings settings = {
		.format = a->order->cli->format,
		.out = stdout,
		.cli = a->order->cli,
		.key = *key,
		.suspect_milli = a->order->judge.suspect_milli,
		.block_milli = a->order->judge.block_milli,
		.first_incident = first_number,
	};

	/* It comes in large pieces, each of which the stream would write in two. */
	if (settings.format == FORMAT_JSON)
		(void)setvbuf(stdout, NULL, _IONBF, 0);
	return cli_report_new(&settings, &a->report);
}

static enum err make_judge(struct analysis *a, const struct hash_key *key, uint64_t first_number)
{
	struct guard_judge_ports ports = {
		.context = a, .record = record, .counters = &a->counters, .finding = finding
	};

	a->verdicts = calloc(1, verdict_table_size());
	if (!a->verdicts)
		return ERR_NO_MEMORY;
	verdict_table_init(a->verdicts, key);
	ports.verdicts = a->verdicts;
	return guard_judge_new(&a->order->judge, &ports, key, first_number, &a->judge);
}

static enum err make_watch(struct analysis *a, const struct hash_key *key)
{
	const struct watch_ports ports = { .context = a,
		                           .fact = fact,
		                           .call = call,
		                           .stream = stream,
		                           .phone = phone,
		                           .inspector = &guard_inspector };
	struct watch_settings settings = watch_settings_default;

	memcpy(settings.inside, a->order->inside, sizeof(settings.inside));
	settings.inside_count = a->order->inside_count;
	return watch_new(&settings, &ports, key, &a->watch);
}

static enum err make(struct analysis *a)
{
	const struct capture_ports ports = { .context = a, .message = message, .media = media };
	struct capture_settings settings = capture_settings_default;
	uint64_t first_number = a->store ? cli_store_first_number(a->store) : 1;
	enum err err;

	random_fill(&settings.key, sizeof(settings.key));
	err = make_report(a, &settings.key, first_number);
	if (err == ERR_NONE)
		err = make_judge(a, &settings.key, first_number);
	if (err == ERR_NONE)
		err = make_watch(a, &settings.key);
	return err != ERR_NONE ? err : capture_engine_new(&settings, &ports, &a->engine);
}

static void unmake(struct analysis *a)
{
	capture_engine_free(&a->engine);
	watch_free(&a->watch);
	guard_judge_free(&a->judge);
	free(a->verdicts);
	cli_report_free(&a->report);
	(void)!cli_store_close(&a->store);
}

/* --- Keys --- */

static enum cli_exit refuse_file(const char *path)
{
	if (errno == ENOENT)
		return cli_fail(CLI_NOT_FOUND, "%s: there is no such file", path);
	if (errno == EACCES || errno == EPERM)
		return cli_fail(CLI_NOT_ALLOWED, "%s: may not be read by this user", path);
	return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
}

/* Whole into memory of the caller's, who frees it. */
static enum cli_exit read_key_file(const char *path, char **ret, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	char *bytes;
	ssize_t got;

	if (fd < 0 || fstat(fd, &about) != 0) {
		enum cli_exit code = refuse_file(path);

		if (fd >= 0)
			(void)close(fd);
		return code;
	}
	bytes = about.st_size <= MAX_KEY_FILE ? malloc((size_t)about.st_size + 1) : NULL;
	got = bytes ? read(fd, bytes, (size_t)about.st_size) : -1;
	(void)close(fd);
	if (got < 0) {
		free(bytes);
		return cli_fail(CLI_FAILED, "%s: cannot be read, or is larger than %d MiB", path,
		                MAX_KEY_FILE >> 20);
	}
	*ret = bytes;
	*ret_len = (size_t)got;
	return CLI_DONE;
}

static enum cli_exit add_key(struct analysis *a, const char *path, bool is_log)
{
	struct capture_keys *keys = capture_engine_keys(a->engine);
	char *bytes = NULL;
	size_t len = 0, secrets = 0;
	enum cli_exit code = read_key_file(path, &bytes, &len);
	enum err err;

	if (code != CLI_DONE)
		return code;
	err = is_log ? capture_keys_add_log(keys, view_bytes(bytes, len), &secrets)
	             : capture_keys_add_private(keys, view_bytes(bytes, len));
	explicit_bzero(bytes, len);
	free(bytes);
	if (err == ERR_SYNTAX)
		return cli_fail(CLI_FAILED,
		                "%s: holds no private key in PEM without a passphrase; openssl "
		                "pkey -in OLD -out NEW writes one",
		                path);
	if (err == ERR_UNSUPPORTED)
		return cli_fail(CLI_FAILED,
		                "%s: only RSA keys open captures; let a client write a key log "
		                "(SSLKEYLOGFILE) and give --keylog",
		                path);
	if (err == ERR_NONE && is_log && secrets == 0)
		return cli_fail(
			CLI_FAILED,
			"%s: holds no TLS secrets; lines such as CLIENT_RANDOM ... are read", path);
	return err == ERR_NONE ? CLI_DONE : cli_fail(CLI_FAILED, "%s: %s", path, err_text(err));
}

static enum cli_exit add_keys(struct analysis *a)
{
	enum cli_exit code = CLI_DONE;

	for (size_t i = 0; code == CLI_DONE && i < a->order->key_count; i++)
		code = add_key(a, a->order->keys[i], false);
	for (size_t i = 0; code == CLI_DONE && i < a->order->key_log_count; i++)
		code = add_key(a, a->order->key_logs[i], true);
	return code;
}

/* --- Files --- */

/* Ctrl-C ends the capture, as it ends the tcpdump before a pipe, and what came is
 * reported; the second one ends us. */
static volatile sig_atomic_t is_interrupted;

static void interrupted(int number)
{
	(void)number;
	is_interrupted = 1;
}

static void end_on_interrupt(void)
{
	const struct sigaction action = { .sa_handler = interrupted,
		                          .sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGINT, &action, NULL);
}

static size_t read_some(void *context, void *buffer, size_t size)
{
	const struct analysis *a = context;
	ssize_t got;

	do
		got = is_interrupted ? 0 : read(a->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? CAPTURE_READ_FAILED : (size_t)got;
}

static void file_secrets(void *context, struct view text)
{
	struct analysis *a = context;

	(void)!capture_keys_add_log(capture_engine_keys(a->engine), text, NULL);
}

static void take_packets(struct analysis *a, struct capture_file *file)
{
	struct capture_packet packet;
	uint32_t count = 0;

	while (capture_file_next(file, &packet) == ERR_NONE) {
		if (capture_engine_take(a->engine, &packet) != ERR_NONE)
			a->has_lost = true;
		if (++count % PACKETS_AT_ONCE == 0)
			cli_progress_show(&a->progress,
			                  a->bytes_done + capture_file_position(file));
	}
}

static bool is_standard_input(const char *path) { return strcmp(path, "-") == 0; }

static enum cli_exit take_file(struct analysis *a, size_t index)
{
	const struct capture_input input = { a, read_some, file_secrets };
	const char *path = a->order->files[index];
	struct capture_file *file = NULL;
	bool is_input = is_standard_input(path);
	enum capture_end end;

	a->fd = a->files[index];
	if (capture_file_new(&input, capture_engine_skipped(a->engine), &file) != ERR_NONE)
		return cli_fail(CLI_FAILED, "%s", err_text(ERR_NO_MEMORY));
	take_packets(a, file);
	end = capture_file_end(file);
	a->bytes_done += capture_file_position(file);
	a->format = capture_format_name(capture_file_format(file));
	a->is_reading |= capture_end_is_reading(end);
	if (end != CAPTURE_END_WHOLE && a->end == CAPTURE_END_WHOLE)
		a->end = end;
	capture_file_free(&file);
	if (!is_input)
		(void)close(a->fd);
	if (!capture_end_is_reading(end))
		return cli_fail(CLI_FAILED, "%s: %s", is_input ? "standard input" : path,
		                capture_end_text(end));
	if (end != CAPTURE_END_WHOLE && !a->order->cli->is_quiet)
		(void)cli_fail(CLI_DONE, "%s: %s; what came before is reported", path,
		               capture_end_text(end));
	return CLI_DONE;
}

static enum cli_exit open_files(struct analysis *a)
{
	for (size_t i = 0; i < a->order->file_count; i++) {
		const char *path = a->order->files[i];
		struct stat about;

		if (!is_standard_input(path) && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
			return cli_fail(CLI_FAILED, "%s: is a folder; name the captures in it",
			                path);
		a->files[i] =
			is_standard_input(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
		if (a->files[i] < 0)
			return refuse_file(path);
	}
	return CLI_DONE;
}

/* Who wrote the capture may be hostile: what reads it can reach nothing any more but what
 * is open, and the store's directory. Where that cannot be had, as in some containers, a
 * capture can still be read. */
static void confine(const struct analysis *a)
{
	const char *store = a->order->store, *slash = store ? strrchr(store, '/') : NULL;
	struct sandbox s = { .uid = (uid_t)-1, .gid = (gid_t)-1, .is_survivor = true };
	struct sandbox_report report;
	struct stat about;
	char directory[4096];

	/* A leak would be found in no other program that reads captures. */
	if (sandbox_is_sanitized() || a->order->is_unconfined)
		return;
	tzset();
	cli_report_open_files(a->report);
	if (store) {
		size_t len = slash ? (size_t)(slash - store) + 1 : 0;

		(void)VIEW_COPY(len ? view_bytes(store, len) : VIEW("."), directory);
		s.directory = directory;
		/* Root loses its right over the files of others with all its rights. */
		if (stat(directory, &about) == 0) {
			s.uid = about.st_uid;
			s.gid = about.st_gid;
		}
	}
	if (sandbox_enter_store(&s, &report) != ERR_NONE && !a->order->cli->is_quiet)
		(void)cli_fail(CLI_DONE, "the sandbox could not be entered: is the capture from "
		                         "somebody whom you trust?");
}

/* 0 where it is not known. */
static uint64_t total_size(const struct cli_analyse *order)
{
	uint64_t total = 0;

	for (size_t i = 0; i < order->file_count; i++) {
		struct stat about;

		if (stat(order->files[i], &about) != 0 || !S_ISREG(about.st_mode))
			return 0;
		total += (uint64_t)about.st_size;
	}
	return total;
}

/* --- The whole --- */

/* Nothing more is to come: what waits for an answer is decided, and what grew is told. */
static enum cli_exit finish(struct analysis *a)
{
	static const int64_t quiet_us = 2 * 86400 * (int64_t)SECOND_US;
	const struct capture_counts *counts = capture_engine_counts(a->engine);
	struct cli_report_capture capture = { .name = a->order->files[0], .format = a->format };
	enum err err;

	if (capture_engine_end(a->engine) != ERR_NONE)
		a->has_lost = true;
	watch_end(a->watch);
	guard_judge_advance(a->judge, (struct now){ a->pace.us + (uint64_t)quiet_us,
	                                            counts->last_us + quiet_us });
	capture.packets = counts->packets;
	capture.sip_messages = counts->sip;
	capture.rtp_packets = a->rtp_packets;
	capture.tls_connections = counts->tls_connections;
	capture.tls_opened = counts->tls_opened;
	capture.first_wall_us = counts->first_us;
	capture.last_wall_us = counts->last_us;
	capture.end = a->end;
	capture.skipped = capture_engine_skipped(a->engine);
	capture.watched = watch_counters_of(a->watch);
	err = cli_report_end(a->report, &capture);
	if (err != ERR_NONE)
		return cli_fail(CLI_FAILED,
		                "the report could not be written: is there room where it goes, and "
		                "for temporary files (TMPDIR, else /tmp)?");
	if (a->has_lost)
		return cli_fail(CLI_FAILED, "memory ran out: parts of TCP streams are missing");
	return CLI_DONE;
}

static enum cli_exit open_store(struct analysis *a)
{
	char text[512];
	struct buffer why = BUFFER_ON(text);

	if (!a->order->store || cli_store_open(a->order->store, &why, &a->store) == ERR_NONE)
		return CLI_DONE;
	return cli_fail(CLI_FAILED, "%s: %.*s", a->order->store, VIEW_ARG(buffer_view(&why)));
}

static enum cli_exit close_store(struct analysis *a)
{
	if (cli_store_close(&a->store) == ERR_NONE)
		return CLI_DONE;
	return cli_fail(CLI_FAILED, "%s: could not be written to its end; is the disk full?",
	                a->order->store);
}

static enum cli_exit work(struct analysis *a)
{
	enum cli_exit code = open_store(a);
	enum cli_exit file_code = CLI_DONE;
	size_t i;

	if (code != CLI_DONE)
		return code;
	if (make(a) != ERR_NONE)
		return cli_fail(CLI_FAILED, "%s", err_text(ERR_NO_MEMORY));
	code = add_keys(a);
	if (code == CLI_DONE)
		code = open_files(a);
	if (code != CLI_DONE)
		return code;
	end_on_interrupt();
	cli_progress_begin(&a->progress, total_size(a->order), !a->order->cli->is_quiet);
	confine(a);
	for (i = 0; file_code == CLI_DONE && i < a->order->file_count; i++)
		file_code = take_file(a, i);
	cli_progress_end(&a->progress);
	if (file_code != CLI_DONE)
		return file_code;
	code = finish(a);
	return code == CLI_DONE ? close_store(a) : code;
}

enum cli_exit cli_analyse_run(const struct cli_analyse *order)
{
	struct analysis *a = calloc(1, sizeof(*a));
	enum cli_exit code;

	if (!a)
		return cli_fail(CLI_FAILED, "%s", err_text(ERR_NO_MEMORY));
	a->order = order;
	code = work(a);
	unmake(a);
	free(a);
	return code;
}
