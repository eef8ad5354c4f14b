/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways, each short where there is one worker alone. */
#include "proc/handing.h"

static struct handing own;
static struct border *border; /* NULL: it is being made */
static unsigned owner, owners = 1;
static void (*aside)(const struct flow *flow, struct view bytes);

static bool is_anothers(const struct flow *flow)
{
	return flow->connection != 0 && flow_is_connected(flow) && flow_holder(flow) != owner;
}

static void hand_over(unsigned to, enum passed_kind kind, const struct flow *flow,
                      struct view bytes)
{
	passing_give(to, &(struct passing){ .kind = (uint8_t)kind,
	                                    .flow = *flow,
	                                    .account = border ? border_account(border, flow) : 0,
	                                    .shown = tcp_peer_label(own.tcp, flow),
	                                    .bytes = (char *)(uintptr_t)bytes.at,
	                                    .len = bytes.len });
}

/* ---- from here ---- */

void handing_receive(const struct flow *flow, char *bytes, size_t len)
{
	unsigned whose = owners > 1 ? border_whose(border, flow, view_bytes(bytes, len)) : owner;

	if (whose == owner)
		border_receive(border, flow, bytes, len, *own.now);
	else
		hand_over(whose, PASSED_MESSAGE, flow, view_bytes(bytes, len));
}

bool handing_sends(const struct flow *to, struct view bytes)
{
	if (!is_anothers(to))
		return false;
	hand_over(flow_holder(to), PASSED_SEND, to, bytes);
	return true;
}

static void tell_all(enum passed_kind kind, const struct flow *flow, struct view bytes)
{
	if (owners > 1)
		passing_give_all(&(struct passing){ .kind = (uint8_t)kind,
		                                    .flow = *flow,
		                                    .account = border_account(border, flow),
		                                    .bytes = (char *)(uintptr_t)bytes.at,
		                                    .len = bytes.len });
}

void handing_unreachable(const struct flow *flow)
{
	tell_all(PASSED_UNREACHABLE, flow, VIEW_EMPTY);
}

void handing_closed(const struct flow *flow)
{
	bool is_blocked;

	/* What another asked over it waits no longer. */
	if (flow->connection != 0 && owners > 1 &&
	    border_standing(border, flow, *own.now, &is_blocked) != STANDING_STRANGER)
		tell_all(PASSED_CLOSED, flow, VIEW_EMPTY);
}

void handing_registered(const struct flow *flow)
{
	if (border && owners > 1)
		tell_all(PASSED_REGISTERED, flow, border_registration(border, flow));
}

const char *handing_shown(const struct flow *flow)
{
	return is_anothers(flow) ? passing_shown(flow) : tcp_peer_label(own.tcp, flow);
}

/* ---- from others ---- */

/* Who was handed a phone's message for its address has it registered, or hands it on to who has
 * its call; what the second one gets goes no further. */
static void take_message(const struct passing *p)
{
	unsigned whose = owner;

	pace_note(own.pace, 1);
	if (!p->account)
		whose = border_moved(border, &p->flow, view_bytes(p->bytes, p->len));
	if (whose != owner) {
		hand_over(whose, PASSED_MESSAGE, &p->flow, view_bytes(p->bytes, p->len));
		return;
	}
	border_attest(border, p->account);
	border_receive(border, &p->flow, p->bytes, p->len, *own.now);
	border_attest(border, 0);
}

static void take(const struct passing *p, struct now now)
{
	*own.now = now;
	switch ((enum passed_kind)p->kind) {
	case PASSED_MESSAGE:
		take_message(p);
		break;
	case PASSED_SEND:
		if (!is_anothers(&p->flow))
			tcp_send(own.tcp, &p->flow, view_bytes(p->bytes, p->len), now);
		break;
	case PASSED_UNREACHABLE:
		border_unreachable(border, &p->flow, now);
		break;
	case PASSED_CLOSED:
		border_disconnected(border, &p->flow, now.us, now);
		break;
	case PASSED_REGISTERED:
		border_registered(border, &p->flow, p->account, view_bytes(p->bytes, p->len), now);
		break;
	case PASSED_KIND_COUNT:
		break;
	}
}

void handing_begin(const struct handing *h)
{
	own = *h;
	owner = child_facts(h->child)->owner;
	owners = child_facts(h->child)->owners;
	passing_begin(h->child);
}

void handing_listen(struct border *b)
{
	border = b;
	passing_listen(take);
}

static void put_aside(const struct passing *p) { aside(&p->flow, view_bytes(p->bytes, p->len)); }

void handing_set_aside(void (*told)(const struct flow *flow, struct view bytes))
{
	aside = told;
	passing_set_aside(put_aside);
}
