/* SPDX-License-Identifier: Apache-2.0 */
/* Links, tags, tunnels and IP headers down to datagrams, segments and chunks. */
#include "capture/walk.h"
#include "runner/test.h"
#include "unit/capture/frame.h"
#include "unit/capture/walking.h"

#include <stdlib.h>

enum want { DATAGRAM, SEGMENT, CHUNK, NOTHING };

static const struct {
	uint32_t link;
	const char *headers;
	enum want want;
	enum capture_skip skip; /* where nothing is wanted */
} cases[] = {
	/* Links. */
	{ LINKTYPE_ETHERNET, "ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW_BSD, "ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW_OPENBSD, "ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_IPV4, "ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_IPV6, "ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_NULL, "family2-swapped ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_NULL, "family2 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_NULL, "family10 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_NULL, "family30 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_NULL, "family7 ipv4 udp", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_LOOP, "family2 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_LINUX_SLL, "cooked ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_LINUX_SLL, "cooked tag ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_LINUX_SLL2, "cooked2 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_PPP, "ppp4 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_PPP, "ppp6 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_PPP, "ppp4-short ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_PPP, "lcp ipv4 udp", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_PPP_HDLC, "ppp4-hdlc ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_PPP_ETHER, "pppoe ppp4 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_C_HDLC, "hdlc ipv4 udp", DATAGRAM, 0 },
	{ 105, "ethernet ipv4 udp", NOTHING, CAPTURE_SKIP_LINK },
	{ UINT32_MAX, "ethernet ipv4 udp", NOTHING, CAPTURE_SKIP_LINK },
	/* Between link and IP. */
	{ LINKTYPE_ETHERNET, "ethernet tag ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet service-tag tag ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet old-tag old-tag tag tag ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet snap ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet tag snap ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet llc ipv4 udp", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_ETHERNET, "ethernet snap snap ipv4 udp", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_ETHERNET, "ethernet bottom ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet label label bottom ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet bottom control-word ethernet ipv4 udp", NOTHING,
	  CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_ETHERNET, "ethernet pppoe ppp4 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet tag pppoe ppp6 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_ETHERNET, "ethernet discovery", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_ETHERNET, "ethernet arp", NOTHING, CAPTURE_SKIP_NOT_IP },
	/* IP. */
	{ LINKTYPE_RAW, "ipv4-options udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4-no-length udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 authentication udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4-short-header udp", NOTHING, CAPTURE_SKIP_IP_HEADER },
	{ LINKTYPE_RAW, "ipv4-long udp", NOTHING, CAPTURE_SKIP_IP_HEADER },
	{ LINKTYPE_RAW, "ipv5 udp", NOTHING, CAPTURE_SKIP_IP_HEADER },
	{ LINKTYPE_RAW, "ipv4 icmp", NOTHING, CAPTURE_SKIP_PROTOCOL },
	{ LINKTYPE_RAW, "ipv4 routing udp", NOTHING, CAPTURE_SKIP_PROTOCOL },
	{ LINKTYPE_RAW, "ipv6 hop-by-hop routing destination udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6-no-length hop-by-hop udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 authentication udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 atomic udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 long-extension udp", NOTHING, CAPTURE_SKIP_SHORT },
	{ LINKTYPE_RAW,
	  "ipv6 destination destination destination destination destination destination "
	  "destination destination destination destination destination destination "
	  "destination destination destination udp",
	  DATAGRAM, 0 },
	{ LINKTYPE_RAW,
	  "ipv6 destination destination destination destination destination destination "
	  "destination destination destination destination destination destination "
	  "destination destination destination destination udp",
	  NOTHING, CAPTURE_SKIP_IP_HEADER },
	/* Tunnels. */
	{ LINKTYPE_RAW, "ipv4 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 gre ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-all ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-all ethernet tag ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre bottom ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre arp", NOTHING, CAPTURE_SKIP_NOT_IP },
	{ LINKTYPE_RAW, "ipv4 gre-routing ipv4 udp", NOTHING, CAPTURE_SKIP_TUNNEL },
	{ LINKTYPE_RAW, "ipv4 gre-version2 ipv4 udp", NOTHING, CAPTURE_SKIP_TUNNEL },
	{ LINKTYPE_RAW, "ipv4 pptp ppp4-hdlc ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre erspan1 ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan2 ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan7 ethernet ipv4 udp", NOTHING,
	  CAPTURE_SKIP_TUNNEL },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan2-cut ethernet ipv4-long udp-long", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan3 ethernet tag ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan3-more ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan3-ip ipv6 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 gre-sequence erspan3-odd ipv6 udp", NOTHING, CAPTURE_SKIP_TUNNEL },
	{ LINKTYPE_RAW, "ipv4 vxlan ethernet ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv6 vxlan ethernet ipv6 tcp", SEGMENT, 0 },
	{ LINKTYPE_RAW, "ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 udp", DATAGRAM, 0 },
	{ LINKTYPE_RAW, "ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 udp", NOTHING,
	  CAPTURE_SKIP_DEPTH },
	/* Transports. */
	{ LINKTYPE_RAW, "ipv4 udp-short", NOTHING, CAPTURE_SKIP_UDP_LENGTH },
	{ LINKTYPE_RAW, "ipv4 udp-long", NOTHING, CAPTURE_SKIP_UDP_LENGTH },
	{ LINKTYPE_RAW, "ipv4 tcp", SEGMENT, 0 },
	{ LINKTYPE_RAW, "ipv6 tcp-options", SEGMENT, 0 },
	{ LINKTYPE_RAW, "ipv4 tcp-short", NOTHING, CAPTURE_SKIP_TCP_HEADER },
	{ LINKTYPE_RAW, "ipv4 tcp-long", NOTHING, CAPTURE_SKIP_TCP_HEADER },
	{ LINKTYPE_RAW, "ipv4 sctp chunk", CHUNK, 0 },
	{ LINKTYPE_RAW, "ipv6 sctp heartbeat chunk", CHUNK, 0 },
	{ LINKTYPE_RAW, "ipv4 sctp chunk-empty", NOTHING, CAPTURE_SKIP_SCTP_CHUNK },
	{ LINKTYPE_RAW, "ipv4 sctp chunk-long", NOTHING, CAPTURE_SKIP_SCTP_CHUNK },
};

static const struct view hello = VIEW("OPTIONS sip:a SIP/2.0");

static enum err check_case(struct walking *w, size_t i)
{
	const char *name = cases[i].headers;
	struct frame f;
	struct view bytes;

	CHECK_CASE(frame_build(&f, name, hello), name);
	bytes = frame_view(&f);
	walking_reset(w);
	walking_take(w, cases[i].link, bytes, (uint32_t)bytes.len);
	CHECK_CASE(w->datagrams == (cases[i].want == DATAGRAM), name);
	CHECK_CASE(w->segments == (cases[i].want == SEGMENT), name);
	CHECK_CASE(w->chunks == (cases[i].want == CHUNK), name);
	CHECK_CASE(capture_skipped_total(&w->skipped) == (cases[i].want == NOTHING), name);
	if (cases[i].want == NOTHING)
		CHECK_CASE(w->skipped.counts[cases[i].skip] == 1, name);
	else
		CHECK_CASE(view_equal(view_bytes(w->payload, w->len), hello), name);
	return ERR_NONE;
}

TEST(walk_cases, "walks every link, tag and tunnel down to the payload")
{
	struct walking w;
	enum err err = ERR_NONE;

	TRY(walking_init(&w));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && err == ERR_NONE; i++)
		err = check_case(&w, i);
	capture_walk_free(&w.walk);
	return err;
}

static struct addr addr_of(const char *text)
{
	struct addr a = { 0 };

	(void)addr_parse_port(view_of(text), &a);
	return a;
}

TEST(walk_fields, "reads addresses, ports and the fields of each transport")
{
	struct addr from4 = addr_of("192.0.2.1:5060"), to4 = addr_of("198.51.100.2:5062");
	struct addr from6 = addr_of("[2001:db8::]:5060"), to6 = addr_of("[2001:db8::2]:5062");
	struct walking w;
	struct frame f;

	TRY(walking_init(&w));
	(void)frame_build(&f, "ipv4 udp", hello);
	walking_take(&w, LINKTYPE_RAW, frame_view(&f), 0);
	(void)frame_build(&f, "ipv6 tcp", hello);
	walking_take(&w, LINKTYPE_RAW, frame_view(&f), 0);
	(void)frame_build(&f, "ipv4 sctp chunk", hello);
	walking_take(&w, LINKTYPE_RAW, frame_view(&f), 0);
	capture_walk_free(&w.walk);
	CHECK(addr_equal(&w.datagram.flow.remote, &from4) &&
	      addr_equal(&w.datagram.flow.local, &to4));
	CHECK(w.datagram.wall_us == 1000 && !w.datagram.is_cut);
	CHECK(addr_equal(&w.segment.from, &from6) && addr_equal(&w.segment.to, &to6));
	CHECK(w.segment.seq == 5 && w.segment.ack == 6 && w.segment.window == 4096);
	CHECK(w.segment.flags == (CAPTURE_TCP_ACK | CAPTURE_TCP_PSH));
	CHECK(addr_equal(&w.chunk.from, &from4) && addr_equal(&w.chunk.to, &to4));
	CHECK(w.chunk.tag == 9 && w.chunk.tsn == 8 && w.chunk.stream == 3);
	CHECK(w.chunk.sequence == 4 && w.chunk.ppid == 5 && w.chunk.flags == 7);
	return ERR_NONE;
}

TEST(walk_padding, "leaves out what stands behind the lengths")
{
	struct walking w;
	struct frame f;

	TRY(walking_init(&w));
	(void)frame_build(&f, "ethernet ipv4 udp-empty", VIEW("padding of Ethernet"));
	walking_take(&w, LINKTYPE_ETHERNET, frame_view(&f), 0);
	capture_walk_free(&w.walk);
	CHECK(w.datagrams == 1 && w.len == 0 && w.cut == 0);
	return ERR_NONE;
}

TEST(walk_bundle, "hands out every data chunk of a bundle and passes over the others")
{
	struct walking w;
	struct frame f;

	TRY(walking_init(&w));
	(void)frame_build(&f, "ipv4 sctp chunk-first heartbeat chunk-first chunk", hello);
	walking_take(&w, LINKTYPE_RAW, frame_view(&f), 0);
	capture_walk_free(&w.walk);
	CHECK(w.chunks == 3 && w.cut == 0 && capture_skipped_total(&w.skipped) == 0);
	return ERR_NONE;
}

/* What comes of a packet of `headers` of which `len` bytes were captured. */
static void cut_at(struct walking *w, const char *headers, size_t len, bool is_known)
{
	struct frame f;
	struct view bytes;
	char *copy;

	(void)frame_build(&f, headers, hello);
	bytes = frame_view(&f);
	copy = test_exact_copy(view_first(bytes, len));
	walking_reset(w);
	walking_take(w, LINKTYPE_RAW, view_bytes(copy, len), is_known ? (uint32_t)bytes.len : 0);
	free(copy);
}

static const struct {
	const char *headers;
	size_t head;
} stacks[] = {
	{ "ipv4 udp", 28 },
	{ "ipv6 tcp", 60 },
	{ "ipv4 sctp chunk", 48 },
	{ "ipv4 gre ethernet ipv4 udp", 66 },
};

static enum err check_cut(struct walking *w, size_t i)
{
	const char *headers = stacks[i].headers;
	size_t len = stacks[i].head + 5;

	cut_at(w, headers, len, true);
	CHECK_CASE(walking_count(w) == 1 && w->cut == 1 && w->len == 5, headers);
	cut_at(w, headers, len, false);
	CHECK_CASE(walking_count(w) == 0, headers);
	CHECK_CASE(capture_skipped_total(&w->skipped) == 1, headers);
	cut_at(w, headers, stacks[i].head - 1, true);
	CHECK_CASE(walking_count(w) == 0, headers);
	CHECK_CASE(capture_skipped_total(&w->skipped) == 1, headers);
	return ERR_NONE;
}

TEST(walk_cut, "says which payloads the snapshot length cut, and drops what only lies about it")
{
	struct walking w;
	enum err err = ERR_NONE;

	TRY(walking_init(&w));
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]) && err == ERR_NONE; i++)
		err = check_cut(&w, i);
	capture_walk_free(&w.walk);
	return err;
}

TEST(walk_truncations, "reads nothing beyond a packet that is cut anywhere")
{
	struct walking w;

	TRY(walking_init(&w));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view bytes;
		struct frame f;

		(void)frame_build(&f, cases[i].headers, hello);
		bytes = frame_view(&f);
		for (size_t len = 0; len < bytes.len; len++) {
			char *copy = test_exact_copy(view_first(bytes, len));

			walking_take(&w, cases[i].link, view_bytes(copy, len), 0);
			walking_take(&w, cases[i].link, view_bytes(copy, len), (uint32_t)bytes.len);
			free(copy);
		}
	}
	capture_walk_free(&w.walk);
	CHECK(w.cut > 0);
	return ERR_NONE;
}
