/* SPDX-License-Identifier: Apache-2.0 */
/* Digits that are pressed towards a leg: each packet of the other end that would carry audio
 * carries a key instead while one lasts, as an event (RFC 4733) or as its sound in G.711. Where
 * the other end sends nothing, they wait for it. */
#ifndef MEDIA_FLOW_DIGITS_H
#define MEDIA_FLOW_DIGITS_H

#include "event/order.h"
#include "rtp/digit.h"
#include "rtp/tone.h"

struct flow_digits {
	bool is_busy;
	bool is_sound;
	bool is_done; /* the last was said: whoever told it sets it back */
	struct rtp_player player;
	struct tone_generator tone;
};

/* ERR_SYNTAX: no digits, or an event without a payload type; ERR_FULL: too many, or others of
 * another kind, are under way; else they follow those. */
enum err media_digits_begin(struct flow_digits *d, const struct order_digits *o,
                            uint8_t event_type) MUST_USE;
/* A packet that came from a leg: *ret is the key that began in it, else as it was. */
void media_digits_hear(struct tone_detector *ear, const struct rtp_packet *packet, char *ret);
/* A packet on its way to the leg, whose payload lies in `bytes`. */
void media_digits_take(struct flow_digits *d, struct rtp_packet *packet, uint32_t clock_hz,
                       char *bytes);

#endif
