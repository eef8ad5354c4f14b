/* SPDX-License-Identifier: Apache-2.0 */
/* Judges by what was dumped. */
#include "kernel/ipsec_priv.h"

#include <linux/in.h>
#include <linux/xfrm.h>
#include <stdlib.h>

enum err kernel_ipsec_new(struct kernel_ipsec **ret)
{
	struct kernel_ipsec *i = calloc(1, sizeof(*i));

	if (!i)
		return ERR_NO_MEMORY;
	i->policies = calloc(MAX_IPSEC_POLICIES, sizeof(*i->policies));
	i->states = calloc(MAX_IPSEC_STATES, sizeof(*i->states));
	i->pairs = calloc(MAX_IPSEC_PAIRS, sizeof(*i->pairs));
	if (!i->policies || !i->states || !i->pairs) {
		kernel_ipsec_free(&i);
		return ERR_NO_MEMORY;
	}
	*ret = i;
	return ERR_NONE;
}

void kernel_ipsec_free(struct kernel_ipsec **i)
{
	if (!*i)
		return;
	free((*i)->policies);
	free((*i)->states);
	free((*i)->pairs);
	free(*i);
	*i = NULL;
}

void kernel_ipsec_begin(struct kernel_ipsec *i)
{
	i->policy_count = i->state_count = 0;
	i->is_whole = i->is_full = false;
}

void kernel_ipsec_finish(struct kernel_ipsec *i) { i->is_whole = !i->is_full; }

static bool holds(const struct addr_net *net, const struct addr *a)
{
	return net->base.family == 0 || addr_net_holds(net, a);
}

/* Packets of one host to another. */
struct packets {
	const struct addr *from, *to;
	uint8_t protocol;
};

static bool selects(const struct ipsec_selector *s, const struct packets *p)
{
	return holds(&s->from, p->from) && holds(&s->to, p->to) &&
	       (s->protocol == 0 || s->protocol == p->protocol);
}

static bool is_host(const struct addr *wanted, const struct addr *a)
{
	return wanted->family == 0 || addr_same_host(wanted, a);
}

/* The packets go through this state, if their policy has this template. */
static bool serves(const struct ipsec_state *s, const struct ipsec_template *t,
                   const struct packets *p)
{
	bool is_tunnel = t->mode == XFRM_MODE_TUNNEL;

	if (s->mode != t->mode || (t->reqid != 0 && s->reqid != t->reqid) ||
	    !selects(&s->selector, p))
		return false;
	if (is_tunnel)
		return is_host(&t->from, &s->from) && is_host(&t->to, &s->to);
	return addr_same_host(&s->from, p->from) && addr_same_host(&s->to, p->to);
}

static bool has_state(const struct kernel_ipsec *i, const struct ipsec_template *t,
                      const struct packets *p)
{
	for (uint32_t n = 0; n < i->state_count; n++)
		if (serves(&i->states[n], t, p))
			return true;
	return false;
}

enum one_way { WAY_COVERED, WAY_NO_POLICY, WAY_NO_STATE };

/* Of policies that select the packets, those of the lowest priority number count, all of them:
 * which one the kernel takes depends on when they were made. */
static enum one_way way(const struct kernel_ipsec *i, uint8_t direction,
                        const struct packets *packets)
{
	enum one_way found = WAY_NO_POLICY;
	uint32_t lowest = 0;
	bool is_first = true;

	for (uint32_t n = 0; n < i->policy_count; n++) {
		const struct ipsec_policy *p = &i->policies[n];
		enum one_way now = WAY_NO_POLICY;

		if (p->direction != direction || !selects(&p->selector, packets))
			continue;
		/* One that protects some packets alone may not be meant for ours. */
		if (p->is_narrow && p->is_demanding)
			continue;
		if (p->is_demanding && !p->is_blocking)
			now = has_state(i, &p->template, packets) ? WAY_COVERED : WAY_NO_STATE;
		if (is_first || p->priority < lowest) {
			found = now;
			lowest = p->priority;
		} else if (p->priority == lowest && now != WAY_COVERED) {
			found = now;
		}
		is_first = false;
	}
	return found;
}

enum cover kernel_ipsec_covers(const struct kernel_ipsec *i, const struct cover_row *between)
{
	uint8_t protocol = between->is_tcp ? IPPROTO_TCP : IPPROTO_UDP;
	struct packets sent = { &between->local, &between->remote, protocol };
	struct packets got = { &between->remote, &between->local, protocol };
	enum one_way out, in;

	if (!i->is_whole)
		return COVER_UNKNOWN;
	out = way(i, XFRM_POLICY_OUT, &sent);
	if (out != WAY_COVERED)
		return out == WAY_NO_POLICY ? COVER_NO_POLICY_OUT : COVER_NO_STATE_OUT;
	in = way(i, XFRM_POLICY_IN, &got);
	if (in != WAY_COVERED)
		return in == WAY_NO_POLICY ? COVER_NO_POLICY_IN : COVER_NO_STATE_IN;
	return COVER_YES;
}

/* ---- what was asked for ---- */

static struct cover_row *pair_known(struct kernel_ipsec *i, const struct cover_row *row)
{
	for (uint32_t n = 0; n < i->pair_count; n++) {
		struct cover_row *pair = &i->pairs[n];

		if (addr_same_host(&pair->remote, &row->remote) &&
		    addr_same_host(&pair->local, &row->local) && pair->is_tcp == row->is_tcp)
			return pair;
	}
	return NULL;
}

/* On one that is not covered nobody relies. */
static struct cover_row *pair_free(struct kernel_ipsec *i)
{
	if (i->pair_count < MAX_IPSEC_PAIRS)
		return &i->pairs[i->pair_count++];
	for (uint32_t n = 0; n < i->pair_count; n++)
		if (i->pairs[n].verdict != COVER_YES)
			return &i->pairs[n];
	return NULL;
}

static struct cover_row *pair_of(struct kernel_ipsec *i, const struct cover_row *row)
{
	struct cover_row *pair = pair_known(i, row);

	if (pair)
		return pair;
	pair = pair_free(i);
	if (!pair)
		return NULL;
	*pair = *row;
	pair->call = 0;
	return pair;
}

void kernel_ipsec_answer(struct kernel_ipsec *i, struct cover_row *row)
{
	struct cover_row *pair = pair_of(i, row);

	if (pair)
		pair->verdict = (uint8_t)kernel_ipsec_covers(i, pair);
	row->verdict = pair ? pair->verdict : COVER_UNKNOWN;
}

bool kernel_ipsec_changed(struct kernel_ipsec *i, uint32_t *place, struct cover_row *ret)
{
	while (*place < i->pair_count) {
		struct cover_row *pair = &i->pairs[(*place)++];
		uint8_t now = (uint8_t)kernel_ipsec_covers(i, pair);

		if (now == pair->verdict)
			continue;
		pair->verdict = now;
		*ret = *pair;
		return true;
	}
	return false;
}
