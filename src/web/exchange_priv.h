/* SPDX-License-Identifier: Apache-2.0 */
/* One question under way: what was asked, who asked, which process is asked in
 * turn, and what has come back. Handlers are written as a chain of steps: a
 * handler asks, its step is called for each row of the answer, the last row
 * asks on or ends. */
#ifndef WEB_EXCHANGE_PRIV_H
#define WEB_EXCHANGE_PRIV_H

#include "web/target_priv.h"
#include "web/web.h"
#include <jansson.h>

struct web_exchange;

/* Called for each row; the last has head.is_last set and may be empty. */
typedef void web_step(struct web *w, struct web_exchange *x, const struct ask *row);

enum web_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_COUNT };

enum web_value { VALUE_TEXT, VALUE_COUNT, VALUE_YES_NO };

/* A member of a body, or an argument of a query. */
struct web_field {
	const char *name;
	enum web_value type;
	uint16_t max; /* bytes of a text, largest number */
	bool is_required;
	const char *help;
};

struct web_route {
	enum web_method method;
	const char *path; /* "/api/v1/calls/{call}": a brace stands for one segment */
	enum web_scope scope;
	void (*handle)(struct web *w, struct web_exchange *x);
	const char *verb; /* of the command line: "calls list"; "" where there is none */
	const struct web_field *args, *body; /* end with a row without name; NULL: none */
	const char *help;
};

extern const struct web_route web_routes[];
extern const size_t web_route_count;
const char *web_method_name(enum web_method m);

enum { WEB_ARGUMENT_MAX = 128, WEB_REASON_MAX = 160, WEB_DETAIL_MAX = ASK_BODY_MAX + 1 };

/* A change on its way: the trail says that it was asked for, then it is done,
 * then the trail says how it ended. */
struct web_change {
	bool is_open; /* between the two lines of the trail */
	char object[128];
	enum err result;
	struct ask action;
	web_step *row; /* sees the action's rows; may be NULL */
	web_step *end; /* sees the last one, whatever it says; may set `word`; may be NULL */
	/* Whether the action, which it has changed, is to be asked for once more; may be NULL. */
	bool (*again)(struct web_exchange *x, const struct ask *row);
	const char *word;   /* how it ended, for the trail; NULL: the error's */
	const char *denied; /* what ERR_DENIED means here; may be NULL */
	uint16_t status;    /* at success: 200, 201, 204 */
};

struct web_exchange {
	bool is_used, is_abandoned, is_waiting_turn;
	uint32_t generation;
	const struct web_route *route;
	char argument[WEB_ARGUMENT_MAX]; /* what stood for the brace */
	struct web_target target;
	json_t *body; /* an object, checked against the route's list; or NULL */
	enum web_scope scope;
	char server[COMMAND_NAME_SIZE]; /* that asks; empty: a user */
	char actor[WEB_ACTOR_MAX], reason[WEB_REASON_MAX];
	web_done *done;
	void *context;

	uint32_t ask_id; /* of the ask under way */
	uint64_t due_us;
	web_step *step;
	struct ask ask;              /* while it waits for its turn */
	char detail[WEB_DETAIL_MAX]; /* text that came with a refusal */

	json_t *answer, *items; /* grow by steps */
	bool is_live;           /* the block that was read last is in force */
	bool is_of_records;     /* rows are records: head.row is where the next page begins */
	uint64_t last_row, missed;
	uint32_t row_count, limit;
	struct web_change change;
};

enum { WEB_SCRATCH = 256 * 1024 };

struct web {
	struct web_settings settings;
	struct web_port port;
	struct web_exchange *exchanges; /* MAX_WEB_EXCHANGES */
	char *scratch;                  /* WEB_SCRATCH bytes for a text that is put together */
	uint32_t generation;
	struct web_exchange
		*turn; /* whose list is under way: one at a time, its rows fill the channel */
};

/* --- For handlers --- */

/* Argument of the query, or NULL. Member of the body as text, or NULL. */
const char *web_arg(const struct web_exchange *x, const char *name);
const char *web_member(const struct web_exchange *x, const char *name);

/* Asks; `step` gets the rows. Where that fails, the exchange is ended with a problem. */
void web_ask(struct web *w, struct web_exchange *x, struct ask *a, web_step *step);
/* The same for an answer of many rows: they come one list after the other. */
void web_ask_list(struct web *w, struct web_exchange *x, const struct ask *a, web_step *step);
/* Audits, does, audits, and answers with `status` and x->answer. Rows of the
 * action's answer go to x->change.row where that is set. */
void web_change(struct web *w, struct web_exchange *x, const char *object, const struct ask *action,
                uint16_t status);
/* Its process did not take it or did not answer: the trail says so, then the client hears it. */
void web_change_fail(struct web *w, struct web_exchange *x, enum err err, const char *detail);

/* End the exchange. The JSON is taken over; NULL for an empty body. */
void web_end_json(struct web *w, struct web_exchange *x, uint16_t status, json_t *json);
void web_end_text(struct web *w, struct web_exchange *x, const char *content_type,
                  struct view text);
/* RFC 9457. `detail` may be NULL. */
void web_end_problem(struct web *w, struct web_exchange *x, uint16_t status, const char *detail);
/* The status and words that an error of another process means to a client. */
void web_end_error(struct web *w, struct web_exchange *x, enum err err);

#endif
