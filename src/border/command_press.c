/* SPDX-License-Identifier: Apache-2.0 */
/* Digits by command: as events in the leg's audio where it takes them (RFC 4733), else by INFO, one
 * after the other; where that is refused as sound in G.711. */
#include "border/command_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"

#include "rtp/digit.h"
#include "sip/build.h"

#include <string.h>

enum { DIGIT_MS = 100 };

static bool are_digits(struct view digits)
{
	uint8_t event;

	for (size_t i = 0; i < digits.len; i++)
		if (!rtp_event_of_digit(digits.at[i], &event))
			return false;
	return digits.len > 0;
}

static bool has_g711(const struct call *call, unsigned stream)
{
	const struct order_format *formats = call->facts->carried[stream].formats;

	for (unsigned i = 0; i < MAX_ORDER_FORMATS; i++)
		if (formats[i].clock_khz == 8 &&
		    (formats[i].payload_type == 0 || formats[i].payload_type == 8))
			return true;
	return false;
}

/* The first stream with audio; MAX_CALL_STREAMS: none. */
static unsigned audio_of(const struct call *call)
{
	unsigned i = 0;

	while (i < MAX_CALL_STREAMS &&
	       !(call->facts->streams[i].is_open && call->facts->streams[i].form == MEDIA_RTP))
		i++;
	return i;
}

static void press(struct command_row *row, struct call *call, bool is_sound)
{
	struct order_digits order = { .leg = row->leg, .is_sound = is_sound };

	(void)VIEW_COPY(view_of(row->command.digits), order.digits);
	stream_press(call, audio_of(call), &order);
	command_accept(row, 0, (uint64_t)DIGITS_PATIENCE_S * SECOND_US);
}

/* ---- INFO ---- */

enum command_refusal command_inform(struct command_row *row, struct call *call, unsigned leg,
                                    char digit)
{
	struct border *b = call->border;
	struct leg_facts *to = leg_of(call, leg);
	struct turn *turn = command_turn(row, call, leg, SIP_METHOD_INFO);
	char text[64];
	struct buffer body = BUFFER_ON(text);
	struct request r;

	if (!turn)
		return COMMAND_FULL;
	if (ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq) != ERR_NONE) {
		turn_give(b, turn);
		return COMMAND_STATE;
	}
	buffer_text(&body, "Signal=");
	buffer_char(&body, digit);
	buffer_text(&body, "\r\nDuration=");
	buffer_decimal(&body, DIGIT_MS);
	buffer_text(&body, "\r\n");
	r = leg_request(b, to, VIEW("INFO"), turn->sent_cseq, NULL);
	sip_build_header(&r.out, SIP_HEADER_CONTENT_TYPE, VIEW("application/dtmf-relay"));
	sip_build_body(&r.out, buffer_view(&body));
	turn->has_client = request_send(b, &r, PURPOSE_CALL_REQUEST, turn_handle(b, turn),
	                                &turn->client) == ERR_NONE;
	if (turn->has_client) {
		call_save(call);
		return COMMAND_DONE;
	}
	turn_give(b, turn);
	return COMMAND_FULL;
}

static enum command_refusal inform(struct command_row *row, struct call *call)
{
	return command_inform(row, call, row->leg, row->command.digits[row->digit]);
}

void command_press_on(struct command_row *row, struct call *call, uint16_t status)
{
	bool can_sound = audio_of(call) < MAX_CALL_STREAMS && has_g711(call, audio_of(call));
	enum command_refusal why;

	if (status >= 300) {
		/* One that knows no INFO hears the first one as sound. */
		if (row->digit == 0 && can_sound && status != 481)
			press(row, call, true);
		else
			command_end(row, COMMAND_FAR_END, status);
		return;
	}
	row->digit++;
	if (row->command.digits[row->digit] == 0) {
		command_end(row, COMMAND_DONE, status);
		return;
	}
	command_accept(row, status, COMMAND_PATIENCE_US);
	why = inform(row, call);
	if (why != COMMAND_DONE)
		command_end(row, why, 0);
}

enum command_refusal command_press(struct command_row *row, struct call *call)
{
	unsigned stream = audio_of(call);

	if (!are_digits(view_of(row->command.digits)))
		return COMMAND_FORM;
	if (stream == MAX_CALL_STREAMS ||
	    call->facts->streams[stream].legs[row->leg].event_type == 0)
		return inform(row, call);
	press(row, call, false);
	return COMMAND_DONE;
}
