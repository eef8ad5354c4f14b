/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in place of audio. */
#include "media/flow_digits.h"

#include <string.h>

enum { PCMU = 0, PCMA = 8 };

enum err media_digits_begin(struct flow_digits *d, const struct order_digits *o, uint8_t event_type)
{
	struct rtp_player player;
	struct view digits = view_bytes(o->digits, strnlen(o->digits, sizeof(o->digits)));

	if (d->is_busy && d->is_sound == (o->is_sound != 0))
		return rtp_player_add(&d->player, digits) ? ERR_NONE : ERR_FULL;
	if (d->is_busy)
		return ERR_FULL;
	if ((!o->is_sound && event_type == 0) || !rtp_player_begin(&player, digits, event_type))
		return ERR_SYNTAX;
	*d = (struct flow_digits){ .player = player,
		                   .is_sound = o->is_sound != 0,
		                   .is_busy = true };
	return ERR_NONE;
}

void media_digits_hear(struct tone_detector *ear, const struct rtp_packet *packet, char *ret)
{
	char key;

	if (packet->payload_type != PCMU && packet->payload_type != PCMA)
		return;
	key = rtp_tone_detect(ear, packet->payload_type == PCMA ? TONE_ALAW : TONE_MULAW,
	                      packet->payload);
	if (key)
		*ret = key;
}

/* What is not G.711 has no sound that we could make: it waits. */
static bool is_for(const struct flow_digits *d, const struct rtp_packet *packet)
{
	if (d->is_sound)
		return packet->payload_type == PCMU || packet->payload_type == PCMA;
	return packet->payload.len >= RTP_EVENT_SIZE &&
	       packet->payload_type != d->player.payload_type;
}

void media_digits_take(struct flow_digits *d, struct rtp_packet *packet, uint32_t clock_hz,
                       char *bytes)
{
	struct rtp_packet changed = *packet;
	char *payload = bytes + (packet->payload.at - bytes);
	uint8_t now = d->player.next;
	char event[RTP_EVENT_SIZE];

	if (!d->is_busy || !is_for(d, packet))
		return;
	if (rtp_player_take(&d->player, &changed, clock_hz, event)) {
		if (changed.is_marked && d->is_sound)
			(void)rtp_tone_begin(&d->tone, d->player.digits[now]);
		if (d->is_sound) {
			rtp_tone_write(&d->tone,
			               packet->payload_type == PCMA ? TONE_ALAW : TONE_MULAW,
			               payload, packet->payload.len);
		} else {
			memcpy(payload, event, sizeof(event));
			changed.payload = view_bytes(payload, sizeof(event));
			*packet = changed;
		}
	}
	if (rtp_player_is_idle(&d->player)) {
		d->is_busy = false;
		d->is_done = true;
	}
}
