/* SPDX-License-Identifier: Apache-2.0 */
/* Rare requests between processes, over the channel that each child has to
 * the parent. The parent checks its grant table (who may ask what, when) and
 * carries the ask to the process that answers; the answer goes back the same
 * way. One SOCK_SEQPACKET message each. Several answers may follow one ask;
 * the last has is_last set. */
#ifndef EVENT_ASK_H
#define EVENT_ASK_H

#include "base/err.h"
#include "event/acme.h"
#include "event/command.h"
#include "event/cover.h"
#include "event/record.h"
#include "event/resolved.h"

enum { MAX_MEDIA_WORKERS = 8, MAX_SIGNAL_WORKERS = 8 };

/* Each worker of media and of signal is a role, the first ROLE_MEDIA and ROLE_SIGNAL; all have
 * its rights. */
enum role {
	ROLE_PARENT,
	ROLE_SIGNAL,
	ROLE_MEDIA,
	ROLE_JUDGE,
	ROLE_STORE,
	ROLE_WEB,
	ROLE_KERNEL,
	ROLE_OBSERVE,
	ROLE_OUTREACH,
	ROLE_KEYS,
	ROLE_MEDIA_2,
	ROLE_SIGNAL_2 = ROLE_MEDIA_2 + MAX_MEDIA_WORKERS - 1,
	ROLE_COUNT = ROLE_SIGNAL_2 + MAX_SIGNAL_WORKERS - 1
};

/* The row of the table of privileges: that of all who do the same work. */
static inline enum role role_kind(enum role role)
{
	if (role >= ROLE_SIGNAL_2)
		return ROLE_SIGNAL;
	return role >= ROLE_MEDIA_2 ? ROLE_MEDIA : role;
}

/* Of the workers of media, counted from 0. */
static inline enum role role_media(unsigned worker)
{
	return worker == 0 ? ROLE_MEDIA : (enum role)(ROLE_MEDIA_2 + worker - 1);
}

/* The same of signal. */
static inline enum role role_signal(unsigned worker)
{
	return worker == 0 ? ROLE_SIGNAL : (enum role)(ROLE_SIGNAL_2 + worker - 1);
}

/* Which of those who do the same work, from 0. */
static inline unsigned role_worker(enum role role)
{
	if (role >= ROLE_SIGNAL_2)
		return role - ROLE_SIGNAL_2 + 1u;
	return role >= ROLE_MEDIA_2 ? role - ROLE_MEDIA_2 + 1u : 0;
}

enum ask_kind {
#define ASK(name, from, to) ASK_##name,
#include "event/ask.def"
#undef ASK
	ASK_KIND_COUNT
};

enum { ASK_BODY_MAX = 4096 };

struct ask_head {
	uint16_t kind;    /* enum ask_kind */
	uint8_t from, to; /* enum role; set by the parent on the way, never believed from a child */
	uint32_t id;      /* chosen by the asker; the answer carries it */
	uint8_t is_answer, is_last;
	uint8_t result; /* enum err, in an answer */
	uint8_t unused;
	uint32_t size; /* bytes of body */
};

struct ask {
	struct ask_head head;
	union {
		uint8_t bytes[ASK_BODY_MAX];
		union record record;
		struct ask_net {
			struct addr_net net;
			uint32_t term_s;
			char reason[160];
			char actor[48];
		} net;
		struct ask_mode {
			uint8_t mode;
			char detector[24];
			uint32_t for_s;
			char reason[160];
			char actor[48];
		} mode;
		struct ask_query {
			uint8_t kind;
			uint8_t only_live;
			uint16_t limit;
			uint64_t after; /* of a list: rows with a smaller number */
			uint64_t number;
			char filter[128];
		} query;
		struct ask_registration {
			struct flow flow;
			char account[128];
			char contact[256];
			char user_agent[64];
			int64_t since_wall_us, expires_wall_us;
		} registration;
		struct ask_detector {
			char name[24];
			uint8_t mode;
			uint64_t findings, incidents, blocks;
			char text[128];
		} detector;
		/* Of `total` bytes the first `len` are here. Numbers are times, so those of
		 * several processes have one order. The end of one process's rows says up to
		 * which number it has looked, and how many were overwritten before they were
		 * asked for. */
		struct ask_trace {
			uint64_t number;
			int64_t wall_us;
			struct flow flow;
			uint32_t total, missed;
			uint16_t len;
			uint8_t is_sent; /* by us, to flow.remote */
			uint8_t is_end;
			char text[3968]; /* secrets masked */
		} trace;
		struct ask_drain {
			uint8_t is_on, is_over; /* is_over: calls that stand are ended */
			uint32_t for_s;         /* until they are, 0: never */
		} drain;
		struct command command;
		struct commanded commanded;
		/* A call as a control server sees it. */
		struct ask_control_call {
			uint64_t call, counter; /* counter: the server's last that counted */
			int64_t started_wall_us, answered_wall_us;
			uint8_t side; /* enum command_side: where the server's peer is */
			char token[COMMAND_TOKEN_SIZE];
			char from[96], to[96], number[64];
		} control_call;
		struct ask_connect {
			uint16_t listener; /* row: from its address */
			struct addr remote;
		} connect;
		struct cover_row cover;
		struct resolved_row resolved;
		struct acme_wish acme_wish;
		struct acme_about acme_about;
		struct acme_sign acme_sign;
		struct acme_signature acme_signature;
		struct acme_piece acme_piece;
		struct acme_record acme_record;
		char text[ASK_BODY_MAX]; /* JSON or configuration text, size bytes, no NUL */
	} body;
};

const char *ask_kind_name(enum ask_kind kind);
const char *role_name(enum role role); /* "signal" ...; static storage */

#endif
