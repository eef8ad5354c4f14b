/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's word about a peer, and what follows from it. */
#include "web/role.h"
#include "base/buffer.h"
#include <sys/socket.h>

const char *web_scope_name(enum web_scope s)
{
	static const char *const names[] = { "none",      "read",   "operate",
		                             "configure", "server", "command" };

	return s <= SCOPE_COMMAND ? names[s] : "none";
}

bool web_scope_has(enum web_scope client, enum web_scope route)
{
	if (client == SCOPE_SERVER || route == SCOPE_SERVER)
		return client == SCOPE_SERVER && (route == SCOPE_SERVER || route == SCOPE_COMMAND);
	return client <= SCOPE_CONFIGURE &&
	       client >= (route == SCOPE_COMMAND ? SCOPE_OPERATE : route);
}

static bool is_member(const struct web_peer *peer, uint32_t group)
{
	if (group == WEB_NO_GROUP)
		return false;
	if (peer->gid == group)
		return true;
	for (size_t i = 0; i < peer->group_count && i < MAX_PEER_GROUPS; i++)
		if (peer->groups[i] == group)
			return true;
	return false;
}

enum web_scope web_scope_of(const struct web_rights *rights, const struct web_peer *peer)
{
	if (peer->uid == 0 || peer->uid == rights->own_uid ||
	    is_member(peer, rights->administrators))
		return SCOPE_CONFIGURE;
	if (is_member(peer, rights->operators))
		return SCOPE_OPERATE;
	return is_member(peer, rights->readers) ? SCOPE_READ : SCOPE_NONE;
}

void web_actor_name(const struct web_peer *peer, enum web_scope scope, char ret[WEB_ACTOR_MAX])
{
	struct buffer b = buffer_on(ret, WEB_ACTOR_MAX - 1);

	buffer_text(&b, "uid ");
	buffer_decimal(&b, peer->uid);
	buffer_text(&b, " (");
	buffer_text(&b, web_scope_name(scope));
	buffer_text(&b, ")");
	ret[b.len] = 0;
}

enum err web_peer_read(int descriptor, struct web_peer *ret)
{
	struct web_peer peer = { .uid = UINT32_MAX };
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
	    size != sizeof(credentials))
		return ERR_IO;
	peer.uid = credentials.uid;
	peer.gid = credentials.gid;
	size = sizeof(peer.groups);
	/* More groups than fit, or a kernel that does not say: the first group counts alone. */
	if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, peer.groups, &size) == 0)
		peer.group_count = size / sizeof(peer.groups[0]);
	*ret = peer;
	return ERR_NONE;
}
