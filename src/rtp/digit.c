/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in packets. */
#include "rtp/digit.h"

#include <string.h>

enum { EVENT_KEYS = 16, VOLUME = 10, STEP_MS = 20, MAX_STEP_MS = 200 };

static const char keys[EVENT_KEYS + 1] = "0123456789*#ABCD";

bool rtp_event_of_digit(char digit, uint8_t *ret)
{
	char wanted = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;

	for (uint8_t i = 0; i < EVENT_KEYS; i++) {
		if (keys[i] != wanted)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

char rtp_event_digit(uint8_t event) { return event < EVENT_KEYS ? keys[event] : 0; }

enum err rtp_event_parse(struct view payload, struct rtp_event *ret)
{
	const uint8_t *at = (const uint8_t *)payload.at;

	if (payload.len < RTP_EVENT_SIZE)
		return ERR_SHORT;
	/* Several events in one packet (2.3.1) are not made by anything that presses keys. */
	if (payload.len > RTP_EVENT_SIZE || at[0] >= EVENT_KEYS)
		return ERR_SYNTAX;
	*ret = (struct rtp_event){ .event = at[0],
		                   .volume = at[1] & 0x3f,
		                   .is_end = (at[1] & 0x80) != 0,
		                   .duration = (uint16_t)(at[2] << 8 | at[3]) };
	return ERR_NONE;
}

void rtp_event_write(const struct rtp_event *e, char ret[RTP_EVENT_SIZE])
{
	const uint8_t bytes[RTP_EVENT_SIZE] = {
		e->event, (uint8_t)((e->is_end ? 0x80 : 0) | (e->volume & 0x3f)),
		(uint8_t)(e->duration >> 8), (uint8_t)e->duration
	};

	memcpy(ret, bytes, sizeof(bytes));
}

bool rtp_player_begin(struct rtp_player *ret, struct view digits, uint8_t payload_type)
{
	struct rtp_player p = { .payload_type = payload_type };
	uint8_t event;

	if (digits.len == 0 || digits.len > MAX_RTP_DIGITS || payload_type > 127)
		return false;
	for (size_t i = 0; i < digits.len; i++)
		if (!rtp_event_of_digit(digits.at[i], &event))
			return false;
	memcpy(p.digits, digits.at, digits.len);
	*ret = p;
	return true;
}

bool rtp_player_add(struct rtp_player *p, struct view digits)
{
	size_t waiting = strlen(p->digits + p->next);
	struct rtp_player checked;

	if (!rtp_player_begin(&checked, digits, p->payload_type) ||
	    waiting + digits.len > MAX_RTP_DIGITS)
		return false;
	memmove(p->digits, p->digits + p->next, waiting);
	memcpy(p->digits + waiting, digits.at, digits.len);
	p->digits[waiting + digits.len] = 0;
	p->next = 0;
	return true;
}

/* From one packet to the next; what is odd counts as 20 ms. */
static uint32_t step_of(const struct rtp_player *p, uint32_t stamp, uint32_t clock_hz)
{
	uint32_t step = p->has_last ? stamp - p->last : 0;

	return step == 0 || step > clock_hz / 1000 * MAX_STEP_MS ? clock_hz / 1000 * STEP_MS : step;
}

static void write(const struct rtp_player *p, struct rtp_packet *packet, char ret[RTP_EVENT_SIZE])
{
	struct rtp_event e = { .volume = VOLUME, .is_end = p->ends > 0, .duration = p->held };

	(void)rtp_event_of_digit(p->digits[p->next], &e.event);
	rtp_event_write(&e, ret);
	packet->payload_type = p->payload_type;
	packet->timestamp = p->since;
	packet->payload = view_bytes(ret, RTP_EVENT_SIZE);
}

static void let_go(struct rtp_player *p, uint32_t stamp)
{
	p->is_pressed = false;
	p->is_pausing = true;
	p->since = stamp;
	p->next++;
}

bool rtp_player_take(struct rtp_player *p, struct rtp_packet *packet, uint32_t clock_hz,
                     char ret[RTP_EVENT_SIZE])
{
	uint32_t stamp = packet->timestamp, hz = clock_hz ? clock_hz : 8000;
	uint32_t step = step_of(p, stamp, hz), passed = stamp - p->since, held;
	bool is_last;

	p->last = stamp;
	p->has_last = true;
	if (rtp_player_is_idle(p))
		return false;
	if (p->is_pausing && passed < hz / 1000 * RTP_DIGIT_PAUSE_MS)
		return false;
	p->is_pausing = false;
	packet->is_marked = !p->is_pressed;
	if (!p->is_pressed) {
		p->is_pressed = true;
		p->since = stamp;
		passed = 0;
	}
	if (p->ends == 0) {
		held = passed + step;
		p->held = held < UINT16_MAX ? (uint16_t)held : UINT16_MAX;
		if (held >= hz / 1000 * RTP_DIGIT_MS || held >= UINT16_MAX)
			p->ends = RTP_DIGIT_ENDS;
	}
	write(p, packet, ret);
	is_last = p->ends == 1;
	if (p->ends > 0)
		p->ends--;
	if (is_last)
		let_go(p, stamp);
	return true;
}
