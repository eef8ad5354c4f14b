/* SPDX-License-Identifier: Apache-2.0 */
/* Registrar and stateless proxy, in text. */
#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 256, HEAD = 1024 };

void pbx_init(struct pbx *pbx, struct world *w)
{
	*pbx = (struct pbx){ .world = w, .at = world_address("10.0.0.20:5060") };
	pbx->is_leaky = chance_of(&w->chance, 50);
	pbx->challenges_calls = chance_of(&w->chance, 50);
}

static void send(struct pbx *pbx, const char *host, const char *text, size_t len)
{
	struct world *w = pbx->world;
	struct net_way way = { .from = pbx->at, .is_inside = true };

	if (len == 0 || len >= NET_TEXT_MAX)
		return;
	way.to = world_address(host);
	(void)net_send(&w->net, &way, view_bytes(text, len), w->now.us);
}

/* Where an answer goes: the sent-by of what is now the first Via. */
static void send_back(struct pbx *pbx, const char *text, size_t len)
{
	char via[LINE], host[LINE];

	if (!text_header(text, "Via", via, sizeof(via)) || strncmp(via, "SIP/2.0/UDP ", 12) != 0)
		return;
	(void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(via + 12, ";"), via + 12);
	if (!strchr(host, ':'))
		(void)strncat(host, ":5060", sizeof(host) - strlen(host) - 1);
	send(pbx, host, text, len);
}

static void answer(struct pbx *pbx, const struct packet *p, const char *status, const char *lines)
{
	char vias[HEAD], from[LINE], to[LINE], call_id[LINE], cseq[48], text[NET_TEXT_MAX];
	int len;

	if (!text_vias(p->text, vias, sizeof(vias)))
		return;
	(void)text_header(p->text, "From", from, sizeof(from));
	(void)text_header(p->text, "To", to, sizeof(to));
	(void)text_header(p->text, "Call-ID", call_id, sizeof(call_id));
	(void)text_header(p->text, "CSeq", cseq, sizeof(cseq));
	len = snprintf(text, sizeof(text),
	               "SIP/2.0 %s\r\n%sFrom: %s\r\nTo: %s%s%016llx\r\nCall-ID: %s\r\nCSeq: %s\r\n"
	               "Server: Secret-PBX 10.0.0.20\r\n%sContent-Length: 0\r\n\r\n",
	               status, vias, from, to, strstr(to, ";tag=") ? ";x=" : ";tag=inner-p",
	               (unsigned long long)text_hash(call_id, cseq), call_id, cseq, lines);
	send_back(pbx, text, (size_t)len);
}

static void challenge(struct pbx *pbx, const struct packet *p, const char *status,
                      const char *header)
{
	char line[LINE];

	(void)snprintf(line, sizeof(line),
	               "%s: Digest realm=\"sip.example\", nonce=\"n%016llx\", opaque=\"own\", "
	               "qop=\"auth\"\r\n",
	               header, (unsigned long long)chance_next(&pbx->world->chance));
	answer(pbx, p, status, line);
}

static bool is_right(const char *credentials)
{
	char user[32], nonce[64], response[48], proof[33];

	if (!text_param(credentials, "username", user, sizeof(user)) ||
	    !text_param(credentials, "nonce", nonce, sizeof(nonce)) ||
	    !text_param(credentials, "response", response, sizeof(response)))
		return false;
	agent_proof(user, nonce, true, proof);
	return strcmp(proof, response) == 0;
}

static struct binding *binding_of(struct pbx *pbx, const char *user)
{
	for (unsigned i = 0; i < PBX_BINDINGS; i++)
		if (strcmp(pbx->bindings[i].user, user) == 0)
			return &pbx->bindings[i];
	return NULL;
}

static void bind_contact(struct pbx *pbx, const struct packet *p, const char *user)
{
	char contact[LINE], uri[LINE], expires[16], lines[2 * LINE] = "";
	struct binding *b = binding_of(pbx, user);
	uint64_t s;

	if (!b)
		b = binding_of(pbx, "");
	if (!text_header(p->text, "Contact", contact, sizeof(contact)) || !b ||
	    !text_uri(contact, uri, sizeof(uri))) {
		answer(pbx, p, "200 OK", "");
		return;
	}
	if (!text_param(contact, "expires", expires, sizeof(expires)) &&
	    !text_header(p->text, "Expires", expires, sizeof(expires)))
		(void)snprintf(expires, sizeof(expires), "3600");
	s = strtoul(expires, NULL, 10);
	(void)snprintf(b->user, sizeof(b->user), "%s", user);
	(void)snprintf(b->contact, sizeof(b->contact), "%s", uri);
	b->until_us = pbx->world->now.us + s * SECOND_US;
	if (s > 0)
		(void)snprintf(lines, sizeof(lines), "Contact: <%.180s>;expires=%s\r\n", uri,
		               expires);
	answer(pbx, p, "200 OK", lines);
}

static void serve_register(struct pbx *pbx, const struct packet *p)
{
	char to[LINE], uri[LINE], user[32], credentials[HEAD];
	unsigned number;

	(void)text_header(p->text, "To", to, sizeof(to));
	(void)text_uri(to, uri, sizeof(uri));
	text_user(uri, user, sizeof(user));
	number = (unsigned)strtoul(user, NULL, 10);
	if (pbx->is_leaky && number != 299 && (number < 200 || number >= 200 + SIM_PHONES))
		answer(pbx, p, "404 Not Found", "");
	else if (!text_header(p->text, "Authorization", credentials, sizeof(credentials)))
		challenge(pbx, p, "401 Unauthorized", "WWW-Authenticate");
	else if (!is_right(credentials))
		answer(pbx, p, "403 Forbidden", "");
	else
		bind_contact(pbx, p, user);
}

/* ---- the proxy ---- */

static void forward(struct pbx *pbx, const struct packet *p, const char *uri, const char *host)
{
	char method[16], via[LINE], branch[64], text[NET_TEXT_MAX];
	const char *rest = strstr(p->text, "\r\n");
	int len;

	text_method(p->text, method, sizeof(method));
	(void)text_header(p->text, "Via", via, sizeof(via));
	(void)text_param(via, "branch", branch, sizeof(branch));
	/* The same for what is repeated, for CANCEL, and for the ACK of a refusal. */
	len = snprintf(text, sizeof(text),
	               "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKp%016llx%s",
	               method, uri, (unsigned long long)text_hash(branch, via), rest);
	if (len > 0 && (size_t)len < sizeof(text))
		send(pbx, host, text, (size_t)len);
}

static void route(struct pbx *pbx, const struct packet *p)
{
	char uri[LINE], user[64], host[64], at[80];
	const char *space = strchr(p->text, ' ');
	struct binding *b;
	bool is_ending;

	(void)snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(space + 1, " "), space + 1);
	text_user(uri, user, sizeof(user));
	text_host(uri, host, sizeof(host));
	if (strcmp(host, "10.0.0.20") != 0 && strcmp(host, "sip.example") != 0) {
		(void)snprintf(at, sizeof(at), "%s:5060", host);
		forward(pbx, p, uri, at);
		return;
	}
	b = binding_of(pbx, user);
	/* What ends an INVITE goes where that went, though the phone has left meanwhile. */
	is_ending = strncmp(p->text, "ACK ", 4) == 0 || strncmp(p->text, "CANCEL ", 7) == 0;
	if (b && user[0] && b->contact[0] && (is_ending || b->until_us > pbx->world->now.us)) {
		(void)snprintf(uri, sizeof(uri), "%s", b->contact);
		forward(pbx, p, uri, "10.0.0.2:5060");
	} else if (user[0] == '5' && strtoul(user, NULL, 10) < 500 + SIM_DESKS) {
		(void)snprintf(at, sizeof(at), "10.0.0.%lu:5060",
		               strtoul(user, NULL, 10) - 500 + 30);
		(void)snprintf(uri, sizeof(uri), "sip:%.8s@%.60s", user, at);
		forward(pbx, p, uri, at);
	} else if (strncmp(p->text, "ACK ", 4) != 0) {
		answer(pbx, p, b && user[0] ? "480 Away" : "404 Not Found", "");
	}
}

static bool is_of_ours(const char *to) { return strstr(to, ";tag=inner-p") != NULL; }

/* Counted once, however often it is repeated. */
static void ring_for_ever(struct pbx *pbx, const struct packet *p)
{
	char call_id[LINE];
	uint64_t name;

	(void)text_header(p->text, "Call-ID", call_id, sizeof(call_id));
	name = text_hash(call_id, "");
	for (unsigned i = 0; i <= pbx->filled && i < PBX_FILLED; i++) {
		if (pbx->filled_names[i] == name)
			break;
		if (i == pbx->filled) {
			pbx->filled_names[pbx->filled++] = name;
			break;
		}
	}
	answer(pbx, p, "180 Ringing", "");
}

static void serve_request(struct pbx *pbx, const struct packet *p)
{
	char method[16], to[LINE], credentials[HEAD];
	bool is_from_border =
		addr_same_host(&p->from, &pbx->world->ports.ports->pairs[SIM_PAIRS].local);

	text_method(p->text, method, sizeof(method));
	(void)text_header(p->text, "To", to, sizeof(to));
	if (strcmp(method, "REGISTER") == 0) {
		serve_register(pbx, p);
	} else if (strcmp(method, "ACK") == 0 && is_of_ours(to)) {
		return;
	} else if (strncmp(p->text, "INVITE sip:700@", 15) == 0) {
		ring_for_ever(pbx, p);
	} else if (strncmp(p->text, "CANCEL sip:700@", 15) == 0) {
		answer(pbx, p, "200 OK", "");
	} else if (strcmp(method, "INVITE") == 0 && is_from_border && pbx->challenges_calls &&
	           !strstr(to, ";tag=") &&
	           !text_header(p->text, "Proxy-Authorization", credentials, sizeof(credentials))) {
		challenge(pbx, p, "407 Proxy Authentication Required", "Proxy-Authenticate");
	} else {
		route(pbx, p);
	}
}

void pbx_receive(struct pbx *pbx, const struct packet *p)
{
	char text[NET_TEXT_MAX];
	const char *via, *after;

	if (text_status(p->text) == 0) {
		serve_request(pbx, p);
		return;
	}
	via = strstr(p->text, "\r\nVia: ");
	after = via ? strstr(via + 2, "\r\n") : NULL;
	if (!after)
		return;
	(void)snprintf(text, sizeof(text), "%.*s%s", (int)(via - p->text), p->text, after);
	send_back(pbx, text, strlen(text));
}
