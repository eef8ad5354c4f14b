/* SPDX-License-Identifier: Apache-2.0 */
/* What bears the legs of a call's streams: datagrams, a connection (RFC 4571, 4145), one under
 * TLS (RFC 8122), as the settings of each end's peer say; and the channels of a speech server
 * (RFC 6787), which have no other.
 *
 * We offer to be connected to or to connect (actpass), and answer by waiting where we may; for a
 * channel who asks connects. The channel's name is the server's and passes as it is; media lets no
 * message pass that names another. */
#ifndef BORDER_BEARER_PRIV_H
#define BORDER_BEARER_PRIV_H

#include "event/order.h"
#include "event/refusal.h"
#include "sdp/offer.h"

struct border;
struct call;

/* One leg's connection. Kept in the checkpoint. */
struct bearer_end {
	uint8_t theirs, ours; /* enum sdp_setup, of the exchange in hand */
	uint8_t is_existing;  /* they would keep the connection: of the exchange in hand */
	uint8_t is_active;    /* we connect: as was agreed */
	uint8_t serial;       /* of the connection; 0: none was agreed yet */
	uint8_t offered[SDP_FINGERPRINT_SIZE];     /* theirs, of the exchange in hand */
	uint8_t fingerprint[SDP_FINGERPRINT_SIZE]; /* theirs, as was agreed */
};

struct stream_bearer {
	struct bearer_end ends[2];
	uint8_t is_pending; /* an offer was taken, its answer was not */
	uint8_t asker;      /* leg that makes requests of the channel, + 1; 0: no channel */
	uint8_t channel_len;
	char channel[MAX_ORDER_CHANNEL];
};

/* The offer in `came` by that leg held against both ends' settings; what each stream's legs are
 * borne by is noted in the facts and in `offered`. A line that nobody asked to be carried so is
 * left out: its port becomes 0. REFUSAL_COUNT where nothing is wrong. */
enum refusal bearer_take_offer(struct call *call, unsigned from) MUST_USE;
/* The same of the answer in `came`; bearer_settle makes it count. */
enum refusal bearer_take_answer(struct call *call, unsigned from) MUST_USE;
void bearer_settle(struct call *call, unsigned from, unsigned stream);
/* What is written of the line for that leg; ret->rtp is set already. */
void bearer_fill_local(const struct call *call, unsigned to, unsigned stream,
                       struct sdp_local *ret);
/* The order for a leg's connection; false: it has none. */
bool bearer_connect(const struct call *call, unsigned leg, unsigned stream,
                    struct order_connect *ret);
uint8_t bearer_form(const struct sdp_media *m); /* enum media_form */
/* Which port the leg needs. */
uint8_t bearer_port_kind(const struct order_leg *leg); /* enum port_kind */

#endif
