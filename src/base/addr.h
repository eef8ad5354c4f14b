/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses and networks as plain values. IPv4 lives in the last four
 * bytes of an IPv4-mapped address, so comparing bytes compares addresses, and
 * an IPv4-mapped IPv6 address that arrives is the IPv4 address. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/buffer.h"
#include "base/view.h"

struct addr {
	uint8_t bytes[16];
	uint16_t port;  /* host order; 0 where none is known */
	uint8_t family; /* 4, 6, or 0 for no address */
	uint8_t unused; /* 0 */
};

struct addr_net {
	struct addr base; /* port 0, host bits 0 */
	uint8_t prefix;   /* 0..128; IPv4 prefixes count from 96 */
	uint8_t unused;   /* 0: equal networks are equal bytes */
};

enum { ADDR_TEXT_MAX = 64 }; /* "[v6]:port" and a NUL */

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; no zone, no name, no leading
 * zeros in IPv4. ERR_SYNTAX. Port 0. */
enum err addr_parse(struct view text, struct addr *ret) MUST_USE;
/* How many bytes at the beginning are an IPv4 address, whatever follows; 0: none, then *ret is
 * untouched. For those who find the end of a host only by reading it. */
size_t addr_take_v4(struct view text, struct addr *ret) MUST_USE;
/* The same as addr_parse with ":port" (1..65535) required, and brackets around IPv6. */
enum err addr_parse_port(struct view text, struct addr *ret) MUST_USE;
/* "192.0.2.0/24"; without /N the single address. ERR_SYNTAX; ERR_LIMIT for a
 * prefix that is too long; ERR_DENIED for host bits that are set ("192.0.2.1/24"
 * may mean one address or all: guessing would open or close too much). */
enum err addr_net_parse(struct view text, struct addr_net *ret) MUST_USE;

/* RFC 5952 form; "-" for no address. Alone; in brackets if IPv6, as in a URI;
 * with ":port" too. */
void addr_write(struct buffer *b, const struct addr *a);
void addr_write_host(struct buffer *b, const struct addr *a);
void addr_write_port(struct buffer *b, const struct addr *a);
/* An IPv4 address at `at`, where there is room for 15 bytes; behind its end. */
char *addr_put_v4(char *at, const struct addr *a);
void addr_net_write(struct buffer *b, const struct addr_net *n);
/* For logs and messages: host:port into the array, which is returned. */
const char *addr_text(const struct addr *a, char ret[ADDR_TEXT_MAX]);

bool addr_equal(const struct addr *a, const struct addr *b);     /* host and port */
bool addr_same_host(const struct addr *a, const struct addr *b); /* port ignored */
/* Port ignored. ::/0 holds no IPv4 address. */
bool addr_net_holds(const struct addr_net *n, const struct addr *a);
/* The source that an address counts for: IPv4 itself, IPv6 its /64; port 0. */
struct addr addr_source(const struct addr *a);
/* The wider neighbourhood for bounds on strangers: IPv4 /24, IPv6 /64; port 0. */
struct addr addr_neighbourhood(const struct addr *a);

enum addr_kind {
	ADDR_PUBLIC,
	ADDR_PRIVATE, /* RFC 1918, CGNAT 100.64/10, ULA, fec0::/10 */
	ADDR_LOOPBACK,
	ADDR_LINK_LOCAL, /* also 169.254.169.254 */
	ADDR_MULTICAST,
	ADDR_BROADCAST,   /* 255.255.255.255 and the rest of 240/4 */
	ADDR_UNSPECIFIED, /* 0.0.0.0, ::, the rest of 0/8 and of ::/96, no address */
};
enum addr_kind addr_kind(const struct addr *a);

#endif
