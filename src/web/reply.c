/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of an exchange: JSON, a text, or a problem document. */
#include "web/exchange_priv.h"
#include "web/route_priv.h"
#include <stdlib.h>

static void end(struct web *w, struct web_exchange *x, const struct web_reply *reply)
{
	web_done *done = x->done;
	void *context = x->context;
	bool is_heard = !x->is_abandoned;

	/* The slot is free before the client is told: it may come back at once. */
	web_release(w, x);
	if (is_heard)
		done(context, reply);
}

void web_end_text(struct web *w, struct web_exchange *x, const char *content_type, struct view text)
{
	const struct web_reply reply = { .status = 200,
		                         .content_type = content_type,
		                         .body = text };

	end(w, x, &reply);
}

/* ASCII only: bytes that could turn writing around or close a tag arrive escaped. */
static void end_dumped(struct web *w, struct web_exchange *x, struct web_reply *reply, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(json);
	reply->body = view_of(text);
	if (json && (!text || reply->body.len > MAX_WEB_REPLY)) {
		reply->status = 503;
		reply->body = VIEW("{\"title\":\"out of memory\",\"status\":503}");
		reply->content_type = "application/problem+json";
	}
	end(w, x, reply);
	free(text);
}

void web_end_json(struct web *w, struct web_exchange *x, uint16_t status, json_t *json)
{
	struct web_reply reply = { .status = status, .content_type = "application/json" };

	end_dumped(w, x, &reply, json);
}

static const struct {
	uint16_t status;
	const char *type, *title;
} problems[] = {
	{ 400, "bad-request", "the request is not written as it must be" },
	{ 403, "not-allowed", "not allowed" },
	{ 404, "not-found", "not found" },
	{ 405, "no-such-method", "this cannot be done to it" },
	{ 409, "conflict", "in conflict with what stands" },
	{ 413, "too-large", "the body is too large" },
	{ 414, "too-long", "the request target is too long" },
	{ 415, "not-json", "the body must be application/json" },
	{ 422, "refused", "the request was understood and refused" },
	{ 500, "failed", "failed" },
	{ 503, "not-now", "not possible now" },
	{ 504, "no-answer", "no answer in time" },
};

void web_end_problem(struct web *w, struct web_exchange *x, uint16_t status, const char *detail)
{
	struct web_reply reply = { .status = status, .content_type = "application/problem+json" };
	char allow[64] = "", type[64] = "urn:ringfence:problem:";
	size_t i = 0, last = sizeof(problems) / sizeof(problems[0]) - 1;
	struct buffer b = buffer_on(type, sizeof(type) - 1);
	json_t *json;

	while (i < last && problems[i].status != status)
		i++;
	b.len = sizeof("urn:ringfence:problem:") - 1;
	buffer_text(&b, problems[i].type);
	type[b.len] = 0;
	json = json_pack("{s:s, s:s, s:i}", "type", type, "title", problems[i].title, "status",
	                 (int)status);
	if (detail && detail[0])
		(void)json_object_set_new(json, "detail", web_json_text(view_of(detail)));
	if (status == 405) {
		web_route_methods(&x->target, allow, sizeof(allow));
		reply.allow = allow;
	}
	end_dumped(w, x, &reply, json);
}

/* In words: the refusing process's own, else what was asked for, else the error's. */
static const char *words_of(const struct web_exchange *x, enum err err)
{
	if (x->detail[0])
		return x->detail;
	if (err == ERR_DENIED && x->change.denied)
		return x->change.denied;
	if (err == ERR_NOT_FOUND)
		return x->change.object;
	if (err == ERR_CLOSED)
		return "the process that knows is not there: it starts anew, or Ringfence only "
		       "watches and has no calls of its own";
	return err_text(err);
}

void web_end_error(struct web *w, struct web_exchange *x, enum err err)
{
	static const uint16_t statuses[ERR_COUNT] = {
		[ERR_SYNTAX] = 400,    [ERR_SHORT] = 400,     [ERR_LIMIT] = 422,
		[ERR_DENIED] = 403,    [ERR_NO_MEMORY] = 503, [ERR_FULL] = 503,
		[ERR_NOT_FOUND] = 404, [ERR_EXISTS] = 409,    [ERR_UNSUPPORTED] = 400,
		[ERR_STALE] = 409,     [ERR_CLOSED] = 503,    [ERR_AGAIN] = 503,
		[ERR_IO] = 500,
	};
	uint16_t status = err < ERR_COUNT && statuses[err] ? statuses[err] : 500;
	char detail[WEB_DETAIL_MAX];

	(void)VIEW_COPY(view_of(words_of(x, err)), detail);
	web_end_problem(w, x, status, detail);
}
