/* SPDX-License-Identifier: Apache-2.0 */
/* What signal orders of media, and what media answers. Neither side waits for
 * the other. A stream is one m= line of one call: two legs, each on a port
 * pair of the pool that the parent drew (RTP on the even port, RTCP on the
 * next). Each fits a 256-byte ring slot.
 *
 * Neither side's death loses the other's picture: a signal that is told of a
 * stream it does not know (MEDIA_STATISTICS, MEDIA_SILENT) answers ORDER_CLOSE;
 * at MEDIA_STARTED, signal orders its live streams again.
 *
 * A leg that is protected passes nothing in either direction before its keys came:
 * they have an order of their own, right behind the one that opens or changes the
 * stream; or a handshake gives them, of which signal is told (MEDIA_AGREED), to order them
 * again where media begins anew. Keys are never logged; who read one wipes his copy. */
#ifndef EVENT_ORDER_H
#define EVENT_ORDER_H

#include "event/order_leg.h"
#include "event/port_table.h"

enum order_kind {
	/* Begins, with nothing that came to the ports before; for a stream that is open: a
	 * change. The newest order wins: another stream of the same owner on one of the
	 * ports is closed. */
	ORDER_OPEN,
	/* New addresses or directions for a stream that is open; its ports stay. One that
	 * is not open (media was restarted) is opened. */
	ORDER_CHANGE,
	/* Deafens the ports; answered by MEDIA_CLOSED, of an unknown stream by
	 * MEDIA_REFUSED with ERR_NOT_FOUND. Only owner, generation and stream count. */
	ORDER_CLOSE,
	/* struct order_keys: the keys of one leg, the same or new ones; of an unknown stream
	 * refused with ERR_NOT_FOUND. */
	ORDER_KEYS,
	/* struct order_connect: who makes the connection of a leg over TCP, and what it is to be
	 * known by. Comes behind ORDER_OPEN or ORDER_CHANGE; said again in the same words, the
	 * connection that there is stays. */
	ORDER_CONNECT,
	/* struct order_shake: how one leg shakes hands (PROTECTION_DTLS); the same again changes
	 * nothing. Refused as ORDER_KEYS is. */
	ORDER_SHAKE,
	ORDER_DIGITS, /* struct order_digits */
	/* struct order_bundle: a leg shares another stream's port; behind the orders of both. */
	ORDER_BUNDLE,
};

/* By what a leg's packets are protected; where its keys come from. */
enum media_protection {
	PROTECTION_NONE,
	PROTECTION_SDES, /* ORDER_KEYS */
	PROTECTION_DTLS, /* a handshake of media's own */
};

/* Where packets of a leg may come from (RTP order of trust, strict always). */
enum media_trust {
	TRUST_EXACT,              /* only the address and port that the SDP names */
	TRUST_PORT_AT_SDP,        /* the SDP's address; the port is learnt */
	TRUST_PORT_AT_SIGNALLING, /* the signalling source's address; the port is learnt */
};

/* What the datagrams of a stream are, or the messages of its connections (RFC 6787); any other
 * is dropped. */
enum media_form { MEDIA_RTP, MEDIA_UDPTL, MEDIA_MRCP };

/* What carries a leg: datagrams, a connection (RFC 4571), one under TLS (RFC 8122). Audio may
 * have another carrier on either leg; MEDIA_MRCP has connections on both. */
enum media_carrier { MEDIA_UDP, MEDIA_TCP, MEDIA_TLS };

/* signalling has no address (family 0) where the end is trusted to name other
 * hosts; else one that never speaks gets 30 s of audio. Its port is the signalling's
 * own: another one says that a router gave the phone new ports, so audio's is learnt anew. */
struct order_leg {
	uint32_t port;          /* row of the pool's table, of the kind that the carrier needs */
	uint8_t trust;          /* enum media_trust */
	uint8_t is_sending;     /* this end may send to us (sendrecv, sendonly) */
	uint8_t is_receiving;   /* we send to this end (sendrecv, recvonly) */
	uint8_t is_known;       /* its SDP was seen: remote is valid */
	struct addr remote;     /* RTP address and port of its SDP */
	struct addr rtcp;       /* RTP port + 1 unless a=rtcp; at the host of remote, or none */
	struct addr signalling; /* source of its signalling (see above) */
	uint8_t protection;     /* enum media_protection; of datagrams alone */
	uint8_t carrier;        /* enum media_carrier */
	uint8_t is_mux;         /* RTCP on the ports of RTP (RFC 5761) */
	uint8_t event_type;     /* payload type of telephone-event to this end; 0: it takes none */
};

/* Clock rates, for the jitter: what rtpmap said. Static payload types are known. */
enum { MAX_ORDER_FORMATS = 12 };
struct order_format {
	uint8_t payload_type;
	uint8_t clock_khz; /* 0: row not used */
};

struct order {
	uint8_t kind;        /* enum order_kind */
	uint8_t is_held;     /* no-media timeout off */
	uint8_t owner;       /* signal worker that owns the call */
	uint8_t worker;      /* of media, who has the ports of its legs */
	uint32_t generation; /* of the stream id: a late answer to an old stream is recognised */
	uint64_t stream;     /* unique within the owner */
	struct order_leg legs[2]; /* caller's leg, callee's leg */
	struct order_format formats[MAX_ORDER_FORMATS];
	uint16_t packets_per_s; /* cap of each direction; 0: 400, which is enough for any audio */
	uint8_t form;           /* enum media_form */
	uint8_t hears_keys;     /* 1 << leg: keys that it sounds in G.711 are told (MEDIA_HEARD) */
	uint8_t is_barred, unused[3]; /* nothing passes, either way: RTCP and messages neither */
};

/* Pressed towards one leg, in place of the other end's audio; MEDIA_PRESSED when they are said. */
struct order_digits {
	uint8_t kind; /* ORDER_DIGITS */
	uint8_t leg;
	uint8_t owner, worker;
	uint32_t generation;
	uint64_t stream;
	uint8_t is_sound; /* as tones in G.711, not as events */
	uint8_t unused[6];
	char digits[33]; /* NUL-terminated */
};
union media_order { /* a slot of the ring */
	struct order_digits digits;
	struct order order;
	struct order_keys keys;
	struct order_connect connect;
	struct order_shake shake;
	struct order_bundle bundle;
};

/* They begin alike. */
static inline uint8_t media_order_owner(const union media_order *o) { return o->order.owner; }

enum media_event_kind {
	MEDIA_CLOSED,     /* answer to ORDER_CLOSE; statistics are final */
	MEDIA_SILENT,     /* no packet from either end for the configured time */
	MEDIA_STATISTICS, /* now and then while open */
	MEDIA_REFUSED,    /* an order that could not be done; `reason` */
	MEDIA_STARTED,    /* media began without streams; `fingerprint` */
	MEDIA_AGREED,     /* a handshake gave keys; `agreed` */
	MEDIA_PRESSED,    /* the digits of an order were said; `reason`: the leg */
	MEDIA_HEARD,      /* a key was heard as sound; `heard` */
	MEDIA_EVENT_KIND_COUNT
};

struct media_leg_statistics { /* what came from this leg */
	uint64_t packets, octets;
	uint32_t lost;           /* from sequence numbers (RFC 3550 A.3) */
	uint32_t jitter_us;      /* RFC 3550 A.8, in microseconds */
	uint32_t dropped_source; /* wrong source */
	uint32_t dropped_malformed;
	uint32_t dropped_direction; /* held or not allowed to send */
	uint8_t payload_type, is_learnt;
	uint16_t learnt_port;
	uint32_t dropped_auth;   /* not authentic */
	uint32_t dropped_replay; /* authentic once, or too old to tell */
};

struct media_agreed {
	struct order_key in, out;
	struct addr tuple; /* where the peer was then */
	uint8_t leg;
	uint8_t association; /* of the order_shake that it is the outcome of */
	uint8_t unused[2];
};

struct media_heard {
	uint8_t leg;
	char digit;
};
enum { MEDIA_FINGERPRINT_SIZE = 32 };

struct media_event {
	uint8_t kind;   /* enum media_event_kind */
	uint8_t reason; /* enum err */
	uint8_t owner;
	uint8_t worker; /* whose ring it came by; written by its reader */
	uint32_t generation;
	uint64_t stream;
	union {
		struct media_leg_statistics legs[2];
		struct media_agreed agreed;
		struct media_heard heard;
		/* SHA-256 of the certificate that media shows while it lives; all zero: none. */
		uint8_t fingerprint[MEDIA_FINGERPRINT_SIZE];
	};
};

_Static_assert(sizeof(union media_order) <= 256, "an order fits its ring slot");
_Static_assert(sizeof(struct media_event) <= 256, "a media event fits its ring slot");

#endif
