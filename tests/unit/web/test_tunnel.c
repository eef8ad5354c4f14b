/* SPDX-License-Identifier: Apache-2.0 */
/* What is said within TLS comes out at the other end, and back; a full end stops the other. */
#include "os/socket.h"
#include "os/socket_stream.h"
#include "runner/test.h"
#include "tls/pem.h"
#include "unit/tls/papers.h"
#include "web/tunnel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

enum { TURNS = 12, MUCH = 8 << 20, MOST_HELD = 2 << 20, EACH = 4096 };

struct scene {
	struct loop *loop;
	struct tls_lines lines;
	struct web_tunnel tunnel;
	SSL_CTX *ours, *theirs;
	SSL *client;
	int wire[2], plain[2]; /* ours and theirs */
	bool is_open;
};

static void ready(void *context, int fd, int what)
{
	(void)context;
	(void)fd;
	(void)what;
}

static bool make_contexts(struct scene *s)
{
	const struct paper_wish wish = { .names = "DNS:own.example", .use = "serverAuth" };
	const struct paper *own = paper_issue(0, &wish);

	s->ours = SSL_CTX_new(TLS_server_method());
	s->theirs = SSL_CTX_new(TLS_client_method());
	return s->ours && s->theirs && SSL_CTX_use_certificate(s->ours, own->certificate) == 1 &&
	       SSL_CTX_use_PrivateKey(s->ours, own->key) == 1 &&
	       SSL_CTX_set_mode(s->ours, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER) != 0 &&
	       (s->client = SSL_new(s->theirs)) && SSL_set_fd(s->client, s->wire[1]) == 1;
}

static enum err shake(struct scene *s)
{
	unsigned long unused;
	enum err err = ERR_AGAIN;

	for (int i = 0; i < TURNS && err == ERR_AGAIN; i++) {
		(void)SSL_connect(s->client);
		err = tls_line_shake(&s->tunnel.line, (struct now){ 0 }, &unused);
	}
	(void)SSL_connect(s->client);
	return err;
}

static enum err stage(struct scene *s)
{
	struct tls_wire wire;
	enum err err;

	memset(s, 0, sizeof(*s));
	s->wire[0] = s->wire[1] = s->plain[0] = s->plain[1] = -1;
	err = loop_new(8, &s->loop);
	if (err == ERR_NONE)
		err = tls_lines_open(&(struct tls_keys){ 0 }, &s->lines);
	if (err == ERR_NONE)
		err = socket_stream_pair(s->wire);
	if (err == ERR_NONE)
		err = socket_stream_pair(s->plain);
	if (err == ERR_NONE && !make_contexts(s))
		err = ERR_NO_MEMORY;
	if (err != ERR_NONE)
		return err;
	s->is_open = true;
	err = web_tunnel_open(&s->tunnel, s->loop, s->wire[0], LOOP_CALL(ready, s));
	s->wire[0] = -1;
	wire = web_tunnel_wire(&s->tunnel, NULL);
	if (err == ERR_NONE)
		err = tls_line_open(&s->lines, s->ours, &wire, &s->tunnel.line);
	if (err == ERR_NONE)
		SSL_set_accept_state(s->tunnel.line.ssl);
	if (err == ERR_NONE)
		err = shake(s);
	if (err == ERR_NONE) {
		err = web_tunnel_join(&s->tunnel, s->plain[0], 0);
		s->plain[0] = -1;
	}
	return err == ERR_DENIED || err == ERR_AGAIN ? ERR_NO_MEMORY : err;
}

static void clear(struct scene *s)
{
	if (s->is_open)
		web_tunnel_close(&s->tunnel, false);
	SSL_free(s->client);
	SSL_CTX_free(s->ours);
	SSL_CTX_free(s->theirs);
	for (int i = 0; i < 2; i++) {
		socket_close(&s->wire[i]);
		socket_close(&s->plain[i]);
	}
	tls_lines_close(&s->lines);
	loop_free(&s->loop);
	ERR_clear_error();
}

/* The same byte again and again, until nobody takes more; the tunnel carries meanwhile. */
static size_t pour_in(struct scene *s, size_t most)
{
	static char bytes[EACH];
	size_t sent = 0, n = 0;

	memset(bytes, 'x', sizeof(bytes));
	while (sent < most) {
		if (SSL_write_ex(s->client, bytes, sizeof(bytes), &n) == 1) {
			sent += n;
			continue;
		}
		n = s->tunnel.in.len;
		if (web_tunnel_pump(&s->tunnel, 0) != ERR_NONE || n > 0)
			break;
	}
	ERR_clear_error();
	return sent;
}

static size_t drain_plain(struct scene *s, bool *ret_is_over)
{
	static char bytes[1 << 16];
	size_t got = 0, n;
	enum err err = ERR_NONE;

	while (err == ERR_NONE) {
		err = socket_read(s->plain[1], bytes, sizeof(bytes), &n);
		got += err == ERR_NONE ? n : 0;
	}
	*ret_is_over = err == ERR_CLOSED;
	return got;
}

TEST(web_tunnel_in, "who is served by nobody that reads is stopped, and loses nothing")
{
	static struct scene s;
	size_t sent = 0, got = 0;
	bool is_over = false;
	enum err err = stage(&s);

	if (err == ERR_NONE) {
		sent = pour_in(&s, MUCH);
		for (int i = 0; i < 4096 && got < sent && err == ERR_NONE; i++) {
			got += drain_plain(&s, &is_over);
			err = web_tunnel_pump(&s.tunnel, 0);
		}
	}
	clear(&s);
	TRY(err);
	CHECK(sent > EACH && sent < MOST_HELD);
	CHECK(got == sent && !is_over);
	return ERR_NONE;
}

TEST(web_tunnel_out, "a client that does not read stops who serves it, and gets all when it does")
{
	static struct scene s;
	static char bytes[EACH];
	size_t sent = 0, got = 0, n = 0;
	bool owes = false;
	enum err err = stage(&s);

	while (err == ERR_NONE && sent < MUCH) {
		enum err more = socket_write(s.plain[1], view_bytes(bytes, sizeof(bytes)), &n);

		sent += more == ERR_NONE ? n : 0;
		if (more == ERR_AGAIN && web_tunnel_owes(&s.tunnel))
			break;
		err = web_tunnel_pump(&s.tunnel, 7);
	}
	if (err == ERR_NONE) {
		owes = web_tunnel_owes(&s.tunnel);
		/* Who served it has said all. */
		socket_close(&s.plain[1]);
	}
	for (int i = 0; i < 65536 && err == ERR_NONE; i++) {
		while (SSL_read_ex(s.client, bytes, sizeof(bytes), &n) == 1)
			got += n;
		err = web_tunnel_pump(&s.tunnel, 9);
	}
	while (s.client && SSL_read_ex(s.client, bytes, sizeof(bytes), &n) == 1)
		got += n;
	clear(&s);
	if (err != ERR_CLOSED)
		TRY(err);
	CHECK(err == ERR_CLOSED);
	CHECK(owes && sent < MOST_HELD && got == sent);
	return ERR_NONE;
}

TEST(web_tunnel_half,
     "a client that has said all still hears; one that hung up is gone once it is spoken to")
{
	static struct scene s;
	char byte[1];
	size_t n = 0;
	bool is_over = false, hears = false, breaks = false;
	enum err err = stage(&s);

	if (err == ERR_NONE) {
		(void)SSL_shutdown(s.client);
		err = web_tunnel_pump(&s.tunnel, 0);
	}
	if (err == ERR_NONE) {
		(void)drain_plain(&s, &is_over);
		err = socket_write(s.plain[1], VIEW("a"), &n);
	}
	if (err == ERR_NONE)
		err = web_tunnel_pump(&s.tunnel, 0);
	hears = err == ERR_NONE && SSL_read_ex(s.client, byte, 1, &n) == 1 && byte[0] == 'a';
	clear(&s);
	if (err == ERR_NONE)
		err = stage(&s);
	if (err == ERR_NONE) {
		socket_close(&s.wire[1]);
		err = web_tunnel_pump(&s.tunnel, 0);
	}
	if (err == ERR_NONE) {
		(void)drain_plain(&s, &breaks);
		err = socket_write(s.plain[1], VIEW("a"), &n);
		breaks = breaks && web_tunnel_pump(&s.tunnel, 0) == ERR_IO;
	}
	clear(&s);
	TRY(err);
	CHECK(is_over && hears && breaks);
	return ERR_NONE;
}
