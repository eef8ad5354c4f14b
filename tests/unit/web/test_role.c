/* SPDX-License-Identifier: Apache-2.0 */
/* Who may what. */
#include "runner/test.h"
#include "web/role.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct web_rights rights = {
	.own_uid = 990, .administrators = 10, .operators = 20, .readers = 30
};

static const struct {
	const char *name;
	struct web_peer peer;
	enum web_scope want;
} cases[] = {
	{ "root", { .uid = 0 }, SCOPE_CONFIGURE },
	{ "the daemon's user", { .uid = 990, .gid = 990 }, SCOPE_CONFIGURE },
	{ "a stranger", { .uid = 1000, .gid = 1000 }, SCOPE_NONE },
	{ "a stranger in other groups",
	  { .uid = 1000, .gid = 1000, .group_count = 2, .groups = { 4, 27 } },
	  SCOPE_NONE },
	{ "a reader by first group", { .uid = 1000, .gid = 30 }, SCOPE_READ },
	{ "a reader by another group",
	  { .uid = 1000, .gid = 5, .group_count = 2, .groups = { 4, 30 } },
	  SCOPE_READ },
	{ "an operator",
	  { .uid = 1000, .gid = 5, .group_count = 1, .groups = { 20 } },
	  SCOPE_OPERATE },
	{ "a reader and operator",
	  { .uid = 1000, .gid = 30, .group_count = 1, .groups = { 20 } },
	  SCOPE_OPERATE },
	{ "an administrator",
	  { .uid = 1000, .gid = 30, .group_count = 1, .groups = { 10 } },
	  SCOPE_CONFIGURE },
	{ "nobody's group",
	  { .uid = 1000, .gid = UINT32_MAX, .group_count = 1, .groups = { UINT32_MAX } },
	  SCOPE_NONE },
};

TEST(roles, "gives root, the daemon and members of groups what they may, others nothing")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(web_scope_of(&rights, &cases[i].peer) == cases[i].want, cases[i].name);
	return ERR_NONE;
}

TEST(roles_unset, "gives nobody anything by a group that is not configured")
{
	const struct web_rights none = { 990, WEB_NO_GROUP, WEB_NO_GROUP, WEB_NO_GROUP };
	const struct web_peer peer = { .uid = 1000, .gid = UINT32_MAX };

	CHECK(web_scope_of(&none, &peer) == SCOPE_NONE);
	return ERR_NONE;
}

TEST(actor_name, "names who acts, and fits the longest")
{
	const struct web_peer peer = { .uid = UINT32_MAX };
	char name[WEB_ACTOR_MAX];

	web_actor_name(&peer, SCOPE_CONFIGURE, name);
	CHECK(strcmp(name, "uid 4294967295 (configure)") == 0);
	return ERR_NONE;
}

TEST(peer_read, "reads the kernel's word about the other end")
{
	struct web_peer peer = { 0 };
	int ends[2];
	enum err err;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	err = web_peer_read(ends[0], &peer);
	(void)close(ends[0]);
	(void)close(ends[1]);
	CHECK(err == ERR_NONE && peer.uid == geteuid() && peer.gid == getegid());
	CHECK(web_peer_read(-1, &peer) == ERR_IO);
	return ERR_NONE;
}
