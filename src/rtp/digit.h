/* SPDX-License-Identifier: Apache-2.0 */
/* Pressed keys as RTP carries them: payload of telephone-event (RFC 4733 2.3), and a player that
 * puts digits into a stream in place of its audio, so that numbers, times and sender stay the
 * stream's own and nothing has to be counted anew. Pure: packets go in and come out. */
#ifndef RTP_DIGIT_H
#define RTP_DIGIT_H

#include "rtp/packet.h"

enum { RTP_EVENT_SIZE = 4, MAX_RTP_DIGITS = 32 };

struct rtp_event {
	uint8_t event;     /* 0..9, 10 *, 11 #, 12..15 A..D */
	uint8_t volume;    /* -dBm0, 0..63 */
	bool is_end;       /* the key was let go */
	uint16_t duration; /* so far, in units of the stream's clock */
};

/* '0'..'9', '*', '#', 'A'..'D' (or 'a'..'d') -> event. False: no key. */
bool rtp_event_of_digit(char digit, uint8_t *ret);
char rtp_event_digit(uint8_t event); /* 0 where it is no key */

/* ERR_SHORT; ERR_SYNTAX: a reserved bit or an event that is no key. */
enum err rtp_event_parse(struct view payload, struct rtp_event *ret) MUST_USE;
void rtp_event_write(const struct rtp_event *e, char ret[RTP_EVENT_SIZE]);

/* Digits on their way into a stream. Each sounds for RTP_DIGIT_MS, then audio passes for
 * RTP_DIGIT_PAUSE_MS. */
enum { RTP_DIGIT_MS = 100, RTP_DIGIT_PAUSE_MS = 80, RTP_DIGIT_ENDS = 3 };

struct rtp_player {
	char digits[MAX_RTP_DIGITS + 1];
	uint8_t next, payload_type;
	uint8_t ends;    /* packets still to say that the key was let go */
	bool is_pressed; /* a key is, since `since` */
	bool has_last;
	uint32_t since; /* time stamp: of the press, or of the pause */
	uint32_t last;  /* of the packet before */
	uint16_t held;  /* duration that was said last */
	bool is_pausing;
};

/* False where a character is no key, or they are too many; then *ret is untouched. */
bool rtp_player_begin(struct rtp_player *ret, struct view digits, uint8_t payload_type);
/* Further ones behind those that wait. False as above. */
bool rtp_player_add(struct rtp_player *p, struct view digits);
static inline bool rtp_player_is_idle(const struct rtp_player *p)
{
	return p->digits[p->next] == 0 && !p->is_pressed && p->ends == 0;
}

/* A packet of the stream, whose time stamps count clock_hz. True: it is to carry the event in
 * place of its payload, which `ret` then holds; its type, stamp and marker are changed. False:
 * it goes on as it is. */
bool rtp_player_take(struct rtp_player *p, struct rtp_packet *packet, uint32_t clock_hz,
                     char ret[RTP_EVENT_SIZE]);

#endif
