/* SPDX-License-Identifier: Apache-2.0 */
/* What a command does to a call: BYE, REFER, re-INVITE and INFO of ours, and what the leg says. */
#include "border/command_priv.h"
#include "border/identity.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/session_priv.h"
#include "border/turn_priv.h"

#include "sip/event.h"
#include "sip/status.h"

static const struct pool_handle nothing;

/* RFC 3326, in the words of Q.850: "normal, unspecified" and "normal call clearing". */
#define REASON_ENDED       VIEW("Reason: Q.850;cause=31;text=\"ended by command\"\r\n")
#define REASON_TRANSFERRED VIEW("Reason: Q.850;cause=16;text=\"transferred\"\r\n")

/* A request of ours to a leg: a turn without anybody who asked. */
struct turn *command_turn(struct command_row *row, struct call *call, unsigned leg,
                          enum sip_method method)
{
	struct border *b = call->border;
	struct turn *turn = pool_take(b->calls->turns);

	if (!turn)
		return NULL;
	turn->call = call_handle(b, call);
	turn->from = (uint8_t)leg_other(leg);
	turn->method = (uint8_t)method;
	turn->is_ours = true;
	if (row)
		row->turn = turn_handle(b, turn);
	return turn;
}

static enum err send(struct border *b, const struct request *r, enum purpose purpose,
                     struct turn *turn)
{
	enum err err = request_send(b, r, purpose, turn_handle(b, turn), &turn->client);

	turn->has_client = err == ERR_NONE;
	if (err != ERR_NONE)
		turn_give(b, turn);
	return err;
}

/* ---- end ---- */

void command_end_call(struct call *call)
{
	struct border *b = call->border;
	struct turn *turn = turn_at(b, call->invite);

	call->is_commanded = true;
	if (call->state == CALL_UP)
		call_hang_up_because(call, "ended by command", REASON_ENDED);
	else if (call->state == CALL_SETUP && turn && !turn->is_cancelled)
		answer_withdraw(b, turn, REASON_ENDED);
}

static enum command_refusal end_all(struct command_row *row)
{
	struct border *b = row->border;
	struct command c = row->command;
	uint16_t peer = CALL_PHONE;
	struct call *call;
	uint32_t place = 0;

	for (unsigned i = 0; i < b->settings.control_count; i++)
		if (c.server[0] &&
		    view_equal(view_of(b->settings.controls[i].name), view_of(c.server)))
			peer = b->settings.controls[i].peer;
	/* Its end must not answer for the call's. */
	row->call = nothing;
	while ((call = pool_next(b->calls->calls, &place))) {
		if (call->number != c.call)
			continue;
		call_wake(call);
		if (!c.server[0] || call->facts->legs[LEG_CALLER].peer == peer ||
		    call->facts->legs[LEG_CALLEE].peer == peer)
			command_end_call(call);
	}
	return COMMAND_DONE;
}

/* ---- transfer ---- */

/* Who is told to call, calls as he always may; nobody outside places calls for us. */
static bool may_be_referred(const struct border *b, const struct leg_facts *leg)
{
	const struct border_peer *peer = leg_peer(b, leg);

	return leg->peer == CALL_PHONE || (peer && peer->kind == PEER_PBX);
}

/* A number or a user: no host can be named, so that a call goes where its dialling leads. */
static bool is_target(struct view target)
{
	for (size_t i = 0; i < target.len; i++) {
		char c = target.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      c == '+' || c == '*' || c == '#' || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return target.len > 0;
}

static void write_target(const struct border *b, const struct leg_facts *to, struct view target,
                         struct buffer *out)
{
	const struct identity_reader reader = { .peer = leg_peer(b, to), .flow = &to->flow };
	struct addr ours = party_our_address(b, &to->flow);
	struct sip_uri uri = { .scheme = SIP_SCHEME_SIP, .host = sip_host_of(&ours) };
	char text[3 * COMMAND_TARGET_SIZE], user[3 * COMMAND_TARGET_SIZE];
	struct buffer whole = BUFFER_ON(text), name = BUFFER_ON(user);

	/* RFC 3261 25.1: # stands in no user part. */
	for (size_t i = 0; i < target.len; i++) {
		if (target.at[i] == '#')
			buffer_text(&name, "%23");
		else
			buffer_char(&name, target.at[i]);
	}
	uri.user = buffer_view(&name);
	identity_write_uri(b, &whole, &uri, &reader);
	buffer_fail(out, whole.err);
	sip_build_name_addr(out, SIP_HEADER_REFER_TO, VIEW_EMPTY, buffer_view(&whole), VIEW_EMPTY);
}

static enum command_refusal transfer(struct command_row *row, struct call *call)
{
	struct border *b = row->border;
	struct leg_facts *to = leg_of(call, row->leg);
	struct view target = view_of(row->command.target);
	struct turn *turn;
	struct request r;

	if (!is_target(target))
		return COMMAND_FORM;
	if (!may_be_referred(b, to))
		return COMMAND_NOBODY;
	turn = command_turn(row, call, row->leg, SIP_METHOD_REFER);
	if (!turn)
		return COMMAND_FULL;
	if (ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq) != ERR_NONE) {
		turn_give(b, turn);
		return COMMAND_STATE;
	}
	r = leg_request(b, to, VIEW("REFER"), turn->sent_cseq, NULL);
	leg_write_contact(b, to, &r.out);
	write_target(b, to, target, &r.out);
	sip_build_body(&r.out, VIEW_EMPTY);
	call->facts->refers[call->facts->next_refer++ % MAX_CALL_REFERS] =
		(struct refer){ .sent_cseq = turn->sent_cseq, .from = turn->from, .is_ours = true };
	if (send(b, &r, PURPOSE_CALL_REQUEST, turn) != ERR_NONE)
		return COMMAND_FULL;
	call_save(call);
	return COMMAND_DONE;
}

/* Whether the last REFER to that leg, or the one that the event names, is ours. */
static bool is_of_ours(const struct call *call, unsigned from, const struct sip_event *event)
{
	const struct refer *last = NULL;
	uint64_t id = 0;

	(void)view_decimal(event->id, UINT32_MAX, &id);
	for (unsigned i = 0; i < MAX_CALL_REFERS; i++) {
		const struct refer *r = &call->facts->refers[i];

		if (r->sent_cseq == 0 || r->from == from || (id && r->sent_cseq != id))
			continue;
		if (!last || r->sent_cseq > last->sent_cseq)
			last = r;
	}
	return last && last->is_ours;
}

bool command_hears(struct border *b, struct inbound *in, struct call *call, unsigned from,
                   const struct sip_event *event)
{
	char text[64];
	struct buffer line = BUFFER_ON(text);
	struct command_row *row;
	uint64_t status = 0;

	if (!is_of_ours(call, from, event))
		return false;
	reply_at_once(b, in, 200, VIEW_EMPTY);
	if (view_is_empty(in->msg->body))
		return true;
	transfer_write_fragment(&line, in->msg->body);
	if (line.err != ERR_NONE || line.len < 11 ||
	    !view_decimal(view_first(view_after(buffer_view(&line), 8), 3), 699, &status) ||
	    status < 200)
		return true;
	row = command_of_call(b, call, from, COMMAND_TRANSFER);
	if (row)
		command_end(row, status < 300 ? COMMAND_DONE : COMMAND_FAR_END, (uint16_t)status);
	if (status < 300 && call->state == CALL_UP)
		call_hang_up_because(call, "transferred", REASON_TRANSFERRED);
	return true;
}

/* ---- hold ---- */

static uint8_t bits_of(unsigned leg, bool is_silent)
{
	return (uint8_t)((1u << leg) | (is_silent ? (unsigned)CALL_SILENT << leg : 0u));
}

static void set_held(struct call *call, unsigned leg, uint8_t bits)
{
	call->facts->held = (uint8_t)((call->facts->held & ~bits_of(leg, true)) | bits);
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		if (call->facts->streams[i].is_open)
			stream_order(call, i);
	call_save(call);
}

/* Without a description: the leg says what it can, and the answer in our ACK is of what is in
 * use. So nothing that was agreed needs to be kept for this. */
static enum command_refusal invite_again(struct command_row *row, struct call *call)
{
	struct border *b = row->border;
	struct leg_facts *to = leg_of(call, row->leg);
	struct turn *turn = command_turn(row, call, row->leg, SIP_METHOD_INVITE);
	struct request r;

	if (!turn)
		return COMMAND_FULL;
	if (ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq) != ERR_NONE) {
		turn_give(b, turn);
		return COMMAND_STATE;
	}
	turn->offer = OFFER_IN_ANSWER;
	r = leg_request(b, to, VIEW("INVITE"), turn->sent_cseq, NULL);
	leg_write_contact(b, to, &r.out);
	sip_build_header(&r.out, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	session_keep(call, &r.out);
	sip_build_body(&r.out, VIEW_EMPTY);
	if (send(b, &r, PURPOSE_CALL, turn) != ERR_NONE)
		return COMMAND_FULL;
	call->invite = turn_handle(b, turn);
	call_save(call);
	return COMMAND_DONE;
}

static enum command_refusal hold(struct command_row *row, struct call *call)
{
	bool is_wanted = row->command.verb == COMMAND_HOLD;
	uint8_t bits = is_wanted ? bits_of(row->leg, row->command.is_silent != 0) : 0;
	uint8_t before = call->facts->held & bits_of(row->leg, true);
	enum command_refusal why;

	if (before == bits)
		return COMMAND_HELD;
	if (turn_at(row->border, call->invite) || turn_at(row->border, call->update))
		return COMMAND_BUSY;
	/* From now on, whatever the leg says to it: what it says is not heard while it is held. */
	row->before = before;
	set_held(call, row->leg, bits);
	why = invite_again(row, call);
	if (why != COMMAND_DONE)
		set_held(call, row->leg, before);
	return why;
}

void command_undo(struct command_row *row)
{
	struct border *b = row->border;
	struct call *call = pool_at(b->calls->calls, row->call);
	struct turn *turn = turn_at(b, row->turn);

	if (row->is_answered || !call ||
	    (row->command.verb != COMMAND_HOLD && row->command.verb != COMMAND_UNHOLD))
		return;
	call_wake(call);
	if (call->state == CALL_UP)
		set_held(call, row->leg, row->before);
	if (turn && turn->method == SIP_METHOD_INVITE)
		turn_cancel(b, turn, VIEW_EMPTY);
}

/* ---- what the leg says ---- */

static void invite_taken(struct border *b, const struct inbound *in, struct turn *turn,
                         struct call *call)
{
	struct leg_facts *leg = leg_of(call, leg_other(turn->from));
	struct command_row *row = command_of_turn(b, turn);
	struct view body = VIEW_EMPTY;
	bool is_fine =
		ua_dialog_refresh(&leg->dialog, in->msg) == ERR_NONE &&
		offer_answer_alone(call, leg_other(turn->from), in->msg, &body) == OFFER_FITS;

	leg_acknowledge(b, leg, turn, VIEW_EMPTY, body);
	call->invite = nothing;
	turn_done(b, turn);
	if (row)
		command_end(row, is_fine ? COMMAND_DONE : COMMAND_FAR_END, in->msg->status);
	if (is_fine)
		call_save(call);
	else {
		call_blame_description(call);
		call_hang_up(call, "answer refused");
	}
}

static void invite_refused(struct border *b, const struct inbound *in, struct turn *turn,
                           struct call *call)
{
	struct command_row *row;
	uint16_t status = in->msg->status;

	if (leg_login_again(b, in, call, turn))
		return;
	row = command_of_turn(b, turn);
	call->invite = nothing;
	turn_done(b, turn);
	if (row) {
		row->turn = nothing;
		command_undo(row);
		command_end(row, COMMAND_FAR_END, status);
	}
	if (status == 481)
		call_hang_up(call, "other end lost the call");
}

void command_answer_invite(struct border *b, const struct inbound *in, struct turn *turn,
                           enum ua_answer answer)
{
	struct call *call = call_of_turn(b, turn);

	if (answer != UA_ANSWER_FINAL)
		return;
	if (!call || call->state == CALL_ENDING)
		turn_done(b, turn);
	else if (in->msg->status < 300)
		invite_taken(b, in, turn, call);
	else
		invite_refused(b, in, turn, call);
}

void command_answer(struct border *b, const struct inbound *in, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	uint16_t status = in->msg->status;
	struct command_row *row;

	if (call && call->state != CALL_ENDING && leg_login_again(b, in, call, turn))
		return;
	row = command_of_turn(b, turn);
	turn_give(b, turn);
	if (!row)
		return;
	row->turn = nothing;
	if (row->command.verb == COMMAND_DTMF && call && call->state != CALL_ENDING)
		command_press_on(row, call, status);
	else if (status >= 300)
		command_end(row, COMMAND_FAR_END, status);
	else
		command_accept(row, status, (uint64_t)TRANSFER_PATIENCE_S * SECOND_US);
	if (status == 481 && call)
		call_hang_up(call, "other end lost the call");
}

void command_timeout(struct border *b, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	struct command_row *row = command_of_turn(b, turn);

	if (row) {
		row->turn = nothing;
		command_undo(row);
		command_end(row, COMMAND_SILENT, 0);
	}
	if (turn->method != SIP_METHOD_INVITE) {
		turn_give(b, turn);
		return;
	}
	if (call)
		call->invite = nothing;
	turn_done(b, turn);
}

enum command_refusal command_act(struct command_row *row, struct call *call, bool *ret_is_over)
{
	switch ((enum command_verb)row->command.verb) {
	case COMMAND_END:
		*ret_is_over = true;
		return end_all(row);
	case COMMAND_TRANSFER:
		return transfer(row, call);
	case COMMAND_HOLD:
	case COMMAND_UNHOLD:
		return hold(row, call);
	case COMMAND_DTMF:
		return command_press(row, call);
	default:
		return COMMAND_FORM;
	}
}
