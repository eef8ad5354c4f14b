/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a captured packet down to its transport: link header, VLAN tags, MPLS,
 * PPPoE, tunnels (GRE, ERSPAN, IP in IP, VXLAN), IP with options, extension headers
 * and fragments. Hands out UDP datagrams, TCP segments and SCTP data chunks.
 * Checksums are not verified: a capture on the sending host shows them unfilled
 * where the network card computes them. A packet that does not lead to one of the
 * three is counted with its reason. */
#ifndef CAPTURE_WALK_H
#define CAPTURE_WALK_H

#include "base/hash.h"
#include "capture/packet.h"
#include "capture/skip.h"
#include "event/flow.h"

/* IP headers within one packet, each datagram that was put together counting as one. */
enum { MAX_CAPTURE_DEPTH = 10 };

/* Bytes that the snapshot length cut off are missing at the end: `is_cut`. */
struct capture_datagram {
	int64_t wall_us;
	struct flow flow; /* remote sent it to local, by UDP */
	struct view payload;
	bool is_cut;
};

enum {
	CAPTURE_TCP_FIN = 1,
	CAPTURE_TCP_SYN = 2,
	CAPTURE_TCP_RST = 4,
	CAPTURE_TCP_PSH = 8,
	CAPTURE_TCP_ACK = 16,
	CAPTURE_TCP_URG = 32,
};

struct capture_segment { /* RFC 9293 3.1 */
	int64_t wall_us;
	struct addr from, to;
	uint32_t seq, ack;
	uint16_t window;
	uint8_t flags; /* CAPTURE_TCP_ */
	bool is_cut;
	struct view payload;
};

enum {
	CAPTURE_SCTP_END = 1,       /* last fragment of a message */
	CAPTURE_SCTP_BEGINNING = 2, /* first fragment; both: the whole message */
	CAPTURE_SCTP_UNORDERED = 4,
};

struct capture_chunk { /* RFC 9260 3.3.1 */
	int64_t wall_us;
	struct addr from, to;
	uint32_t tag; /* verification tag: with the ports it names association and direction */
	uint32_t tsn, ppid;
	uint16_t stream, sequence;
	uint8_t flags; /* CAPTURE_SCTP_ */
	bool is_cut;
	struct view payload;
};

/* Payloads live during the call: in the packet, or in the walk where they were
 * put together from fragments. A function that is NULL is not called. */
struct capture_walk_ports {
	void *context;
	void (*datagram)(void *context, const struct capture_datagram *d);
	void (*segment)(void *context, const struct capture_segment *s);
	void (*chunk)(void *context, const struct capture_chunk *c);
};

struct capture_walk;

/* Takes all memory at once (the table of fragments, capture/fragment.h). The counters
 * stay the caller's and must outlive the walk; the key hides the table's order from
 * strangers. ERR_NO_MEMORY. */
enum err capture_walk_new(const struct capture_walk_ports *ports, const struct hash_key *key,
                          struct capture_skipped *skipped, struct capture_walk **ret) MUST_USE;
void capture_walk_free(struct capture_walk **w);

/* Any bytes will do. Allocates nothing. */
void capture_walk_take(struct capture_walk *w, const struct capture_packet *p);
/* The capture is over: what waits for fragments is counted as incomplete. */
void capture_walk_end(struct capture_walk *w);

#endif
