/* SPDX-License-Identifier: Apache-2.0 */
/* Three blocks of pcapng (draft-ietf-opsawg-pcapng 4.1, 4.2, 4.3), in network order,
 * which the byte-order magic declares. */
#include "capture/pcapng_write.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	BLOCK_OVERHEAD = 12,
	PACKET_HEAD = 20,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	UDP_HEADER = 8,
	PROTOCOL_UDP = 17,
	HOP_LIMIT = 64,
};

static void put_block(struct buffer *b, uint32_t type, struct view body)
{
	uint32_t padding = (uint32_t)(-body.len & 3);
	uint32_t len = BLOCK_OVERHEAD + (uint32_t)body.len + padding;

	buffer_u32(b, type);
	buffer_u32(b, len);
	buffer_put(b, body);
	buffer_put(b, view_first(VIEW("\0\0\0"), padding));
	buffer_u32(b, len);
}

void capture_pcapng_begin(struct buffer *b)
{
	char body[16];
	struct buffer section = BUFFER_ON(body), interface = BUFFER_ON(body);

	buffer_u32(&section, BYTE_ORDER_MAGIC);
	buffer_u16(&section, 1); /* version 1.0 */
	buffer_u16(&section, 0);
	buffer_u32(&section, UINT32_MAX); /* length of the section: not said */
	buffer_u32(&section, UINT32_MAX);
	put_block(b, BLOCK_SECTION, buffer_view(&section));
	buffer_u16(&interface, LINKTYPE_RAW);
	buffer_u16(&interface, 0);
	buffer_u32(&interface, 0); /* no snapshot length; times are microseconds */
	put_block(b, BLOCK_INTERFACE, buffer_view(&interface));
}

/* RFC 1071. */
static uint32_t sum_of(struct view bytes, uint32_t sum)
{
	for (size_t i = 0; i < bytes.len; i++)
		sum += (uint32_t)(uint8_t)bytes.at[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool is_v6(const struct capture_datagram *d)
{
	return d->flow.remote.family == 6 || d->flow.local.family == 6;
}

static void put_ipv4(struct buffer *b, const struct capture_datagram *d, size_t len)
{
	char bytes[IPV4_HEADER];
	struct buffer ip = BUFFER_ON(bytes);
	uint32_t sum;

	buffer_put(&ip, VIEW("\x45\0"));
	buffer_u16(&ip, (uint16_t)(IPV4_HEADER + len));
	buffer_u32(&ip, 0x4000); /* no identification, not to be fragmented */
	buffer_char(&ip, HOP_LIMIT);
	buffer_char(&ip, PROTOCOL_UDP);
	buffer_u16(&ip, 0);
	buffer_put(&ip, view_bytes(d->flow.remote.bytes + 12, 4));
	buffer_put(&ip, view_bytes(d->flow.local.bytes + 12, 4));
	sum = ~sum_of(buffer_view(&ip), 0);
	bytes[10] = (char)(sum >> 8);
	bytes[11] = (char)sum;
	buffer_put(b, buffer_view(&ip));
}

static void put_ipv6(struct buffer *b, const struct capture_datagram *d, size_t len)
{
	buffer_u32(b, 6u << 28);
	buffer_u16(b, (uint16_t)len);
	buffer_char(b, PROTOCOL_UDP);
	buffer_char(b, HOP_LIMIT);
	buffer_put(b, view_bytes(d->flow.remote.bytes, 16));
	buffer_put(b, view_bytes(d->flow.local.bytes, 16));
}

/* IPv6 demands a checksum (RFC 8200 8.1); over IPv4 none will do. */
static uint16_t checksum(const struct capture_datagram *d, struct view payload)
{
	uint32_t len = (uint32_t)(UDP_HEADER + payload.len), sum;

	if (!is_v6(d))
		return 0;
	sum = PROTOCOL_UDP + 2 * len + d->flow.remote.port +
	      d->flow.local.port; /* the length stands twice */
	sum = sum_of(view_bytes(d->flow.remote.bytes, 16), sum);
	sum = sum_of(view_bytes(d->flow.local.bytes, 16), sum);
	sum = ~sum_of(payload, sum) & 0xffff;
	return sum ? (uint16_t)sum : 0xffff;
}

static void put_packet(struct buffer *b, const struct capture_datagram *d, struct view payload)
{
	size_t len = UDP_HEADER + payload.len;

	if (is_v6(d))
		put_ipv6(b, d, len);
	else
		put_ipv4(b, d, len);
	buffer_u16(b, d->flow.remote.port);
	buffer_u16(b, d->flow.local.port);
	buffer_u16(b, (uint16_t)len);
	buffer_u16(b, checksum(d, payload));
	buffer_put(b, payload);
}

void capture_pcapng_put(struct buffer *b, const struct capture_datagram *d)
{
	struct view payload = view_first(d->payload, MAX_CAPTURE_WRITTEN);
	size_t headers = UDP_HEADER + (is_v6(d) ? IPV6_HEADER : IPV4_HEADER);
	uint32_t packet = (uint32_t)(headers + payload.len);
	uint32_t padding = -packet & 3, len = BLOCK_OVERHEAD + PACKET_HEAD + packet + padding;

	if (b->err == ERR_NONE && len > b->max - b->len)
		buffer_fail(b, ERR_LIMIT); /* no part of a block */
	buffer_u32(b, BLOCK_PACKET);
	buffer_u32(b, len);
	buffer_u32(b, 0); /* the interface */
	buffer_u32(b, (uint32_t)((uint64_t)d->wall_us >> 32));
	buffer_u32(b, (uint32_t)d->wall_us);
	buffer_u32(b, packet);
	buffer_u32(b, (uint32_t)(headers + d->payload.len));
	put_packet(b, d, payload);
	buffer_put(b, view_first(VIEW("\0\0\0"), padding));
	buffer_u32(b, len);
}
