/* SPDX-License-Identifier: Apache-2.0 */
/* A phone's registration: asked, challenged, proven, refreshed, taken back. */
#include "sim/text.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTER_TRIES = 40, PATIENCE_MS = 4000 };

void agent_proof(const char *user, const char *nonce, bool is_right, char ret[33])
{
	uint64_t hash = text_hash(user, nonce);

	(void)snprintf(ret, 33, "%016llx%016llx", (unsigned long long)hash,
	               (unsigned long long)(is_right ? ~hash : hash + 1));
}

static void later(struct agent *a)
{
	struct world *w = a->world;

	a->register_due_us = w->now.us + chance_between(&w->chance, PATIENCE_MS / 4, PATIENCE_MS) *
	                                         MILLISECOND_US;
	if (++a->register_tries > REGISTER_TRIES && w->room != ROOM_FEW_TRANSACTIONS)
		world_fail(w, "phone %s cannot register: %u tries", a->user, a->register_tries);
}

static void ask(struct agent *a, const char *credentials)
{
	struct world *w = a->world;
	char branch[48];
	struct client *c;

	(void)snprintf(branch, sizeof(branch), "z9hG4bKo%llx",
	               (unsigned long long)chance_next(&w->chance));
	a->register_cseq++;
	c = agent_open(a, "REGISTER", branch, -1);
	c->len = (size_t)snprintf(
		c->text, sizeof(c->text),
		"REGISTER sip:sip.example SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=%s;rport\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:%s@sip.example>;tag=outer-r%u\r\n"
		"To: <sip:%s@sip.example>\r\nCall-ID: outer-register-%s\r\nCSeq: %u REGISTER\r\n"
		"Contact: <sip:%s@%s:5060>\r\nExpires: %d\r\nUser-Agent: Deskphone 2.1\r\n%s"
		"Content-Length: 0\r\n\r\n",
		a->host, branch, a->user, a->number, a->user, a->user, a->register_cseq, a->user,
		a->host, a->standing == AGENT_LEAVING ? 0 : 3600, credentials);
	agent_begin(a, c);
}

void agent_register(struct agent *a)
{
	if (a->standing == AGENT_AWAY)
		a->standing = AGENT_REGISTERING;
	a->register_due_us = UINT64_MAX;
	ask(a, "");
}

static void prove(struct agent *a, const char *text)
{
	char challenge[512], nonce[256], opaque[256], realm[64], proof[33], line[1024];

	if (!text_header(text, "WWW-Authenticate", challenge, sizeof(challenge)) ||
	    !text_param(challenge, "nonce", nonce, sizeof(nonce))) {
		world_fail(a->world, "phone %s: a challenge without a nonce", a->user);
		return;
	}
	(void)text_param(challenge, "opaque", opaque, sizeof(opaque));
	(void)text_param(challenge, "realm", realm, sizeof(realm));
	agent_proof(a->user, nonce, true, proof);
	(void)snprintf(line, sizeof(line),
	               "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
	               "uri=\"sip:sip.example\", response=\"%s\", algorithm=MD5, cnonce=\"c\", "
	               "opaque=\"%s\", qop=auth, nc=00000001\r\n",
	               a->user, realm, nonce, proof, opaque);
	ask(a, line);
}

void agent_register_response(struct agent *a, struct client *c, const char *text)
{
	unsigned status = text_status(text);
	char contact[AGENT_LINE_SIZE], expires[16];
	uint64_t s;

	if (status < 200)
		return;
	c->is_used = false;
	if (status == 401 && !strstr(c->text, "\r\nAuthorization: ")) {
		prove(a, text);
		return;
	}
	if (status != 200) {
		later(a);
		return;
	}
	a->register_tries = 0;
	if (a->standing == AGENT_LEAVING) {
		/* A refresh that was on its way when it left takes nothing back. */
		if (strstr(c->text, "\r\nExpires: 0\r\n"))
			a->standing = AGENT_GONE;
		return;
	}
	a->standing = AGENT_REGISTERED;
	if (!text_header(text, "Contact", contact, sizeof(contact)) ||
	    !text_param(contact, "expires", expires, sizeof(expires)))
		(void)snprintf(expires, sizeof(expires), "60");
	s = strtoul(expires, NULL, 10);
	a->register_due_us =
		a->world->now.us + chance_between(&a->world->chance, s / 2, s * 3 / 4) * SECOND_US;
}

void agent_register_timeout(struct agent *a) { later(a); }
