/* SPDX-License-Identifier: Apache-2.0 */
/* The phone of phone.h. */
#include "unit/border/phone.h"

struct phone phone_on(struct wire *w, const struct flow *flow)
{
	return (struct phone){ .w = w, .flow = *flow, .r = { .user = "201", .call_id = "r1" } };
}

void phone_says(struct phone *p, bool has_credentials)
{
	const struct wire_sent *sent;

	p->r.cseq++;
	p->r.challenge = &p->challenge;
	p->r.credentials = has_credentials ? WIRE_RIGHT : NULL;
	wire_receive(p->w, &p->flow, wire_register_text(&p->r, &p->flow));
	wire_advance(p->w, 300 * MILLISECOND_US);
	do {
		sent = wire_take(p->w, &p->flow);
	} while (sent && !wire_has(sent, " REGISTER\r\n"));
	p->heard.len = 0;
	p->heard.text[0] = 0;
	if (sent)
		p->heard = *sent;
	if (wire_has(&p->heard, "SIP/2.0 401 "))
		p->challenge = p->heard;
}

enum err phone_registers(struct phone *p)
{
	phone_says(p, false);
	CHECK(wire_has(&p->heard, "SIP/2.0 401 "));
	phone_says(p, true);
	CHECK(wire_has(&p->heard, "SIP/2.0 200 "));
	return ERR_NONE;
}

static void count_row(void *context, const struct ask *row)
{
	*(unsigned *)context += row->head.is_last == 0;
}

unsigned phone_registrations(const struct wire *w)
{
	const struct ask question = { .head = { .kind = ASK_REGISTRATIONS } };
	unsigned count = 0;

	border_answer(w->border, &question, w->now, count_row, &count);
	return count;
}
