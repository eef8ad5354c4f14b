/* SPDX-License-Identifier: Apache-2.0 */
/* From packets to SIP messages: walks each packet (capture/walk.h), puts TCP
 * streams and SCTP messages together, opens WebSocket and, with the keys, TLS,
 * and finds SIP by content on any port. All tables are bounded; what is left out
 * is counted with its reason (capture/skip.h). */
#ifndef CAPTURE_ENGINE_H
#define CAPTURE_ENGINE_H

#include "base/hash.h"
#include "capture/packet.h"
#include "capture/sip_find.h"
#include "capture/skip.h"
#include "capture/walk.h"
#include "event/flow.h"

/* One whole SIP message; or, on a SIP port (5060, 5061 or one that SIP was seen
 * from), a datagram or the first bytes of a connection that are not SIP. Of a connection
 * it is told once the other side does not answer in kind, with the time when it came:
 * a port where HTTP answers HTTP is none of SIP's. */
struct capture_message {
	int64_t wall_us;
	struct flow flow; /* remote sent it, local received it; connection 0 on UDP */
	char *bytes;      /* may be changed during the call (sip_msg_parse does), not after */
	size_t len;
	uint8_t kind;   /* enum capture_kind */
	bool is_cut;    /* bytes are missing at its end */
	bool is_proven; /* TCP: the sender acknowledged what the receiver sent: not forged */
};

struct capture_ports {
	void *context;
	void (*message)(void *context, const struct capture_message *m);
	/* UDP that is not SIP: RTP, RTCP, T.38 and others. May be NULL. */
	void (*media)(void *context, const struct capture_datagram *d);
};

struct capture_settings {
	struct hash_key key;      /* random: hides the tables' order from strangers */
	uint32_t max_connections; /* TCP and SCTP, each; the quietest is forgotten first */
	size_t max_buffered;      /* bytes of streams in hand, all connections together */
};

/* A key of zeros, 4096 connections, 64 MiB. */
extern const struct capture_settings capture_settings_default;

struct capture_counts {
	uint64_t packets, datagrams, segments, chunks; /* that came */
	uint64_t sip, not_sip, media;                  /* that went out */
	uint64_t connections;                          /* of TCP */
	uint64_t tls_connections, tls_opened;          /* seen; those that gave plain text */
	int64_t first_us, last_us; /* wall time of the earliest and latest packet; 0 without any */
};

struct capture_engine;
struct capture_keys;

/* Ports and settings are copied. ERR_NO_MEMORY. ERR_LIMIT: max_connections is 0 or > 2^20. */
enum err capture_engine_new(const struct capture_settings *settings,
                            const struct capture_ports *ports,
                            struct capture_engine **ret) MUST_USE;
void capture_engine_free(struct capture_engine **e);

/* What opens TLS (capture/keylog.h); the engine's own. Add keys before the packets. */
struct capture_keys *capture_engine_keys(struct capture_engine *e);
/* For the file reader: its counters join the engine's. */
struct capture_skipped *capture_engine_skipped(struct capture_engine *e);
const struct capture_counts *capture_engine_counts(const struct capture_engine *e);

/* Any bytes will do. ERR_NO_MEMORY: part of a stream was lost; going on is possible. */
enum err capture_engine_take(struct capture_engine *e, const struct capture_packet *p) MUST_USE;
/* The capture is over: streams in hand give what they hold. Once. */
enum err capture_engine_end(struct capture_engine *e) MUST_USE;

#endif
