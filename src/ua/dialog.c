/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogs: RFC 3261 12. Everything kept is written anew from what the parser
 * understood, so no stranger's bytes go out again as they came. */
#include "ua/dialog.h"

#include <string.h>

#include "sip/build.h"
#include "sip/contact.h"
#include "sip/values.h"

enum { MAX_ROUTES = 16 };

static enum err keep_text(struct view text, char *ret, size_t size)
{
	return view_copy(text, ret, size) ? ERR_NONE : ERR_LIMIT;
}

static enum err keep_buffer(const struct buffer *b, char *ret)
{
	if (b->err != ERR_NONE)
		return b->err;
	ret[b->len] = '\0';
	return ERR_NONE;
}

static enum err address_of(const struct sip_msg *m, enum sip_header_id id,
                           struct sip_name_addr *ret)
{
	return sip_parts_address(m, id, ret);
}

/* The URI alone. A To or From may carry a header part or method by mistake:
 * neither belongs there (RFC 3261 19.1.1). */
static enum err keep_uri(struct sip_uri uri, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);

	uri.headers = VIEW_EMPTY;
	sip_uri_write(&b, &uri);
	return keep_buffer(&b, ret);
}

/* ERR_NOT_FOUND without Contact. */
static enum err keep_target(const struct sip_msg *m, char ret[UA_DIALOG_TARGET_MAX])
{
	struct sip_values walk = sip_values_of(m, SIP_HEADER_CONTACT);
	struct sip_contact contact;
	struct view text;
	enum err err;

	if (!sip_values_next(&walk, &text))
		return walk.err != ERR_NONE ? walk.err : ERR_NOT_FOUND;
	err = sip_contact_parse(text, &contact);
	if (err != ERR_NONE)
		return err;
	if (contact.is_star || (contact.address.uri.scheme != SIP_SCHEME_SIP &&
	                        contact.address.uri.scheme != SIP_SCHEME_SIPS))
		return ERR_SYNTAX;
	return keep_uri(contact.address.uri, ret, UA_DIALOG_TARGET_MAX);
}

static void write_route(struct buffer *b, const struct sip_name_addr *route)
{
	if (b->len > 0)
		buffer_text(b, ", ");
	buffer_char(b, '<');
	sip_uri_write(b, &route->uri);
	buffer_char(b, '>');
}

/* Record-Route as a route set: in order for who was called, turned round for
 * the caller (12.1.1, 12.1.2). */
static enum err keep_routes(const struct sip_msg *m, bool is_turned, char ret[UA_DIALOG_ROUTES_MAX])
{
	struct sip_values walk = sip_values_of(m, SIP_HEADER_RECORD_ROUTE);
	struct sip_name_addr routes[MAX_ROUTES]
		__attribute__((uninitialized)); /* `count` guards them */
	struct buffer b = buffer_on(ret, UA_DIALOG_ROUTES_MAX - 1);
	struct view text;
	size_t count = 0;

	while (sip_values_next(&walk, &text)) {
		enum err err;

		if (count == MAX_ROUTES)
			return ERR_LIMIT;
		err = sip_name_addr_parse(text, &routes[count]);
		if (err != ERR_NONE)
			return err;
		count++;
	}
	if (walk.err != ERR_NONE)
		return walk.err;
	for (size_t i = 0; i < count; i++)
		write_route(&b, &routes[is_turned ? count - 1 - i : i]);
	return keep_buffer(&b, ret);
}

enum err ua_dialog_accept(const struct sip_msg *request, struct view local_tag, bool is_secure,
                          struct ua_dialog *ret)
{
	struct ua_dialog d = { .state = UA_DIALOG_EARLY, .is_secure = is_secure };
	struct sip_name_addr from, to;
	enum err err = address_of(request, SIP_HEADER_FROM, &from);

	if (err == ERR_NONE)
		err = address_of(request, SIP_HEADER_TO, &to);
	if (err == ERR_NONE)
		err = keep_text(request->call_id, d.call_id, sizeof(d.call_id));
	if (err == ERR_NONE)
		err = keep_text(local_tag, d.local_tag, sizeof(d.local_tag));
	if (err == ERR_NONE)
		err = keep_text(from.tag, d.remote_tag, sizeof(d.remote_tag));
	if (err == ERR_NONE)
		err = keep_uri(to.uri, d.local_uri, sizeof(d.local_uri));
	if (err == ERR_NONE)
		err = keep_uri(from.uri, d.remote_uri, sizeof(d.remote_uri));
	if (err == ERR_NONE)
		err = keep_target(request, d.remote_target);
	if (err == ERR_NONE)
		err = keep_routes(request, false, d.routes);
	if (err != ERR_NONE)
		return err == ERR_NOT_FOUND ? ERR_SYNTAX : err;
	d.remote_cseq = request->cseq.number;
	d.has_remote_cseq = true;
	*ret = d;
	return ERR_NONE;
}

enum err ua_dialog_begin(const struct ua_dialog_start *start, struct ua_dialog *ret)
{
	struct ua_dialog d = { .local_cseq = start->cseq, .is_secure = start->is_secure };
	const struct {
		struct view text;
		char *at;
		size_t size;
	} parts[] = {
		{ start->call_id, d.call_id, sizeof(d.call_id) },
		{ start->local_tag, d.local_tag, sizeof(d.local_tag) },
		{ start->local_uri, d.local_uri, sizeof(d.local_uri) },
		{ start->remote_uri, d.remote_uri, sizeof(d.remote_uri) },
		{ start->target, d.remote_target, sizeof(d.remote_target) },
		{ start->routes, d.routes, sizeof(d.routes) },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		enum err err = keep_text(parts[i].text, parts[i].at, parts[i].size);

		if (err != ERR_NONE)
			return err;
	}
	*ret = d;
	return ERR_NONE;
}

/* The route set is settled by what made the dialog; only the 2xx that confirms
 * an early one may settle it once more (13.2.2.4). */
enum err ua_dialog_answer(struct ua_dialog *dialog, const struct sip_msg *response)
{
	struct ua_dialog d = *dialog;
	struct sip_name_addr to;
	bool is_final = response->status >= 200;
	enum err err = address_of(response, SIP_HEADER_TO, &to);

	if (err != ERR_NONE)
		return err;
	if (response->status == 100 || response->status >= 300)
		return ERR_DENIED;
	if (d.state != UA_DIALOG_NONE && !view_equal(to.tag, view_of(d.remote_tag)))
		return ERR_DENIED;
	/* A 1xx without tag makes no dialog (12.1). */
	if (!is_final && view_is_empty(to.tag))
		return ERR_NONE;

	err = keep_text(to.tag, d.remote_tag, sizeof(d.remote_tag));
	if (err == ERR_NONE && d.state != UA_DIALOG_CONFIRMED)
		err = keep_routes(response, true, d.routes);
	if (err == ERR_NONE)
		err = keep_target(response, d.remote_target);
	/* A provisional answer need not name a Contact unless it is reliable. */
	if (err == ERR_NOT_FOUND)
		err = is_final && d.state == UA_DIALOG_NONE ? ERR_SYNTAX : ERR_NONE;
	if (err != ERR_NONE)
		return err;
	if (d.state == UA_DIALOG_NONE)
		d.state = UA_DIALOG_EARLY;
	if (is_final)
		d.state = UA_DIALOG_CONFIRMED;
	*dialog = d;
	return ERR_NONE;
}

bool ua_dialog_matches(const struct ua_dialog *d, const struct sip_msg *msg)
{
	struct sip_name_addr from __attribute__((uninitialized)); /* filled before they are read */
	struct sip_name_addr to __attribute__((uninitialized));

	if (!view_equal(msg->call_id, view_of(d->call_id)))
		return false;
	if (address_of(msg, SIP_HEADER_FROM, &from) != ERR_NONE ||
	    address_of(msg, SIP_HEADER_TO, &to) != ERR_NONE)
		return false;
	if (msg->is_request)
		return view_equal(to.tag, view_of(d->local_tag)) &&
		       view_equal(from.tag, view_of(d->remote_tag));
	return view_equal(from.tag, view_of(d->local_tag)) &&
	       view_equal(to.tag, view_of(d->remote_tag));
}

enum err ua_dialog_request(struct ua_dialog *d, const struct sip_msg *request)
{
	if (d->has_remote_cseq && request->cseq.number <= d->remote_cseq)
		return ERR_STALE;
	d->remote_cseq = request->cseq.number;
	d->has_remote_cseq = true;
	return ERR_NONE;
}

enum err ua_dialog_refresh(struct ua_dialog *d, const struct sip_msg *msg)
{
	char target[UA_DIALOG_TARGET_MAX];
	enum err err = keep_target(msg, target);

	if (err == ERR_NOT_FOUND)
		return ERR_NONE;
	if (err != ERR_NONE)
		return err;
	memcpy(d->remote_target, target, strlen(target) + 1);
	return ERR_NONE;
}

enum err ua_dialog_next_cseq(struct ua_dialog *d, uint32_t *ret)
{
	if (d->local_cseq >= INT32_MAX) /* 8.1.1.5: below 2^31 */
		return ERR_LIMIT;
	*ret = ++d->local_cseq;
	return ERR_NONE;
}

void ua_dialog_skip(struct ua_dialog *d)
{
	if (d->local_cseq < INT32_MAX - UA_DIALOG_SKIP)
		d->local_cseq += UA_DIALOG_SKIP;
}

static struct view first_route(const struct ua_dialog *d, struct sip_name_addr *ret)
{
	struct sip_values walk = sip_values_on(view_of(d->routes));
	struct view text;

	if (!sip_values_next(&walk, &text) || sip_name_addr_parse(text, ret) != ERR_NONE)
		return VIEW_EMPTY;
	return text;
}

enum err ua_dialog_route(const struct ua_dialog *d, struct buffer *uri, struct buffer *routes)
{
	struct sip_name_addr first;
	struct view text = first_route(d, &first), lr;
	struct view rest = view_of(d->routes);

	if (view_is_empty(text) || sip_uri_param(&first.uri, VIEW("lr"), &lr)) {
		buffer_text(uri, d->remote_target);
		buffer_put(routes, rest);
	} else {
		rest = view_after(rest, text.len);
		if (view_starts(rest, VIEW(", ")))
			rest = view_after(rest, 2);
		sip_uri_write(uri, &first.uri);
		buffer_put(routes, rest);
		buffer_text(routes, view_is_empty(rest) ? "<" : ", <");
		buffer_text(routes, d->remote_target);
		buffer_char(routes, '>');
	}
	if (uri->err == ERR_NONE && routes->err == ERR_NONE)
		return ERR_NONE;
	buffer_reset(uri);
	buffer_reset(routes);
	return ERR_LIMIT;
}

struct view ua_dialog_next_hop(const struct ua_dialog *d)
{
	struct sip_name_addr first;

	return view_is_empty(first_route(d, &first)) ? view_of(d->remote_target) : first.uri.text;
}

enum err ua_dialog_write(const struct ua_dialog *d, const struct ua_dialog_line *line,
                         struct buffer *b)
{
	/* Of what buffers write into, here and below, no more is read than was written. */
	char uri_text[UA_DIALOG_TARGET_MAX + UA_DIALOG_ROUTES_MAX] __attribute__((uninitialized));
	char route_text[UA_DIALOG_TARGET_MAX + UA_DIALOG_ROUTES_MAX] __attribute__((uninitialized));
	struct buffer uri = BUFFER_ON(uri_text), routes = BUFFER_ON(route_text);
	enum err err = ua_dialog_route(d, &uri, &routes);

	if (err != ERR_NONE)
		return err;
	sip_build_request(b, line->method, buffer_view(&uri));
	sip_build_header(b, SIP_HEADER_VIA, line->via);
	if (routes.len > 0)
		sip_build_header(b, SIP_HEADER_ROUTE, buffer_view(&routes));
	sip_build_number(b, SIP_HEADER_MAX_FORWARDS, line->max_forwards);
	sip_build_name_addr(b, SIP_HEADER_FROM, VIEW_EMPTY, view_of(d->local_uri),
	                    view_of(d->local_tag));
	sip_build_name_addr(b, SIP_HEADER_TO, VIEW_EMPTY, view_of(d->remote_uri),
	                    view_of(d->remote_tag));
	sip_build_header(b, SIP_HEADER_CALL_ID, view_of(d->call_id));
	sip_build_cseq(b, line->cseq, line->method);
	return b->err;
}
