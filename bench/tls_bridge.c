/* SPDX-License-Identifier: Apache-2.0 */
/* TLS for generators that know none: each connection goes on over TLS, or comes by it.
 *
 *     bench-tls_bridge to|from LISTEN:PORT CONNECT:PORT CHAIN KEY AUTHORITY
 *
 * to: what comes in clear goes out by TLS; from: what comes by TLS goes on in clear. A certificate
 * is shown and asked for in either way. One process a connection. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 65536 };

static void fail(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static struct sockaddr_in name_of(char *text)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	char *colon = strrchr(text, ':');

	if (!colon)
		fail(text);
	*colon = 0;
	name.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, text, &name.sin_addr) != 1)
		fail(text);
	return name;
}

static SSL_CTX *open_context(bool is_server, char **files)
{
	SSL_CTX *context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());

	if (!context || SSL_CTX_use_certificate_chain_file(context, files[0]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(context, files[2], NULL) != 1)
		fail("certificate");
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	/* What is no data returns to poll. */
	(void)SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	return context;
}

static bool out_in_full(int fd, const char *at, ssize_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, at, (size_t)len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		at += sent;
		len -= sent;
	}
	return true;
}

static void carry(SSL *tls, int secure, int clear)
{
	static char bytes[ROOM];
	struct pollfd polled[2] = { { secure, POLLIN, 0 }, { clear, POLLIN, 0 } };

	for (;;) {
		int waits_ms = SSL_pending(tls) > 0 ? 0 : -1;

		if (poll(polled, 2, waits_ms) < 0)
			return;
		if (polled[0].revents || waits_ms == 0) {
			int got = SSL_read(tls, bytes, ROOM);

			if (got <= 0 && SSL_get_error(tls, got) != SSL_ERROR_WANT_READ)
				return;
			if (got > 0 && !out_in_full(clear, bytes, got))
				return;
		}
		if (polled[1].revents) {
			ssize_t got = recv(clear, bytes, ROOM, 0);

			if (got <= 0 || SSL_write(tls, bytes, (int)got) != got)
				return;
		}
	}
}

/* It goes on from the address at which it came. */
static int go_on(const struct sockaddr_in *here, const struct sockaddr_in *next)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = here->sin_addr };
	int went = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(went, (struct sockaddr *)&from, sizeof(from)) != 0 ||
	    connect(went, (const struct sockaddr *)next, sizeof(*next)) != 0)
		fail("connect");
	return went;
}

static void serve(SSL_CTX *context, bool is_server, int came, int went)
{
	int one = 1, secure = is_server ? came : went;
	SSL *tls = SSL_new(context);

	if (!tls)
		fail("session");
	(void)setsockopt(came, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(went, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)SSL_set_fd(tls, secure);
	if ((is_server ? SSL_accept(tls) : SSL_connect(tls)) != 1)
		fail("handshake");
	(void)fprintf(stderr, "%s %s\n", SSL_get_version(tls), SSL_get_cipher(tls));
	carry(tls, secure, is_server ? went : came);
}

int main(int argc, char **argv)
{
	bool is_server = argc == 7 && strcmp(argv[1], "from") == 0;
	struct sockaddr_in name, next;
	int one = 1, listening = socket(AF_INET, SOCK_STREAM, 0);
	SSL_CTX *context;

	if (argc != 7) {
		(void)fputs("usage: bench-tls_bridge to|from LISTEN:PORT CONNECT:PORT CHAIN KEY "
		            "AUTHORITY\n",
		            stderr);
		return 2;
	}
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	name = name_of(argv[2]);
	next = name_of(argv[3]);
	context = open_context(is_server, argv + 4);
	(void)setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listening, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    listen(listening, 64) != 0)
		fail("listen");
	for (;;) {
		int came = accept(listening, NULL, NULL);

		if (came < 0)
			continue;
		if (fork() == 0) {
			(void)close(listening);
			serve(context, is_server, came, go_on(&name, &next));
			return 0;
		}
		(void)close(came);
	}
}
