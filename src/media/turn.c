/* SPDX-License-Identifier: Apache-2.0 */
/* One turn: a datagram from each socket that is ready, judged by its flow, and
 * sent on. */
#include "media/link_priv.h"

#include "os/socket.h"
#include "rtp/kind.h"

#include <string.h>
#include <sys/epoll.h>

static const enum counter dropped_rtp[FLOW_VERDICT_COUNT] = {
	[FLOW_LEARNING] = COUNT_media_dropped_unready,
	[FLOW_WRONG_SOURCE] = COUNT_media_dropped_source,
	[FLOW_MALFORMED] = COUNT_media_dropped_malformed,
	[FLOW_DIRECTION] = COUNT_media_dropped_direction,
	[FLOW_UNREADY] = COUNT_media_dropped_unready,
	[FLOW_RATE] = COUNT_media_dropped_rate,
	[FLOW_SEQUENCE] = COUNT_media_dropped_sequence,
	[FLOW_UNAUTHENTIC] = COUNT_media_dropped_auth,
	[FLOW_REPLAY] = COUNT_media_dropped_replay,
	[FLOW_KEY] = COUNT_media_dropped_key,
};

static void count(struct media_relay *r, enum counter which)
{
	counters_add(r->ports.counters, which, 1);
}

static void send_out(struct media_relay *r, int fd, const struct flow_output *out, bool is_rtcp)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(&out->to, &name);

	if (sendto(fd, out->out.at, out->out.len, MSG_DONTWAIT, (struct sockaddr *)&name, len) < 0)
		count(r, COUNT_media_send_failures);
	else
		count(r, is_rtcp ? COUNT_rtcp_sent : COUNT_media_sent);
}

static enum flow_verdict carry(struct media_relay *r, struct relay_pair *pair,
                               const struct flow_datagram *d, uint64_t now_us)
{
	struct relay_stream *s = pair->stream;
	const struct relay_pair *other = &r->pairs[r->pairs[s->pairs[pair->leg ^ 1]].path];
	struct buffer scratch = BUFFER_ON(r->scratch);
	struct flow_output out;
	enum flow_verdict verdict = media_flow_receive(&s->flow, d, &scratch, now_us, &out);
	const struct order_leg *to = &s->flow.legs[pair->leg ^ 1].order;

	count(r, d->is_rtcp ? COUNT_rtcp_received : COUNT_media_received);
	if (s->flow.legs[pair->leg].heard)
		media_relay_tell_heard(r, s, pair->leg);
	if (verdict == FLOW_SEND && other->link)
		media_link_send(r, other->link, out.out);
	else if (verdict == FLOW_SEND)
		send_out(r, other->sockets[relay_half_of(to, d->is_rtcp)].fd, &out, d->is_rtcp);
	else
		count(r, d->is_rtcp ? COUNT_rtcp_dropped : dropped_rtp[verdict]);
	if (verdict == FLOW_SEND || verdict == FLOW_DIRECTION || verdict == FLOW_UNREADY)
		media_shake_heard(r, pair->path, &d->from, now_us);
	return verdict;
}

/* On a port that several lines share. What is of none is not even tried: who has the keys would
 * not send it. */
static void carry_shared(struct media_relay *r, uint32_t host, const struct flow_datagram *d,
                         uint64_t now_us)
{
	struct relay_claim claim;
	enum flow_verdict verdict;

	if (!media_bundle_find(r, host, d, &claim)) {
		count(r, d->is_rtcp ? COUNT_rtcp_received : COUNT_media_received);
		count(r, d->is_rtcp ? COUNT_rtcp_dropped : COUNT_media_dropped_line);
		return;
	}
	verdict = carry(r, &r->pairs[claim.pair], d, now_us);
	if (verdict == FLOW_SEND || verdict == FLOW_UNREADY || verdict == FLOW_SEQUENCE)
		media_bundle_heard(r, host, &claim, now_us);
}

/* On the port of a leg whose path is another one's: the same end under the same keys, but nobody
 * was told of it. */
static bool is_astray(struct media_relay *r, uint32_t row)
{
	if (r->pairs[row].path == row)
		return false;
	count(r, COUNT_media_received);
	count(r, COUNT_media_dropped_line);
	return true;
}

void media_relay_carry_packet(struct media_relay *r, uint32_t row, struct view packet,
                              uint64_t now_us)
{
	struct relay_pair *pair = &r->pairs[row];
	struct flow_datagram d = { .leg = pair->leg, .len = packet.len };

	/* A reader of one more than there is would read the next packet. */
	memcpy(r->datagram, packet.at, packet.len);
	d.bytes = r->datagram;
	d.from = pair->stream->flow.legs[pair->leg].order.remote;
	(void)carry(r, pair, &d, now_us);
}

static void receive(struct media_relay *r, uint64_t event, uint64_t now_us)
{
	struct relay_pair *pair = &r->pairs[event >> 1];
	struct flow_datagram d = { .bytes = r->datagram, .leg = pair->leg, .is_rtcp = event & 1 };
	struct relay_socket *socket = &pair->sockets[d.is_rtcp];
	struct sockaddr_storage name;
	socklen_t name_len = sizeof(name);
	const struct order_leg *leg;
	ssize_t len;

	if (!pair->stream) {
		media_pair_knock(r, event);
		return;
	}
	if (!socket->is_hearing)
		media_pair_hear(socket);
	len = recvfrom(socket->fd, r->datagram, RELAY_DATAGRAM, MSG_DONTWAIT,
	               (struct sockaddr *)&name, &name_len);
	/* Whatever recvfrom finds wrong is gone with it: nothing there, or an ICMP error. */
	if (len < 0 || !socket_addr_of(&name, name_len, &d.from))
		return;
	d.len = (size_t)len;
	leg = &pair->stream->flow.legs[pair->leg].order;
	if (leg->is_mux && rtp_kind_of(view_bytes(d.bytes, d.len)) == RTP_KIND_RTCP)
		d.is_rtcp = true;
	if (leg->protection == PROTECTION_DTLS &&
	    (is_astray(r, (uint32_t)(event >> 1)) ||
	     media_shake_receive(r, (uint32_t)(event >> 1), &d, now_us)))
		return;
	if (pair->lines > 0)
		carry_shared(r, (uint32_t)(event >> 1), &d, now_us);
	else
		(void)carry(r, pair, &d, now_us);
}

/* What a packet of that socket will touch: of hundreds of calls nothing is left in the nearer
 * caches since the packet before. First the pair, then, when that is there, what it names. */
static void fetch_pair(const struct media_relay *r, uint64_t event)
{
	if (!relay_is_link_event(event))
		__builtin_prefetch(&r->pairs[event >> 1]);
}

static void fetch_secure(const struct srtp *s)
{
	__builtin_prefetch(s, 1);
	__builtin_prefetch(&s->count, 1);
	__builtin_prefetch(&s->recent[0].used, 1);
}

static void fetch_stream(const struct media_relay *r, uint64_t event)
{
	const struct relay_pair *pair;
	const struct flow_leg *from, *to;

	if (relay_is_link_event(event) || !(pair = &r->pairs[event >> 1])->stream)
		return;
	from = &pair->stream->flow.legs[pair->leg];
	to = &pair->stream->flow.legs[pair->leg ^ 1];
	__builtin_prefetch(&r->pairs[(event >> 1) ^ 1]);
	__builtin_prefetch(&from->order, 1);
	__builtin_prefetch(&from->locked, 1);
	__builtin_prefetch(&from->sources[0], 1);
	__builtin_prefetch(&from->sources[1], 1);
	__builtin_prefetch(&from->rtp_bucket, 1);
	__builtin_prefetch(&from->totals, 1);
	__builtin_prefetch(&from->ssrc_mask, 1);
	__builtin_prefetch(&to->order);
	__builtin_prefetch(&to->locked);
	__builtin_prefetch(&to->ssrc_mask);
	__builtin_prefetch(&pair->stream->flow.formats);
}

static void fetch_keys(const struct media_relay *r, uint64_t event)
{
	const struct relay_pair *pair;
	const struct flow_leg *from, *to;

	if (relay_is_link_event(event) || !(pair = &r->pairs[event >> 1])->stream)
		return;
	from = &pair->stream->flow.legs[pair->leg];
	to = &pair->stream->flow.legs[pair->leg ^ 1];
	if (from->order.protection != PROTECTION_NONE && from->secure)
		fetch_secure(&from->secure->in);
	if (to->order.protection != PROTECTION_NONE && to->secure)
		fetch_secure(&to->secure->out);
}

bool media_relay_turn(struct media_relay *r, uint64_t now_us)
{
	struct epoll_event events[MEDIA_RELAY_TURN];
	int n = epoll_wait(r->epoll, events, MEDIA_RELAY_TURN, 0);

	for (int i = 0; i < n; i++) {
		if (i + 3 < n)
			fetch_pair(r, events[i + 3].data.u64);
		if (i + 2 < n)
			fetch_stream(r, events[i + 2].data.u64);
		if (i + 1 < n)
			fetch_keys(r, events[i + 1].data.u64);
		if (relay_is_link_event(events[i].data.u64))
			media_link_event(r, events[i].data.u64, events[i].events, now_us);
		else
			receive(r, events[i].data.u64, now_us);
	}
	r->came += n > 0 ? (uint32_t)n : 0;
	return n == MEDIA_RELAY_TURN;
}
