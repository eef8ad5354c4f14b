/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd around the engine: its own epoll descriptor, our thread, and a
 * connection that waits for another process is suspended. */
#include "web/server.h"
#include "os/socket.h"
#include "web/control_key.h"
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	CONNECTION_MEMORY = 16384,     /* request line and headers, and a block of the answer */
	MAX_CONNECTIONS_PER_USER = 16, /* all but root, who must always get in */
	RUN_AGAIN_MS = 1000,
};

/* Who is at the other end; lives with the connection. */
struct client {
	struct web_peer peer;
	struct web_control_client remote; /* control NULL: it came by the Unix socket */
	uint64_t number;                  /* the lower, the elder */
	int fd;
	bool is_known, is_leaving;
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
	struct web_control *control; /* NULL: the Unix socket */
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

/* ---- over TLS ---- */

static bool read_from(const struct sockaddr *from, struct addr *ret)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = from && from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                                    : sizeof(struct sockaddr_in);

	if (!from || (from->sa_family != AF_INET && from->sa_family != AF_INET6))
		return false;
	memcpy(&name, from, len);
	return socket_addr_of(&name, len, ret);
}

/* What is not admitted is closed at once: no byte of TLS is read from it or sent to it. */
static enum MHD_Result admit(void *context, const struct sockaddr *from, socklen_t len)
{
	struct web_server *s = context;
	struct addr at;
	size_t same = 0;

	(void)len;
	if (!read_from(from, &at) || !web_control_admits(s->control, &at))
		return MHD_NO;
	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++)
		same += s->clients[i].is_known && s->clients[i].remote.server &&
		        addr_same_host(&s->clients[i].remote.from, &at);
	if (same < MAX_CONTROL_CONNECTIONS_PER_ADDRESS && unused_client(s))
		return MHD_YES;
	web_control_refuse(s->control, &at, "", CONTROL_CROWDED);
	return MHD_NO;
}

static bool is_nameless(const struct client *c)
{
	return c->is_known && !c->remote.server && !c->is_leaving;
}

/* How many have shown nothing yet: from there, or in all (NULL). */
static size_t nameless_from(const struct web_server *s, const struct addr *from)
{
	size_t count = 0;

	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++)
		count += is_nameless(&s->clients[i]) &&
		         (!from || addr_same_host(&s->clients[i].remote.from, from));
	return count;
}

/* The eldest of the address that has most. */
static struct client *eldest_nameless(struct web_server *s)
{
	struct client *found = NULL;
	size_t most = 0;

	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++) {
		struct client *c = &s->clients[i];
		size_t own = is_nameless(c) ? nameless_from(s, &c->remote.from) : 0;

		if (own > most || (own > 0 && own == most && c->number < found->number)) {
			found = c;
			most = own;
		}
	}
	return found;
}

static void leave(struct client *c)
{
	c->is_leaving = true;
	(void)shutdown(c->fd, SHUT_RDWR);
}

/* A few who say nothing must not keep out who would show a certificate. */
static void make_room(struct web_server *s, const struct client *fresh)
{
	struct client *gone;

	if (nameless_from(s, &fresh->remote.from) <= MAX_CONTROL_NAMELESS_PER_ADDRESS &&
	    nameless_from(s, NULL) <= MAX_CONTROL_NAMELESS)
		return;
	gone = eldest_nameless(s);
	if (!gone)
		return;
	web_control_refuse(s->control, &gone->remote.from, "", CONTROL_CROWDED);
	leave(gone);
}

static struct client *take_remote(struct web_server *s, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *session =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const union MHD_ConnectionInfo *from =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct client *c = unused_client(s);

	if (!c || !session || !from || !read_from(from->client_addr, &c->remote.from))
		return NULL;
	c->remote.control = s->control;
	c->is_known = web_control_begin(&c->remote, session->tls_session) == ERR_NONE;
	if (!c->is_known)
		memset(c, 0, sizeof(*c));
	return c->is_known ? c : NULL;
}

static void connection_changed(void *context, struct MHD_Connection *connection, void **client,
                               enum MHD_ConnectionNotificationCode what)
{
	struct web_server *s = context;
	const union MHD_ConnectionInfo *info;
	struct web_peer peer;

	s->changes++;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*client) {
			web_control_end(&((struct client *)*client)->remote);
			memset(*client, 0, sizeof(struct client));
		}
		return;
	}
	*client = NULL;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	if (s->control)
		*client = take_remote(s, connection);
	else if (web_peer_read(info->connect_fd, &peer) == ERR_NONE)
		*client = take_client(s, &peer);
	if (!*client) {
		(void)shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	((struct client *)*client)->fd = info->connect_fd;
	((struct client *)*client)->number = s->changes;
	if (s->control)
		make_room(s, *client);
}

static const struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* libmicrohttpd gives its sessions their connection. */
struct web_control_client *web_control_client_of(void *session)
{
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	const union MHD_ConnectionInfo *info =
		connection ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			   : NULL;
	struct client *c = info ? info->socket_context : NULL;

	return c ? &c->remote : NULL;
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

/* Who asks, as the kernel or its certificate says. False: nobody that is known. */
static bool name_client(struct request *r, struct web_question *q, char actor[WEB_ACTOR_MAX])
{
	const struct client *client = client_of(r->connection);
	struct buffer b = buffer_on(actor, WEB_ACTOR_MAX - 1);

	if (!client)
		return false;
	q->actor = actor;
	if (!r->server->control) {
		q->scope = web_scope_of(&r->server->rights, &client->peer);
		web_actor_name(&client->peer, q->scope, actor);
		return true;
	}
	/* Who has to show anew who he is may have asked just before. */
	if (!client->remote.server || client->is_leaving)
		return false;
	q->scope = SCOPE_SERVER;
	q->server = client->remote.server->label;
	buffer_text(&b, "server ");
	buffer_text(&b, q->server);
	actor[b.len] = 0;
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

enum err web_server_new_control(struct web *w, struct web_control *control, int listening,
                                struct web_server **ret)
{
	struct web_server *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NO_MEMORY;
	s->web = w;
	s->control = control;
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TLS, 0, admit, s, handle, s,
		MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)MAX_CONTROL_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)WEB_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_HTTPS_CERT_CALLBACK2, control_key_none,
		MHD_OPTION_HTTPS_PRIORITIES, WEB_CONTROL_PRIORITIES, MHD_OPTION_URI_LOG_CALLBACK,
		request_begins, s, MHD_OPTION_NOTIFY_COMPLETED, request_ends, s,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s, MHD_OPTION_END);
	if (!s->daemon) {
		free(s);
		return ERR_IO;
	}
	*ret = s;
	return ERR_NONE;
}

void web_server_renew_control(struct web_server *s, struct web_control *control)
{
	s->control = control;
	for (size_t i = 0; i < MAX_WEB_CONNECTIONS; i++)
		if (s->clients[i].is_known)
			leave(&s->clients[i]);
}

void web_server_free(struct web_server **s)
{
	struct web_server *gone = *s;

	if (!gone)
		return;
	*s = NULL;
	/* libmicrohttpd does not stop while a connection is suspended. */
	for (struct request *r = gone->requests; r; r = r->next) {
		if (!r->is_suspended)
			continue;
		web_abandon(gone->web, r->exchange);
		r->exchange = 0;
		r->is_suspended = false;
		MHD_resume_connection(r->connection);
	}
	(void)MHD_quiesce_daemon(gone->daemon);
	MHD_stop_daemon(gone->daemon);
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
