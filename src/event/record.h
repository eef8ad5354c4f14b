/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept: records that signal and judge write to the store's ring, and
 * that the store hands to its readers unchanged. Each fits a 4 KiB slot, and what
 * signal writes a slot of about half of that. Text
 * is printable UTF-8 or ASCII with control bytes escaped, NUL-terminated, cut
 * at the array's end; secrets are masked before they come here. */
#ifndef EVENT_RECORD_H
#define EVENT_RECORD_H

#include "event/fact.h"
#include "event/order.h"

enum { RECORD_VERSION = 1, RECORD_SLOT = 4096, RECORD_SIGNAL_SLOT = 2176 };

enum record_kind {
	RECORD_CALL,
	RECORD_INCIDENT,
	RECORD_SAMPLE,
	RECORD_BLOCK,
	RECORD_AUDIT,
	RECORD_KIND_COUNT
};

/* What may be dropped first when a ring fills: samples, then details; what
 * is kept has the last quarter of the ring for itself. */
enum record_priority { PRIORITY_SAMPLE, PRIORITY_DETAIL, PRIORITY_KEPT };

/* Event id = node, ring, sequence: unique for ever, and how the store
 * recognises a batch that it has written before. */
struct record_head {
	uint16_t version, kind; /* RECORD_VERSION, enum record_kind */
	uint16_t size;          /* of the whole record in bytes */
	uint8_t priority;       /* enum record_priority */
	uint8_t side;
	uint32_t tenant;
	uint32_t ring;     /* which ring of this node; set by the writer of the ring */
	uint64_t sequence; /* in that ring, set when it is written, never reused over restarts */
	uint64_t row; /* place in the store, the cursor of its lists; 0 until it is kept there */
	uint64_t now_us;
	int64_t wall_us;
};

enum call_end { END_UNKNOWN, END_CALLER, END_CALLEE, END_RINGFENCE };

struct record_leg {
	struct flow flow;
	char call_id[128];
	char peer[32]; /* peer's name, or "phone" */
	struct media_leg_statistics media;
};

struct record_call {
	struct record_head head;
	uint64_t call; /* number of the call on this node; both halves of a hairpin share it */
	int64_t started_wall_us, answered_wall_us, ended_wall_us; /* answered 0: never */
	uint16_t status;  /* final SIP status of the INVITE */
	uint8_t ended_by; /* enum call_end */
	uint8_t is_emergency;
	uint8_t is_restored;     /* went through a restart of signal */
	char cause[64];          /* release cause in words: "normal", "no media", "no ACK" ... */
	char from[128], to[128]; /* identities as the caller's side wrote them, user@domain */
	char number[64];         /* dialled string */
	struct record_leg caller, callee;
};

/* How far a campaign came; a set of these in `phases`. */
enum incident_phase {
	PHASE_SCAN = 1,      /* asked who is there */
	PHASE_ENUMERATE = 2, /* tried which users there are */
	PHASE_GUESS = 4,     /* tried passwords */
	PHASE_REGISTER = 8,  /* was registered, or let in */
	PHASE_DIAL = 16,     /* dialled */
};

enum { INCIDENT_PHASE_COUNT = 5 };

/* A campaign: what one source did, or many sources together, as one story. */
struct record_incident {
	struct record_head head;
	uint64_t incident;  /* number on this node; written again as it grows */
	struct addr source; /* port 0; family 0 where it is about an account */
	int64_t first_wall_us, last_wall_us;
	uint64_t count;       /* messages that belong to it */
	uint32_t score_milli; /* thousandths at its height */
	uint8_t outcome;      /* enum fact_outcome */
	uint8_t is_proven, is_blocked;
	char detector[24]; /* "guessing" */
	char rule[48];     /* "failed-login" */
	char account[64];
	char evidence[512];                          /* sentence for a person */
	uint8_t phases;                              /* set of enum incident_phase */
	int64_t phase_wall_us[INCIDENT_PHASE_COUNT]; /* when each began, in their order; 0 never */
	uint64_t part_of; /* the incident of many sources that tells of this one now; 0 none */
	uint32_t sources, targets, users, numbers; /* how many different ones, as far as counted */
	/* The first of each, separated by blanks; a blank within one is %20. */
	char source_list[256], target_list[256], user_list[256], number_list[256];
};

struct record_sample {
	struct record_head head;
	uint64_t incident; /* 0 where none was open yet; then matched by source and time */
	struct flow flow;
	uint16_t text_len;
	char text[2048]; /* the message, secrets masked */
};

enum block_kind { BLOCK_SOURCE, BLOCK_NEVER };
enum block_origin { ORIGIN_JUDGE, ORIGIN_ADMIN, ORIGIN_CONFIGURATION, ORIGIN_FEED };

/* One step of a score, as `blocks why` shows it. */
struct block_step {
	int64_t wall_us;
	uint32_t score_milli; /* added by this step */
	char rule[32];
	char account[56];
	char text[96]; /* "REGISTER 204, Authorization refused with 403" */
};

enum { MAX_BLOCK_STEPS = 16 };

struct record_block {
	struct record_head head;
	uint32_t block;       /* number on this node */
	uint8_t kind, origin; /* enum block_kind, enum block_origin */
	uint8_t is_removed;   /* lifted before its end */
	uint8_t is_observed;  /* mode observe: was said, did not act */
	struct addr_net net;
	int64_t from_wall_us, until_wall_us; /* until 0: never ends (never-block only) */
	uint32_t term_s;     /* this time's term; doubled when it comes again within a day */
	uint32_t step_count; /* steps kept below, the last ones */
	uint64_t incident;
	char rule[48];
	char reason[160]; /* sentence for a person, or the admin's --reason */
	char actor[48];   /* "judge", "uid 1000 (operator)" */
	struct block_step steps[MAX_BLOCK_STEPS];
};

struct record_audit {
	struct record_head head;
	char actor[64];
	char role[16];
	char verb[32]; /* "blocks add" */
	char object[128];
	char reason[256];
	char result[32]; /* "done", "denied" ... */
};

union record {
	struct record_head head;
	struct record_call call;
	struct record_incident incident;
	struct record_sample sample;
	struct record_block block;
	struct record_audit audit;
};

_Static_assert(sizeof(union record) <= RECORD_SLOT, "a record fits its ring slot");
/* Of those that signal writes. */
_Static_assert(sizeof(struct record_call) <= RECORD_SIGNAL_SLOT, "a call fits its ring slot");
_Static_assert(sizeof(struct record_sample) <= RECORD_SIGNAL_SLOT, "a sample fits its ring slot");
_Static_assert(sizeof(struct record_audit) <= RECORD_SIGNAL_SLOT, "an audit fits its ring slot");

const char *record_kind_name(enum record_kind kind);

#endif
