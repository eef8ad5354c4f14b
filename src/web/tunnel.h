/* SPDX-License-Identifier: Apache-2.0 */
/* One connection whose TLS ends here: what is said within it goes to the other end of a stream, and
 * what is said there goes back. A full one stops the other: beyond a block each way, and what the
 * kernel queues, nothing is taken from who is not read. */
#ifndef WEB_TUNNEL_H
#define WEB_TUNNEL_H

#include "os/loop.h"
#include "tls/line.h"

enum { TUNNEL_BLOCK = 4096 };

/* Bytes on their way. */
struct web_tunnel_block {
	char bytes[TUNNEL_BLOCK];
	size_t at, len;
};

struct web_tunnel {
	struct tls_line line;
	int wire, plain; /* plain: -1 until it is open */
	struct loop *loop;
	struct loop_call ready;
	struct loop_watch *wire_watch, *plain_watch;
	struct web_tunnel_block in, out;
	bool is_in_over, is_out_over; /* nothing more comes from there */
	uint64_t progress_us;         /* when the client took something last */
};

/* What beneath the line: for tls_line_open. `woken` as there. */
struct tls_wire web_tunnel_wire(struct web_tunnel *t, void (*woken)(void *tunnel));
/* Takes the socket, before its line is opened; `ready` is called once there is something to do
 * (pump, or the handshake). ERR_FULL, ERR_IO: the socket is closed. */
enum err web_tunnel_open(struct web_tunnel *t, struct loop *loop, int wire,
                         struct loop_call ready) MUST_USE;
/* The handshake is done: takes one end of a stream. */
enum err web_tunnel_join(struct web_tunnel *t, int plain, uint64_t now_us) MUST_USE;
/* What can be passed on is. ERR_CLOSED: all was said; ERR_IO: the
 * client is gone. */
enum err web_tunnel_pump(struct web_tunnel *t, uint64_t now_us) MUST_USE;
/* After each step: what is waited for. */
enum err web_tunnel_watch(struct web_tunnel *t) MUST_USE;
/* Whether the client has not yet taken what was read for it, since progress_us. */
bool web_tunnel_owes(const struct web_tunnel *t);
/* Half-open ones too; of `is_bye` the client is told, as far as that goes at once. */
void web_tunnel_close(struct web_tunnel *t, bool is_bye);

#endif
