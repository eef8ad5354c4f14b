/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the kernel's dump of policies and states, by its own header's shapes. */
#include "kernel/ipsec_priv.h"

#include <errno.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/socket.h>

enum { ALIGNMENT = 4, ATTRIBUTE_KIND = 0x3fff };

void kernel_ipsec_ask(struct buffer *out, enum ipsec_table table)
{
	struct nlmsghdr head = { .nlmsg_len = sizeof(head),
		                 .nlmsg_type = table == IPSEC_POLICIES ? XFRM_MSG_GETPOLICY
		                                                       : XFRM_MSG_GETSA,
		                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		                 .nlmsg_seq = table + 1U };

	/* A body may be left out: then none is chosen among them. */
	buffer_put(out, view_bytes(&head, sizeof(head)));
}

/* ---- attributes ---- */

/* False at the end, and where a length is not one. */
static bool next_attribute(struct view *rest, uint16_t *ret_kind, struct view *ret)
{
	struct nlattr head;
	size_t whole;

	if (rest->len < sizeof(head))
		return false;
	memcpy(&head, rest->at, sizeof(head));
	if (head.nla_len < sizeof(head) || head.nla_len > rest->len)
		return false;
	whole = (head.nla_len + ALIGNMENT - 1U) / ALIGNMENT * ALIGNMENT;
	*ret_kind = head.nla_type & ATTRIBUTE_KIND;
	*ret = view_after(view_first(*rest, head.nla_len), sizeof(head));
	*rest = view_after(*rest, whole < rest->len ? whole : rest->len);
	return true;
}

static bool is_zero(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] != 0)
			return false;
	return true;
}

/* ---- addresses ---- */

enum { IPV4_AT = 12, IPV4_PREFIX = 96 }; /* in a mapped address */

static struct addr address_of(const xfrm_address_t *a, uint16_t family)
{
	struct addr ret = { .family = family == AF_INET ? 4 : 6 };

	if (family == AF_INET) {
		ret.bytes[10] = ret.bytes[11] = 0xff;
		memcpy(ret.bytes + IPV4_AT, a, 4);
	} else {
		memcpy(ret.bytes, a, sizeof(ret.bytes));
	}
	return ret;
}

/* Zeros mean any, and make an address without a family. */
static struct addr host_of(const xfrm_address_t *a, uint16_t family)
{
	if (is_zero(view_bytes(a, family == AF_INET ? 4 : 16)))
		return (struct addr){ 0 };
	return address_of(a, family);
}

static struct addr_net net_of(const xfrm_address_t *a, uint16_t family, uint8_t prefix)
{
	struct addr_net net = { .base = address_of(a, family) };

	net.prefix = (uint8_t)(prefix + (family == AF_INET ? IPV4_PREFIX : 0));
	/* The kernel keeps bits beyond the prefix as they were given. */
	for (unsigned bit = net.prefix; bit < 8 * sizeof(net.base.bytes); bit++)
		net.base.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
	return net;
}

static struct ipsec_selector selector_of(const struct xfrm_selector *s)
{
	struct ipsec_selector ret = { .protocol = s->proto };

	if (s->family == AF_INET || s->family == AF_INET6) {
		ret.from = net_of(&s->saddr, s->family, s->prefixlen_s);
		ret.to = net_of(&s->daddr, s->family, s->prefixlen_d);
	}
	return ret;
}

static bool is_of_family(uint16_t family) { return family == AF_INET || family == AF_INET6; }

static bool is_sound(const struct xfrm_selector *s)
{
	unsigned most = s->family == AF_INET ? 32 : 128;

	return s->family == AF_UNSPEC ||
	       (is_of_family(s->family) && s->prefixlen_s <= most && s->prefixlen_d <= most);
}

/* ---- rows ---- */

static void read_templates(struct ipsec_policy *p, struct view value)
{
	struct xfrm_user_tmpl t;

	for (; value.len >= sizeof(t); value = view_after(value, sizeof(t))) {
		memcpy(&t, value.at, sizeof(t));
		if (p->is_demanding || t.optional || t.id.proto != IPPROTO_ESP ||
		    !is_of_family(t.family))
			continue;
		p->is_demanding = true;
		p->template = (struct ipsec_template){ .from = host_of(&t.saddr, t.family),
			                               .to = host_of(&t.id.daddr, t.family),
			                               .reqid = t.reqid,
			                               .mode = t.mode };
	}
}

static enum err read_policy(struct kernel_ipsec *i, struct view body)
{
	struct xfrm_userpolicy_info info;
	struct ipsec_policy p = { 0 };
	struct view rest, value;
	uint16_t kind;

	if (body.len < sizeof(info))
		return ERR_SYNTAX;
	memcpy(&info, body.at, sizeof(info));
	if (!is_sound(&info.sel))
		return ERR_SYNTAX;
	/* Of sockets, and of what is passed on: none of ours. */
	if (info.dir != XFRM_POLICY_IN && info.dir != XFRM_POLICY_OUT)
		return ERR_NONE;
	p.selector = selector_of(&info.sel);
	p.priority = info.priority;
	p.direction = info.dir;
	p.is_blocking = info.action != XFRM_POLICY_ALLOW;
	p.is_narrow = info.sel.ifindex != 0 || info.sel.user != 0 || info.sel.sport_mask != 0 ||
	              info.sel.dport_mask != 0;
	rest = view_after(body, NLMSG_ALIGN(sizeof(info)));
	while (next_attribute(&rest, &kind, &value)) {
		if (kind == XFRMA_TMPL)
			read_templates(&p, value);
		if ((kind == XFRMA_MARK || kind == XFRMA_IF_ID) && !is_zero(value))
			p.is_narrow = true;
	}
	if (i->policy_count == MAX_IPSEC_POLICIES)
		i->is_full = true;
	else
		i->policies[i->policy_count++] = p;
	return ERR_NONE;
}

/* A cipher that hides nothing is not one; nor one whose packets anybody may change. */
static bool is_name(struct view value, const char *name)
{
	return value.len >= strlen(name) && memcmp(value.at, name, strlen(name)) == 0;
}

static enum err read_state(struct kernel_ipsec *i, struct view body)
{
	struct xfrm_usersa_info info;
	struct view rest, value;
	bool is_hidden = false, is_checked = false, is_narrow;
	uint16_t kind;

	if (body.len < sizeof(info))
		return ERR_SYNTAX;
	memcpy(&info, body.at, sizeof(info));
	is_narrow = info.sel.sport_mask != 0 || info.sel.dport_mask != 0;
	if (!is_sound(&info.sel) || !is_of_family(info.family))
		return ERR_SYNTAX;
	rest = view_after(body, NLMSG_ALIGN(sizeof(info)));
	while (next_attribute(&rest, &kind, &value)) {
		bool is_null = is_name(value, "ecb(cipher_null)") ||
		               is_name(value, "cipher_null") || is_name(value, "digest_null") ||
		               is_name(value, "rfc4543(");

		if (kind == XFRMA_ALG_AEAD && !is_null)
			is_hidden = is_checked = true;
		if (kind == XFRMA_ALG_CRYPT && !is_null)
			is_hidden = true;
		if ((kind == XFRMA_ALG_AUTH || kind == XFRMA_ALG_AUTH_TRUNC) && !is_null)
			is_checked = true;
		if ((kind == XFRMA_MARK || kind == XFRMA_IF_ID) && !is_zero(value))
			is_narrow = true;
	}
	if (info.id.proto != IPPROTO_ESP || !is_hidden || !is_checked || is_narrow)
		return ERR_NONE;
	if (i->state_count == MAX_IPSEC_STATES) {
		i->is_full = true;
		return ERR_NONE;
	}
	i->states[i->state_count++] = (struct ipsec_state){
		.selector = selector_of(&info.sel),
		.from = host_of(&info.saddr, info.family),
		.to = host_of(&info.id.daddr, info.family),
		.reqid = info.reqid,
		.mode = info.mode,
	};
	return ERR_NONE;
}

/* ---- messages ---- */

static enum err error_of(struct view body)
{
	int number = 0;

	if (body.len < sizeof(number))
		return ERR_SYNTAX;
	memcpy(&number, body.at, sizeof(number));
	switch (-number) {
	case EPERM:
	case EACCES:
		return ERR_DENIED;
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return ERR_UNSUPPORTED;
	default:
		return ERR_IO;
	}
}

static enum err read_one(struct kernel_ipsec *i, const struct nlmsghdr *head, struct view body,
                         bool *ret_is_last)
{
	if ((head->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		return ERR_STALE;
	switch (head->nlmsg_type) {
	case NLMSG_DONE:
		*ret_is_last = true;
		return ERR_NONE;
	case NLMSG_ERROR:
		return error_of(body);
	case XFRM_MSG_NEWPOLICY:
		return read_policy(i, body);
	case XFRM_MSG_NEWSA:
		return read_state(i, body);
	default:
		return ERR_NONE;
	}
}

enum err kernel_ipsec_read(struct kernel_ipsec *i, struct view datagram, bool *ret_is_last)
{
	bool is_last = false;

	while (datagram.len >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;
		size_t whole;
		enum err err;

		memcpy(&head, datagram.at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > datagram.len)
			return ERR_SYNTAX;
		err = read_one(i, &head,
		               view_after(view_first(datagram, head.nlmsg_len), sizeof(head)),
		               &is_last);
		if (err != ERR_NONE)
			return err;
		whole = NLMSG_ALIGN((size_t)head.nlmsg_len);
		datagram = view_after(datagram, whole < datagram.len ? whole : datagram.len);
	}
	*ret_is_last = is_last;
	return datagram.len == 0 ? ERR_NONE : ERR_SYNTAX;
}
