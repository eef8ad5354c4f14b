/* SPDX-License-Identifier: Apache-2.0 */
/* JSON to plain values. */
#include "acme/read.h"

#include <jansson.h>

#define ERROR_PREFIX "urn:ietf:params:acme:error:"

enum { HOUR_S = 3600 };

uint32_t acme_retry_after(struct view value, uint32_t otherwise, uint32_t least, uint32_t most)
{
	uint64_t number = otherwise;

	value = view_trim(value);
	if (!view_decimal(value, UINT32_MAX, &number) && value.len > 0)
		number = value.at[0] >= 'A' && value.at[0] <= 'Z' ? HOUR_S : otherwise;
	return number < least ? least : number > most ? most : (uint32_t)number;
}

static enum err load(struct view body, json_t **ret)
{
	json_t *root;

	if (body.len > MAX_ACME_BODY)
		return ERR_LIMIT;
	root = json_loadb(body.at ? body.at : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return ERR_SYNTAX;
	}
	*ret = root;
	return ERR_NONE;
}

static struct view text_of(const json_t *value)
{
	return json_is_string(value)
	             ? view_bytes(json_string_value(value), json_string_length(value))
	             : VIEW_EMPTY;
}

static enum err copy_url(const json_t *value, const struct acme_url *at, char ret[ACME_URL_SIZE])
{
	struct view text = text_of(value);
	struct acme_url url;
	enum err err = acme_url_read(text, &url);

	if (err != ERR_NONE)
		return err;
	if (!acme_url_is_beside(&url, at))
		return ERR_DENIED;
	(void)view_copy(text, ret, ACME_URL_SIZE);
	return ERR_NONE;
}

static enum acme_status status_of(const json_t *object)
{
	static const char *const words[] = { [ACME_PENDING] = "pending",
		                             [ACME_PROCESSING] = "processing",
		                             [ACME_READY] = "ready",
		                             [ACME_VALID] = "valid",
		                             [ACME_INVALID] = "invalid" };
	struct view text = text_of(json_object_get(object, "status"));

	for (size_t i = ACME_PENDING; i <= ACME_INVALID; i++)
		if (view_equal(text, view_of(words[i])))
			return (enum acme_status)i;
	return ACME_OTHER;
}

static void copy_plain(struct view text, char *ret, size_t size)
{
	(void)view_copy(text, ret, size);
	for (; *ret; ret++)
		if (*ret < ' ' || *ret >= 0x7f)
			*ret = '?';
}

/* Of an order or of several names at once the first of the subproblems tells most. */
static void read_problem(const json_t *object, struct acme_problem *ret)
{
	const json_t *first = json_array_get(json_object_get(object, "subproblems"), 0);
	struct view type = text_of(json_object_get(object, "type"));
	struct view detail = text_of(json_object_get(first, "detail"));

	memset(ret, 0, sizeof(*ret));
	if (detail.len == 0)
		detail = text_of(json_object_get(object, "detail"));
	if (view_starts(type, VIEW(ERROR_PREFIX)))
		type = view_after(type, VIEW(ERROR_PREFIX).len);
	copy_plain(type, ret->type, sizeof(ret->type));
	copy_plain(detail, ret->detail, sizeof(ret->detail));
}

void acme_problem_read(struct view body, struct acme_problem *ret)
{
	json_t *root = NULL;

	memset(ret, 0, sizeof(*ret));
	if (load(body, &root) == ERR_NONE)
		read_problem(root, ret);
	json_decref(root);
}

enum err acme_directory_read(struct view body, const struct acme_url *at,
                             struct acme_directory *ret)
{
	struct acme_directory d = { .nonce = "" };
	json_t *root = NULL;
	enum err err = load(body, &root);

	if (err == ERR_NONE)
		err = copy_url(json_object_get(root, "newNonce"), at, d.nonce);
	if (err == ERR_NONE)
		err = copy_url(json_object_get(root, "newAccount"), at, d.account);
	if (err == ERR_NONE)
		err = copy_url(json_object_get(root, "newOrder"), at, d.order);
	json_decref(root);
	if (err == ERR_NONE)
		*ret = d;
	return err;
}

static enum err read_order(const json_t *root, const struct acme_url *at, struct acme_order *o)
{
	const json_t *list = json_object_get(root, "authorizations");
	const json_t *certificate = json_object_get(root, "certificate");
	enum err err = copy_url(json_object_get(root, "finalize"), at, o->finalize);

	o->status = status_of(root);
	read_problem(json_object_get(root, "error"), &o->problem);
	if (err == ERR_NONE && json_array_size(list) > MAX_ACME_NAMES)
		return ERR_LIMIT;
	for (size_t i = 0; i < json_array_size(list) && err == ERR_NONE; i++)
		err = copy_url(json_array_get(list, i), at, o->authorizations[o->count++]);
	if (err == ERR_NONE && certificate)
		err = copy_url(certificate, at, o->certificate);
	return err;
}

enum err acme_order_read(struct view body, const struct acme_url *at, struct acme_order *ret)
{
	struct acme_order o = { .count = 0 };
	json_t *root = NULL;
	enum err err = load(body, &root);

	if (err == ERR_NONE)
		err = read_order(root, at, &o);
	json_decref(root);
	if (err == ERR_NONE)
		*ret = o;
	return err;
}

static enum err read_authorization(const json_t *root, const struct acme_url *at, const char *type,
                                   struct acme_authorization *a)
{
	const json_t *identifier = json_object_get(root, "identifier");
	const json_t *list = json_object_get(root, "challenges");
	struct view token;

	a->status = status_of(root);
	if (!VIEW_COPY(text_of(json_object_get(identifier, "value")), a->domain) || !a->domain[0])
		return ERR_SYNTAX;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (!view_equal(text_of(json_object_get(one, "type")), view_of(type)))
			continue;
		token = text_of(json_object_get(one, "token"));
		if (!acme_is_token(token) || !VIEW_COPY(token, a->token))
			return ERR_SYNTAX;
		read_problem(json_object_get(one, "error"), &a->problem);
		return copy_url(json_object_get(one, "url"), at, a->url);
	}
	return ERR_NONE;
}

enum err acme_authorization_read(struct view body, const struct acme_url *at, const char *type,
                                 struct acme_authorization *ret)
{
	struct acme_authorization a = { .status = ACME_OTHER };
	json_t *root = NULL;
	enum err err = load(body, &root);

	if (err == ERR_NONE)
		err = read_authorization(root, at, type, &a);
	json_decref(root);
	if (err == ERR_NONE)
		*ret = a;
	return err;
}
