/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments and bodies: only members that are listed, each of its type and size. */
#include "web/body_priv.h"
#include <string.h>

static bool complain(struct web *w, struct web_exchange *x, const char *name, const char *words)
{
	char detail[128];
	struct buffer b = buffer_on(detail, sizeof(detail) - 1);

	buffer_text(&b, "'");
	buffer_put(&b, view_first(view_of(name), 40));
	buffer_text(&b, "' ");
	buffer_text(&b, words);
	detail[b.len] = 0;
	web_end_problem(w, x, 400, detail);
	return false;
}

static const struct web_field *find_field(const struct web_field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *mistake_in_text(const struct web_field *f, struct view text)
{
	uint64_t number;

	switch (f->type) {
	case VALUE_TEXT:
		for (size_t i = 0; i < text.len; i++)
			if ((uint8_t)text.at[i] < 0x20 || text.at[i] == 0x7f)
				return "holds control characters";
		return text.len > f->max ? "is too long" : NULL;
	case VALUE_COUNT:
		return view_decimal(text, f->max ? f->max : UINT64_MAX >> 1, &number)
		             ? NULL
		             : "is no such number";
	case VALUE_YES_NO:
		break;
	}
	return view_equal(text, VIEW("yes")) || view_equal(text, VIEW("no")) ? NULL
	                                                                     : "is yes or no";
}

static bool check_args(struct web *w, struct web_exchange *x)
{
	for (size_t i = 0; i < x->target.arg_count; i++) {
		const struct web_arg *arg = &x->target.args[i];
		const struct web_field *f = find_field(x->route->args, arg->name);
		const char *mistake =
			f ? mistake_in_text(f, view_of(arg->value)) : "is no argument here";

		if (mistake)
			return complain(w, x, arg->name, mistake);
	}
	for (const struct web_field *f = x->route->args; f && f->name; f++)
		if (f->is_required && !web_target_arg(&x->target, f->name))
			return complain(w, x, f->name, "is missing");
	return true;
}

/* All members are texts on the wire, as on the command line. */
static bool check_members(struct web *w, struct web_exchange *x)
{
	const char *name;
	json_t *value;

	json_object_foreach(x->body, name, value)
	{
		const struct web_field *f = find_field(x->route->body, name);
		const char *mistake = "is no member here";

		if (f && !json_is_string(value))
			mistake = "must be a string";
		else if (f)
			mistake = mistake_in_text(
				f, view_bytes(json_string_value(value), json_string_length(value)));
		if (mistake)
			return complain(w, x, name, mistake);
	}
	for (const struct web_field *f = x->route->body; f && f->name; f++)
		if (f->is_required && !json_object_get(x->body, f->name))
			return complain(w, x, f->name, "is missing");
	return true;
}

/* The JSON parser goes one call deeper for each bracket: count before it does. */
static bool is_shallow(struct view text)
{
	unsigned depth = 0;
	bool is_in_text = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (is_in_text && c == '\\')
			i++;
		else if (c == '"')
			is_in_text = !is_in_text;
		else if (!is_in_text && (c == '{' || c == '['))
			depth++;
		else if (!is_in_text && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > MAX_BODY_DEPTH)
			return false;
	}
	return true;
}

static bool is_json_type(struct view type)
{
	struct view bare = view_trim(view_first(type, view_find(type, ';', 0)));

	return view_equal_nocase(bare, VIEW("application/json"));
}

static bool read_body(struct web *w, struct web_exchange *x, const struct web_question *q)
{
	json_error_t error;

	if (q->body.len > MAX_WEB_BODY) {
		web_end_problem(w, x, 413, NULL);
		return false;
	}
	if (!x->route->body) {
		if (view_is_empty(q->body))
			return true;
		web_end_problem(w, x, 400, "this takes no body");
		return false;
	}
	if (!is_json_type(q->content_type)) {
		web_end_problem(w, x, 415, NULL);
		return false;
	}
	if (is_shallow(q->body))
		x->body = json_loadb(q->body.at ? q->body.at : "", q->body.len,
		                     JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(x->body))
		return check_members(w, x);
	web_end_problem(w, x, 400, "the body is no JSON object");
	return false;
}

bool web_body_take(struct web *w, struct web_exchange *x, const struct web_question *q)
{
	const char *reason;

	if (!check_args(w, x) || !read_body(w, x, q))
		return false;
	reason = x->body ? web_member(x, "reason") : web_arg(x, "reason");
	(void)VIEW_COPY(view_of(reason), x->reason);
	return true;
}
