/* SPDX-License-Identifier: Apache-2.0 */
/* A tap on an interface: every packet that it sends and receives, seen and
 * never sent. Who opens it needs CAP_NET_RAW; who reads it nothing but the
 * descriptor. A VLAN tag that the network card took off is put back. */
#ifndef OS_TAP_H
#define OS_TAP_H

#include "base/err.h"
#include "base/view.h"

/* Numbers as capture files write them. */
enum tap_link { TAP_ETHERNET = 1, TAP_IP = 101 };

enum { TAP_BATCH = 32, TAP_PACKET_MAX = 65536, TAP_RECEIVE_BYTES = 64 << 20 };

/* Opens the interface, or all of them for "any", in promiscuous mode. What has no Ethernet
 * frames gives IP packets. ERR_NOT_FOUND (no such interface), ERR_DENIED, ERR_CLOSED (it is down),
 * ERR_LIMIT, ERR_IO. */
enum err tap_open(const char *interface, int *ret_fd) MUST_USE;

struct tap_packet {
	int64_t wall_us;
	uint32_t link;         /* enum tap_link */
	uint32_t original_len; /* on the wire */
	struct view bytes;     /* until the next tap_receive */
};

struct tap;

/* Takes all memory; the descriptor stays the caller's. ERR_NO_MEMORY, ERR_IO. */
enum err tap_new(int fd, struct tap **ret) MUST_USE;
void tap_free(struct tap **t);
/* Reads up to TAP_BATCH packets and hands out each. ERR_AGAIN: none is there; ERR_CLOSED: the
 * interface is gone or down for now; ERR_IO. */
enum err tap_receive(struct tap *t, void (*packet)(void *context, const struct tap_packet *p),
                     void *context) MUST_USE;
/* How many the kernel had no room for since the last time this was asked. */
uint32_t tap_lost(const struct tap *t);

#endif
