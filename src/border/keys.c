/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of boards, told to the other end as it takes them. */
#include "border/keys.h"

#include "border/command_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "rtp/digit.h"

static bool is_board(const struct call *call, unsigned leg)
{
	const struct border_peer *peer = leg_peer(call->border, &call->facts->legs[leg]);

	return peer && peer->kind == PEER_BOARD;
}

uint8_t keys_to_hear(const struct call *call, unsigned stream)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	unsigned ret = 0;

	for (unsigned leg = 0; leg < CALL_LEGS && s->form == MEDIA_RTP; leg++)
		if (is_board(call, leg) && s->legs[leg].event_type == 0)
			ret |= 1u << leg;
	return (uint8_t)ret;
}

/* The first stream whose end takes events; MAX_CALL_STREAMS: none. */
static unsigned stream_with_events(const struct call *call, unsigned leg)
{
	unsigned i = 0;

	while (i < MAX_CALL_STREAMS &&
	       !(call->facts->streams[i].is_open && call->facts->streams[i].legs[leg].event_type))
		i++;
	return i;
}

static bool press(struct call *call, unsigned leg, char digit)
{
	struct order_digits order = { .leg = (uint8_t)leg, .digits = { digit } };
	unsigned stream = stream_with_events(call, leg);

	if (stream == MAX_CALL_STREAMS)
		return false;
	stream_press(call, stream, &order);
	return true;
}

void keys_heard(struct call *call, const struct media_heard *heard)
{
	uint8_t event;

	if (heard->leg >= CALL_LEGS || !rtp_event_of_digit(heard->digit, &event) ||
	    call->state != CALL_UP || call->facts->held & 1u << heard->leg)
		return;
	if (!press(call, leg_other(heard->leg), heard->digit))
		(void)command_inform(NULL, call, leg_other(heard->leg), heard->digit);
}

char keys_in(struct view body)
{
	struct view line = view_trim(body);
	size_t at = 0;
	uint8_t event;

	while (at < line.len && !view_starts_nocase(view_after(line, at), VIEW("signal")))
		at++;
	if (at < line.len) {
		line = view_after(line, at + 6);
		line = view_trim(line);
		if (!view_starts(line, VIEW("=")))
			return 0;
		line = view_trim(view_after(line, 1));
	} else if (line.len != 1) {
		return 0;
	}
	return line.len > 0 && rtp_event_of_digit(line.at[0], &event) ? line.at[0] : 0;
}

bool keys_take_info(struct border *b, const struct inbound *in, struct call *call, unsigned from)
{
	char digit;

	if (in->msg->method != SIP_METHOD_INFO || call->state != CALL_UP ||
	    (!is_board(call, from) && !is_board(call, leg_other(from))))
		return false;
	digit = keys_in(in->msg->body);
	if (!digit || !press(call, leg_other(from), digit))
		return false;
	reply_at_once(b, in, 200, VIEW_EMPTY);
	return true;
}
