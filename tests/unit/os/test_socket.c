/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets on loopback: addresses there and back, the drop-all filter, ICMP. */
#include "os/socket.h"
#include "runner/test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct addr loopback(uint16_t port)
{
	struct addr a;

	if (addr_parse(VIEW("127.0.0.1"), &a) != ERR_NONE)
		return (struct addr){ 0 };
	a.port = port;
	return a;
}

static bool send_to(int fd, const struct addr *to)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(to, &name);

	return sendto(fd, "x", 1, 0, (struct sockaddr *)&name, len) == 1;
}

TEST(socket_names, "addresses survive the system's form, mapped ones become IPv4")
{
	static const char *const cases[] = { "192.0.2.1:5060", "[2001:db8::1]:5061",
		                             "127.0.0.1:1" };
	struct sockaddr_storage name;
	struct addr a, b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		socklen_t len;

		CHECK_CASE(addr_parse_port(view_of(cases[i]), &a) == ERR_NONE, cases[i]);
		len = socket_name_of(&a, &name);
		CHECK_CASE(socket_addr_of(&name, len, &b) && addr_equal(&a, &b), cases[i]);
		CHECK_CASE(!socket_addr_of(&name, 7, &b), cases[i]);
	}
	CHECK(socket_name_of(&(struct addr){ 0 }, &name) == 0);
	return ERR_NONE;
}

TEST(socket_deaf, "a deaf socket holds a few datagrams, one that hears all that is sent")
{
	enum { SENT = 200, HELD_WHEN_DEAF = 8 };
	struct addr any = loopback(0), at;
	int deaf, sender;

	TRY(socket_udp_open(&any, &(struct socket_options){ .is_deaf = true }, &deaf));
	TRY(socket_udp_open(&any, &(struct socket_options){ 0 }, &sender));
	TRY(socket_local(deaf, &at));
	for (int i = 0; i < SENT; i++)
		CHECK(send_to(sender, &at));
	CHECK(socket_drain(deaf, SENT) <= HELD_WHEN_DEAF);
	TRY(socket_hear(deaf, 100 * 1024));
	CHECK(send_to(sender, &at) && send_to(sender, &at) && send_to(sender, &at));
	CHECK(socket_drain(deaf, 2) == 2 && socket_drain(deaf, 10) == 1);
	for (int i = 0; i < SENT; i++)
		CHECK(send_to(sender, &at));
	CHECK(socket_drain(deaf, SENT) == SENT);
	TRY(socket_deafen(deaf));
	for (int i = 0; i < SENT; i++)
		CHECK(send_to(sender, &at));
	CHECK(socket_drain(deaf, SENT) <= HELD_WHEN_DEAF);
	socket_close(&deaf);
	socket_close(&deaf);
	socket_close(&sender);
	return ERR_NONE;
}

TEST(socket_taken, "a port that is taken and an address that is elsewhere have their own errors")
{
	struct addr any = loopback(0), at, elsewhere;
	int first, second;

	TRY(socket_udp_open(&any, &(struct socket_options){ .wants_local = true }, &first));
	TRY(socket_local(first, &at));
	CHECK(socket_udp_open(&at, &(struct socket_options){ 0 }, &second) == ERR_EXISTS);
	TRY(addr_parse(VIEW("192.0.2.77"), &elsewhere));
	CHECK(socket_udp_open(&elsewhere, &(struct socket_options){ 0 }, &second) == ERR_NOT_FOUND);
	socket_close(&first);
	return ERR_NONE;
}

TEST(socket_unreachable, "a port where nobody listens is told by its address")
{
	struct addr any = loopback(0), gone, told;
	int sender, closed;
	struct pollfd p;

	TRY(socket_udp_open(&any, &(struct socket_options){ .wants_errors = true }, &sender));
	TRY(socket_udp_open(&any, &(struct socket_options){ 0 }, &closed));
	TRY(socket_local(closed, &gone));
	socket_close(&closed);
	CHECK(socket_error_read(sender, &told) == ERR_AGAIN);
	CHECK(send_to(sender, &gone));
	p = (struct pollfd){ .fd = sender };
	CHECK(poll(&p, 1, 5000) == 1);
	TRY(socket_error_read(sender, &told));
	CHECK(addr_equal(&told, &gone));
	CHECK(socket_error_read(sender, &told) == ERR_AGAIN);
	socket_close(&sender);
	return ERR_NONE;
}

TEST(socket_unix, "an abandoned Unix socket is replaced, one that answers is not, a file never")
{
	char folder[] = "/tmp/ringfence-test-XXXXXX", path[64];
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int first, second, client;
	uid_t uid;
	gid_t gid;
	struct stat there;

	CHECK(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	TRY(socket_unix_listen(path, 0660, (gid_t)-1, &first));
	CHECK(stat(path, &there) == 0 && (there.st_mode & 0777) == 0660);
	CHECK(socket_unix_listen(path, 0660, (gid_t)-1, &second) == ERR_EXISTS);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	CHECK(connect(client, (struct sockaddr *)&name, sizeof(name)) == 0);
	TRY(socket_peer(client, &uid, &gid));
	CHECK(uid == geteuid());
	socket_close(&client);
	socket_close(&first);
	TRY(socket_unix_listen(path, 0600, (gid_t)-1, &second));
	socket_close(&second);
	CHECK(unlink(path) == 0 && mkdir(path, 0700) == 0);
	CHECK(socket_unix_listen(path, 0600, (gid_t)-1, &second) == ERR_EXISTS);
	CHECK(rmdir(path) == 0 && rmdir(folder) == 0);
	return ERR_NONE;
}
