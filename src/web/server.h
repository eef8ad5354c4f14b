/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 on a listening Unix socket that the parent made, by libmicrohttpd
 * in the caller's thread: the caller watches one descriptor and calls
 * server_run when it is readable or its time has come. Connections that wait
 * for another process are suspended and cost nothing. The control listener is the same over TLS,
 * where web/control.h says who may come. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "web/control.h"
#include "web/web.h"

enum {
	MAX_WEB_CONNECTIONS = 64,
	MAX_CONTROL_CONNECTIONS = 48,
	MAX_CONTROL_CONNECTIONS_PER_ADDRESS = 8, /* that have shown who they are */
	/* Those that have shown nothing yet: beyond, the eldest makes room. */
	MAX_CONTROL_NAMELESS = 16,
	MAX_CONTROL_NAMELESS_PER_ADDRESS = 4,
	WEB_IDLE_S = 15, /* a client that sends or reads nothing for so long is cut off */
};

struct web_server;

/* The socket stays the caller's to close after server_free. ERR_NO_MEMORY, ERR_IO. */
enum err web_server_new(struct web *w, const struct web_rights *rights, int listening,
                        struct web_server **ret) MUST_USE;
/* The same on a TCP socket, for servers that `control` lets in, which is borrowed. */
enum err web_server_new_control(struct web *w, struct web_control *control, int listening,
                                struct web_server **ret) MUST_USE;
void web_server_free(struct web_server **s);
/* Other certificates or another list of servers: borrowed from now on in place of the one before,
 * and all connections are ended, so that each shows anew who it is. */
void web_server_renew_control(struct web_server *s, struct web_control *control);

int web_server_descriptor(const struct web_server *s); /* to be watched for reading */
/* Does what can be done without waiting. Returns milliseconds until it wants
 * to be called again although nothing is readable; at most one second. */
uint64_t web_server_run(struct web_server *s);
/* Whether nobody was connected at the last run and nobody came: where the descriptor was
 * readable all the same, a client waits for whom there is no descriptor, and libmicrohttpd
 * would be asked again and again. */
bool web_server_did_nothing(const struct web_server *s);

#endif
