/* SPDX-License-Identifier: Apache-2.0 */
/* Host of a URI or a Via: a name, or an address (RFC 3261 25.1 host). */
#ifndef SIP_HOST_H
#define SIP_HOST_H

#include "base/addr.h"
#include "base/cursor.h"

struct sip_host {
	struct view text; /* as it came; IPv6 with its brackets */
	struct addr addr; /* family 0: text is a name. Port 0 */
};

/* Takes a host; ERR_SYNTAX: empty, bytes that no host has, a broken address. */
void sip_host_read(struct cursor *in, struct sip_host *ret);
/* 1..65535, at most 5 digits. */
uint16_t sip_port_number_read(struct cursor *in);
/* Takes ":port" if one is next, else gives 0. */
static inline uint16_t sip_port_read(struct cursor *in)
{
	return cursor_skip(in, ':') ? sip_port_number_read(in) : (uint16_t)0;
}
enum err sip_host_parse(struct view text, struct sip_host *ret) MUST_USE;
/* Names by letters of either case, addresses by value. */
bool sip_host_equal(const struct sip_host *a, const struct sip_host *b);
void sip_host_write(struct buffer *b, const struct sip_host *h);
/* A host that is this address (port ignored); its text is empty, sip_host_write writes the
 * address. */
struct sip_host sip_host_of(const struct addr *a);

#endif
