/* SPDX-License-Identifier: Apache-2.0 */
/* The control listener: takes connections, has each show who it is, and gives what is said within
 * TLS on as plain bytes, with who says it beside. A handshake that waits for our key is set aside;
 * nobody else waits for it. */
#ifndef WEB_DOOR_H
#define WEB_DOOR_H

#include "os/loop.h"
#include "web/control.h"

enum {
	MAX_CONTROL_CONNECTIONS = 48,
	MAX_CONTROL_CONNECTIONS_PER_ADDRESS = 8, /* that have shown who they are */
	/* Those that have shown nothing yet: beyond, the eldest makes room. */
	MAX_CONTROL_NAMELESS = 16,
	MAX_CONTROL_NAMELESS_PER_ADDRESS = 4,
	WEB_SHAKE_S = 15, /* all of a handshake */
	WEB_TAKE_S = 15,  /* until a client that takes nothing of its answer is cut off */
};

struct web_door;
/* One connection that was let in. */
struct web_visitor;

struct web_door_place {
	struct web *web;
	struct loop *loop;
	int listening;                 /* TCP; the caller's to close after web_door_free */
	const struct tls_lines *lines; /* outlive it */
};

struct web_door_port {
	void *context;
	/* Somebody has shown who he is: what he says comes out of that descriptor, which is the
	 * callee's from here on. He is known by it once (web_door_claim); false: he is sent
	 * away. */
	bool (*let_in)(void *context, int fd);
};

/* ERR_NO_MEMORY, ERR_IO. */
enum err web_door_new(const struct web_door_place *place, struct web_control *control,
                      const struct web_door_port *port, struct web_door **ret) MUST_USE;
void web_door_free(struct web_door **d); /* after all that were let in have left */
/* Everybody leaves, for each to show anew who he is. */
void web_door_renew(struct web_door *d, struct web_control *control);
void web_door_close(struct web_door *d); /* nobody comes any more, and everybody leaves */

/* Who was let in with that end; NULL: nobody. The caller says when he closes it. */
struct web_visitor *web_door_claim(struct web_door *d, int fd);
void web_door_left(struct web_visitor *v);
/* NULL: he was sent away, to show anew who he is. */
const struct web_control_server *web_door_server(const struct web_visitor *v);

uint64_t web_door_wait_us(const struct web_door *d, struct now now);
void web_door_advance(struct web_door *d, struct now now);

#endif
