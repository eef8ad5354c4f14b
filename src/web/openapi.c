/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/openapi.json: OpenAPI 3.1, made from the table of routes. */
#include "web/resources_priv.h"
#include <ctype.h>
#include <string.h>

static json_t *schema_of(const struct web_field *f)
{
	json_t *schema = json_pack("{s:s, s:s}", "type", "string", "description", f->help);

	if (f->type == VALUE_TEXT)
		(void)json_object_set_new(schema, "maxLength", json_integer(f->max));
	else if (f->type == VALUE_COUNT)
		(void)json_object_set_new(schema, "pattern", json_string("^[0-9]+$"));
	else
		(void)json_object_set_new(schema, "enum", json_pack("[s, s]", "yes", "no"));
	return schema;
}

static json_t *parameter(const char *name, size_t len, const char *in, bool is_required,
                         json_t *schema)
{
	return json_pack("{s:s%, s:s, s:b, s:o}", "name", name, len, "in", in, "required",
	                 is_required, "schema", schema);
}

static json_t *parameters_of(const struct web_route *r)
{
	const char *open = strchr(r->path, '{');
	json_t *list = json_array();

	if (open)
		(void)json_array_append_new(list,
		                            parameter(open + 1, strcspn(open + 1, "}"), "path",
		                                      true, json_pack("{s:s}", "type", "string")));
	for (const struct web_field *f = r->args; f && f->name; f++)
		(void)json_array_append_new(list, parameter(f->name, strlen(f->name), "query",
		                                            f->is_required, schema_of(f)));
	return list;
}

static json_t *body_of(const struct web_route *r)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct web_field *f = r->body; f && f->name; f++) {
		(void)json_object_set_new(properties, f->name, schema_of(f));
		if (f->is_required)
			(void)json_array_append_new(required, json_string(f->name));
	}
	return json_pack("{s:b, s:{s:{s:{s:s, s:b, s:o, s:o}}}}", "required", 1, "content",
	                 "application/json", "schema", "type", "object", "additionalProperties", 0,
	                 "properties", properties, "required", required);
}

static json_t *operation_of(const struct web_route *r)
{
	json_t *j = json_pack("{s:s, s:s, s:o, s:{s:{s:s}, s:{s:s, s:{s:{}}}}}", "summary", r->help,
	                      "x-scope", web_scope_name(r->scope), "parameters", parameters_of(r),
	                      "responses", "2XX", "description", "done", "default", "description",
	                      "problem document (RFC 9457)", "content", "application/problem+json");

	if (r->verb[0])
		(void)json_object_set_new(j, "x-command", json_string(r->verb));
	if (r->body)
		(void)json_object_set_new(j, "requestBody", body_of(r));
	return j;
}

static json_t *paths(void)
{
	json_t *all = json_object();

	for (size_t i = 0; i < web_route_count; i++) {
		const struct web_route *r = &web_routes[i];
		json_t *path = json_object_get(all, r->path);
		char method[8] = "";

		for (size_t k = 0; web_method_name(r->method)[k] && k + 1 < sizeof(method); k++)
			method[k] = (char)tolower((unsigned char)web_method_name(r->method)[k]);
		if (!path) {
			path = json_object();
			(void)json_object_set_new(all, r->path, path);
		}
		(void)json_object_set_new(path, method, operation_of(r));
	}
	return all;
}

void web_openapi_get(struct web *w, struct web_exchange *x)
{
	json_t *j =
		json_pack("{s:s, s:{s:s, s:s, s:s}, s:o}", "openapi", "3.1.0", "info", "title",
	                  "Ringfence", "version", w->settings.version, "description",
	                  "Local API on a Unix socket; the peer's user and groups give the scope.",
	                  "paths", paths());

	web_end_json(w, x, 200, j);
}
