/* SPDX-License-Identifier: Apache-2.0 */
/* The report's inside: gathering (report.c, report_source.c), writing for
 * programs (report_write.c, report_items.c) and for people (report_table.c). */
#ifndef CLI_REPORT_PRIV_H
#define CLI_REPORT_PRIV_H

#include "cli/report.h"
#include "cli/report_spool.h"
#include "guard/recent.h"

/* Longest object, commas and all: texts may grow sixfold. What waits is written together. */
enum { REPORT_OBJECT_MAX = 64 << 10, REPORT_WAITING_MAX = 64 << 10 };
enum { REPORT_EVIDENCE_SIZE = 160 };

/* All findings of one rule about one source. */
struct report_finding {
	uint8_t rule; /* enum guard_rule */
	uint8_t outcome;
	bool is_proven;
	uint64_t count;
	int64_t first_wall_us, last_wall_us;
	char evidence[REPORT_EVIDENCE_SIZE]; /* of the first one, or the first proven one */
};

struct report_source {
	struct guard_row row;
	struct addr address;                    /* the first that was seen; port 0 */
	bool has_neighbours;                    /* others of the same /64 were seen */
	uint8_t outcome;                        /* enum fact_outcome */
	uint8_t phases;                         /* of its incidents */
	uint8_t count;                          /* of findings */
	uint64_t facts;                         /* requests, logins, calls ... of it */
	uint64_t untold;                        /* findings of more rules than there is room for */
	uint32_t suspicion_milli, proven_milli; /* at their height */
	int64_t first_wall_us, last_wall_us;
	char account[64]; /* tried last */
	char entered[64]; /* let in last by a login; empty: none */
	struct report_finding findings[MAX_REPORT_FINDINGS];
};

struct report_sources {
	struct guard_recent proven, others;
	uint64_t left_out; /* forgotten for want of room */
	/* Touched last, by that address; NULL: none. A finding is of the fact before it. */
	struct report_source *last;
	struct addr last_host;
};

/* A stream waits for its call: all of one call hang together, newest first. */
struct report_stream {
	struct watch_stream stream;
	uint64_t next; /* place in the list, from 1; 0: no more */
};

struct cli_report {
	struct cli_report_settings settings;
	struct report_sources sources;
	struct cli_spool calls, streams, phones, incidents;
	struct cli_spool chains;  /* by call: place of its newest stream, from 1; 0 none */
	uint64_t answered, plain; /* calls; those of them with audio that is not encrypted */
	uint64_t incident_count;
	bool is_failed; /* output */
	size_t len;     /* bytes of objects that wait to be written */
	char bytes[REPORT_WAITING_MAX + REPORT_OBJECT_MAX]; /* those, and the object in hand */
};

/* --- Sources: report_source.c --- */

enum err report_sources_init(struct report_sources *s, const struct hash_key *key) MUST_USE;
void report_sources_clear(struct report_sources *s);
/* Made anew where there is none; never NULL. */
struct report_source *report_source_touch(struct report_sources *s, const struct addr *address,
                                          int64_t wall_us);
struct report_source *report_source_find(struct report_sources *s, const struct addr *address);
/* Moves it among those that proof has named; the pointer is no longer good after that. */
struct report_source *report_source_prove(struct report_sources *s, struct report_source *source);
enum cli_verdict report_source_verdict(const struct cli_report *r, const struct report_source *s);
uint32_t report_source_score(const struct report_source *s);
/* Address, or network where there are more of it. */
void report_source_name(const struct report_source *s, struct buffer *b);
/* The worst first: verdict, outcome, score, count. Allocated; ERR_NO_MEMORY. */
enum err report_sources_sort(struct cli_report *r, const struct report_source ***ret,
                             size_t *ret_count) MUST_USE;

/* --- Objects: report_items.c --- */

void report_write_source(const struct cli_report *r, const struct report_source *s,
                         struct buffer *b);
void report_write_call(struct cli_report *r, const struct watch_call *call, struct buffer *b);
void report_write_stream(const struct watch_stream *stream, struct buffer *b);
void report_write_phone(const struct watch_phone *phone, struct buffer *b);
void report_write_incident(const struct record_incident *incident, struct buffer *b);
void report_write_capture(const struct cli_report_capture *capture, struct buffer *b);

/* --- Writers --- */

enum err report_write_json(struct cli_report *r, const struct cli_report_capture *c) MUST_USE;
enum err report_write_lines(struct cli_report *r, const struct cli_report_capture *c) MUST_USE;
enum err report_write_table(struct cli_report *r, const struct cli_report_capture *c) MUST_USE;
/* One line of JSON, which begins with its `type`: in r->bytes. */
struct buffer report_line(struct cli_report *r, const char *type);
void report_end_line(struct cli_report *r, struct buffer *b);
void report_put(struct cli_report *r, const struct buffer *b);

extern const char *const report_verdicts[];
extern const char *const report_outcomes[];
/* Streams of the call that were seen, newest first; `each` must not touch the report. */
void report_each_stream(struct cli_report *r, uint64_t call,
                        void (*each)(void *context, const struct watch_stream *stream),
                        void *context);

#endif
