/* SPDX-License-Identifier: Apache-2.0 */
/* Via (RFC 3261 20.42, RFC 3581). */
#ifndef SIP_VIA_H
#define SIP_VIA_H

#include "sip/host.h"
#include "sip/param.h"

enum sip_transport {
	SIP_TRANSPORT_OTHER,
	SIP_TRANSPORT_UDP,
	SIP_TRANSPORT_TCP,
	SIP_TRANSPORT_TLS,
	SIP_TRANSPORT_SCTP,
	SIP_TRANSPORT_WS,
	SIP_TRANSPORT_WSS,
};

struct sip_via {
	enum sip_transport transport;
	struct view transport_text;
	struct sip_host host; /* sent-by */
	uint16_t port;        /* 0: none */
	struct view params;   /* from the first ';' on, checked */
	struct view branch;   /* empty: none */
	struct addr received; /* family 0: none */
	bool has_rport;
	uint16_t rport;        /* 0: asked for, not filled in */
	struct sip_host maddr; /* text empty: none */
	int16_t ttl;           /* -1: none */
};

/* Whole text is one value. Only SIP/2.0. */
enum err sip_via_parse(struct view text, struct sip_via *ret) MUST_USE;
/* The same in place, a copy less: *ret holds anything after an error. */
enum err sip_via_fill(struct view text, struct sip_via *ret) MUST_USE;
/* All from the parts; params that are none of branch, received, rport, maddr and ttl follow as
 * they came. */
void sip_via_write(struct buffer *b, const struct sip_via *v);

/* Whether the branch begins with the cookie z9hG4bK and goes on. */
bool sip_via_is_rfc3261(const struct sip_via *v);
enum sip_transport sip_transport_of(struct view text);

#endif
