/* SPDX-License-Identifier: Apache-2.0 */
/* The conversations of talk.h. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned branch;

static void line_of(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = strstr(text, name);

	*ret = 0;
	if (at)
		snprintf(ret, size, "%.*s", (int)strcspn(at + strlen(name), "\r\n"),
		         at + strlen(name));
}

static void target_of(const char *text, char *ret, size_t size)
{
	char contact[256];

	line_of(text, "\r\nContact: <", contact, sizeof(contact));
	if (contact[0])
		snprintf(ret, size, "%.*s", (int)strcspn(contact, ">"), contact);
}

/* What else the phone is told meanwhile is passed over. */
static const struct wire_sent *register_answer(struct talk *t)
{
	const struct wire_sent *sent;

	do {
		sent = wire_take(t->w, &t->phone.flow);
	} while (sent && !wire_has(sent, " REGISTER\r\n"));
	return sent;
}

enum err talk_register(struct talk *t)
{
	struct wire_register r = { .user = "200", .call_id = "reg", .cseq = ++t->registers };
	const struct wire_sent *sent;
	struct wire_sent challenge;

	wire_receive(t->w, &t->phone.flow, wire_register_text(&r, &t->phone.flow));
	wire_advance(t->w, 100 * MILLISECOND_US);
	sent = register_answer(t);
	CHECK(wire_has(sent, "SIP/2.0 401 "));
	challenge = *sent;
	r.challenge = &challenge;
	r.credentials = WIRE_RIGHT;
	r.cseq = ++t->registers;
	wire_receive(t->w, &t->phone.flow, wire_register_text(&r, &t->phone.flow));
	wire_advance(t->w, 400 * MILLISECOND_US);
	CHECK(wire_has(register_answer(t), "SIP/2.0 200 "));
	return ERR_NONE;
}

enum err talk_new(struct talk *t, void (*change)(struct border_settings *s))
{
	memset(t, 0, sizeof(*t));
	TRY(wire_new_with(change, &t->w));
	t->phone.flow = wire_outside(5, 40000);
	t->pbx.flow = wire_inside();
	return talk_register(t);
}

void talk_free(struct talk *t) { wire_free(&t->w); }

const char *talk_said(const struct talk *t, const struct talk_end *end)
{
	return t->invites[end == &t->pbx];
}

static void say(struct talk *t, const struct flow *from, const char *text)
{
	if (strncmp(text, "INVITE ", 7) == 0)
		snprintf(t->invites[from == &t->pbx.flow], sizeof(t->invites[0]), "%s", text);
	wire_receive(t->w, from, text);
}

static const char *host_of(const struct talk *t, const struct talk_end *end)
{
	return end == &t->pbx ? "10.0.0.20" : "192.168.1.10";
}

static void begin(struct talk *t, struct talk_end *from, const char *uri, const char *lines,
                  const char *body)
{
	char text[WIRE_TEXT_MAX];

	from->cseq++;
	snprintf(text, sizeof(text),
	         "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKt%u;rport\r\n"
	         "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u INVITE\r\n"
	         "Contact: <%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	         uri, host_of(t, from), ++branch, from->ours, from->theirs, from->call_id,
	         from->cseq,
	         from == &t->phone ? "sip:200@192.168.1.10:5060" : "sip:201@10.0.0.20:5060", lines,
	         *body && !strstr(lines, "Content-Type") ? "Content-Type: application/sdp\r\n" : "",
	         strlen(body), body);
	say(t, &from->flow, text);
}

void talk_invite_from_phone(struct talk *t, const char *lines, const char *body)
{
	snprintf(t->phone.call_id, sizeof(t->phone.call_id), "phone-call-%u@192.168.1.10", branch);
	snprintf(t->phone.ours, sizeof(t->phone.ours),
	         "\"Front Desk\" <sip:200@sip.example>;tag=phone%u", branch);
	snprintf(t->phone.theirs, sizeof(t->phone.theirs), "<sip:201@sip.example>");
	begin(t, &t->phone, "sip:201@sip.example", lines, body);
}

void talk_invite_again(struct talk *t, const char *lines, const char *body)
{
	snprintf(t->phone.theirs, sizeof(t->phone.theirs), "<sip:201@sip.example>");
	begin(t, &t->phone, "sip:201@sip.example", lines, body);
}

void talk_invite_from_pbx(struct talk *t, const char *lines, const char *body)
{
	snprintf(t->pbx.call_id, sizeof(t->pbx.call_id), "pbx-call-%u@10.0.0.20", branch);
	snprintf(t->pbx.ours, sizeof(t->pbx.ours), "\"Back Office\" <sip:201@10.0.0.20>;tag=pbx%u",
	         branch);
	snprintf(t->pbx.theirs, sizeof(t->pbx.theirs), "<%.200s>", t->w->pbx_contact);
	begin(t, &t->pbx, t->w->pbx_contact, lines, body);
}

static void within(struct talk *t, const struct talk_end *from, const char *method, unsigned cseq,
                   const char *lines, const char *body)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKt%u;rport\r\n"
	         "%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n%s%s"
	         "Content-Length: %zu\r\n\r\n%s",
	         method, from->target, host_of(t, from), ++branch,
	         strstr(lines, "Max-Forwards") ? "" : "Max-Forwards: 70\r\n", from->ours,
	         from->theirs, from->call_id, cseq, method, lines,
	         *body && !strstr(lines, "Content-Type") ? "Content-Type: application/sdp\r\n" : "",
	         strlen(body), body);
	say(t, &from->flow, text);
}

void talk_request(struct talk *t, struct talk_end *from, const char *method, const char *lines,
                  const char *body)
{
	within(t, from, method, ++from->cseq, lines, body);
}

void talk_ack(struct talk *t, struct talk_end *from, const char *body)
{
	within(t, from, "ACK", from->cseq, "", body);
}

void talk_cancel(struct talk *t, const struct talk_end *from)
{
	char text[WIRE_TEXT_MAX];

	snprintf(
		text, sizeof(text),
		"CANCEL %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKt%u;rport\r\n"
		"Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u CANCEL\r\n"
		"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\nContent-Length: 0\r\n\r\n",
		from == &t->phone ? "sip:201@sip.example" : t->w->pbx_contact, host_of(t, from),
		branch, from->ours, from == &t->phone ? "<sip:201@sip.example>" : from->theirs,
		from->call_id, from->cseq);
	say(t, &from->flow, text);
}

void talk_answer_as(struct talk *t, const struct talk_end *from, const struct wire_sent *request,
                    const char *status, const char *tag, const char *body)
{
	char lines[256];

	snprintf(lines, sizeof(lines), "X-Tag: %s\r\n", tag);
	talk_answer(t, from, request, status, lines, body);
}

void talk_answer(struct talk *t, const struct talk_end *from, const struct wire_sent *request,
                 const char *status, const char *lines, const char *body)
{
	char via[512], ours[256], to[256], call_id[256], cseq[128], tag[64], text[WIRE_TEXT_MAX];
	bool has_tag;

	line_of(request->text, "\r\nVia: ", via, sizeof(via));
	line_of(request->text, "\r\nFrom: ", ours, sizeof(ours));
	line_of(request->text, "\r\nTo: ", to, sizeof(to));
	line_of(request->text, "\r\nCall-ID: ", call_id, sizeof(call_id));
	line_of(request->text, "\r\nCSeq: ", cseq, sizeof(cseq));
	line_of(lines, "X-Tag: ", tag, sizeof(tag));
	has_tag = strstr(to, ";tag=") != NULL || strncmp(status, "100", 3) == 0;
	snprintf(
		text, sizeof(text),
		"SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
		"Contact: <%s>\r\nServer: Secret-PBX 10.0.0.20\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		status, via, ours, to, has_tag ? "" : ";tag=",
		has_tag           ? ""
		: *tag            ? tag
		: from->flow.side ? "inner"
				  : "desk",
		call_id, cseq,
		from == &t->phone ? "sip:200@192.168.1.10:5060" : "sip:201@10.0.0.31:5060",
		*tag && !strstr(lines, "RSeq") ? "" : lines,
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	say(t, &from->flow, text);
}

/* Who asked knows its From; who was asked finds it in To. */
static void learn(struct talk_end *end, const struct wire_sent *s, bool is_request)
{
	if (is_request) {
		line_of(s->text, "\r\nCall-ID: ", end->call_id, sizeof(end->call_id));
		line_of(s->text, "\r\nFrom: ", end->theirs, sizeof(end->theirs));
		line_of(s->text, "\r\nTo: ", end->ours, sizeof(end->ours));
		if (!strstr(end->ours, ";tag="))
			snprintf(end->ours + strlen(end->ours),
			         sizeof(end->ours) - strlen(end->ours),
			         end->flow.side ? ";tag=inner" : ";tag=desk");
	} else {
		line_of(s->text, "\r\nTo: ", end->theirs, sizeof(end->theirs));
	}
	target_of(s->text, end->target, sizeof(end->target));
}

void talk_learns(struct talk_end *end, const struct wire_sent *sent)
{
	if (strncmp(sent->text, "INVITE", 6) == 0)
		learn(end, sent, true);
	else if (strstr(sent->text, "INVITE\r\n") && strncmp(sent->text, "SIP/2.0 ", 8) == 0)
		learn(end, sent, false);
}

bool talk_hears(struct talk *t, struct talk_end *end, const char *start)
{
	struct wire_sent *sent = wire_take(t->w, &end->flow);
	struct wire_sent *kept = end == &t->phone ? &t->at_phone : &t->at_pbx;

	if (!sent || strncmp(sent->text, start, strlen(start)) != 0) {
		fprintf(stderr, "wanted %s, heard %.60s\n", start, sent ? sent->text : "nothing");
		return false;
	}
	*kept = *sent;
	talk_learns(end, kept);
	return true;
}

bool talk_is_quiet(struct talk *t, const struct talk_end *end)
{
	struct wire_sent *sent = wire_take(t->w, &end->flow);

	if (sent)
		fprintf(stderr, "wanted nothing, heard %.60s\n", sent->text);
	return !sent;
}

enum err talk_call(struct talk *t)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

void talk_media_closes(struct talk *t)
{
	const struct order *order = talk_order(t);
	struct media_event event = { .kind = MEDIA_CLOSED };

	if (!order || order->kind != ORDER_CLOSE)
		return;
	event.owner = order->owner;
	event.generation = order->generation;
	event.stream = order->stream;
	event.legs[0].packets = 101;
	event.legs[1].packets = 202;
	border_media_event(t->w->border, &event, t->w->now);
}

const struct order *talk_order(const struct talk *t)
{
	return t->w->order_count ? &t->w->orders[(t->w->order_count - 1) % 64] : NULL;
}

unsigned talk_records(const struct talk *t)
{
	unsigned count = 0;

	for (unsigned i = 0; i < t->w->record_count && i < 16; i++)
		count += t->w->records[i].head.kind == RECORD_CALL;
	return count;
}

const struct record_call *talk_record(const struct talk *t)
{
	static const struct record_call none;

	for (unsigned i = t->w->record_count; i > 0; i--) {
		if (t->w->records[(i - 1) % 16].head.kind == RECORD_CALL)
			return &t->w->records[(i - 1) % 16].call;
	}
	return &none;
}

enum err talk_with_settings(void (*change)(struct border_settings *s),
                            enum err (*body)(struct talk *t))
{
	struct talk *t = calloc(1, sizeof(*t));
	enum err err;

	if (!t)
		return ERR_NO_MEMORY;
	err = talk_new(t, change);
	if (err == ERR_NONE)
		err = body(t);
	talk_free(t);
	free(t);
	return err;
}

/* ---- who else is there ---- */

struct border_peer *talk_add_carrier(struct border_settings *s, struct talk_end *ret)
{
	struct border_peer *p = &s->peers[TALK_CARRIER];

	*ret = (struct talk_end){ .flow = wire_outside(50, 5060) };
	p->address = ret->flow.remote;
	p->kind = PEER_CARRIER;
	p->budget = s->peers[0].budget;
	(void)VIEW_COPY(VIEW("carrier"), p->name);
	s->peer_count = TALK_CARRIER + 1;
	return p;
}

enum err talk_becomes(struct talk *t, unsigned owner, unsigned owners)
{
	t->w->ports.owners = (uint8_t)owners;
	t->w->ports.owner = (uint8_t)owner;
	TRY(wire_restart(t->w));
	/* From here on all names are ours. */
	return talk_register(t);
}

enum err talk_worker_new(struct talk *t, unsigned owner, struct talk_worker *ret)
{
	struct border_ports ports = t->w->ports;
	enum err err = ERR_NO_MEMORY;

	ports.owner = (uint8_t)owner;
	ret->checkpoint = ports.checkpoint = calloc(1, border_checkpoint_size(t->w->settings));
	if (ports.checkpoint)
		err = border_new(t->w->settings, &ports, t->w->now, &ret->border);
	if (err != ERR_NONE)
		free(ret->checkpoint);
	return err;
}

void talk_worker_free(struct talk_worker *w)
{
	border_free(&w->border);
	free(w->checkpoint);
}

enum err talk_with(enum err (*body)(struct talk *t)) { return talk_with_settings(NULL, body); }

void talk_invite_back(struct talk *t, const struct wire_sent *request, const char *body)
{
	char via[512], from[256], call_id[256], text[WIRE_TEXT_MAX];

	line_of(request->text, "\r\nVia: ", via, sizeof(via));
	line_of(request->text, "\r\nFrom: ", from, sizeof(from));
	line_of(request->text, "\r\nCall-ID: ", call_id, sizeof(call_id));
	snprintf(
		text, sizeof(text),
		"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKp%u\r\nVia: %s\r\n"
		"Record-Route: <sip:10.0.0.20;lr>\r\nMax-Forwards: 68\r\nFrom: %s\r\nTo: <sip:201@10.0.0.20>\r\n"
		"Call-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:us@10.0.0.2:5060>\r\n"
		"Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		t->w->pbx_contact, ++branch, via, from, call_id, strlen(body), body);
	say(t, &t->pbx.flow, text);
}

static void count_row(void *context, const struct ask *row)
{
	*(unsigned *)context += row->head.is_last == 0 && row->body.record.head.kind == RECORD_CALL;
}

unsigned talk_listed(struct talk *t)
{
	const struct ask question = { .head = { .kind = ASK_LIVE_CALLS } };
	unsigned count = 0;

	border_answer(t->w->border, &question, t->w->now, count_row, &count);
	return count;
}
