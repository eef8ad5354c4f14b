/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets IPsec covers, by dumps as the kernel would write them. */
#include "kernel/ipsec.h"
#include "runner/test.h"

#include <arpa/inet.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

enum { REQID = 7 };

struct dump {
	char bytes[16384];
	struct buffer out;
	size_t message;
};

static struct addr at(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

static void begin(struct dump *d, uint16_t type, const void *body, size_t len)
{
	struct nlmsghdr head = { .nlmsg_type = type };

	d->message = d->out.len;
	buffer_put(&d->out, view_bytes(&head, sizeof(head)));
	buffer_put(&d->out, view_bytes(body, len));
	while (d->out.len % NLMSG_ALIGNTO)
		buffer_char(&d->out, 0);
}

static void attribute(struct dump *d, uint16_t type, const void *body, size_t len)
{
	struct nlattr head = { (uint16_t)(sizeof(head) + len), type };

	buffer_put(&d->out, view_bytes(&head, sizeof(head)));
	buffer_put(&d->out, view_bytes(body, len));
	while (d->out.len % NLMSG_ALIGNTO)
		buffer_char(&d->out, 0);
}

static void end(struct dump *d)
{
	uint32_t len = (uint32_t)(d->out.len - d->message);

	memcpy(d->bytes + d->message, &len, sizeof(len));
}

static void host(xfrm_address_t *ret, const char *text)
{
	memset(ret, 0, sizeof(*ret));
	(void)inet_pton(AF_INET, text, ret);
}

/* What a test says of one policy; the rest is as strongSwan writes it. */
struct policy {
	const char *from, *to;
	uint8_t from_prefix, to_prefix, direction, action, mode, proto, carried;
	uint16_t to_port;
	uint32_t priority, reqid, mark;
	int ifindex;
	bool is_plain, is_optional;
};

static void add_policy(struct dump *d, const struct policy *p)
{
	struct xfrm_userpolicy_info info = { .priority = p->priority,
		                             .dir = p->direction,
		                             .action = p->action };
	struct xfrm_user_tmpl t = { .id.proto = p->proto ? p->proto : IPPROTO_ESP,
		                    .family = AF_INET,
		                    .reqid = p->reqid,
		                    .mode = p->mode,
		                    .optional = p->is_optional };
	struct xfrm_mark mark = { p->mark, p->mark };

	info.sel.family = AF_INET;
	info.sel.prefixlen_s = p->from_prefix ? p->from_prefix : 32;
	info.sel.prefixlen_d = p->to_prefix ? p->to_prefix : 32;
	info.sel.ifindex = p->ifindex;
	info.sel.proto = p->carried;
	info.sel.dport = htons(p->to_port);
	info.sel.dport_mask = p->to_port ? 0xffff : 0;
	host(&info.sel.saddr, p->from);
	host(&info.sel.daddr, p->to);
	host(&t.saddr, p->from);
	host(&t.id.daddr, p->to);
	begin(d, XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	if (!p->is_plain)
		attribute(d, XFRMA_TMPL, &t, sizeof(t));
	if (p->mark)
		attribute(d, XFRMA_MARK, &mark, sizeof(mark));
	end(d);
}

struct state {
	const char *from, *to, *aead, *cipher, *digest;
	uint8_t mode, proto;
	uint32_t reqid;
};

static void name(struct dump *d, uint16_t type, const char *text)
{
	struct xfrm_algo_aead algorithm = { 0 };

	if (!text)
		return;
	(void)VIEW_COPY(view_of(text), algorithm.alg_name);
	attribute(d, type, &algorithm, sizeof(algorithm));
}

static void add_state(struct dump *d, const struct state *s)
{
	struct xfrm_usersa_info info = { .family = AF_INET, .reqid = s->reqid, .mode = s->mode };

	info.id.proto = s->proto ? s->proto : IPPROTO_ESP;
	host(&info.saddr, s->from);
	host(&info.id.daddr, s->to);
	begin(d, XFRM_MSG_NEWSA, &info, sizeof(info));
	name(d, XFRMA_ALG_AEAD, s->aead);
	name(d, XFRMA_ALG_CRYPT, s->cipher);
	name(d, XFRMA_ALG_AUTH_TRUNC, s->digest);
	end(d);
}

#define US   "192.0.2.10"
#define THEM "198.51.100.20"
static const char gcm[] = "rfc4106(gcm(aes))";

static const struct policy out = {
	.from = US, .to = THEM, .direction = XFRM_POLICY_OUT, .reqid = REQID
};
static const struct policy in = {
	.from = THEM, .to = US, .direction = XFRM_POLICY_IN, .reqid = REQID
};
static const struct state sent = { .from = US, .to = THEM, .aead = gcm, .reqid = REQID };
static const struct state got = { .from = THEM, .to = US, .aead = gcm, .reqid = REQID };

struct scene {
	const char *name;
	struct policy policies[4];
	struct state states[3];
	enum cover verdict;
};

static struct policy with(struct policy p, uint32_t priority)
{
	p.priority = priority;
	return p;
}

static enum err read_all(struct kernel_ipsec *i, struct dump *d)
{
	bool is_last = false;
	enum err err;

	begin(d, NLMSG_DONE, "\0\0\0", 4);
	end(d);
	kernel_ipsec_begin(i);
	err = kernel_ipsec_read(i, buffer_view(&d->out), &is_last);
	if (err == ERR_NONE && is_last)
		kernel_ipsec_finish(i);
	return err;
}

static enum err judge(const struct scene *s, enum cover *ret)
{
	static struct dump d;
	struct cover_row row = { .local = at(US ":20000"), .remote = at(THEM ":30000") };
	struct kernel_ipsec *i = NULL;
	enum err err = kernel_ipsec_new(&i);

	if (err != ERR_NONE)
		return err;
	d.out = buffer_on(d.bytes, sizeof(d.bytes));
	for (unsigned n = 0; n < 4 && s->policies[n].from; n++)
		add_policy(&d, &s->policies[n]);
	for (unsigned n = 0; n < 3 && s->states[n].from; n++)
		add_state(&d, &s->states[n]);
	err = read_all(i, &d);
	*ret = kernel_ipsec_covers(i, &row);
	kernel_ipsec_free(&i);
	return err;
}

TEST(covers, "packets are covered where policy and state stand both ways, and nowhere else")
{
	struct policy plain = {
		.from = US, .to = THEM, .direction = XFRM_POLICY_OUT, .is_plain = true
	};
	struct policy optional = out, authenticated = out, marked = out, bound = out,
		      other_port = out;
	struct policy tcp = out, blocking = out, tunnel_out = out, tunnel_in = in, wide = out;
	struct state open = sent, unchecked = sent, forged = sent, other_host = sent,
		     other_reqid = sent;
	struct state older = sent, tunnel_sent = sent, tunnel_got = got, ah = sent;
	enum cover verdict = COVER_COUNT;

	optional.is_optional = true;
	tcp.carried = IPPROTO_TCP;
	authenticated.proto = IPPROTO_AH;
	marked.mark = 4;
	bound.ifindex = 2;
	other_port.to_port = 40000;
	blocking.action = XFRM_POLICY_BLOCK;
	wide.from = "192.0.2.99"; /* the kernel keeps host bits */
	wide.from_prefix = 24;
	tunnel_out.mode = tunnel_in.mode = tunnel_sent.mode = tunnel_got.mode = XFRM_MODE_TUNNEL;
	open.aead = NULL;
	open.cipher = "ecb(cipher_null)";
	open.digest = "hmac(sha256)";
	unchecked.aead = NULL;
	unchecked.cipher = "cbc(aes)";
	older.aead = NULL;
	older.cipher = "cbc(aes)";
	older.digest = "hmac(sha256)";
	forged.aead = "rfc4543(gcm(aes))";
	other_host.to = "198.51.100.21";
	other_reqid.reqid = REQID + 1;
	ah.proto = IPPROTO_AH;

	const struct scene scenes[] = {
		{ "both", { out, in }, { sent, got }, COVER_YES },
		{ "older ciphers", { out, in }, { older, got }, COVER_YES },
		{ "a network", { wide, in }, { sent, got }, COVER_YES },
		{ "tunnel", { tunnel_out, tunnel_in }, { tunnel_sent, tunnel_got }, COVER_YES },
		{ "nothing", { { 0 } }, { { 0 } }, COVER_NO_POLICY_OUT },
		{ "states without policies", { { 0 } }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "one way", { out }, { sent, got }, COVER_NO_POLICY_IN },
		{ "no keys", { out, in }, { { 0 } }, COVER_NO_STATE_OUT },
		{ "no keys for what comes", { out, in }, { sent }, COVER_NO_STATE_IN },
		{ "optional", { optional, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "authentication alone", { authenticated, in }, { ah, got }, COVER_NO_POLICY_OUT },
		{ "state of authentication", { out, in }, { ah, got }, COVER_NO_STATE_OUT },
		{ "no cipher", { out, in }, { open, got }, COVER_NO_STATE_OUT },
		{ "cipher without a check", { out, in }, { unchecked, got }, COVER_NO_STATE_OUT },
		{ "check without a cipher", { out, in }, { forged, got }, COVER_NO_STATE_OUT },
		{ "another host's state", { out, in }, { other_host, got }, COVER_NO_STATE_OUT },
		{ "another policy's state", { out, in }, { other_reqid, got }, COVER_NO_STATE_OUT },
		{ "transport for tunnel", { tunnel_out, in }, { sent, got }, COVER_NO_STATE_OUT },
		{ "marked packets", { marked, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "one interface", { bound, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "TCP alone", { tcp, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "another port", { other_port, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "dropped", { blocking, in }, { sent, got }, COVER_NO_POLICY_OUT },
		{ "an exception ahead",
		  { with(out, 9), in, with(plain, 5) },
		  { sent, got },
		  COVER_NO_POLICY_OUT },
		{ "an exception behind",
		  { with(out, 5), in, with(plain, 9) },
		  { sent, got },
		  COVER_YES },
		{ "an exception beside",
		  { with(plain, 5), in, with(out, 5) },
		  { sent, got },
		  COVER_NO_POLICY_OUT },
	};

	for (size_t n = 0; n < sizeof(scenes) / sizeof(scenes[0]); n++) {
		TRY(judge(&scenes[n], &verdict));
		CHECK_CASE(verdict == scenes[n].verdict, scenes[n].name);
	}
	return ERR_NONE;
}

TEST(half_dump, "what was not dumped to its end covers nothing")
{
	static struct dump d;
	struct cover_row row = { .local = at(US ":20000"), .remote = at(THEM ":30000") };
	struct kernel_ipsec *i = NULL;
	bool is_last = true;

	TRY(kernel_ipsec_new(&i));
	CHECK(kernel_ipsec_covers(i, &row) == COVER_UNKNOWN);
	d.out = buffer_on(d.bytes, sizeof(d.bytes));
	add_policy(&d, &out);
	kernel_ipsec_begin(i);
	CHECK(kernel_ipsec_read(i, buffer_view(&d.out), &is_last) == ERR_NONE && !is_last);
	CHECK(kernel_ipsec_covers(i, &row) == COVER_UNKNOWN);
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

static enum err dump(struct kernel_ipsec *i, bool has_states)
{
	static struct dump d;

	d.out = buffer_on(d.bytes, sizeof(d.bytes));
	add_policy(&d, &out);
	add_policy(&d, &in);
	if (has_states) {
		add_state(&d, &sent);
		add_state(&d, &got);
	}
	return read_all(i, &d);
}

TEST(changed, "a pair that was asked for is told once when its cover goes, and when it is back")
{
	struct cover_row row = { .call = 5, .local = at(US ":20000"), .remote = at(THEM ":30000") };
	struct cover_row other = row, told;
	struct kernel_ipsec *i = NULL;
	uint32_t place = 0;

	TRY(kernel_ipsec_new(&i));
	TRY(dump(i, true));
	other.remote = at("198.51.100.99:30000");
	kernel_ipsec_answer(i, &row);
	kernel_ipsec_answer(i, &other);
	CHECK(row.verdict == COVER_YES && row.call == 5 && other.verdict == COVER_NO_POLICY_OUT);
	CHECK(!kernel_ipsec_changed(i, &place, &told));
	TRY(dump(i, false));
	place = 0;
	CHECK(kernel_ipsec_changed(i, &place, &told));
	CHECK(told.verdict == COVER_NO_STATE_OUT && told.call == 0);
	CHECK(addr_same_host(&told.remote, &row.remote));
	CHECK(!kernel_ipsec_changed(i, &place, &told));
	TRY(dump(i, true));
	place = 0;
	CHECK(kernel_ipsec_changed(i, &place, &told) && told.verdict == COVER_YES);
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

/* Hosts of 10.0.0.0/8, one after the other. */
static enum cover ask_for(struct kernel_ipsec *i, unsigned n)
{
	struct cover_row row = { .local = at(US ":20000"), .remote = at("10.0.0.1:30000") };

	row.remote.bytes[14] = (uint8_t)(n >> 8);
	row.remote.bytes[15] = (uint8_t)n;
	kernel_ipsec_answer(i, &row);
	return (enum cover)row.verdict;
}

TEST(pairs, "a pair that cannot be watched is not relied on")
{
	static struct dump d;
	struct policy wide_out = out, wide_in = in;
	struct state wide_sent = sent, wide_got = got;
	struct kernel_ipsec *i = NULL;

	wide_out.to = wide_in.from = wide_sent.to = wide_got.from = "10.0.0.0";
	wide_out.to_prefix = wide_in.from_prefix = 8;
	wide_out.mode = wide_in.mode = wide_sent.mode = wide_got.mode = XFRM_MODE_TUNNEL;
	TRY(kernel_ipsec_new(&i));
	d.out = buffer_on(d.bytes, sizeof(d.bytes));
	add_policy(&d, &wide_out);
	add_policy(&d, &wide_in);
	add_state(&d, &wide_sent);
	add_state(&d, &wide_got);
	TRY(read_all(i, &d));
	for (unsigned n = 0; n < MAX_IPSEC_PAIRS; n++)
		CHECK(ask_for(i, n) == COVER_YES);
	CHECK(ask_for(i, MAX_IPSEC_PAIRS) == COVER_UNKNOWN && ask_for(i, 5) == COVER_YES);
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

TEST(pairs_forgotten, "hosts that nothing covers take no place from one that is covered")
{
	struct cover_row row = { .local = at(US ":20000"), .remote = at(THEM ":30000") }, told;
	struct kernel_ipsec *i = NULL;
	uint32_t place = 0;

	TRY(kernel_ipsec_new(&i));
	TRY(dump(i, true));
	for (unsigned n = 0; n < MAX_IPSEC_PAIRS; n++)
		CHECK(ask_for(i, n) == COVER_NO_POLICY_OUT);
	kernel_ipsec_answer(i, &row);
	CHECK(row.verdict == COVER_YES);
	for (unsigned n = 0; n < 2 * MAX_IPSEC_PAIRS; n++)
		CHECK(ask_for(i, n) == COVER_NO_POLICY_OUT);
	TRY(dump(i, false));
	CHECK(kernel_ipsec_changed(i, &place, &told) && addr_same_host(&told.remote, &row.remote));
	CHECK(told.verdict == COVER_NO_STATE_OUT);
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

TEST(too_many, "more states than there is room for are as none")
{
	static struct dump d;
	struct cover_row row = { .local = at(US ":20000"), .remote = at(THEM ":30000") };
	struct kernel_ipsec *i = NULL;
	bool is_last = false;

	TRY(kernel_ipsec_new(&i));
	kernel_ipsec_begin(i);
	for (unsigned n = 0; n <= MAX_IPSEC_STATES; n++) {
		d.out = buffer_on(d.bytes, sizeof(d.bytes));
		add_state(&d, &sent);
		CHECK(kernel_ipsec_read(i, buffer_view(&d.out), &is_last) == ERR_NONE);
	}
	kernel_ipsec_finish(i);
	CHECK(kernel_ipsec_covers(i, &row) == COVER_UNKNOWN);
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

TEST(truncated, "a dump that is cut anywhere is refused or says less, and reads nothing beyond")
{
	static struct dump d;
	struct kernel_ipsec *i = NULL;
	bool is_last = false;

	TRY(kernel_ipsec_new(&i));
	d.out = buffer_on(d.bytes, sizeof(d.bytes));
	add_policy(&d, &out);
	add_state(&d, &sent);
	for (size_t len = 1; len < d.out.len; len++) {
		char *copy = malloc(len);
		enum err err;

		if (!copy)
			break;
		memcpy(copy, d.bytes, len);
		kernel_ipsec_begin(i);
		err = kernel_ipsec_read(i, view_bytes(copy, len), &is_last);
		free(copy);
		CHECK((err == ERR_SYNTAX || err == ERR_NONE) && !is_last);
	}
	kernel_ipsec_free(&i);
	return ERR_NONE;
}

TEST(refusals, "what the kernel says instead of a dump is said on")
{
	static const struct {
		int number;
		enum err err;
	} cases[] = { { -1, ERR_DENIED }, { -95, ERR_UNSUPPORTED }, { -5, ERR_IO } };
	static struct dump d;
	struct kernel_ipsec *i = NULL;
	bool is_last = false;

	TRY(kernel_ipsec_new(&i));
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		d.out = buffer_on(d.bytes, sizeof(d.bytes));
		begin(&d, NLMSG_ERROR, &cases[n].number, sizeof(cases[n].number));
		end(&d);
		CHECK(kernel_ipsec_read(i, buffer_view(&d.out), &is_last) == cases[n].err);
	}
	kernel_ipsec_free(&i);
	return ERR_NONE;
}
