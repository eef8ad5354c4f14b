/* SPDX-License-Identifier: Apache-2.0 */
/* Scans, guesses, dials, noise, and requests with what was overheard of a phone's dialog. */
#include "sim/attacker.h"

#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_HOST = 66, PAUSE_MS = 400 };

void attacker_init(struct attacker *a, struct world *w, unsigned number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "192.0.2.%u:5071", FIRST_HOST + number);
	*a = (struct attacker){ .world = w, .at = world_address(text), .kind = (uint8_t)number };
	a->due_us = w->now.us + chance_between(&w->chance, 500, 20000) * MILLISECOND_US;
}

static void send(struct attacker *a, const char *text, size_t len)
{
	struct world *w = a->world;
	const struct net_way way = { a->at, world_border(0), false, false };

	a->sent_octets += net_send(&w->net, &way, view_bytes(text, len), w->now.us) * len;
}

static void ask(struct attacker *a, const char *method, const char *user, const char *lines)
{
	char text[1536];
	int len = snprintf(
		text, sizeof(text),
		"%s sip:%s%ssip.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.%u:5071;branch=z9hG4bKa%llx;rport\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:%s@sip.example>;tag=a%u\r\nTo: <sip:%s@sip.example>\r\n"
		"Call-ID: attack-%u-%u\r\nCSeq: %u %s\r\nContact: <sip:%s@192.0.2.66:5071>\r\n%s"
		"Content-Length: 0\r\n\r\n",
		method, strcmp(method, "REGISTER") == 0 ? "" : user,
		strcmp(method, "REGISTER") == 0 ? "" : "@", FIRST_HOST + a->kind,
		(unsigned long long)chance_next(&a->world->chance), user, a->count, user, a->kind,
		a->count, a->count + 1, method, user, lines);

	send(a, text, (size_t)len);
}

static void garble(struct attacker *a)
{
	struct world *w = a->world;
	char text[NET_TEXT_MAX];
	size_t len = w->rules.overheard_len;

	if (len == 0)
		return;
	memcpy(text, w->rules.overheard, len);
	for (unsigned i = 0; i < 4; i++)
		text[chance_below(&w->chance, (uint32_t)len)] = (char)chance_next(&w->chance);
	send(a, text,
	     chance_of(&w->chance, 30) ? chance_below(&w->chance, (uint32_t)len) + 1 : len);
}

/* As if from the phone that the overheard message went to, but from here. */
static void forge(struct attacker *a)
{
	struct world *w = a->world;
	const char *heard = w->rules.overheard;
	bool is_request = text_status(heard) == 0;
	char from[256], to[256], call_id[128], contact[256], uri[256], text[NET_TEXT_MAX];
	int len;

	if (w->rules.overheard_len == 0 ||
	    !text_header(heard, "Contact", contact, sizeof(contact)) ||
	    !text_uri(contact, uri, sizeof(uri)))
		return;
	(void)text_header(heard, is_request ? "To" : "From", from, sizeof(from));
	(void)text_header(heard, is_request ? "From" : "To", to, sizeof(to));
	(void)text_header(heard, "Call-ID", call_id, sizeof(call_id));
	len = snprintf(text, sizeof(text),
	               "BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.70:5071;branch=z9hG4bKa%llx\r\n"
	               "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 900 BYE\r\n"
	               "Content-Length: 0\r\n\r\n",
	               uri, (unsigned long long)chance_next(&w->chance), from, to, call_id);
	send(a, text, (size_t)len);
}

void attacker_advance(struct attacker *a)
{
	struct world *w = a->world;
	char user[24];

	a->due_us = w->phase > SIM_DRAIN
	                  ? UINT64_MAX
	                  : w->now.us + chance_between(&w->chance, PAUSE_MS / 8, PAUSE_MS * 8) *
	                                        MILLISECOND_US;
	a->count++;
	switch ((enum attacker_kind)a->kind) {
	case ATTACKER_SCANS:
		ask(a, "OPTIONS", "100", "User-Agent: friendly-scanner\r\n");
		break;
	case ATTACKER_GUESSES:
		(void)snprintf(user, sizeof(user), "%u", 200 + a->count % 4);
		ask(a, "REGISTER", user, "Expires: 60\r\n");
		break;
	case ATTACKER_DIALS:
		(void)snprintf(user, sizeof(user), "00%u", 4415500 + a->count);
		ask(a, "INVITE", user, "");
		break;
	case ATTACKER_GARBLES:
		garble(a);
		break;
	case ATTACKER_FORGES:
		forge(a);
		break;
	}
}

void attacker_receive(struct attacker *a, const struct packet *p)
{
	char challenge[512], nonce[256], opaque[256], realm[64], to[256], uri[256], user[32];
	char line[1024], proof[33];

	a->heard_octets += p->len;
	if (a->kind != ATTACKER_GUESSES || text_status(p->text) != 401 ||
	    !text_header(p->text, "WWW-Authenticate", challenge, sizeof(challenge)))
		return;
	(void)text_header(p->text, "To", to, sizeof(to));
	(void)text_uri(to, uri, sizeof(uri));
	text_user(uri, user, sizeof(user));
	(void)text_param(challenge, "nonce", nonce, sizeof(nonce));
	(void)text_param(challenge, "opaque", opaque, sizeof(opaque));
	(void)text_param(challenge, "realm", realm, sizeof(realm));
	agent_proof(user, nonce, false, proof);
	(void)snprintf(line, sizeof(line),
	               "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
	               "uri=\"sip:sip.example\", response=\"%s\", algorithm=MD5, cnonce=\"c\", "
	               "opaque=\"%s\", qop=auth, nc=00000001\r\n",
	               user, realm, nonce, proof, opaque);
	a->count++;
	ask(a, "REGISTER", user, line);
}
