/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd around the engine: its own epoll descriptor, our thread, and a
 * connection that waits for another process is suspended. */
#include "web/server.h"
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CONNECTION_MEMORY = 16384,     /* request line and headers, and a block of the answer */
	MAX_CONNECTIONS_PER_USER = 16, /* all but root, who must always get in */
	RUN_AGAIN_MS = 1000,
};

/* Who is at the other end of the Unix socket; lives with the connection. */
struct client {
	struct web_peer peer;
	bool is_known;
};

struct request {
	struct web_server *server;
	struct MHD_Connection *connection;
	struct request *next; /* all that are under way */
	bool is_begun, is_asked, is_done, is_suspended;
	web_exchange_id exchange;
	char target[MAX_WEB_TARGET + 2]; /* one byte more than allowed shows that it is too long */
	char *body;
	size_t body_len;
	struct web_reply reply; /* its body is our copy */
	char allow[64];
};

struct web_server {
	struct web *web;
	struct web_rights rights;
	struct web_door *door; /* of the control listener; NULL: the Unix socket */
	struct MHD_Daemon *daemon;
	struct request *requests;
	uint64_t changes; /* connections that came or went */
	bool did_nothing;
	struct client clients[MAX_WEB_CONNECTIONS];
};

/* --- Connections --- */

static struct client *unused_client(struct web_server *s)
{
	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++)
		if (!s->clients[i].is_known)
			return &s->clients[i];
	return NULL;
}

static struct client *take_client(struct web_server *s, const struct web_peer *peer)
{
	struct client *unused = unused_client(s);
	size_t same = 0;

	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++)
		same += s->clients[i].is_known && s->clients[i].peer.uid == peer->uid;
	if (!unused || (peer->uid != 0 && same >= MAX_CONNECTIONS_PER_USER))
		return NULL;
	unused->peer = *peer;
	unused->is_known = true;
	return unused;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **client,
                               enum MHD_ConnectionNotificationCode what)
{
	struct web_server *s = context;
	const union MHD_ConnectionInfo *info;
	struct web_peer peer;

	s->changes++;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*client && s->door)
			web_door_left(*client);
		else if (*client)
			memset(*client, 0, sizeof(struct client));
		return;
	}
	*client = NULL;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	if (s->door)
		*client = web_door_claim(s->door, info->connect_fd);
	else if (web_peer_read(info->connect_fd, &peer) == ERR_NONE)
		*client = take_client(s, &peer);
	if (!*client)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
}

/* A struct client, or a struct web_visitor where there is a door. */
static const void *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* --- Requests --- */

/* The target as it came, before libmicrohttpd unescapes it. */
static void *request_begins(void *context, const char *target, struct MHD_Connection *connection)
{
	struct web_server *s = context;
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->server = s;
	r->connection = connection;
	(void)VIEW_COPY(view_of(target), r->target);
	r->next = s->requests;
	s->requests = r;
	return r;
}

static void request_ends(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
	struct web_server *s = context;
	struct request *r = *request;

	(void)connection;
	(void)why;
	if (!r)
		return;
	for (struct request **at = &s->requests; *at; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	if (r->exchange)
		web_abandon(s->web, r->exchange);
	free((void *)(uintptr_t)r->reply.body.at);
	free(r->body);
	free(r);
	*request = NULL;
}

static void keep_reply(void *context, const struct web_reply *reply)
{
	struct request *r = context;
	char *copy = malloc(reply->body.len + 1);

	r->reply = *reply;
	r->reply.body = VIEW_EMPTY;
	if (copy) {
		memcpy(copy, reply->body.at ? reply->body.at : "", reply->body.len);
		r->reply.body = (struct view){ copy, reply->body.len };
	} else {
		r->reply.status = MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	(void)VIEW_COPY(view_of(reply->allow), r->allow);
	r->reply.allow = r->allow[0] ? r->allow : NULL;
	r->is_done = true;
	r->exchange = 0;
	if (r->is_suspended) {
		r->is_suspended = false;
		MHD_resume_connection(r->connection);
	}
}

static void add_headers(struct MHD_Response *response, const struct web_reply *reply)
{
	static const char *const always[][2] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		(void)MHD_add_response_header(response, always[i][0], always[i][1]);
	if (reply->content_type)
		(void)MHD_add_response_header(response, "Content-Type", reply->content_type);
	if (reply->allow)
		(void)MHD_add_response_header(response, "Allow", reply->allow);
}

static enum MHD_Result send_reply(struct request *r)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	/* The copy goes to libmicrohttpd, which frees it when it is sent. */
	response = MHD_create_response_from_buffer(
		r->reply.body.len, (void *)(uintptr_t)r->reply.body.at, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return MHD_NO;
	r->reply.body = VIEW_EMPTY;
	add_headers(response, &r->reply);
	result = MHD_queue_response(r->connection, r->reply.status, response);
	MHD_destroy_response(response);
	return result;
}

static struct view header_of(const struct request *r, const char *name)
{
	return view_of(MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name));
}

/* A server asks. False: whoever asked has to show anew who he is. */
static bool name_server(const struct web_visitor *visitor, struct web_question *q,
                        char actor[WEB_ACTOR_MAX])
{
	const struct web_control_server *server = web_door_server(visitor);
	struct buffer b = buffer_on(actor, WEB_ACTOR_MAX - 1);

	if (!server)
		return false;
	q->scope = SCOPE_SERVER;
	q->server = server->label;
	buffer_text(&b, "server ");
	buffer_text(&b, q->server);
	actor[b.len] = 0;
	return true;
}

/* Who asks, as the kernel or its certificate says. False: nobody that is known. */
static bool name_client(struct request *r, struct web_question *q, char actor[WEB_ACTOR_MAX])
{
	const void *who = client_of(r->connection);

	if (!who)
		return false;
	q->actor = actor;
	if (r->server->door)
		return name_server(who, q, actor);
	q->scope = web_scope_of(&r->server->rights, &((const struct client *)who)->peer);
	web_actor_name(&((const struct client *)who)->peer, q->scope, actor);
	return true;
}

static enum MHD_Result ask(struct request *r, const char *method)
{
	struct web_question q = { .method = view_of(method), .target = view_of(r->target) };
	char actor[WEB_ACTOR_MAX];

	if (!name_client(r, &q, actor))
		return MHD_NO;
	q.content_type = header_of(r, MHD_HTTP_HEADER_CONTENT_TYPE);
	q.body = (struct view){ r->body, r->body_len };
	r->is_asked = true;
	r->exchange = web_handle(r->server->web, &q, keep_reply, r);
	if (r->is_done)
		return send_reply(r);
	r->is_suspended = true;
	MHD_suspend_connection(r->connection);
	return MHD_YES;
}

/* Takes a part of the body. False: it is larger than any body may be. */
static bool take_body(struct request *r, const char *bytes, size_t len)
{
	char *grown;

	if (len > MAX_WEB_BODY || r->body_len > MAX_WEB_BODY - len)
		return false;
	grown = realloc(r->body, r->body_len + len);
	if (!grown)
		return false;
	memcpy(grown + r->body_len, bytes, len);
	r->body = grown;
	r->body_len += len;
	return true;
}

static bool says_too_much(const struct request *r)
{
	struct view length = header_of(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t number;

	return !view_is_empty(length) && !view_decimal(length, MAX_WEB_BODY, &number);
}

static enum MHD_Result count_length(void *context, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
	unsigned *count = context;

	(void)kind;
	(void)value;
	if (view_equal_nocase(view_of(name), VIEW("content-length")) ||
	    view_equal_nocase(view_of(name), VIEW("transfer-encoding")))
		(*count)++;
	return MHD_YES;
}

/* Two statements of a body's length are two readings of where the next request
 * begins (RFC 9112 6.3): neither is believed. */
static bool says_length_twice(const struct request *r)
{
	unsigned count = 0;

	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, count_length, &count);
	return count > 1;
}

static enum MHD_Result refuse(struct request *r, uint16_t status, struct view text)
{
	const struct web_reply reply = { .status = status,
		                         .content_type = "application/problem+json",
		                         .body = text };

	keep_reply(r, &reply);
	return send_reply(r);
}

static enum MHD_Result check_head(struct request *r)
{
	r->is_begun = true;
	if (says_length_twice(r))
		return refuse(
			r, 400,
			VIEW("{\"type\":\"urn:ringfence:problem:bad-request\","
		             "\"title\":\"the body's length is said twice\",\"status\":400}"));
	if (says_too_much(r))
		return refuse(r, 413,
		              VIEW("{\"type\":\"urn:ringfence:problem:too-large\","
		                   "\"title\":\"the body is too large\",\"status\":413}"));
	return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *bytes,
                              size_t *len, void **request)
{
	struct request *r = *request;

	(void)context;
	(void)connection;
	(void)path;
	(void)version;
	if (!r)
		return MHD_NO;
	if (!r->is_begun)
		return check_head(r);
	if (*len > 0) {
		/* A body without a length that grows past all bounds: the connection goes. */
		if (!take_body(r, bytes, *len))
			return MHD_NO;
		*len = 0;
		return MHD_YES;
	}
	if (r->is_done)
		return send_reply(r);
	return r->is_asked ? MHD_YES : ask(r, method);
}

/* --- The server --- */

enum err web_server_new(struct web *w, const struct web_rights *rights, int listening,
                        struct web_server **ret)
{
	struct web_server *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NO_MEMORY;
	s->web = w;
	s->rights = *rights;
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, s,
		MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)MAX_WEB_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, request_begins, s,
		MHD_OPTION_NOTIFY_COMPLETED, request_ends, s, MHD_OPTION_NOTIFY_CONNECTION,
		connection_changed, s, MHD_OPTION_END);
	if (!s->daemon) {
		free(s);
		return ERR_IO;
	}
	*ret = s;
	return ERR_NONE;
}

/* Its end of the stream is libmicrohttpd's from here on, also where that takes no more. */
static bool let_in(void *context, int fd)
{
	const struct web_server *s = context;
	const struct sockaddr nowhere = { .sa_family = AF_UNIX };

	return MHD_add_connection(s->daemon, fd, &nowhere, sizeof(nowhere)) == MHD_YES;
}

/* Told that there is one thread, libmicrohttpd from 1.0 on takes a connection within
 * MHD_add_connection, as those before always did; else later, when nobody could say whose it is. */
#if MHD_VERSION >= 0x01000000
enum { ONE_THREAD = MHD_USE_NO_THREAD_SAFETY };
#else
enum { ONE_THREAD = 0 };
#endif

static struct MHD_Daemon *start_control(struct web_server *s)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | ONE_THREAD, 0,
		NULL, NULL, handle, s, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)MAX_CONTROL_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)WEB_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, request_begins, s,
		MHD_OPTION_NOTIFY_COMPLETED, request_ends, s, MHD_OPTION_NOTIFY_CONNECTION,
		connection_changed, s, MHD_OPTION_END);
}

enum err web_server_new_control(const struct web_door_place *place, struct web_control *control,
                                struct web_server **ret)
{
	struct web_server *s = calloc(1, sizeof(*s));
	enum err err;

	if (!s)
		return ERR_NO_MEMORY;
	s->web = place->web;
	s->daemon = start_control(s);
	err = s->daemon
	            ? web_door_new(place, control, &(struct web_door_port){ s, let_in }, &s->door)
	            : ERR_IO;
	if (err != ERR_NONE)
		web_server_free(&s);
	else
		*ret = s;
	return err;
}

struct web_door *web_server_door(const struct web_server *s) { return s->door; }

void web_server_free(struct web_server **s)
{
	struct web_server *gone = *s;

	if (!gone)
		return;
	*s = NULL;
	if (gone->door)
		web_door_close(gone->door);
	/* libmicrohttpd does not stop while a connection is suspended. */
	for (struct request *r = gone->requests; r; r = r->next) {
		if (!r->is_suspended)
			continue;
		web_abandon(gone->web, r->exchange);
		r->exchange = 0;
		r->is_suspended = false;
		MHD_resume_connection(r->connection);
	}
	if (gone->daemon) {
		(void)MHD_quiesce_daemon(gone->daemon);
		MHD_stop_daemon(gone->daemon);
	}
	web_door_free(&gone->door);
	free(gone);
}

int web_server_descriptor(const struct web_server *s)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

static bool is_anybody_connected(const struct web_server *s)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections > 0;
}

uint64_t web_server_run(struct web_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = RUN_AGAIN_MS;
	bool is_alone = !is_anybody_connected(s);
	uint64_t changes = s->changes;

	(void)MHD_run(s->daemon);
	s->did_nothing = is_alone && s->changes == changes;
	if (MHD_get_timeout(s->daemon, &wait_ms) != MHD_YES || wait_ms > RUN_AGAIN_MS)
		return RUN_AGAIN_MS;
	return wait_ms;
}

bool web_server_did_nothing(const struct web_server *s) { return s->did_nothing; }
