/* SPDX-License-Identifier: Apache-2.0 */
/* Judges by what was dumped. */
#include "kernel/ipsec_priv.h"

#include <linux/in.h>
#include <linux/xfrm.h>
#include <stdlib.h>

const char *kernel_ipsec_cover_text(enum ipsec_cover c)
{
	static const char *const texts[IPSEC_COVER_COUNT] = {
		[IPSEC_COVERED] = "covered by IPsec",
		[IPSEC_UNKNOWN] = "the kernel did not tell its IPsec policies",
		[IPSEC_NO_POLICY_OUT] = "no IPsec policy covers what is sent",
		[IPSEC_NO_POLICY_IN] = "no IPsec policy covers what is received",
		[IPSEC_NO_STATE_OUT] = "IPsec has no keys for what is sent",
		[IPSEC_NO_STATE_IN] = "IPsec has no keys for what is received",
	};

	return (unsigned)c < IPSEC_COVER_COUNT ? texts[c] : "";
}

enum err kernel_ipsec_new(struct kernel_ipsec **ret)
{
	struct kernel_ipsec *i = calloc(1, sizeof(*i));

	if (!i)
		return ERR_NO_MEMORY;
	i->policies = calloc(MAX_IPSEC_POLICIES, sizeof(*i->policies));
	i->states = calloc(MAX_IPSEC_STATES, sizeof(*i->states));
	if (!i->policies || !i->states) {
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

static bool selects(const struct ipsec_selector *s, const struct addr *from, const struct addr *to)
{
	return holds(&s->from, from) && holds(&s->to, to) &&
	       (s->protocol == 0 || s->protocol == IPPROTO_UDP) &&
	       ((from->port ^ s->from_port) & s->from_mask) == 0 &&
	       ((to->port ^ s->to_port) & s->to_mask) == 0;
}

static bool is_host(const struct addr *wanted, const struct addr *a)
{
	return wanted->family == 0 || addr_same_host(wanted, a);
}

/* Packets from one to the other go through this state, if their policy has this template. */
static bool serves(const struct ipsec_state *s, const struct ipsec_template *t,
                   const struct addr *from, const struct addr *to)
{
	bool is_tunnel = t->mode == XFRM_MODE_TUNNEL;

	if (s->mode != t->mode || (t->reqid != 0 && s->reqid != t->reqid) ||
	    !selects(&s->selector, from, to))
		return false;
	if (is_tunnel)
		return is_host(&t->from, &s->from) && is_host(&t->to, &s->to);
	return addr_same_host(&s->from, from) && addr_same_host(&s->to, to);
}

static bool has_state(const struct kernel_ipsec *i, const struct ipsec_template *t,
                      const struct addr *from, const struct addr *to)
{
	for (uint32_t n = 0; n < i->state_count; n++)
		if (serves(&i->states[n], t, from, to))
			return true;
	return false;
}

enum one_way { WAY_COVERED, WAY_NO_POLICY, WAY_NO_STATE };

/* Of policies that select the packets, those of the lowest priority number count, all of them:
 * which one the kernel takes depends on when they were made. */
static enum one_way way(const struct kernel_ipsec *i, uint8_t direction, const struct addr *from,
                        const struct addr *to)
{
	enum one_way found = WAY_NO_POLICY;
	uint32_t lowest = 0;
	bool is_first = true;

	for (uint32_t n = 0; n < i->policy_count; n++) {
		const struct ipsec_policy *p = &i->policies[n];
		enum one_way now = WAY_NO_POLICY;

		if (p->direction != direction || !selects(&p->selector, from, to))
			continue;
		/* One that protects some packets alone may not be meant for ours. */
		if (p->is_narrow && p->is_demanding)
			continue;
		if (p->is_demanding && !p->is_blocking)
			now = has_state(i, &p->template, from, to) ? WAY_COVERED : WAY_NO_STATE;
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

enum ipsec_cover kernel_ipsec_covers(const struct kernel_ipsec *i, const struct addr *local,
                                     const struct addr *remote)
{
	enum one_way out, in;

	if (!i->is_whole)
		return IPSEC_UNKNOWN;
	out = way(i, XFRM_POLICY_OUT, local, remote);
	if (out != WAY_COVERED)
		return out == WAY_NO_POLICY ? IPSEC_NO_POLICY_OUT : IPSEC_NO_STATE_OUT;
	in = way(i, XFRM_POLICY_IN, remote, local);
	if (in != WAY_COVERED)
		return in == WAY_NO_POLICY ? IPSEC_NO_POLICY_IN : IPSEC_NO_STATE_IN;
	return IPSEC_COVERED;
}
