/* SPDX-License-Identifier: Apache-2.0 */
/* What a leg needs beyond its addresses: keys, a handshake, or a connection of its own. Each is an
 * order that comes right behind the one that opens or changes the stream (event/order.h), in the
 * same ring, and begins as struct order does. */
#ifndef EVENT_ORDER_LEG_H
#define EVENT_ORDER_LEG_H

#include "base/suite.h"
#include "event/flow.h"

struct order_key {
	uint8_t suite; /* enum suite; SUITE_NONE: no key, nothing passes */
	uint8_t secret[SUITE_MAX_SECRET];
	uint8_t unused;
};

/* In the same ring; begins as struct order does. */
struct order_keys {
	uint8_t kind; /* ORDER_KEYS */
	uint8_t leg;
	uint8_t owner, worker;
	uint32_t generation;
	uint64_t stream;
	struct order_key in, out; /* of what comes from this end, of what we send to it */
};

/* One leg's connection. Begins as struct order does. */
enum { MAX_ORDER_CHANNEL = 96, ORDER_FINGERPRINT_SIZE = 32 };
struct order_connect {
	uint8_t kind; /* ORDER_CONNECT */
	uint8_t leg;
	uint8_t owner, worker;
	uint32_t generation;
	uint64_t stream;
	uint8_t is_active; /* we connect to the leg's remote; else its host connects to us */
	uint8_t is_asking; /* MEDIA_MRCP: this end makes the requests */
	uint8_t serial;    /* another one: a new connection in place of the one there is */
	uint8_t channel_len;
	/* MEDIA_TLS: SHA-256 of the certificate that the other end must show. */
	uint8_t fingerprint[ORDER_FINGERPRINT_SIZE];
	char channel[MAX_ORDER_CHANNEL]; /* MEDIA_MRCP: the one that messages may name */
};

enum { ORDER_UFRAG_SIZE = 8, ORDER_PWD_SIZE = 24, MAX_ORDER_FINGERPRINT = 64 };
enum media_hash { MEDIA_SHA256, MEDIA_SHA384, MEDIA_SHA512, MEDIA_HASH_COUNT };

/* Likewise. */
struct order_shake {
	uint8_t kind; /* ORDER_SHAKE */
	uint8_t leg;
	uint8_t owner, worker;
	uint32_t generation;
	uint64_t stream;
	uint8_t hash;      /* enum media_hash, of the peer's certificate */
	uint8_t is_active; /* the ClientHello is ours */
	uint8_t has_ice;   /* the peer checks the path: what it signs, under these of ours */
	/* RFC 8842: another one wants another handshake, though all else is the same. */
	uint8_t association;
	char ufrag[ORDER_UFRAG_SIZE];
	char pwd[ORDER_PWD_SIZE];
	uint8_t fingerprint[MAX_ORDER_FINGERPRINT]; /* as many bytes as the hash has */
	/* Family 0; else keys for this handshake came from there before and are ordered. */
	struct addr tuple;
};

/* One m= line of those whose leg shares one port, path and set of keys (RFC 8843): those of the
 * stream `host`, which is open, of the same owner, worker and generation, and may be this one
 * itself. The same again changes nothing; it lasts until one of both closes, or shakes no more.
 * Likewise. */
enum { MAX_ORDER_MID = 16 };
struct order_bundle {
	uint8_t kind; /* ORDER_BUNDLE */
	uint8_t leg;
	uint8_t owner, worker;
	uint32_t generation;
	uint64_t stream, host;
	uint8_t mid_id; /* the header extension by which packets name their line; 0: none */
	uint8_t mid_len;
	char mid[MAX_ORDER_MID];
	uint8_t unused[6];
};

#endif
