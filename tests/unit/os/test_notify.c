/* SPDX-License-Identifier: Apache-2.0 */
/* Word to a service manager, which a socket of ours stands for. */
#include "os/notify.h"
#include "runner/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager's socket at that name; -1. */
static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(name.sun_path, path, len);
	if (path[0] == '@')
		name.sun_path[0] = 0;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&name,
	                    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static bool hears(int fd, const char *words)
{
	char text[128];
	ssize_t len = recv(fd, text, sizeof(text), 0);

	return len >= 0 && view_equal(view_bytes(text, (size_t)len), view_of(words));
}

static enum err talk(const char *path)
{
	int manager = listen_at(path), fd = -1;
	enum err err;

	CHECK_CASE(manager >= 0, path);
	err = notify_open(path, &fd);
	CHECK_CASE(err == ERR_NONE, path);
	CHECK_CASE(notify_send(fd, "READY=1\nSTATUS=watching any") == ERR_NONE, path);
	CHECK_CASE(notify_send(fd, "WATCHDOG=1") == ERR_NONE, path);
	CHECK_CASE(hears(manager, "READY=1\nSTATUS=watching any"), path);
	CHECK_CASE(hears(manager, "WATCHDOG=1"), path);
	(void)close(manager);
	CHECK_CASE(notify_send(fd, "STOPPING=1") == ERR_IO, path);
	(void)close(fd);
	return ERR_NONE;
}

TEST(notify_forms, "each word is one datagram to the manager, at a file and at a name without one")
{
	char folder[] = "/tmp/ringfence-notify-XXXXXX", path[64];
	int len;

	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	TRY(talk(path));
	(void)unlink(path);
	(void)rmdir(folder);
	len = snprintf(path, sizeof(path), "@%s", folder);
	CHECK(len > 0);
	TRY(talk(path));
	return ERR_NONE;
}

TEST(notify_full, "a manager that does not read is not waited for")
{
	char name[64];
	int manager, fd = -1;
	enum err err = ERR_NONE;

	(void)snprintf(name, sizeof(name), "@ringfence-notify-full-%d", (int)getpid());
	manager = listen_at(name);
	CHECK(manager >= 0);
	TRY(notify_open(name, &fd));
	for (int i = 0; i < 100000 && err == ERR_NONE; i++)
		err = notify_send(fd, "WATCHDOG=1");
	CHECK(err == ERR_AGAIN);
	(void)close(fd);
	(void)close(manager);
	return ERR_NONE;
}

TEST(notify_nobody, "without a manager, or with a name that cannot be, nothing is opened")
{
	char long_name[256];
	int fd = 7;

	memset(long_name, 'a', sizeof(long_name));
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = 0;
	CHECK(notify_open(NULL, &fd) == ERR_NOT_FOUND);
	CHECK(notify_open("", &fd) == ERR_NOT_FOUND);
	CHECK(notify_open("/nowhere/at/all", &fd) == ERR_NOT_FOUND);
	CHECK(notify_open("relative/socket", &fd) == ERR_SYNTAX);
	CHECK(notify_open("@", &fd) == ERR_SYNTAX);
	CHECK(notify_open(long_name, &fd) == ERR_LIMIT);
	CHECK(fd == 7);
	CHECK(notify_send(-1, "READY=1") == ERR_NONE);
	return ERR_NONE;
}

TEST(notify_watchdog, "a beat is owed only where the manager asked this very process for it")
{
	char own[24];

	(void)snprintf(own, sizeof(own), "%d", (int)getpid());
	CHECK(notify_watchdog_us("10000000", own) == 10000000);
	CHECK(notify_watchdog_us("10000000", NULL) == 10000000);
	CHECK(notify_watchdog_us("10000000", "1") == 0);
	CHECK(notify_watchdog_us("10000000", "x") == 0);
	CHECK(notify_watchdog_us("ten", NULL) == 0);
	CHECK(notify_watchdog_us("", NULL) == 0);
	CHECK(notify_watchdog_us(NULL, own) == 0);
	return ERR_NONE;
}
