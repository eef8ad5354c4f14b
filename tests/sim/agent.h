/* SPDX-License-Identifier: Apache-2.0 */
/* An end of calls: a phone outside that registers, or a desk behind the PBX.
 * Its transactions and dialogs are its own, written again from RFC 3261 and
 * sharing nothing with src/ua, so that neither can hide the other's mistake. */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "sim/net.h"

struct world;

enum { AGENT_DIALOGS = 3, AGENT_CLIENTS = 12, AGENT_SERVERS = 24 };
enum {
	AGENT_NAME_SIZE = 128,
	AGENT_LINE_SIZE = 256,
	AGENT_HEAD_SIZE = 1024,
	AGENT_TEXT_SIZE = 2048
};

enum dialog_state {
	DIALOG_NONE,
	DIALOG_CALLING,
	DIALOG_RINGING,  /* we are called */
	DIALOG_ANSWERED, /* 200 went, its ACK did not come yet */
	DIALOG_UP,
	DIALOG_LEAVING, /* our BYE or CANCEL is on its way */
};

enum dialog_plan { PLAN_NONE, PLAN_CANCEL, PLAN_ANSWER, PLAN_REFUSE, PLAN_HOLD, PLAN_HANG_UP };

struct dialog {
	uint8_t state, plan; /* enum dialog_state, enum dialog_plan */
	bool is_caller, is_held, is_cancelled, has_answer, has_ports;
	bool is_left;  /* the border sent its BYE */
	unsigned call; /* index in the world's */
	unsigned cseq, cseq_in, invite_cseq, session_version, credentials_tried;
	uint64_t due_us, hang_up_us, since_us;
	char call_id[AGENT_NAME_SIZE], ours[AGENT_LINE_SIZE], theirs[AGENT_LINE_SIZE];
	char target[AGENT_LINE_SIZE], invite_branch[48];
	struct addr audio_to;
	unsigned audio_sent, audio_heard;
	uint16_t audio_sequence;
};

struct client {
	bool is_used, is_final, has_provisional;
	int dialog; /* -1: none */
	unsigned repeated, status;
	char branch[48], method[12];
	uint64_t due_us, interval_us, end_us;
	/* As the border saw it: copies of the request that came there, answers it gave, the first
	 * ones' times, and copies that came after one was given and are not answered yet. */
	unsigned reached, told, owed;
	uint64_t reached_us, told_us;
	size_t len, ack_len;
	char text[AGENT_TEXT_SIZE], ack[AGENT_TEXT_SIZE];
};

struct server {
	bool is_used, is_invite, is_final, is_confirmed;
	uint64_t key, due_us, interval_us, end_us;
	unsigned status;
	int dialog;
	size_t len;
	char head[AGENT_HEAD_SIZE]; /* Via lines to CSeq, To without a tag of ours */
	char answer[AGENT_TEXT_SIZE];
};

enum agent_standing { AGENT_AWAY, AGENT_REGISTERING, AGENT_REGISTERED, AGENT_LEAVING, AGENT_GONE };

struct agent {
	struct world *world;
	unsigned number;
	bool is_inside;
	struct addr at, audio_at, hop;
	char user[8], host[24];
	uint8_t standing; /* enum agent_standing */
	unsigned register_cseq, register_tries;
	uint64_t register_due_us, due_us;
	struct dialog dialogs[AGENT_DIALOGS];
	struct client clients[AGENT_CLIENTS];
	struct server servers[AGENT_SERVERS];
};

void agent_init(struct agent *a, struct world *w, unsigned number);
void agent_receive(struct agent *a, const struct packet *p);
/* Does what is due; a->due_us says when it is wanted next. */
void agent_advance(struct agent *a);
bool agent_is_free(const struct agent *a); /* room for one call more, and registered */
bool agent_has_dialogs(const struct agent *a);
void agent_call(struct agent *a, const struct agent *other, unsigned call);
/* Ends its calls soon, and its registration. */
void agent_hurry(struct agent *a);
void agent_leave(struct agent *a);

/* ---- agent_transaction.c ---- */

struct client *agent_open(struct agent *a, const char *method, const char *branch, int dialog);
/* Sends c->text, c->len bytes of it, and repeats it. */
void agent_begin(struct agent *a, struct client *c);
/* The client of a response, or NULL. */
struct client *agent_client(struct agent *a, const char *text);
struct server *agent_server(struct agent *a, const char *text, const char *method);
/* NULL: none is free. */
struct server *agent_accept(struct agent *a, const char *text, const char *method);
struct agent_answer {
	unsigned status;
	const char *tag, *lines, *body;
};
void agent_reply(struct agent *a, struct server *s, const struct agent_answer *answer);
void agent_repeat(struct agent *a);
void agent_send(struct agent *a, const char *text, size_t len);
uint64_t agent_transactions_due_us(const struct agent *a);

/* ---- agent_call.c ---- */

void agent_call_request(struct agent *a, const char *text, const char *method);
void agent_call_response(struct agent *a, struct client *c, const char *text);
void agent_call_timeout(struct agent *a, struct client *c);
void agent_call_unacknowledged(struct agent *a, struct server *s);
void agent_call_advance(struct agent *a, struct dialog *d);
void agent_call_forget(struct agent *a, struct dialog *d);

/* ---- agent_register.c ---- */

void agent_register(struct agent *a);
void agent_register_response(struct agent *a, struct client *c, const char *text);
void agent_register_timeout(struct agent *a);

/* What an end of ours proves that it knows the password by: no digest, since nobody but
 * our PBX looks at it. */
void agent_proof(const char *user, const char *nonce, bool is_right, char ret[33]);

#endif
