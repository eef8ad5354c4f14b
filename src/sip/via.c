/* SPDX-License-Identifier: Apache-2.0 */
/* Via: the one header in which blanks may stand around '/' and ':'. */
#include "sip/via.h"

#include "sip/plain_priv.h"

static const struct view transports[] = {
	[SIP_TRANSPORT_UDP] = { "UDP", 3 }, [SIP_TRANSPORT_TCP] = { "TCP", 3 },
	[SIP_TRANSPORT_TLS] = { "TLS", 3 }, [SIP_TRANSPORT_SCTP] = { "SCTP", 4 },
	[SIP_TRANSPORT_WS] = { "WS", 2 },   [SIP_TRANSPORT_WSS] = { "WSS", 3 },
};

enum { TRANSPORTS = sizeof(transports) / sizeof(transports[0]) };

enum sip_transport sip_transport_of(struct view text)
{
	for (unsigned t = SIP_TRANSPORT_OTHER + 1; t < TRANSPORTS; t++)
		if (view_equal_nocase(text, transports[t]))
			return t;
	return SIP_TRANSPORT_OTHER;
}

static void read_slash(struct cursor *in)
{
	cursor_blanks(in);
	cursor_expect(in, '/');
	cursor_blanks(in);
}

static void read_version(struct cursor *in)
{
	struct view name, version;

	/* Nearly everybody writes it so. */
	if (view_starts(cursor_rest(in), VIEW("SIP/2.0/"))) {
		in->at += sizeof("SIP/2.0/") - 1;
		cursor_blanks(in);
		return;
	}
	name = cursor_token(in);
	read_slash(in);
	version = cursor_token(in);
	if (in->err == ERR_NONE &&
	    (!view_equal_nocase(name, VIEW("SIP")) || !view_equal(version, VIEW("2.0"))))
		cursor_fail(in, ERR_SYNTAX);
	read_slash(in);
}

static void read_protocol(struct cursor *in, struct sip_via *via)
{
	read_version(in);
	if (view_starts(cursor_rest(in), VIEW("UDP "))) {
		via->transport_text = cursor_take(in, 3);
		via->transport = SIP_TRANSPORT_UDP;
	} else {
		via->transport_text = cursor_token(in);
		via->transport = sip_transport_of(via->transport_text);
	}
	if (cursor_peek(in) != ' ' && cursor_peek(in) != '\t')
		cursor_fail(in, cursor_is_at_end(in) ? ERR_SHORT : ERR_SYNTAX);
	cursor_blanks(in);
}

static void read_sent_by(struct cursor *in, struct sip_via *via)
{
	sip_host_read(in, &via->host);
	cursor_blanks(in);
	if (!cursor_skip(in, ':'))
		return;
	cursor_blanks(in);
	via->port = sip_port_number_read(in);
	cursor_blanks(in);
}

static void take_branch(struct cursor *in, struct sip_via *via, const struct sip_param *p)
{
	if (p->value.len == 0 || p->is_quoted)
		cursor_fail(in, ERR_SYNTAX);
	via->branch = p->value;
}

/* IPv6 with or without brackets (RFC 5118 4.5). */
static void take_received(struct cursor *in, struct sip_via *via, const struct sip_param *p)
{
	if (addr_parse(p->value, &via->received) != ERR_NONE)
		cursor_fail(in, ERR_SYNTAX);
}

static void take_rport(struct cursor *in, struct sip_via *via, const struct sip_param *p)
{
	uint64_t port = 0;

	via->has_rport = true;
	if (p->has_value &&
	    (p->value.len > 5 || !view_decimal(p->value, UINT16_MAX, &port) || port == 0))
		cursor_fail(in, ERR_SYNTAX);
	via->rport = (uint16_t)port;
}

static void take_maddr(struct cursor *in, struct sip_via *via, const struct sip_param *p)
{
	cursor_fail(in, sip_host_parse(p->value, &via->maddr));
}

static void take_ttl(struct cursor *in, struct sip_via *via, const struct sip_param *p)
{
	uint64_t ttl = 0;

	if (p->value.len > 3 || !view_decimal(p->value, UINT8_MAX, &ttl))
		cursor_fail(in, ERR_SYNTAX);
	via->ttl = (int16_t)ttl;
}

static const struct {
	struct view name;
	void (*take)(struct cursor *in, struct sip_via *via, const struct sip_param *p);
} takers[] = {
	{ { "branch", 6 }, take_branch }, { { "received", 8 }, take_received },
	{ { "rport", 5 }, take_rport },   { { "maddr", 5 }, take_maddr },
	{ { "ttl", 3 }, take_ttl },
};

enum { TAKERS = sizeof(takers) / sizeof(takers[0]) };

static size_t find_taker(struct view name)
{
	size_t i = 0;

	while (i < TAKERS && !view_equal_nocase(takers[i].name, name))
		i++;
	return i;
}

struct taking {
	struct sip_via *via;
	struct cursor values; /* keeps their first error */
};

static void take_param(void *context, const struct sip_param *p)
{
	struct taking *t = context;
	size_t i = find_taker(p->name);

	if (i < TAKERS)
		takers[i].take(&t->values, t->via, p);
}

enum err sip_via_careful(struct view text, struct sip_via *ret)
{
	struct cursor in = cursor_on(text);
	struct taking taking = { .via = ret };

	*ret = (struct sip_via){ .ttl = -1 };
	read_protocol(&in, ret);
	read_sent_by(&in, ret);
	if (in.err != ERR_NONE)
		return in.err;
	ret->params = cursor_rest(&in);
	in.err = sip_params_each(ret->params, take_param, &taking);
	cursor_fail(&in, taking.values.err);
	return in.err;
}

/* "SIP/2.0/UDP ": its length, or 0. */
STOPS_INLINE size_t plain_protocol(struct view text, struct sip_via *ret)
{
	struct view version = VIEW("SIP/2.0/");
	const char *at = text.at + version.len;

	if (text.len <= version.len + 4 || memcmp(text.at, version.at, version.len) != 0)
		return 0;
	ret->transport_text = (struct view){ at, 3 };
	if (memcmp(at, "UDP ", 4) == 0)
		ret->transport = SIP_TRANSPORT_UDP;
	else if (memcmp(at, "TCP ", 4) == 0)
		ret->transport = SIP_TRANSPORT_TCP;
	else if (memcmp(at, "TLS ", 4) == 0)
		ret->transport = SIP_TRANSPORT_TLS;
	else
		return 0;
	return version.len + 4;
}

/* Others than those that nearly all have. */
static bool plain_other(struct view name, struct view value, struct sip_via *ret)
{
	struct taking taking = { .via = ret };
	struct sip_param param = { .name = name, .value = value, .has_value = value.len > 0 };

	take_param(&taking, &param);
	return taking.values.err == ERR_NONE;
}

STOPS_INLINE bool plain_params(struct stops *s, struct sip_via *ret)
{
	struct plain_names names = { .count = 0 };
	struct view name, value;

	while (stops_skip(s, ';')) {
		if (!plain_param(s, &sip_param_bytes, &names, &name, &value))
			return false;
		if (name.len == 6 && value.len > 0 && memcmp(name.at, "branch", 6) == 0)
			ret->branch = value;
		else if (name.len == 5 && value.len == 0 && memcmp(name.at, "rport", 5) == 0)
			ret->has_rport = true;
		else if (!plain_other(name, value, ret))
			return false;
	}
	return s->at == s->end;
}

bool sip_via_plain(struct view text, struct sip_via *ret)
{
	size_t protocol = plain_protocol(text, ret);
	struct stops s __attribute__((uninitialized)); /* filled before it is read */

	text = view_after(text, protocol);
	if (protocol == 0 || text.len > MAX_STOPS_TEXT)
		return false;
	ret->branch = VIEW_EMPTY;
	ret->maddr.text = VIEW_EMPTY;
	plain_put(&ret->maddr.addr, 0, 0);
	plain_put(&ret->received, 0, 0);
	ret->has_rport = false;
	ret->rport = 0;
	ret->ttl = -1;
	s = stops_on(text);
	if (!plain_host(&s, &ret->host) || !plain_port(&s, &ret->port))
		return false;
	ret->params = (struct view){ s.at, (size_t)(s.end - s.at) };
	return plain_params(&s, ret);
}

enum err sip_via_fill(struct view text, struct sip_via *ret)
{
	return sip_via_plain(text, ret) ? ERR_NONE : sip_via_careful(text, ret);
}

enum err sip_via_parse(struct view text, struct sip_via *ret)
{
	struct sip_via via __attribute__((uninitialized)); /* filled whole */
	enum err err = sip_via_fill(text, &via);

	if (err == ERR_NONE)
		*ret = via;
	return err;
}

static void write_named(struct buffer *b, const struct sip_via *v)
{
	if (v->branch.len > 0)
		sip_param_write(b, &(struct sip_param){ .name = VIEW("branch"),
		                                        .value = v->branch,
		                                        .has_value = true });
	if (v->received.family != 0) {
		/* Without brackets: RFC 3261's grammar has none here (RFC 5118 4.5). */
		buffer_text(b, ";received=");
		addr_write(b, &v->received);
	}
	if (v->has_rport)
		buffer_text(b, ";rport");
	if (v->has_rport && v->rport != 0) {
		buffer_char(b, '=');
		buffer_decimal(b, v->rport);
	}
	if (v->maddr.text.len > 0 || v->maddr.addr.family != 0) {
		buffer_text(b, ";maddr=");
		sip_host_write(b, &v->maddr);
	}
	if (v->ttl >= 0) {
		buffer_text(b, ";ttl=");
		buffer_decimal(b, (uint64_t)v->ttl);
	}
}

void sip_via_write(struct buffer *b, const struct sip_via *v)
{
	struct view transport =
		v->transport == SIP_TRANSPORT_OTHER ? v->transport_text : transports[v->transport];
	struct cursor in = cursor_on(v->params);
	struct sip_param param;

	buffer_text(b, "SIP/2.0/");
	buffer_fail(b, transport.len > 0 ? ERR_NONE : ERR_SYNTAX);
	buffer_put(b, transport);
	buffer_char(b, ' ');
	sip_host_write(b, &v->host);
	if (v->port != 0) {
		buffer_char(b, ':');
		buffer_decimal(b, v->port);
	}
	write_named(b, v);
	while (sip_params_next(&in, &param))
		if (find_taker(param.name) == TAKERS)
			sip_param_write(b, &param);
	cursor_end(&in);
	buffer_fail(b, in.err);
}

bool sip_via_is_rfc3261(const struct sip_via *v)
{
	struct view cookie = VIEW("z9hG4bK");

	return v->branch.len > cookie.len && view_starts_nocase(v->branch, cookie);
}
