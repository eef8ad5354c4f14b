/* SPDX-License-Identifier: Apache-2.0 */
/* What `analyse` has found, for people (a table) and programs (JSON, JSON lines).
 * Sources are kept in tables of fixed size; calls, streams, phones and incidents
 * wait in memory as far as a few MiB go and then in temporary files
 * (cli/report_spool.h), so that nothing is lost and memory is bounded for any
 * capture. JSON lines of calls, streams and phones are written as they come. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "capture/file.h"
#include "cli/command.h"
#include "event/record.h"
#include "guard/finding.h"
#include "watch/watch.h"

/* Sources of each sort, proven and not; the quietest of the mildest is forgotten first. */
enum { MAX_REPORT_SOURCES = 4096, MAX_REPORT_FINDINGS = 8 };

enum cli_verdict { CLI_CLEAN, CLI_SUSPECT, CLI_BLOCK };

struct cli_report_settings {
	enum cli_format format; /* TABLE, JSON or JSONL */
	FILE *out;
	const struct cli *cli; /* for the colours and times of a table */
	struct hash_key key;   /* random: hides the tables' order from strangers */
	uint32_t suspect_milli, block_milli;
	uint64_t first_incident; /* the judge's first number */
};

/* The capture as a whole, known at its end. */
struct cli_report_capture {
	const char *name, *format; /* "-", "pcapng" */
	uint64_t packets, sip_messages, rtp_packets;
	uint64_t tls_connections, tls_opened;
	int64_t first_wall_us, last_wall_us;
	enum capture_end end;
	const struct capture_skipped *skipped;
	const struct watch_counters *watched;
};

struct cli_report;

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err cli_report_new(const struct cli_report_settings *settings,
                        struct cli_report **ret) MUST_USE;
/* Makes its temporary files, for who may open none later. */
void cli_report_open_files(struct cli_report *r);
void cli_report_free(struct cli_report **r);

/* A fact that was not judged yet: its source is listed, with or without findings. */
void cli_report_fact(struct cli_report *r, const struct fact *fact);
void cli_report_finding(struct cli_report *r, const struct guard_finding *finding,
                        const struct fact *fact, uint32_t suspicion_milli, uint32_t proven_milli);
/* Told again as it grows; the last one counts. */
void cli_report_incident(struct cli_report *r, const struct record_incident *incident);
void cli_report_call(struct cli_report *r, const struct watch_call *call);
void cli_report_stream(struct cli_report *r, const struct watch_stream *stream);
void cli_report_phone(struct cli_report *r, const struct watch_phone *phone);

/* Writes all that is left. ERR_IO: a temporary file or the output failed. */
enum err cli_report_end(struct cli_report *r, const struct cli_report_capture *capture) MUST_USE;

#endif
