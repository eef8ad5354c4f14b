/* SPDX-License-Identifier: Apache-2.0 */
/* Two directions, each with a block that is on its way. */
#include "web/tunnel.h"

#include "os/socket.h"
#include "os/socket_stream.h"

#include <sys/socket.h>

static enum err read_wire(void *context, char *ret, size_t size, size_t *ret_len)
{
	const struct web_tunnel *t = context;

	return socket_read(t->wire, ret, size, ret_len);
}

static enum err write_wire(void *context, struct view bytes, size_t *ret_len)
{
	const struct web_tunnel *t = context;

	return socket_write(t->wire, bytes, ret_len);
}

struct tls_wire web_tunnel_wire(struct web_tunnel *t, void (*woken)(void *tunnel))
{
	return (struct tls_wire){ t, read_wire, write_wire, woken };
}

enum err web_tunnel_open(struct web_tunnel *t, struct loop *loop, int wire, struct loop_call ready)
{
	enum err err;

	*t = (struct web_tunnel){ .wire = wire, .plain = -1, .loop = loop, .ready = ready };
	err = loop_watch(loop, wire, LOOP_READABLE, ready, &t->wire_watch);
	if (err != ERR_NONE)
		socket_close(&t->wire);
	return err;
}

enum err web_tunnel_join(struct web_tunnel *t, int plain, uint64_t now_us)
{
	t->plain = plain;
	t->progress_us = now_us;
	return loop_watch(t->loop, plain, LOOP_READABLE, t->ready, &t->plain_watch);
}

void web_tunnel_close(struct web_tunnel *t, bool is_bye)
{
	tls_line_close(&t->line, is_bye);
	loop_unwatch(&t->wire_watch);
	loop_unwatch(&t->plain_watch);
	socket_close(&t->wire);
	socket_close(&t->plain);
}

/* ---- passing on ---- */

static struct view rest_of(const struct web_tunnel_block *b)
{
	return view_bytes(b->bytes + b->at, b->len);
}

static void take_off(struct web_tunnel_block *b, size_t n)
{
	b->at += n;
	b->len -= n;
}

static enum err fill_in(struct web_tunnel *t)
{
	size_t n = 0;
	enum err err;

	if (t->is_in_over)
		return ERR_AGAIN;
	err = tls_line_read(&t->line, t->in.bytes, sizeof(t->in.bytes), &n);
	if (err != ERR_NONE)
		n = 0;
	t->in.at = 0;
	t->in.len = n;
	if (err == ERR_NONE || err == ERR_AGAIN)
		return err;
	/* It has said all, and may still hear. One that hung up without a word has said what came
	 * before; that it does not hear shows when there is something to say. */
	t->is_in_over = true;
	(void)shutdown(t->plain, SHUT_WR);
	return ERR_AGAIN;
}

static enum err pump_in(struct web_tunnel *t)
{
	enum err err = ERR_NONE;
	size_t n = 0;

	while (err == ERR_NONE) {
		if (t->in.len == 0)
			err = fill_in(t);
		if (err != ERR_NONE)
			break;
		err = socket_write(t->plain, rest_of(&t->in), &n);
		if (err == ERR_NONE)
			take_off(&t->in, n);
		if (err != ERR_IO)
			continue;
		/* Nobody listens any more: what is still said to the client goes out. */
		t->in.len = 0;
		t->is_in_over = true;
		err = ERR_AGAIN;
	}
	return err == ERR_AGAIN ? ERR_NONE : err;
}

static enum err fill_out(struct web_tunnel *t)
{
	enum err err;

	if (t->is_out_over)
		return ERR_CLOSED;
	t->out.at = 0;
	err = socket_read(t->plain, t->out.bytes, sizeof(t->out.bytes), &t->out.len);
	if (err == ERR_NONE || err == ERR_AGAIN)
		return err;
	/* An end that was closed before it had read all is an error, and an end all the same. */
	t->is_out_over = true;
	return ERR_CLOSED;
}

static enum err pump_out(struct web_tunnel *t, uint64_t now_us)
{
	enum err err = ERR_NONE;
	size_t n = 0;

	while (err == ERR_NONE) {
		if (t->out.len == 0) {
			err = fill_out(t);
			if (err == ERR_NONE)
				t->progress_us = now_us;
			continue;
		}
		err = tls_line_write(&t->line, rest_of(&t->out), &n);
		if (err != ERR_NONE)
			break;
		take_off(&t->out, n);
		t->progress_us = now_us;
	}
	return err == ERR_AGAIN ? ERR_NONE : err;
}

enum err web_tunnel_pump(struct web_tunnel *t, uint64_t now_us)
{
	enum err err = pump_in(t);

	return err == ERR_NONE ? pump_out(t, now_us) : err;
}

bool web_tunnel_owes(const struct web_tunnel *t) { return t->out.len > 0; }

enum err web_tunnel_watch(struct web_tunnel *t)
{
	const struct tls_line *l = &t->line;
	int wire = 0, plain = 0;
	enum err err;

	if (!l->is_done)
		wire = l->is_parked ? 0 : l->wants_write ? LOOP_WRITABLE : LOOP_READABLE;
	else if (l->is_answering || t->out.len > 0)
		wire = LOOP_WRITABLE;
	if (l->is_done && !l->is_answering && t->in.len == 0 && !t->is_in_over)
		wire |= LOOP_READABLE;
	if (t->in.len > 0)
		plain |= LOOP_WRITABLE;
	if (t->out.len == 0 && !t->is_out_over)
		plain |= LOOP_READABLE;
	err = loop_watch_change(t->wire_watch, wire);
	return err == ERR_NONE && t->plain_watch ? loop_watch_change(t->plain_watch, plain) : err;
}
