/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock by system call (glibc has no wrappers, Debian 12's headers know ABI 2).
 * Handles all that the running kernel can deny, and allows nothing, one
 * directory, or TCP to some ports. It does not cover UDP: the empty network namespace and the call
 * filter do that. */
#include "os/sandbox_priv.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's interface (linux/landlock.h), which older headers lack in part. */
struct ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};
struct path_beneath {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));
struct net_port {
	uint64_t allowed_access, port;
};

enum {
	CREATE_RULESET_VERSION = 1,
	RULE_PATH_BENEATH = 1,
	RULE_NET_PORT = 2,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_TRUNCATE = 1 << 14,
	NET_BIND_AND_CONNECT = 3,
	NET_CONNECT = 2,
	SCOPE_ABSTRACT_AND_SIGNAL = 3,
};

/* Rights of the file system per ABI: 1 has 13, 2 adds moving, 3 truncation, 5 device ioctls. */
static uint64_t file_rights(int abi)
{
	uint64_t rights = (1U << 13) - 1;

	if (abi >= 2)
		rights |= 1U << 13;
	if (abi >= 3)
		rights |= 1U << 14;
	if (abi >= 5)
		rights |= 1U << 15;
	return rights;
}

/* The struct grew with the ABI: an older kernel refuses the longer one. */
static size_t ruleset_size(int abi)
{
	if (abi < 4)
		return sizeof(uint64_t);
	return abi < 6 ? 2 * sizeof(uint64_t) : sizeof(struct ruleset);
}

static enum err allow_directory(int ruleset_fd, const char *directory, uint64_t rights)
{
	struct path_beneath rule = {
		.allowed_access = rights & (FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR |
		                            FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE),
	};
	long done;

	rule.parent_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return ERR_NOT_FOUND;
	done = syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
	return done == 0 ? ERR_NONE : ERR_DENIED;
}

static enum err allow_ports(int ruleset_fd, const struct sandbox *s)
{
	for (uint8_t i = 0; i < s->port_count; i++) {
		struct net_port rule = { NET_CONNECT, s->ports[i] };

		if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_NET_PORT, &rule, 0) != 0)
			return ERR_DENIED;
	}
	return ERR_NONE;
}

enum err sandbox_close_files(const struct sandbox *s, int *ret_abi)
{
	struct ruleset ruleset = { 0 };
	enum err err = ERR_NONE;
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	int fd;

	if (abi <= 0) {
		*ret_abi = 0;
		return ERR_NONE;
	}
	ruleset.handled_access_fs = file_rights(abi);
	ruleset.handled_access_net = abi >= 4 ? NET_BIND_AND_CONNECT : 0;
	ruleset.scoped = abi >= 6 ? SCOPE_ABSTRACT_AND_SIGNAL : 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, ruleset_size(abi), 0);
	if (fd < 0)
		return ERR_DENIED;
	if (s->directory)
		err = allow_directory(fd, s->directory, ruleset.handled_access_fs);
	if (err == ERR_NONE && ruleset.handled_access_net != 0)
		err = allow_ports(fd, s);
	if (err == ERR_NONE && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		err = ERR_DENIED;
	(void)close(fd);
	if (err == ERR_NONE)
		*ret_abi = abi;
	return err;
}
