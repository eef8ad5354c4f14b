/* SPDX-License-Identifier: Apache-2.0 */
/* SIP over UDP: batches in and out, with the local address of each datagram.
 *
 * A batch is received into an inbox that lies in shared memory which the parent
 * holds, with the number of the message in hand. If the worker dies, its
 * successor opens the same inbox: the message in hand is set aside (udp_inbox_aside
 * names it, it is never fed again), the rest of the batch comes out of udp_next
 * as if nothing had happened. What waits to be sent lies in an outbox of the same kind:
 * a worker that dies between taking a message and sending what came of it, which its
 * checkpoint already knows, leaves that to its successor. */
#ifndef TRANSPORT_UDP_H
#define TRANSPORT_UDP_H

#include "base/err.h"
#include "event/counters.h"
#include "event/flow.h"
#include "os/shared.h"

enum { UDP_BATCH = 32, UDP_DATAGRAM_MAX = 65536 };

/* A socket of ours. */
struct udp_listener {
	int fd; /* non-blocking, borrowed; -1 where the row is no UDP socket */
	uint8_t side;
	struct addr local; /* as bound: may be a wildcard address */
};

struct udp_inbox;

size_t udp_inbox_size(void); /* bytes of shared memory */

/* Fresh (zeroed) memory is laid out; memory that a dead worker left is read back:
 * what it says is checked, not believed. The listeners are borrowed.
 * ERR_SHORT where the memory is too small, ERR_NO_MEMORY, ERR_LIMIT (too many listeners). */
enum err udp_inbox_open(const struct shared_map *memory, const struct udp_listener *listeners,
                        size_t listener_count, struct udp_inbox **ret) MUST_USE;
void udp_inbox_close(struct udp_inbox **i);

struct udp_datagram {
	struct flow flow;
	char *bytes; /* in the inbox; may be changed; valid until the next udp_next */
	size_t len;
};

/* The message that was in hand when the last worker died. False: there was none. It is
 * told once; `ret` is valid until the next udp_receive. */
bool udp_inbox_aside(struct udp_inbox *i, struct udp_datagram *ret);

/* Takes a batch off a listener's socket. ERR_AGAIN: nothing there; ERR_EXISTS:
 * messages of the last batch are still to be taken; ERR_IO. What was cut, or whose
 * addresses are no addresses, is left out and counted. */
enum err udp_receive(struct udp_inbox *i, uint16_t listener, struct counters *counters) MUST_USE;
/* The next message becomes the one in hand; the one before is done. False at the end. */
bool udp_next(struct udp_inbox *i, struct udp_datagram *ret);
/* How many the last batch had; fewer than UDP_BATCH: nothing was left on the socket. */
uint32_t udp_received(const struct udp_inbox *i);

/* Answers of ICMP to what we sent: up to a batch of them, each with the flow to which
 * the datagram had gone (local address as bound). Returns how many. */
size_t udp_errors(struct udp_inbox *i, uint16_t listener,
                  void (*unreachable)(void *context, const struct flow *flow), void *context);

struct udp_outbox;

size_t udp_outbox_size(void); /* bytes of shared memory */
/* As udp_inbox_open; what a dead worker had queued goes with the first flush. */
enum err udp_outbox_open(const struct shared_map *memory, const struct udp_listener *listeners,
                         size_t listener_count, struct counters *counters,
                         struct udp_outbox **ret) MUST_USE;
void udp_outbox_close(struct udp_outbox **o);
/* Copies the bytes; sends when a batch is full. What cannot be sent is counted
 * (send_failures) and dropped: SIP repeats what matters. */
void udp_send(struct udp_outbox *o, const struct flow *to, struct view bytes);
/* Sends what is queued: at the end of each turn. */
void udp_flush(struct udp_outbox *o);

#endif
