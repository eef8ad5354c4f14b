/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent's files share. The parent binds, holds and hands on; it reads
 * no stranger's byte and no child's word without checking it. */
#ifndef PROC_PARENT_PRIV_H
#define PROC_PARENT_PRIV_H

#include "os/loop.h"
#include "proc/acme.h"
#include "proc/backlog.h"
#include "proc/frame.h"
#include "proc/holdings.h"
#include "proc/service.h"
#include "proc/settings.h"
#include "proc/shelf.h"
#include "proc/upgrade.h"

#include <sys/types.h>

/* --- children.c --- */

enum child_state { CHILD_DOWN, CHILD_SETTING_UP, CHILD_STARTING, CHILD_READY, CHILD_ENDING };

/* One message of a set-up: descriptors of a kind. */
struct setup_row {
	enum thing thing;
	uint32_t index;
	const int *descriptors;
	uint32_t count;
};

/* Pairs go 250 at a time, two kinds of sockets, and some dozens of rings and single things. */
enum { MAX_SETUP_ROWS = 2 * (MAX_PORT_PAIRS / CHANNEL_DESCRIPTORS_MAX + 1) + 128 };

struct child_process {
	enum role role;
	enum child_state state;
	pid_t pid;
	int channel;
	struct loop_watch *watch;
	struct backlog backlog;
	uint32_t starts, quick_ends;
	uint64_t started_us, ready_us, due_us; /* due_us: of the next start */
	uint64_t beats, beat_us; /* the last beat that was new, and when it was seen */
	bool is_killed;          /* for a stuck loop or a start that took too long */
	bool has_died;           /* the last time it ended by a signal */
	int settings;            /* sealed */
	int image;               /* its program as it was when we started */
	struct setup_row rows[MAX_SETUP_ROWS];
	uint32_t row_count, row_sent;
	bool is_facts_sent;
	uint32_t recovered_ms; /* from the last end to ready again */
	uint64_t ended_us;
	char last_end[48];
};

struct parent;

/* --- relay.c: asks and the grant table --- */

enum { MAX_PENDING = 1024, ASK_LIFE_US = 10 * SECOND_US };

struct pending {
	bool is_open;
	uint8_t from, to; /* enum role */
	uint8_t failed;   /* enum err: of another worker that was asked the same */
	uint8_t refusal;  /* enum command_refusal of one that has the call and not for who asked */
	uint16_t kind;
	uint32_t share;    /* the same number: one question, asked of several workers; 0: of one */
	uint32_t asker_id; /* the number that the asker chose */
	uint32_t id;       /* ours, towards who answers */
	uint64_t due_us;
	/* ROLE_PARENT's own question. */
	void (*answered)(struct parent *p, enum role from, enum err result);
};

struct relay {
	struct pending rows[MAX_PENDING];
	uint32_t next_id, last_share;
	uint64_t refused;
};

/* A message from a child: believed in nothing but its bytes. */
void relay_take(struct parent *p, enum role from, const struct channel_message *m);
/* The parent's own question, with a descriptor (-1: none). */
enum err relay_ask(struct parent *p, enum role to, struct ask *question, int descriptor,
                   void (*answered)(struct parent *p, enum role from, enum err result)) MUST_USE;
/* One row of the parent's own answer. */
void relay_answer(struct parent *p, enum role to, const struct ask_head *question, struct ask *row);
/* The same with a descriptor, which stays the caller's. ERR_AGAIN, ERR_CLOSED: not given. */
enum err relay_give(struct parent *p, enum role to, const struct ask_head *question,
                    struct ask *row, int descriptor) MUST_USE;
void relay_child_ended(struct parent *p, enum role role);
void relay_advance(struct parent *p, struct now now);

/* --- the parent --- */

struct apply {
	bool is_open;
	struct ask_head question;
	struct conf_tree *tree;
	char *text;
	size_t text_len;
	int waiting;
	enum err result;
	char words[ASK_BODY_MAX];
	size_t words_len;
};

/* Certificates that are being put in force (certificates.c). */
struct renewal {
	enum { RENEWAL_NONE, RENEWAL_WEB, RENEWAL_KEYS, RENEWAL_SIGNAL, RENEWAL_APPLY } step;
	struct material fresh;
	uint64_t stamp, due_us; /* of the files that were read last; when they are looked at next */
};

struct drain {
	bool is_on, is_over;
	uint64_t begun_us, due_us; /* due_us 0: no deadline */
};

struct parent {
	const char *config_path;
	struct conf_tree *settings;
	char *text; /* of the file in force, as it was read */
	size_t text_len;
	struct loop *loop;
	struct holdings holdings;
	struct child_process children[ROLE_COUNT];
	struct relay relay;
	struct apply apply;
	struct service service;
	struct upgrade upgrade;
	struct drain drain;
	struct renewal renewal;
	struct acme_parent acme;
	uint32_t upgrades; /* parents before this one */
	uint32_t tries;    /* starts that took the same up and did not stand long; see shelf.h */
	uint64_t state_number; /* of the state that the service manager has; 0: none */
	uint64_t begun_us;     /* this parent; started_us is the service */
	bool has_newer_file;   /* than what is in force: to be applied */
	const char *program;
	int argc;
	char **argv;
	bool is_taking_over, is_handed_on;
	struct resolved_table resolved;
	uint64_t started_us;
	int64_t started_wall_us;
	bool is_ending, is_ready_said;
	bool is_store_late; /* it was not up when the end began */
	uint64_t ending_us;
	uint64_t tick_us; /* when beats and asks are looked at next */
	int status;
	char queue_text[128]; /* what the store said of a ring that does not move */
};

const char *parent_state_name(enum child_state state);
void parent_end(struct parent *p, int status);

enum err children_init(struct parent *p) MUST_USE;
/* Starts what is due, watches beats and starts; called with the time. */
void children_advance(struct parent *p, struct now now);
/* Until the next start that is due; UINT64_MAX. */
uint64_t children_wait_us(const struct parent *p, struct now now);
void children_reap(struct parent *p, struct now now);
/* Sends or keeps. */
enum err children_send(struct parent *p, enum role to, const struct channel_message *m) MUST_USE;
/* Ends them all, a step with each call: first those who write records, then the store, which
 * drains its rings; then whoever is left. since_us: since the first call. True once none lives. */
bool children_end(struct parent *p, uint64_t since_us);
/* New sealed settings for the next start of that role. */
enum err children_reseal(struct parent *p, enum role role, const struct conf_tree *t) MUST_USE;

/* --- connect.c: the only connections that are ever made, and to whom --- */

void connect_answer(struct parent *p, const struct ask *question);
/* Media's: the connection of a call. */
void connect_stream_answer(struct parent *p, const struct ask *question);

/* --- drain.c --- */

void drain_start(struct parent *p, const struct ask *question);
void drain_advance(struct parent *p, struct now now);
uint32_t drain_calls(const struct parent *p); /* that there are */

/* --- status.c, apply.c: what the parent answers itself --- */

void status_answer(struct parent *p, const struct ask_head *question, struct now now);
void apply_get(struct parent *p, const struct ask_head *question);
void apply_start(struct parent *p, const struct ask *question);
void apply_file(struct parent *p); /* as if somebody had asked for it */

#endif
