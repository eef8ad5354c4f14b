/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions of an end over UDP (RFC 3261 17): repeats what is lost, answers what is repeated. */
#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

enum { T1_US = 500000, T2_US = 4000000, GIVE_UP_US = 64 * T1_US, RING_US = 250 * 1000000 };
enum { MAX_REPEATED = 8 };

void agent_send(struct agent *a, const char *text, size_t len)
{
	struct world *w = a->world;
	const struct net_way way = { a->at, a->hop, a->is_inside, false };

	(void)net_send(&w->net, &way, view_bytes(text, len), w->now.us);
}

struct client *agent_open(struct agent *a, const char *method, const char *branch, int dialog)
{
	struct client *c = NULL;

	for (unsigned i = 0; i < AGENT_CLIENTS && !c; i++)
		if (!a->clients[i].is_used)
			c = &a->clients[i];
	/* One that only waits for repetitions may go. */
	for (unsigned i = 0; i < AGENT_CLIENTS && !c; i++)
		if (a->clients[i].is_final)
			c = &a->clients[i];
	if (!c) {
		world_fail(a->world, "agent %s: no room for a transaction", a->user);
		c = &a->clients[0];
	}
	memset(c, 0, offsetof(struct client, text));
	c->is_used = true;
	c->dialog = dialog;
	(void)snprintf(c->branch, sizeof(c->branch), "%s", branch);
	(void)snprintf(c->method, sizeof(c->method), "%s", method);
	return c;
}

void agent_begin(struct agent *a, struct client *c)
{
	uint64_t now_us = a->world->now.us;

	c->interval_us = T1_US;
	c->due_us = now_us + T1_US;
	c->end_us = now_us + GIVE_UP_US;
	agent_send(a, c->text, c->len);
}

/* The ACK of a refusal: the INVITE's own branch, and the To of the answer. */
static void write_ack(struct client *c, const char *response)
{
	char uri[AGENT_LINE_SIZE], via[AGENT_LINE_SIZE], from[AGENT_LINE_SIZE], to[AGENT_LINE_SIZE];
	char call_id[AGENT_NAME_SIZE], cseq[48];
	int len;

	(void)snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(c->text + 7, " "), c->text + 7);
	(void)text_header(c->text, "Via", via, sizeof(via));
	(void)text_header(c->text, "From", from, sizeof(from));
	(void)text_header(response, "To", to, sizeof(to));
	(void)text_header(c->text, "Call-ID", call_id, sizeof(call_id));
	(void)text_header(c->text, "CSeq", cseq, sizeof(cseq));
	len = snprintf(c->ack, sizeof(c->ack),
	               "ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"
	               "Call-ID: %s\r\nCSeq: %.*s ACK\r\nContent-Length: 0\r\n\r\n",
	               uri, via, from, to, call_id, (int)strcspn(cseq, " "), cseq);
	c->ack_len = (size_t)len;
}

struct client *agent_client(struct agent *a, const char *text)
{
	char via[AGENT_LINE_SIZE], branch[64], cseq[48];
	unsigned status = text_status(text);

	(void)text_header(text, "Via", via, sizeof(via));
	(void)text_param(via, "branch", branch, sizeof(branch));
	(void)text_header(text, "CSeq", cseq, sizeof(cseq));
	for (unsigned i = 0; i < AGENT_CLIENTS; i++) {
		struct client *c = &a->clients[i];
		bool is_invite = strcmp(c->method, "INVITE") == 0;

		if (!c->is_used || strcmp(c->branch, branch) != 0 || !strstr(cseq, c->method))
			continue;
		if (c->is_final) {
			/* A second final of another kind: a copy of the request that found
			 * room where the first found none. */
			if (c->ack_len && status >= 200 && status / 100 == c->status / 100) {
				agent_send(a, c->ack, c->ack_len);
				/* Chance loses so many ACKs once in ten million calls. */
				if (++c->repeated > MAX_REPEATED)
					world_fail(a->world, "%s acknowledged %u, and it goes on",
					           a->user, status);
			}
			return NULL;
		}
		if (status < 200) {
			c->has_provisional = true;
			if (is_invite) {
				c->due_us = UINT64_MAX;
				c->end_us = a->world->now.us + RING_US;
			}
			return c;
		}
		c->is_final = true;
		c->status = status;
		c->due_us = UINT64_MAX;
		c->end_us = a->world->now.us + (is_invite ? GIVE_UP_US : 0);
		if (is_invite && status >= 300) {
			write_ack(c, text);
			agent_send(a, c->ack, c->ack_len);
		}
		return c;
	}
	return NULL;
}

static uint64_t key_of(const char *text, const char *method)
{
	char via[AGENT_LINE_SIZE];

	(void)text_header(text, "Via", via, sizeof(via));
	return text_hash(via, method);
}

struct server *agent_server(struct agent *a, const char *text, const char *method)
{
	uint64_t key = key_of(text, strcmp(method, "ACK") == 0 ? "INVITE" : method);

	for (unsigned i = 0; i < AGENT_SERVERS; i++)
		if (a->servers[i].is_used && a->servers[i].key == key)
			return &a->servers[i];
	return NULL;
}

struct server *agent_accept(struct agent *a, const char *text, const char *method)
{
	struct server *s = NULL;
	char vias[AGENT_HEAD_SIZE / 2], from[AGENT_LINE_SIZE], to[AGENT_LINE_SIZE], cseq[48];
	char call_id[AGENT_NAME_SIZE];

	for (unsigned i = 0; i < AGENT_SERVERS && !s; i++)
		if (!a->servers[i].is_used)
			s = &a->servers[i];
	if (!s || !text_vias(text, vias, sizeof(vias)))
		return NULL;
	memset(s, 0, offsetof(struct server, head));
	s->is_used = true;
	s->is_invite = strcmp(method, "INVITE") == 0;
	s->key = key_of(text, method);
	s->dialog = -1;
	s->due_us = UINT64_MAX;
	s->end_us = UINT64_MAX;
	(void)text_header(text, "From", from, sizeof(from));
	(void)text_header(text, "To", to, sizeof(to));
	(void)text_header(text, "Call-ID", call_id, sizeof(call_id));
	(void)text_header(text, "CSeq", cseq, sizeof(cseq));
	(void)snprintf(s->head, sizeof(s->head), "%sFrom: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nTo: %s",
	               vias, from, call_id, cseq, to);
	return s;
}

void agent_reply(struct agent *a, struct server *s, const struct agent_answer *answer)
{
	uint64_t now_us = a->world->now.us;
	bool has_tag =
		strstr(strstr(s->head, "\r\nTo: "), ";tag=") != NULL || answer->status == 100;
	int len = snprintf(s->answer, sizeof(s->answer),
	                   "SIP/2.0 %u Said\r\n%s%s%s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	                   answer->status, s->head,
	                   has_tag ? "" : ";tag=", has_tag ? "" : answer->tag, answer->lines,
	                   *answer->body ? "Content-Type: application/sdp\r\n" : "",
	                   strlen(answer->body), answer->body);

	s->len = (size_t)len;
	s->status = answer->status;
	if (answer->status >= 200) {
		s->is_final = true;
		s->end_us = now_us + GIVE_UP_US;
		s->interval_us = T1_US;
		s->due_us = s->is_invite ? now_us + T1_US : UINT64_MAX;
	}
	agent_send(a, s->answer, s->len);
}

static void repeat_client(struct agent *a, struct client *c)
{
	uint64_t now_us = a->world->now.us;
	bool is_invite = strcmp(c->method, "INVITE") == 0;

	if (now_us >= c->end_us) {
		c->is_used = false;
		if (!c->is_final && c->dialog < 0)
			agent_register_timeout(a);
		else if (!c->is_final)
			agent_call_timeout(a, c);
		return;
	}
	if (now_us < c->due_us)
		return;
	agent_send(a, c->text, c->len);
	c->interval_us *= 2;
	if (!is_invite && (c->interval_us > T2_US || c->has_provisional))
		c->interval_us = T2_US;
	c->due_us = now_us + c->interval_us;
}

static void repeat_server(struct agent *a, struct server *s)
{
	uint64_t now_us = a->world->now.us;

	if (now_us >= s->end_us) {
		s->is_used = false;
		if (s->is_invite && !s->is_confirmed)
			agent_call_unacknowledged(a, s);
		return;
	}
	if (now_us < s->due_us)
		return;
	agent_send(a, s->answer, s->len);
	s->interval_us = s->interval_us * 2 > T2_US ? T2_US : s->interval_us * 2;
	s->due_us = now_us + s->interval_us;
}

void agent_repeat(struct agent *a)
{
	for (unsigned i = 0; i < AGENT_CLIENTS; i++)
		if (a->clients[i].is_used)
			repeat_client(a, &a->clients[i]);
	for (unsigned i = 0; i < AGENT_SERVERS; i++)
		if (a->servers[i].is_used)
			repeat_server(a, &a->servers[i]);
}

uint64_t agent_transactions_due_us(const struct agent *a)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < AGENT_CLIENTS; i++) {
		const struct client *c = &a->clients[i];
		uint64_t due_us = c->due_us < c->end_us ? c->due_us : c->end_us;

		if (c->is_used && due_us < least)
			least = due_us;
	}
	for (unsigned i = 0; i < AGENT_SERVERS; i++) {
		const struct server *s = &a->servers[i];
		uint64_t due_us = s->due_us < s->end_us ? s->due_us : s->end_us;

		if (s->is_used && due_us < least)
			least = due_us;
	}
	return least;
}
