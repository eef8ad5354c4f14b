/* SPDX-License-Identifier: Apache-2.0 */
/* One turn: a datagram from each socket that is ready, judged by its flow, and
 * sent on. */
#include "media/link_priv.h"

#include "os/socket.h"
#include "rtp/kind.h"

#include <stddef.h>
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

static void depart(struct media_relay *r, const struct relay_departure *d)
{
	struct sockaddr_storage name;
	socklen_t len;

	if (d->fd < 0)
		return;
	len = socket_name_of(&d->what.to, &name);
	if (sendto(d->fd, d->what.out.at, d->what.out.len, MSG_DONTWAIT, (struct sockaddr *)&name,
	           len) < 0)
		count(r, COUNT_media_send_failures);
	else
		count(r, d->is_rtcp ? COUNT_rtcp_sent : COUNT_media_sent);
}

static enum flow_verdict judge(struct media_relay *r, struct relay_arrival *a, uint64_t now_us)
{
	struct relay_stream *s = a->stream;
	const struct relay_pair *other = &r->pairs[r->pairs[s->pairs[a->d.leg ^ 1]].path];
	const struct order_leg *to = &s->flow.legs[a->d.leg ^ 1].order;
	struct buffer scratch = BUFFER_ON(a->scratch);
	struct flow_output *out = &a->departure.what;
	enum flow_verdict verdict = media_flow_receive(&s->flow, &a->d, &scratch, now_us, out);
	bool is_rtcp = a->d.is_rtcp;

	count(r, is_rtcp ? COUNT_rtcp_received : COUNT_media_received);
	if (s->flow.legs[a->d.leg].heard)
		media_relay_tell_heard(r, s, a->d.leg);
	a->departure.is_rtcp = is_rtcp;
	if (verdict == FLOW_SEND && other->link)
		media_link_send(r, other->link, out->out);
	else if (verdict == FLOW_SEND)
		a->departure.fd = other->sockets[relay_half_of(to, is_rtcp)].fd;
	else
		count(r, is_rtcp ? COUNT_rtcp_dropped : dropped_rtp[verdict]);
	if (verdict == FLOW_SEND || verdict == FLOW_DIRECTION || verdict == FLOW_UNREADY)
		media_shake_heard(r, r->pairs[a->pair].path, &a->d.from, now_us);
	return verdict;
}

static enum flow_verdict judge_for(struct media_relay *r, struct relay_arrival *a, uint32_t pair,
                                   uint64_t now_us)
{
	a->pair = pair;
	a->stream = r->pairs[pair].stream;
	a->d.leg = r->pairs[pair].leg;
	return judge(r, a, now_us);
}

/* To each line that it is about. */
static void judge_reports(struct media_relay *r, struct relay_arrival *a, uint64_t now_us)
{
	uint32_t pairs[MAX_BUNDLE_LINES];
	size_t lines = media_bundle_open(r, a->pair, &a->d, now_us, pairs);

	for (size_t i = 0; i < lines; i++) {
		(void)judge_for(r, a, pairs[i], now_us);
		depart(r, &a->departure);
		a->departure.fd = -1;
	}
	if (lines > 0)
		return;
	count(r, COUNT_rtcp_received);
	count(r, COUNT_rtcp_dropped);
}

/* On a port that several lines share. What is of none is not even tried: who has the keys would
 * not send it. */
static void judge_shared(struct media_relay *r, struct relay_arrival *a, uint64_t now_us)
{
	uint32_t host = a->pair;
	struct relay_claim claim;
	enum flow_verdict verdict;
	bool is_found = media_bundle_find(r, host, &a->d, &claim);

	if (!is_found && a->d.is_rtcp) {
		judge_reports(r, a, now_us);
		return;
	}
	if (!is_found) {
		count(r, COUNT_media_received);
		count(r, COUNT_media_dropped_line);
		return;
	}
	verdict = judge_for(r, a, claim.pair, now_us);
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

static void arrive(struct relay_arrival *a, uint32_t row, const struct relay_pair *pair, size_t len)
{
	a->pair = row;
	a->stream = pair->stream;
	a->d.bytes = a->bytes;
	a->d.len = len;
	a->d.leg = pair->leg;
	a->d.is_open = false;
}

void media_relay_carry_packet(struct media_relay *r, uint32_t row, struct view packet,
                              uint64_t now_us)
{
	const struct relay_pair *pair = &r->pairs[row];
	struct relay_arrival *a = &r->carried;

	/* A reader of one more than there is would read the next packet. */
	memcpy(a->bytes, packet.at, packet.len);
	arrive(a, row, pair, packet.len);
	a->d.from = pair->stream->flow.legs[pair->leg].order.remote;
	a->d.is_rtcp = false;
	a->departure.fd = -1;
	(void)judge(r, a, now_us);
	depart(r, &a->departure);
}

enum { CACHE_LINE = 64, CONTEXT_HEAD = 3 * CACHE_LINE };

/* Of hundreds of calls nothing is left in the nearer caches since the packet before. So what a
 * packet will touch is asked for ahead: its pair, then, while the kernel hands the packet over,
 * what the pair names, and at last what that names. */
static void fetch_pair(const struct media_relay *r, uint64_t event)
{
	__builtin_prefetch(&r->pairs[event >> 1]);
}

static void fetch_lines(const void *at, size_t len)
{
	for (size_t done = 0; done < len; done += CACHE_LINE)
		__builtin_prefetch((const char *)at + done, 1);
}

static void fetch_stream(const struct relay_stream *s, uint8_t leg)
{
	const struct flow_leg *from = &s->flow.legs[leg], *to = &s->flow.legs[leg ^ 1];

	fetch_lines(s, offsetof(struct relay_stream, flow.legs));
	fetch_lines(from, offsetof(struct flow_leg, sources[1]));
	fetch_lines(to, offsetof(struct flow_leg, rtp_bucket));
	__builtin_prefetch(&to->digits.is_busy);
}

static const struct srtp *srtp_of(const struct flow_leg *leg, bool is_out)
{
	if (leg->order.protection == PROTECTION_NONE || !leg->secure)
		return NULL;
	return is_out ? &leg->secure->out : &leg->secure->in;
}

static void fetch_keys(const struct relay_arrival *a)
{
	const struct relay_stream *s = a->stream;

	for (unsigned is_out = 0; s && is_out < 2; is_out++) {
		const struct srtp *srtp = srtp_of(&s->flow.legs[a->d.leg ^ is_out], is_out);

		if (srtp)
			fetch_lines(srtp, offsetof(struct srtp, windows[0]) + CACHE_LINE);
	}
}

/* OpenSSL's context: where it lies is known, what is in it not. */
static void fetch_context(const struct relay_arrival *a)
{
	const struct relay_stream *s = a->stream;

	for (unsigned is_out = 0; s && is_out < 2; is_out++) {
		const struct srtp *srtp = srtp_of(&s->flow.legs[a->d.leg ^ is_out], is_out);

		if (srtp && srtp->context) {
			fetch_lines(srtp->context, CONTEXT_HEAD);
			__builtin_prefetch(srtp->marks, 1);
		}
	}
}

static void receive(struct media_relay *r, uint64_t event, struct relay_arrival *a)
{
	struct relay_pair *pair = &r->pairs[event >> 1];
	struct relay_socket *socket = &pair->sockets[event & 1];
	struct sockaddr_storage name;
	socklen_t name_len = sizeof(name);
	ssize_t len;

	a->stream = NULL;
	a->departure.fd = -1;
	if (!pair->stream) {
		media_pair_knock(r, event);
		return;
	}
	if (!socket->is_hearing)
		media_pair_hear(socket);
	fetch_stream(pair->stream, pair->leg);
	len = recvfrom(socket->fd, a->bytes, RELAY_DATAGRAM, MSG_DONTWAIT, (struct sockaddr *)&name,
	               &name_len);
	/* Whatever recvfrom finds wrong is gone with it: nothing there, or an ICMP error. */
	if (len < 0 || !socket_addr_of(&name, name_len, &a->d.from))
		return;
	arrive(a, (uint32_t)(event >> 1), pair, (size_t)len);
	a->d.is_rtcp = event & 1;
}

static void decide(struct media_relay *r, struct relay_arrival *a, uint64_t now_us)
{
	const struct order_leg *leg;

	if (!a->stream)
		return;
	leg = &a->stream->flow.legs[a->d.leg].order;
	if (leg->is_mux && rtp_kind_of(view_bytes(a->d.bytes, a->d.len)) == RTP_KIND_RTCP)
		a->d.is_rtcp = true;
	if (leg->protection == PROTECTION_DTLS &&
	    (is_astray(r, a->pair) || media_shake_receive(r, a->pair, &a->d, now_us)))
		return;
	if (r->pairs[a->pair].lines > 0)
		judge_shared(r, a, now_us);
	else
		(void)judge(r, a, now_us);
}

/* Together through each step, so that the code of one is in the caches for all: the kernel's that
 * receives, ours and OpenSSL's, the kernel's that sends. */
static void carry(struct media_relay *r, const struct epoll_event *events, size_t count,
                  uint64_t now_us)
{
	struct relay_arrival *arrivals = r->arrivals;

	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count)
			fetch_pair(r, events[i + 1].data.u64);
		receive(r, events[i].data.u64, &arrivals[i]);
	}
	for (size_t i = 0; i < count; i++)
		fetch_keys(&arrivals[i]);
	for (size_t i = 0; i < count; i++) {
		if (i + 2 < count)
			fetch_context(&arrivals[i + 2]);
		decide(r, &arrivals[i], now_us);
	}
	for (size_t i = 0; i < count; i++)
		depart(r, &arrivals[i].departure);
}

bool media_relay_turn(struct media_relay *r, uint64_t now_us)
{
	struct epoll_event events[MEDIA_RELAY_TURN];
	int n = epoll_wait(r->epoll, events, MEDIA_RELAY_TURN, 0);
	size_t datagrams = 0;

	/* Connections first, each for itself; what is left are sockets of datagrams. */
	for (int i = 0; i < n; i++)
		if (relay_is_link_event(events[i].data.u64))
			media_link_event(r, events[i].data.u64, events[i].events, now_us);
		else
			events[datagrams++] = events[i];
	for (size_t done = 0; done < datagrams; done += RELAY_AT_ONCE)
		carry(r, events + done,
		      datagrams - done < RELAY_AT_ONCE ? datagrams - done : RELAY_AT_ONCE, now_us);
	r->came += n > 0 ? (uint32_t)n : 0;
	return n == MEDIA_RELAY_TURN;
}
