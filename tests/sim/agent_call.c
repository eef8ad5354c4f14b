/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of an end: rings, answers, refuses, holds, cancels, hangs up. */
#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEARD_ENOUGH = 3 };

static struct sim_call *call_of(const struct agent *a, const struct dialog *d)
{
	return &a->world->calls[d->call];
}

static void plan(struct agent *a, struct dialog *d, enum dialog_plan plan, uint64_t after_ms)
{
	d->plan = (uint8_t)plan;
	d->due_us = a->world->now.us + after_ms * MILLISECOND_US;
}

static uint64_t draw_ms(struct agent *a, uint64_t low, uint64_t high)
{
	return chance_between(&a->world->chance, low, high);
}

static const char *side_of(const struct agent *a) { return a->is_inside ? "inner" : "outer"; }

static void forget(struct agent *a, struct dialog *d)
{
	struct sim_call *call = call_of(a, d);

	if (a->number == call->caller)
		call->is_caller_up = false;
	else
		call->is_callee_up = false;
	for (unsigned i = 0; i < AGENT_CLIENTS; i++)
		if (a->clients[i].dialog == (int)(d - a->dialogs))
			a->clients[i].dialog = AGENT_DIALOGS;
	for (unsigned i = 0; i < AGENT_SERVERS; i++)
		if (a->servers[i].dialog == (int)(d - a->dialogs))
			a->servers[i].dialog = -1;
	memset(d, 0, sizeof(*d));
}

static void note_up(struct agent *a, struct dialog *d)
{
	struct sim_call *call = call_of(a, d);

	d->state = DIALOG_UP;
	d->since_us = a->world->now.us;
	if (a->number == call->caller)
		call->is_caller_up = true;
	else
		call->is_callee_up = true;
	if (call->is_caller_up && call->is_callee_up && call->up_us == 0) {
		call->up_us = a->world->now.us;
		a->world->calls_answered++;
	}
	if (d->hang_up_us == 0)
		d->hang_up_us = a->world->now.us + draw_ms(a, 2000, 30000) * MILLISECOND_US;
	plan(a, d, chance_of(&a->world->chance, 40) ? PLAN_HOLD : PLAN_HANG_UP,
	     draw_ms(a, 1000, 6000));
	if (d->plan == PLAN_HANG_UP)
		d->due_us = d->hang_up_us;
}

/* ---- session descriptions ---- */

static void write_session(const struct agent *a, struct dialog *d, char *ret, size_t size)
{
	(void)snprintf(ret, size,
	               "v=0\r\no=%s %u %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	               "m=audio %u RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n%s",
	               side_of(a), d->call + 1, ++d->session_version, a->host, a->host,
	               a->is_inside ? a->audio_at.port : 4000U, d->is_held ? "a=sendonly\r\n" : "");
}

static void read_session(struct agent *a, struct dialog *d, const char *text)
{
	const char *body = text_body(text), *host = strstr(body, "c=IN IP4 ");
	const char *port = strstr(body, "m=audio ");
	char at[64];

	if (!host || !port)
		return;
	(void)snprintf(at, sizeof(at), "%.*s:%lu", (int)strcspn(host + 9, "\r\n"), host + 9,
	               strtoul(port + 8, NULL, 10));
	d->audio_to = world_address(at);
	d->has_ports = true;
	(void)a;
}

/* ---- requests ---- */

static void ask(struct agent *a, struct dialog *d, const char *method, const char *more)
{
	char branch[48], session[512] = "", target[AGENT_LINE_SIZE];
	bool is_invite = strcmp(method, "INVITE") == 0;
	struct client *c;

	(void)snprintf(branch, sizeof(branch), "z9hG4bK%c%llx", side_of(a)[0],
	               (unsigned long long)chance_next(&a->world->chance));
	d->cseq++;
	if (is_invite) {
		write_session(a, d, session, sizeof(session));
		d->invite_cseq = d->cseq;
		(void)snprintf(d->invite_branch, sizeof(d->invite_branch), "%s", branch);
	}
	if (d->target[0])
		(void)snprintf(target, sizeof(target), "%s", d->target);
	else
		(void)text_uri(d->theirs, target, sizeof(target));
	c = agent_open(a, method, branch, (int)(d - a->dialogs));
	c->len = (size_t)snprintf(
		c->text, sizeof(c->text),
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=%s%s\r\nMax-Forwards: 70\r\n"
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:%s@%s:5060>\r\n"
		"%s%sContent-Length: %zu\r\n\r\n%s",
		method, target, a->host, branch, a->is_inside ? "" : ";rport", d->ours, d->theirs,
		d->call_id, d->cseq, method, a->user, a->host, more,
		*session ? "Content-Type: application/sdp\r\n" : "", strlen(session), session);
	agent_begin(a, c);
}

static void acknowledge(struct agent *a, struct dialog *d, struct client *c)
{
	c->ack_len = (size_t)snprintf(
		c->ack, sizeof(c->ack),
		"ACK %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=%sk%s\r\nMax-Forwards: 70\r\n"
		"From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u ACK\r\nContent-Length: 0\r\n\r\n",
		d->target, a->host, c->branch, a->is_inside ? "" : ";rport", d->ours, d->theirs,
		d->call_id, d->invite_cseq);
	agent_send(a, c->ack, c->ack_len);
}

static void cancel(struct agent *a, struct dialog *d)
{
	struct client *invite = NULL, *c;
	char via[AGENT_LINE_SIZE];

	for (unsigned i = 0; i < AGENT_CLIENTS; i++)
		if (a->clients[i].is_used && strcmp(a->clients[i].branch, d->invite_branch) == 0)
			invite = &a->clients[i];
	if (!invite || invite->is_final)
		return;
	if (!invite->has_provisional) {
		plan(a, d, PLAN_CANCEL, 300);
		return;
	}
	d->is_cancelled = true;
	call_of(a, d)->is_given_up = true;
	invite->end_us = a->world->now.us + 35 * SECOND_US;
	(void)text_header(invite->text, "Via", via, sizeof(via));
	c = agent_open(a, "CANCEL", d->invite_branch, (int)(d - a->dialogs));
	c->len = (size_t)snprintf(c->text, sizeof(c->text),
	                          "CANCEL %.*s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\n"
	                          "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u CANCEL\r\n"
	                          "Content-Length: 0\r\n\r\n",
	                          (int)strcspn(invite->text + 7, " "), invite->text + 7, via,
	                          d->ours, d->theirs, d->call_id, d->invite_cseq);
	agent_begin(a, c);
}

static void hang_up(struct agent *a, struct dialog *d)
{
	call_of(a, d)->is_given_up = true;
	d->state = DIALOG_LEAVING;
	d->plan = PLAN_NONE;
	ask(a, d, "BYE", "");
}

void agent_call(struct agent *a, const struct agent *other, unsigned call)
{
	struct dialog *d = NULL;

	for (unsigned i = 0; i < AGENT_DIALOGS && !d; i++)
		if (a->dialogs[i].state == DIALOG_NONE)
			d = &a->dialogs[i];
	*d = (struct dialog){ .state = DIALOG_CALLING, .is_caller = true, .call = call };
	d->since_us = a->world->now.us;
	(void)snprintf(d->call_id, sizeof(d->call_id), "%s-%llx@%s", side_of(a),
	               (unsigned long long)chance_next(&a->world->chance), a->host);
	(void)snprintf(d->ours, sizeof(d->ours), "\"c%u\" <sip:%s@%s>;tag=%s-t%llx", call, a->user,
	               a->is_inside ? "10.0.0.20" : "sip.example", side_of(a),
	               (unsigned long long)chance_next(&a->world->chance));
	(void)snprintf(d->theirs, sizeof(d->theirs), "<sip:%s@%s>", other->user,
	               a->is_inside ? "10.0.0.20" : "sip.example");
	ask(a, d, "INVITE", "");
	/* Some lose patience, some hang up when they had enough. */
	plan(a, d, PLAN_CANCEL,
	     chance_of(&a->world->chance, 20) ? draw_ms(a, 100, 5000) : draw_ms(a, 60000, 70000));
	agent_advance(a);
}

void agent_call_advance(struct agent *a, struct dialog *d)
{
	enum dialog_plan what = (enum dialog_plan)d->plan;

	d->plan = PLAN_NONE;
	switch (what) {
	case PLAN_NONE:
		break;
	case PLAN_CANCEL:
		if (d->state == DIALOG_CALLING)
			cancel(a, d);
		break;
	case PLAN_HOLD:
		d->is_held = !d->is_held;
		ask(a, d, "INVITE", "");
		plan(a, d, PLAN_HANG_UP, 0);
		d->due_us = d->hang_up_us;
		break;
	case PLAN_HANG_UP:
		if (d->state == DIALOG_UP)
			hang_up(a, d);
		break;
	case PLAN_ANSWER:
	case PLAN_REFUSE:
		for (unsigned i = 0; i < AGENT_SERVERS; i++) {
			struct server *s = &a->servers[i];
			char tag[64], lines[128], session[512] = "";

			if (!s->is_used || !s->is_invite || s->is_final ||
			    s->dialog != (int)(d - a->dialogs))
				continue;
			(void)text_param(d->ours, "tag", tag, sizeof(tag));
			(void)snprintf(lines, sizeof(lines), "Contact: <sip:%s@%s:5060>\r\n",
			               a->user, a->host);
			if (what == PLAN_ANSWER)
				write_session(a, d, session, sizeof(session));
			agent_reply(a, s,
			            &(struct agent_answer){ what == PLAN_ANSWER ? 200 : 486, tag,
			                                    lines, session });
			if (what == PLAN_ANSWER) {
				d->state = DIALOG_ANSWERED;
			} else {
				call_of(a, d)->is_given_up = true;
				forget(a, d);
			}
			return;
		}
		break;
	}
}

/* ---- what is asked of us ---- */

static struct dialog *find(struct agent *a, const char *text, bool is_request)
{
	char call_id[AGENT_NAME_SIZE], to[AGENT_LINE_SIZE], tag[64], ours[64];

	(void)text_header(text, "Call-ID", call_id, sizeof(call_id));
	(void)text_header(text, is_request ? "To" : "From", to, sizeof(to));
	(void)text_param(to, "tag", tag, sizeof(tag));
	for (unsigned i = 0; i < AGENT_DIALOGS; i++) {
		struct dialog *d = &a->dialogs[i];

		if (d->state == DIALOG_NONE || strcmp(d->call_id, call_id) != 0)
			continue;
		(void)text_param(d->ours, "tag", ours, sizeof(ours));
		if (strcmp(tag, ours) == 0)
			return d;
	}
	return NULL;
}

static void refuse(struct agent *a, struct server *s, unsigned status)
{
	char tag[64];

	(void)snprintf(tag, sizeof(tag), "%s-n%llx", side_of(a),
	               (unsigned long long)chance_next(&a->world->chance));
	agent_reply(a, s, &(struct agent_answer){ status, tag, "", "" });
}

static void take_target(struct dialog *d, const char *text)
{
	char contact[AGENT_LINE_SIZE], uri[AGENT_LINE_SIZE];

	if (text_header(text, "Contact", contact, sizeof(contact)) &&
	    text_uri(contact, uri, sizeof(uri)))
		(void)snprintf(d->target, sizeof(d->target), "%s", uri);
}

static void be_called(struct agent *a, struct server *s, const char *text)
{
	struct world *w = a->world;
	struct dialog *d = NULL;
	char from[AGENT_LINE_SIZE], to[AGENT_LINE_SIZE], tag[64], lines[128];
	unsigned call;

	(void)text_header(text, "From", from, sizeof(from));
	(void)text_header(text, "To", to, sizeof(to));
	for (unsigned i = 0; i < AGENT_DIALOGS && !d; i++)
		if (a->dialogs[i].state == DIALOG_NONE)
			d = &a->dialogs[i];
	call = strncmp(from, "\"c", 2) == 0 ? (unsigned)strtoul(from + 2, NULL, 10) : w->call_count;
	if (call >= w->call_count || w->calls[call].callee != a->number) {
		world_fail(w, "%s is called by nobody: From %s", a->user, from);
		return;
	}
	if (!d) {
		w->calls[call].is_given_up = true;
		refuse(a, s, 486);
		return;
	}
	*d = (struct dialog){ .state = DIALOG_RINGING, .call = call };
	s->dialog = (int)(d - a->dialogs);
	(void)text_header(text, "Call-ID", d->call_id, sizeof(d->call_id));
	(void)snprintf(tag, sizeof(tag), "%s-t%llx", side_of(a),
	               (unsigned long long)chance_next(&w->chance));
	(void)snprintf(d->theirs, sizeof(d->theirs), "%s", from);
	(void)snprintf(d->ours, sizeof(d->ours), "%.160s;tag=%s", to, tag);
	take_target(d, text);
	read_session(a, d, text);
	(void)text_header(text, "CSeq", lines, sizeof(lines));
	d->cseq_in = (unsigned)strtoul(lines, NULL, 10);
	d->since_us = w->now.us;
	(void)snprintf(lines, sizeof(lines), "Contact: <sip:%s@%s:5060>\r\n", a->user, a->host);
	agent_reply(a, s, &(struct agent_answer){ 180, tag, lines, "" });
	if (chance_of(&w->chance, 12))
		plan(a, d, PLAN_REFUSE, draw_ms(a, 0, 4000));
	else if (chance_of(&w->chance, 90))
		plan(a, d, PLAN_ANSWER, draw_ms(a, 0, 6000));
}

/* Our tag is in its To, so it was said to us: numbers must rise. */
static bool is_in_order(struct agent *a, struct dialog *d, const char *text, const char *method)
{
	char cseq[48];
	unsigned number;

	(void)text_header(text, "CSeq", cseq, sizeof(cseq));
	number = (unsigned)strtoul(cseq, NULL, 10);
	if (number == d->cseq_in)
		world_fail(a->world, "%s hears a second request %s with CSeq %u", a->user, method,
		           number);
	if (number <= d->cseq_in)
		return false;
	d->cseq_in = number;
	return true;
}

static void be_changed(struct agent *a, struct dialog *d, struct server *s, const char *text)
{
	char tag[64], lines[128], session[512];
	bool was_held = d->is_held;

	if (d->state != DIALOG_UP) {
		refuse(a, s, d->state == DIALOG_ANSWERED ? 491 : 481);
		return;
	}
	for (unsigned i = 0; i < AGENT_CLIENTS; i++) {
		const struct client *c = &a->clients[i];

		if (c->is_used && !c->is_final && c->dialog == (int)(d - a->dialogs)) {
			refuse(a, s, 491);
			return;
		}
	}
	take_target(d, text);
	read_session(a, d, text);
	d->is_held = false;
	write_session(a, d, session, sizeof(session));
	d->is_held = was_held;
	if (strstr(text_body(text), "a=sendonly"))
		(void)strncat(session, "a=recvonly\r\n", sizeof(session) - strlen(session) - 1);
	(void)text_param(d->ours, "tag", tag, sizeof(tag));
	(void)snprintf(lines, sizeof(lines), "Contact: <sip:%s@%s:5060>\r\n", a->user, a->host);
	s->dialog = (int)(d - a->dialogs);
	agent_reply(a, s, &(struct agent_answer){ 200, tag, lines, session });
}

static void be_left(struct agent *a, struct dialog *d, struct server *s)
{
	struct sim_call *call = call_of(a, d);

	if (!call->is_given_up && !call->is_excused)
		world_fail(a->world, "%s is hung up on, and nobody hung up call c%u", a->user,
		           d->call);
	refuse(a, s, 200);
	call->is_given_up = true;
	for (unsigned i = 0; i < AGENT_SERVERS; i++)
		if (a->servers[i].is_used && a->servers[i].dialog == (int)(d - a->dialogs)) {
			a->servers[i].dialog = -1;
			a->servers[i].is_confirmed = true;
			a->servers[i].due_us = UINT64_MAX;
			if (!a->servers[i].is_final)
				refuse(a, &a->servers[i], 487);
		}
	forget(a, d);
}

static void be_cancelled(struct agent *a, struct server *s, const char *text)
{
	struct server *invite = agent_server(a, text, "INVITE");

	refuse(a, s, invite ? 200 : 481);
	if (!invite || invite->is_final)
		return;
	refuse(a, invite, 487);
	if (invite->dialog >= 0) {
		struct dialog *d = &a->dialogs[invite->dialog];

		if (!call_of(a, d)->is_given_up && !call_of(a, d)->is_excused)
			world_fail(a->world, "%s: call c%u is cancelled, and nobody did", a->user,
			           d->call);
		forget(a, d);
		invite->dialog = -1;
	}
}

static void be_acknowledged(struct agent *a, const char *text)
{
	struct dialog *d = find(a, text, true);
	struct server *s = agent_server(a, text, "ACK");

	if (s) {
		s->is_confirmed = true;
		s->due_us = UINT64_MAX;
		return;
	}
	for (unsigned i = 0; d && i < AGENT_SERVERS; i++) {
		s = &a->servers[i];
		if (!s->is_used || !s->is_invite || s->dialog != (int)(d - a->dialogs) ||
		    !s->is_final)
			continue;
		s->is_confirmed = true;
		s->due_us = UINT64_MAX;
	}
	if (d && d->state == DIALOG_ANSWERED)
		note_up(a, d);
}

void agent_call_request(struct agent *a, const char *text, const char *method)
{
	struct server *s;
	struct dialog *d;
	char to[AGENT_LINE_SIZE];

	if (strcmp(method, "ACK") == 0) {
		be_acknowledged(a, text);
		return;
	}
	s = agent_server(a, text, method);
	if (s) {
		if (s->len)
			agent_send(a, s->answer, s->len);
		return;
	}
	s = agent_accept(a, text, method);
	if (!s)
		return; /* as if it was lost: it comes again */
	(void)text_header(text, "To", to, sizeof(to));
	d = find(a, text, true);
	if (strcmp(method, "CANCEL") == 0)
		be_cancelled(a, s, text);
	else if (strcmp(method, "INVITE") == 0 && !strstr(to, ";tag="))
		be_called(a, s, text);
	else if (!d)
		refuse(a, s, strstr(to, ";tag=") ? 481 : 200);
	else if (!is_in_order(a, d, text, method))
		refuse(a, s, 500);
	else if (strcmp(method, "INVITE") == 0)
		be_changed(a, d, s, text);
	else if (strcmp(method, "BYE") == 0)
		be_left(a, d, s);
	else
		refuse(a, s, 200);
}

/* ---- what we are answered ---- */

static void try_again(struct agent *a, struct dialog *d, const char *text)
{
	char challenge[512], nonce[256], opaque[256], realm[64], proof[33], line[1024];

	d->credentials_tried++;
	if (!text_header(text, "Proxy-Authenticate", challenge, sizeof(challenge)) ||
	    !text_param(challenge, "nonce", nonce, sizeof(nonce)))
		return;
	(void)text_param(challenge, "opaque", opaque, sizeof(opaque));
	(void)text_param(challenge, "realm", realm, sizeof(realm));
	agent_proof(a->user, nonce, true, proof);
	(void)snprintf(line, sizeof(line),
	               "Proxy-Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
	               "uri=\"sip:sip.example\", response=\"%s\", algorithm=MD5, cnonce=\"c\", "
	               "opaque=\"%s\", qop=auth, nc=00000001\r\n",
	               a->user, realm, nonce, proof, opaque);
	ask(a, d, "INVITE", line);
}

static void called(struct agent *a, struct dialog *d, struct client *c, const char *text)
{
	unsigned status = text_status(text);
	char to[AGENT_LINE_SIZE];

	if (status < 200)
		return;
	if (status >= 300) {
		if (status == 407 && d->credentials_tried == 0 && !d->is_cancelled) {
			try_again(a, d, text);
			return;
		}
		call_of(a, d)->is_excused |= rules_is_unheard(a->world, d->call, status);
		if (!call_of(a, d)->is_given_up && !call_of(a, d)->is_excused &&
		    !rules_may_refuse(a->world, status))
			world_fail(a->world,
			           "call c%u of %s is refused by %u, and nobody refused it",
			           d->call, a->user, status);
		call_of(a, d)->is_given_up = true;
		forget(a, d);
		return;
	}
	(void)text_header(text, "To", to, sizeof(to));
	(void)snprintf(d->theirs, sizeof(d->theirs), "%s", to);
	take_target(d, text);
	read_session(a, d, text);
	acknowledge(a, d, c);
	if (d->is_cancelled)
		hang_up(a, d);
	else
		note_up(a, d);
}

void agent_call_response(struct agent *a, struct client *c, const char *text)
{
	struct dialog *d = c->dialog < AGENT_DIALOGS ? &a->dialogs[c->dialog] : NULL;
	unsigned status = text_status(text);
	bool is_invite = strcmp(c->method, "INVITE") == 0;

	if (!is_invite && status >= 200)
		c->is_used = false;
	if (!d || d->state == DIALOG_NONE)
		return;
	if (is_invite && d->state == DIALOG_CALLING) {
		called(a, d, c, text);
	} else if (is_invite && status >= 200 && status < 300) {
		take_target(d, text);
		read_session(a, d, text);
		acknowledge(a, d, c);
	} else if (strcmp(c->method, "BYE") == 0 && status == 503) {
		d->state = DIALOG_UP;
		plan(a, d, PLAN_HANG_UP, draw_ms(a, 1000, 4000));
	} else if (strcmp(c->method, "BYE") == 0 && status >= 200) {
		call_of(a, d)->left_us = status == 200 ? a->world->now.us : 0;
		forget(a, d);
	}
}

void agent_call_timeout(struct agent *a, struct client *c)
{
	struct dialog *d = c->dialog < AGENT_DIALOGS ? &a->dialogs[c->dialog] : NULL;

	if (!d || d->state == DIALOG_NONE || strcmp(c->method, "CANCEL") == 0)
		return;
	if (!call_of(a, d)->is_excused && !rules_is_lost(c))
		world_fail(a->world, "%s: nobody answers %s of call c%u", a->user, c->method,
		           d->call);
	/* The other end heard as little of it, or takes a call that this one gave up. */
	call_of(a, d)->is_excused |= c->reached == 0 || d->state == DIALOG_CALLING;
	if (d->state != DIALOG_UP)
		forget(a, d);
}

void agent_call_unacknowledged(struct agent *a, struct server *s)
{
	struct dialog *d = s->dialog >= 0 ? &a->dialogs[s->dialog] : NULL;

	if (!d || d->state == DIALOG_NONE)
		return;
	if (!call_of(a, d)->is_excused && !rules_is_unheard(a->world, d->call, 480))
		world_fail(a->world, "%s: nobody acknowledges %u of call c%u", a->user, s->status,
		           d->call);
	else if (d->state == DIALOG_ANSWERED)
		hang_up(a, d);
}

void agent_call_forget(struct agent *a, struct dialog *d)
{
	if (d->state == DIALOG_UP || d->state == DIALOG_ANSWERED)
		hang_up(a, d);
	else if (d->state != DIALOG_LEAVING)
		forget(a, d);
}

void agent_hurry(struct agent *a)
{
	for (unsigned i = 0; i < AGENT_DIALOGS; i++)
		if (a->dialogs[i].state == DIALOG_UP && a->dialogs[i].plan == PLAN_HANG_UP)
			a->dialogs[i].due_us = a->world->now.us;
	agent_advance(a);
}
