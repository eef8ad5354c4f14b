/* SPDX-License-Identifier: Apache-2.0 */
/* The last header: UDP (RFC 768), TCP (RFC 9293), SCTP (RFC 9260). */
#include "capture/walk_priv.h"

enum { UDP_HEADER = 8, TCP_HEADER = 20, SCTP_HEADER = 12 };
enum { CHUNK_HEADER = 4, DATA_HEADER = 16, CHUNK_DATA = 0 };

static void read_ports(struct ends *ends, const char *at)
{
	ends->from.port = load16(at);
	ends->to.port = load16(at + 2);
}

void capture_transport_udp(struct capture_walk *w, struct ends *ends, struct layer l)
{
	size_t len;

	if (l.len < UDP_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	len = load16(l.at + 4);
	if (len < UDP_HEADER || !layer_limit(&l, len)) {
		skip(w, CAPTURE_SKIP_UDP_LENGTH);
		return;
	}
	read_ports(ends, l.at);
	layer_pass(&l, UDP_HEADER);
	if (capture_tunnel_is_vxlan(&l, ends->to.port)) {
		capture_tunnel_vxlan(w, l);
		return;
	}
	if (!w->ports.datagram)
		return;
	w->ports.datagram(w->ports.context,
	                  &(struct capture_datagram){
				  .wall_us = w->wall_us,
				  .flow = { .local = ends->to, .remote = ends->from },
				  .payload = view_bytes(l.at, l.len),
				  .is_cut = l.missing > 0,
			  });
}

void capture_transport_tcp(struct capture_walk *w, struct ends *ends, struct layer l)
{
	struct capture_segment s;
	size_t head;

	if (l.len < TCP_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	head = (size_t)((uint8_t)l.at[12] >> 4) * 4;
	if (head < TCP_HEADER || head > l.len) {
		skip(w, CAPTURE_SKIP_TCP_HEADER);
		return;
	}
	if (!w->ports.segment)
		return;
	read_ports(ends, l.at);
	s.wall_us = w->wall_us;
	s.from = ends->from;
	s.to = ends->to;
	s.seq = load32(l.at + 4);
	s.ack = load32(l.at + 8);
	s.flags = (uint8_t)l.at[13] & 0x3f;
	s.window = load16(l.at + 14);
	layer_pass(&l, head);
	s.payload = view_bytes(l.at, l.len);
	s.is_cut = l.missing > 0;
	w->ports.segment(w->ports.context, &s);
}

static void take_data(struct capture_walk *w, const struct ends *ends, uint32_t tag, struct layer l)
{
	struct capture_chunk c;

	if (!w->ports.chunk)
		return;
	c.wall_us = w->wall_us;
	c.from = ends->from;
	c.to = ends->to;
	c.tag = tag;
	c.flags = (uint8_t)l.at[1] &
	          (CAPTURE_SCTP_END | CAPTURE_SCTP_BEGINNING | CAPTURE_SCTP_UNORDERED);
	c.tsn = load32(l.at + 4);
	c.stream = load16(l.at + 8);
	c.sequence = load16(l.at + 10);
	c.ppid = load32(l.at + 12);
	layer_pass(&l, DATA_HEADER);
	c.payload = view_bytes(l.at, l.len);
	c.is_cut = l.missing > 0;
	w->ports.chunk(w->ports.context, &c);
}

void capture_transport_sctp(struct capture_walk *w, struct ends *ends, struct layer l)
{
	uint32_t tag;

	if (l.len < SCTP_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	read_ports(ends, l.at);
	tag = load32(l.at + 4);
	layer_pass(&l, SCTP_HEADER);
	while (l.len >= CHUNK_HEADER) {
		bool is_data = l.at[0] == CHUNK_DATA;
		size_t len = load16(l.at + 2), padded = (len + 3) & ~(size_t)3;
		struct layer chunk = l;

		/* 3.3.1: a data chunk without data is an error. */
		if (len < (is_data ? DATA_HEADER + 1 : CHUNK_HEADER) || !layer_limit(&chunk, len) ||
		    (is_data && chunk.len < DATA_HEADER)) {
			skip(w, CAPTURE_SKIP_SCTP_CHUNK);
			return;
		}
		if (is_data)
			take_data(w, ends, tag, chunk);
		layer_pass(&l, padded < l.len ? padded : l.len);
	}
}
