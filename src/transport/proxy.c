/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of the PROXY header, version 2. */
#include "transport/proxy.h"

#include "base/cursor.h"

#include <string.h>

enum { SIGNATURE_LEN = 12, HEAD_LEN = 16 };
enum { VERSION_2 = 0x20, COMMAND_LOCAL = 0, COMMAND_PROXY = 1 };
enum { TCP_OVER_IPV4 = 0x11, TCP_OVER_IPV6 = 0x21, FAMILY_UNSPECIFIED = 0x00 };

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

static enum err read_source(struct cursor *c, uint8_t family, struct addr *ret)
{
	struct addr a = { .bytes = { [10] = 0xff, [11] = 0xff } };
	size_t len = family == TCP_OVER_IPV4 ? 4 : 16;
	struct view host = cursor_take(c, len);

	(void)cursor_take(c, len); /* where it was addressed to: the balancer */
	a.port = cursor_u16(c);
	(void)cursor_u16(c);
	if (c->err != ERR_NONE)
		return ERR_SYNTAX;
	memcpy(a.bytes + 16 - len, host.at, len);
	/* An IPv4 address in IPv6's clothes is that IPv4 address. */
	a.family = memcmp(a.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0 ? 4 : 6;
	if (a.port == 0 || addr_kind(&a) == ADDR_UNSPECIFIED || addr_kind(&a) == ADDR_MULTICAST)
		return ERR_SYNTAX;
	*ret = a;
	return ERR_NONE;
}

enum err proxy_read(struct view bytes, struct proxy_header *ret)
{
	struct view wanted = { signature, SIGNATURE_LEN };
	struct proxy_header header = { .size = HEAD_LEN };
	struct cursor c = cursor_on(view_after(bytes, SIGNATURE_LEN));
	uint8_t command, family;
	uint16_t len;
	enum err err = ERR_NONE;

	if (!view_equal(view_first(bytes, SIGNATURE_LEN), view_first(wanted, bytes.len)))
		return ERR_SYNTAX;
	if (bytes.len < HEAD_LEN)
		return ERR_SHORT;
	command = cursor_byte(&c);
	family = cursor_byte(&c);
	len = cursor_u16(&c);
	header.size += len;
	if (command != (VERSION_2 | COMMAND_LOCAL) && command != (VERSION_2 | COMMAND_PROXY))
		return ERR_SYNTAX;
	if (header.size > PROXY_HEADER_MAX)
		return ERR_LIMIT;
	if (bytes.len < header.size)
		return ERR_SHORT;
	c = cursor_on(view_first(view_after(bytes, HEAD_LEN), len));
	if (command == (VERSION_2 | COMMAND_PROXY)) {
		if (family == TCP_OVER_IPV4 || family == TCP_OVER_IPV6)
			err = read_source(&c, family, &header.source);
		else if (family != FAMILY_UNSPECIFIED)
			err = ERR_SYNTAX;
	}
	if (err == ERR_NONE)
		*ret = header;
	return err;
}
