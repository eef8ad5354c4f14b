/* SPDX-License-Identifier: Apache-2.0 */
/* The tap, on a loopback of its own where that may be made. */
#include "os/tap.h"
#include "runner/test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 77, NO_MEMORY = 44, WRONG = 1, PORT = 5060, HEADERS = 14 + 20 + 8 };

static unsigned seen;

static void count(void *context, const struct tap_packet *p)
{
	const char *words = context;

	seen += p->link == TAP_ETHERNET && p->wall_us > 0 && p->original_len == p->bytes.len &&
	        p->bytes.len == HEADERS + strlen(words) &&
	        view_equal(view_after(p->bytes, p->bytes.len - strlen(words)), view_of(words));
}

static bool bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool is_up = false;

	if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
		is_up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return is_up;
}

static bool say(const char *words)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	ssize_t sent;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sent = sendto(fd, words, strlen(words), 0, (const struct sockaddr *)&to, sizeof(to));
	(void)close(fd);
	return sent == (ssize_t)strlen(words);
}

static int listen_in(void)
{
	static char words[] = "a datagram that passes by";
	struct tap *t = NULL;
	struct pollfd wait = { .events = POLLIN };

	if (unshare(CLONE_NEWNET) != 0)
		return CANNOT;
	if (tap_open("lo", &wait.fd) != ERR_CLOSED)
		return WRONG;
	if (!bring_up_loopback())
		return CANNOT;
	if (tap_open("nothing0", &wait.fd) != ERR_NOT_FOUND ||
	    tap_open("a-name-too-long-for-an-interface", &wait.fd) != ERR_NOT_FOUND ||
	    tap_open("lo", &wait.fd) != ERR_NONE)
		return WRONG;
	if (tap_new(wait.fd, &t) != ERR_NONE)
		return NO_MEMORY;
	if (tap_receive(t, count, words) != ERR_AGAIN)
		return 2;
	if (!say(words) || poll(&wait, 1, 5000) != 1)
		return 3;
	while (tap_receive(t, count, words) == ERR_NONE)
		;
	/* Once, although it passed out and in again. */
	if (seen != 1 || tap_lost(t) != 0)
		return 10 + (int)seen;
	tap_free(&t);
	return 0;
}

TEST(hears, "a tap hears each packet once, and says why it cannot be opened")
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(listen_in());
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	if (WEXITSTATUS(status) == CANNOT)
		SKIP("needs a network namespace");
	/* The ladder's allocation failed in the other process. */
	if (WEXITSTATUS(status) == NO_MEMORY)
		return ERR_NONE;
	CHECK(WEXITSTATUS(status) == 0);
	return ERR_NONE;
}
