/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 on a listening Unix socket that the parent made, by libmicrohttpd
 * in the caller's thread: the caller watches one descriptor and calls
 * server_run when it is readable or its time has come. Connections that wait
 * for another process are suspended and cost nothing. For the control listener the same speaks
 * with those that web/door.h lets in. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "web/door.h"
#include "web/web.h"

enum {
	MAX_WEB_CONNECTIONS = 64,
	WEB_IDLE_S = 15, /* a client that sends or reads nothing for so long is cut off */
};

struct web_server;

/* The socket stays the caller's to close after server_free. ERR_NO_MEMORY, ERR_IO. */
enum err web_server_new(struct web *w, const struct web_rights *rights, int listening,
                        struct web_server **ret) MUST_USE;
/* The same for servers that `control` lets in, which is borrowed. */
enum err web_server_new_control(const struct web_door_place *place, struct web_control *control,
                                struct web_server **ret) MUST_USE;
/* Where they come in; NULL: the Unix socket. */
struct web_door *web_server_door(const struct web_server *s);
void web_server_free(struct web_server **s);

int web_server_descriptor(const struct web_server *s); /* to be watched for reading */
/* Does what can be done without waiting. Returns milliseconds until it wants
 * to be called again although nothing is readable; at most one second. */
uint64_t web_server_run(struct web_server *s);
/* Whether nobody was connected at the last run and nobody came: where the descriptor was
 * readable all the same, a client waits for whom there is no descriptor, and libmicrohttpd
 * would be asked again and again. */
bool web_server_did_nothing(const struct web_server *s);

#endif
