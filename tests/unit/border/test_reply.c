/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of ours: who is told a reason, and who is not. */
#include "border/border_priv.h"
#include "runner/test.h"
#include "unit/border/wire.h"

#include <stdio.h>
#include <string.h>

/* The same request from the same place, standing otherwise each time. */
static enum err refuse(struct wire *w, enum fact_standing standing, struct wire_sent **ret)
{
	static struct sip_msg msg;
	struct flow from = wire_outside(77, 5060);
	struct inbound in = { .flow = &from, .msg = &msg, .standing = standing };
	char text[1024];

	in.size = (size_t)snprintf(
		text, sizeof(text),
		"OPTIONS sip:198.51.100.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 203.0.113.77;branch=z9hG4bK%u\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:a@b.example>;tag=1\r\nTo: <sip:b@b.example>\r\n"
		"Call-ID: x%u\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		(unsigned)standing, (unsigned)standing);
	TRY(sip_msg_parse(text, in.size, &sip_limits_default, &msg));
	reply_refusal(w->border, &in, 420, REFUSAL_EXTENSION, VIEW("Unsupported: gruu\r\n"));
	*ret = wire_take(w, &from);
	CHECK(*ret && wire_has(*ret, "SIP/2.0 420 ") && wire_has(*ret, "Unsupported: gruu\r\n"));
	return ERR_NONE;
}

static enum err reasons(struct wire *w)
{
	struct wire_sent *sent;

	TRY(refuse(w, STANDING_KNOWN, &sent));
	CHECK(wire_has(sent, "Warning: 399 ringfence \"40 "));
	TRY(refuse(w, STANDING_PEER, &sent));
	CHECK(wire_has(sent, "Warning: 399 ringfence \"40 "));
	TRY(refuse(w, STANDING_STRANGER, &sent));
	CHECK(!wire_has(sent, "Warning") && !wire_has(sent, "ringfence"));
	return ERR_NONE;
}

TEST(refusal_reasons, "a known phone and a peer are told a code, a stranger never")
{
	struct wire *w;
	enum err err;

	TRY(wire_new(&w));
	err = reasons(w);
	wire_free(&w);
	return err;
}
