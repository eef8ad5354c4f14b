/* SPDX-License-Identifier: Apache-2.0 */
/* The API without its sockets: a question (method, target, body, who asks)
 * goes in, a reply comes out by callback, at once or when the processes that
 * were asked have answered. One table (web/routes.def) says which routes there
 * are and what scope each needs; what is not in it is 404, what the scope does
 * not reach is 403 before the body is looked at. Every change is written to
 * the audit trail before it is done and again with its result, before the
 * client is answered. Single-threaded; nothing here knows a file or a clock. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "base/now.h"
#include "base/view.h"
#include "event/ask.h"
#include "event/counters.h"
#include "web/role.h"

enum {
	MAX_WEB_EXCHANGES = 64, /* questions under way; beyond: 503 */
	MAX_WEB_BODY = 65536,   /* 413 */
	MAX_WEB_TARGET = 2048,  /* 414 */
	MAX_WEB_REPLY = 4 * 1024 * 1024,
	WEB_ANSWER_US = 5 * SECOND_US, /* a process that has not answered by then: 504 */
};

struct web;

/* What web needs of the process that it lives in. */
struct web_port {
	/* Sends an ask to the parent and says its number. Answers come back by web_answer
	 * with that number in head.id. */
	enum err (*ask)(void *context, struct ask *a, uint32_t *ret_id);
	struct now (*now)(void *context);
	void *context;
};

/* Counter pages that /metrics sums up and labels by role. Borrowed for web's life. */
struct web_page {
	enum role role;
	const struct counters *counters;
};

enum { MAX_WEB_PAGES = ROLE_COUNT };

struct web_settings {
	const char *version;  /* "0.1.0"; borrowed */
	struct counters *own; /* where web counts; NULL: nowhere */
	size_t page_count;
	struct web_page pages[MAX_WEB_PAGES];
};

enum err web_new(const struct web_settings *settings, const struct web_port *port,
                 struct web **ret) MUST_USE;
void web_free(struct web **w);

struct web_question {
	struct view method;       /* "GET" */
	struct view target;       /* as the request line has it: path and query, still escaped */
	struct view content_type; /* empty where absent */
	struct view body;
	enum web_scope scope; /* what the client has */
	const char *actor;    /* web_actor_name */
	const char *server;   /* SCOPE_SERVER: its name; else NULL */
};

struct web_reply {
	uint16_t status;
	const char *content_type; /* static storage */
	const char *allow;        /* for 405: "GET, POST"; else NULL */
	struct view body;         /* lives for the callback */
};

typedef void web_done(void *context, const struct web_reply *reply);

/* A line of the trail about what never became a question; nobody waits for it. */
struct web_note {
	const char *actor, *role, *verb, *object, *result;
};
void web_note(struct web *w, const struct web_note *n);
void web_count(struct web *w, enum counter which);
struct now web_now(const struct web *w);

/* Names a question under way; 0 names none. */
typedef uint64_t web_exchange_id;

/* Calls `done` exactly once, perhaps before it returns (then 0 comes back). */
web_exchange_id web_handle(struct web *w, const struct web_question *q, web_done *done,
                           void *context);
/* The client has gone: `done` is not called any more. A change under way is
 * finished and audited. */
void web_abandon(struct web *w, web_exchange_id id);

/* One answer that came over the channel. One that nobody waits for is ignored. */
void web_answer(struct web *w, const struct ask *answer);
/* Ends what has waited too long; to be called about once a second. */
void web_tick(struct web *w);

#endif
