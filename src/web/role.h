/* SPDX-License-Identifier: Apache-2.0 */
/* Who a client on the Unix socket is and what he may: the kernel's word
 * (SO_PEERCRED, SO_PEERGROUPS), never his own. */
#ifndef WEB_ROLE_H
#define WEB_ROLE_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a route asks for and what a client has. Of users more includes less; a control server has
 * what is marked for servers and nothing else. */
enum web_scope {
	SCOPE_NONE,
	SCOPE_READ,
	SCOPE_OPERATE,
	SCOPE_CONFIGURE,
	SCOPE_SERVER,  /* a control server; of a route: nobody else */
	SCOPE_COMMAND, /* of a route: whoever may operate, and a control server */
};

const char *web_scope_name(enum web_scope s); /* "none", "read", "operate", "configure" ... */
/* Whether a client of that scope may have a route that asks for this one. */
bool web_scope_has(enum web_scope client, enum web_scope route);

enum { MAX_PEER_GROUPS = 64, WEB_ACTOR_MAX = 48 };

struct web_peer {
	uint32_t uid, gid;
	size_t group_count; /* supplementary groups */
	uint32_t groups[MAX_PEER_GROUPS];
};

enum { WEB_NO_GROUP = UINT32_MAX };

/* Group numbers, resolved before the sandbox closes; WEB_NO_GROUP where none is configured. */
struct web_rights {
	uint32_t own_uid;
	uint32_t administrators, operators, readers;
};

/* root and the daemon's own user: configure; members of a group: what that
 * group may, the most of them; everybody else: nothing. */
enum web_scope web_scope_of(const struct web_rights *rights, const struct web_peer *peer);
/* "uid 1000 (operate)" into an array of WEB_ACTOR_MAX. */
void web_actor_name(const struct web_peer *peer, enum web_scope scope, char ret[WEB_ACTOR_MAX]);

/* Reads the credentials of the peer of a connected Unix socket. ERR_IO. */
enum err web_peer_read(int descriptor, struct web_peer *ret) MUST_USE;

#endif
