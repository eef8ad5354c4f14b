/* SPDX-License-Identifier: Apache-2.0 */
/* The relay over real sockets of the loopback network, without waiting: what is
 * sent over loopback is queued when sendto returns, and time is an argument. */
#include "unit/media/relay_case.h"

TEST(relay_both_ways, "carries RTP both ways and RTCP, each from the other leg's port")
{
	struct rtcp_compound compound;
	char storage[MAX_RTP_PACKET];
	struct order o;
	struct view got;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	CHECK(media_relay_open_count(bench.relay) == 1 && bench.event_count == 0);
	for (uint8_t from = 0; from < ENDS; from++) {
		CHECK(send_to(bench.ends[from][0], &bench.table->pairs[from].local, SOUND));
		CHECK(!media_relay_turn(bench.relay, start_us));
		got = receive_from(bench.ends[1 - from][0], storage);
		CHECK(got.len == SOUND.len && view_equal(view_after(got, 12), VIEW("sound")));
	}
	CHECK(send_to(bench.ends[0][1], &bench.pair_rtcp[0], REPORT));
	(void)media_relay_turn(bench.relay, start_us);
	got = receive_from(bench.ends[1][1], storage);
	CHECK(got.len > REPORT.len && rtcp_parse(got, &compound) == ERR_NONE &&
	      compound.sender != 0x11111111);
	CHECK(counted(COUNT_media_received) == 2 && counted(COUNT_media_sent) == 2);
	CHECK(counted(COUNT_rtcp_received) == 1 && counted(COUNT_rtcp_sent) == 1);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_idle, "hears nothing on an idle port, neither before a stream opens nor after it closed")
{
	char storage[MAX_RTP_PACKET];
	struct order o;

	WITH_BENCH;
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(counted(COUNT_media_received) == 0);
	o.kind = ORDER_CLOSE;
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	o = order_of(ORDER_OPEN, 2, 0);
	give_order(&o);
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(counted(COUNT_media_received) == 0 && counted(COUNT_media_dropped_idle) == 2);
	CHECK(receive_from(bench.ends[1][0], storage).len == 0);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(receive_from(bench.ends[1][0], storage).len == SOUND.len);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_used_before,
     "gives a stream on a used port nothing that came before it, also of its own end")
{
	char storage[MAX_RTP_PACKET];
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	(void)receive_from(bench.ends[1][0], storage);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, MORE_SOUND));
	o.kind = ORDER_CLOSE;
	media_relay_order(bench.relay, &o, start_us + 1);
	CHECK(send_to(bench.ends[0][1], &bench.pair_rtcp[0], REPORT));
	o = order_of(ORDER_OPEN, 2, 0);
	media_relay_order(bench.relay, &o, start_us + 2);
	CHECK(counted(COUNT_media_dropped_idle) == 2);
	CHECK(!media_relay_turn(bench.relay, start_us + 2));
	CHECK(counted(COUNT_media_received) == 1 && counted(COUNT_rtcp_received) == 0);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us + 3);
	CHECK(receive_from(bench.ends[1][0], storage).len == SOUND.len);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_knock,
     "is woken by what comes to a used port a few times, then by nothing until a stream")
{
	enum { KNOCKS = 8, MORE = 100 };
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	o.kind = ORDER_CLOSE;
	give_order(&o);
	for (size_t i = 0; i < MORE; i++) {
		CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
		(void)media_relay_turn(bench.relay, start_us + i);
		CHECK(counted(COUNT_media_dropped_idle) == (i < KNOCKS ? i + 1 : KNOCKS));
	}
	o = order_of(ORDER_OPEN, 2, 0);
	media_relay_order(bench.relay, &o, start_us + MORE);
	/* What an idle port's buffer holds is no more than a few. */
	CHECK(counted(COUNT_media_dropped_idle) > KNOCKS &&
	      counted(COUNT_media_dropped_idle) < 2 * KNOCKS);
	(void)media_relay_turn(bench.relay, start_us + MORE);
	CHECK(counted(COUNT_media_received) == 0);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us + MORE);
	CHECK(counted(COUNT_media_received) == 1);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_buffer,
     "holds over a second of a stream's audio once its first packet came, and few else")
{
	enum { FEW = 8, SECOND = 50 };
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	for (size_t i = 0; i < SECOND; i++)
		CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	for (size_t i = 0; i < SECOND; i++)
		(void)media_relay_turn(bench.relay, start_us);
	CHECK(counted(COUNT_media_received) == 1 + SECOND);
	o.kind = ORDER_CLOSE;
	give_order(&o);
	for (size_t i = 0; i < SECOND; i++)
		CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(counted(COUNT_media_dropped_idle) > 0 && counted(COUNT_media_dropped_idle) < FEW);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_predecessor, "deafens and drains a port that a dead predecessor left open")
{
	struct order o;
	int rtp = -1, rtcp = -1;
	struct addr rtcp_address;

	WITH_BENCH;
	media_relay_free(&bench.relay);
	memset(&bench.counters, 0, sizeof(bench.counters));
	TRY(media_relay_new(
		bench.table, &(struct media_options){ .timeout_s = 60, .statistics_s = 10 },
		&(struct media_relay_ports){
			.context = &bench, .event = take_event, .counters = &bench.counters },
		&bench.relay));
	TRY(open_socket("127.0.0.1", false, &rtp, &bench.table->pairs[0].local));
	TRY(open_socket("127.0.0.1", false, &rtcp, &rtcp_address));
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	TRY(media_relay_give_pair(bench.relay, 0, rtp, rtcp));
	CHECK(counted(COUNT_media_dropped_idle) == 1);
	CHECK(media_relay_give_pair(bench.relay, 0, rtp, rtcp) == ERR_EXISTS);
	CHECK(media_relay_give_pair(bench.relay, PAIRS, rtp, rtcp) == ERR_LIMIT);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	TRY(give_pair(&bench, 1));
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(media_relay_open_count(bench.relay) == 1);
	CHECK(counted(COUNT_media_received) == 0 && counted(COUNT_media_dropped_idle) == 2);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_stranger, "sends nothing for a stranger's packet and counts it")
{
	char storage[MAX_RTP_PACKET];
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	CHECK(send_to(bench.ends[1][1], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(counted(COUNT_media_dropped_source) == 1 && counted(COUNT_media_sent) == 0);
	for (size_t i = 0; i < ENDS; i++)
		for (size_t j = 0; j < SOCKETS_A_PAIR; j++)
			CHECK(receive_from(bench.ends[i][j], storage).len == 0);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_closed, "answers a close with the final figures")
{
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 7, 0);
	o.owner = 3;
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, MORE_SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	(void)media_relay_turn(bench.relay, start_us);
	o.kind = ORDER_CLOSE;
	give_order(&o);
	CHECK(bench.event_count == 1 && bench.events[0].kind == MEDIA_CLOSED);
	CHECK(bench.events[0].stream == 7 && bench.events[0].owner == 3 &&
	      bench.events[0].generation == 1);
	CHECK(bench.events[0].legs[0].packets == 2 && bench.events[0].legs[1].packets == 0);
	CHECK(media_relay_open_count(bench.relay) == 0);
	give_order(&o);
	CHECK(bench.events[1].kind == MEDIA_REFUSED && bench.events[1].reason == ERR_NOT_FOUND);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_no_room, "offers an event again that found no room, and frees the ports meanwhile")
{
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	bench.event_room = 0;
	o.kind = ORDER_CLOSE;
	give_order(&o);
	CHECK(bench.event_count == 0 && media_relay_open_count(bench.relay) == 0);
	o = order_of(ORDER_OPEN, 2, 0);
	give_order(&o);
	CHECK(media_relay_open_count(bench.relay) == 1);
	media_relay_tick(bench.relay, start_us);
	CHECK(bench.event_count == 0);
	bench.event_room = MAX_EVENTS;
	media_relay_tick(bench.relay, start_us);
	CHECK(bench.event_count == 1 && bench.events[0].kind == MEDIA_CLOSED &&
	      bench.events[0].stream == 1);
	media_relay_tick(bench.relay, start_us);
	CHECK(bench.event_count == 1);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_tick,
     "reports statistics in their time and silence once, also when it found no room first")
{
	struct order o;
	const uint64_t later_us = start_us + 60 * (uint64_t)SECOND_US;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	media_relay_tick(bench.relay, start_us + 9 * (uint64_t)SECOND_US);
	CHECK(bench.event_count == 0);
	media_relay_tick(bench.relay, start_us + 10 * (uint64_t)SECOND_US);
	CHECK(bench.event_count == 1 && bench.events[0].kind == MEDIA_STATISTICS);
	media_relay_tick(bench.relay, start_us + 19 * (uint64_t)SECOND_US);
	CHECK(bench.event_count == 1);
	bench.event_room = 1;
	media_relay_tick(bench.relay, later_us);
	bench.event_room = MAX_EVENTS;
	media_relay_tick(bench.relay, later_us);
	CHECK(bench.event_count == 3 && bench.events[1].kind == MEDIA_SILENT);
	media_relay_tick(bench.relay, later_us + 1);
	CHECK(bench.event_count == 3);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_refused, "refuses with its reason what cannot be done, and what stands goes on")
{
	struct order good, bad;
	size_t n = 0;

	WITH_BENCH;
	good = order_of(ORDER_OPEN, 1, 0);
	good.generation = 5;
	give_order(&good);
	bad = good;
	bad.generation = 4;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_STALE);
	bad = good;
	bad.legs[1].port = 0;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_SYNTAX);
	bad = order_of(ORDER_OPEN, 2, PAIRS - 1);
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_NOT_FOUND);
	bad = order_of(ORDER_OPEN, 2, 1);
	bad.owner = 1;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_DENIED);
	bad = good;
	TRY(addr_parse_port(VIEW("[2001:db8::1]:4000"), &bad.legs[0].remote));
	bad.legs[0].rtcp.family = 0;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_UNSUPPORTED);
	bad = order_of(ORDER_CLOSE, 2, 2);
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_NOT_FOUND);
	bad = good;
	bad.kind = ORDER_CHANGE;
	bad.generation = 6;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_STALE);
	bad = good;
	bad.kind = 9;
	give_order(&bad);
	CHECK(bench.events[n++].reason == ERR_UNSUPPORTED);
	CHECK(bench.event_count == n && counted(COUNT_media_orders_refused) == n);
	CHECK(media_relay_open_count(bench.relay) == 1 && counted(COUNT_streams_closed) == 0);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_newest_wins, "closes a stream whose port its owner gives to another")
{
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	o = order_of(ORDER_OPEN, 2, 1);
	give_order(&o);
	CHECK(media_relay_open_count(bench.relay) == 1);
	CHECK(bench.event_count == 1 && bench.events[0].kind == MEDIA_CLOSED &&
	      bench.events[0].stream == 1);
	o = order_of(ORDER_OPEN, 2, 1);
	o.generation = 2;
	give_order(&o);
	CHECK(bench.events[1].kind == MEDIA_CLOSED && bench.events[1].generation == 1);
	CHECK(media_relay_open_count(bench.relay) == 1);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_open_again, "takes an open of an open stream for a change and keeps its figures")
{
	char storage[MAX_RTP_PACKET];
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_OPEN, 1, 0);
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	(void)receive_from(bench.ends[1][0], storage);
	o.legs[1].is_receiving = 0;
	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, MORE_SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(receive_from(bench.ends[1][0], storage).len == 0);
	CHECK(counted(COUNT_media_dropped_direction) == 1 && bench.event_count == 0);
	o.kind = ORDER_CLOSE;
	give_order(&o);
	CHECK(bench.events[0].legs[0].packets == 2 &&
	      bench.events[0].legs[0].dropped_direction == 1);
	CHECK(bench.events[0].legs[1].dropped_direction == 0);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_changed, "changes a stream that is open on its own ports, and opens one that is not")
{
	char storage[MAX_RTP_PACKET];
	struct order o;

	WITH_BENCH;
	o = order_of(ORDER_CHANGE, 1, 0);
	give_order(&o);
	CHECK(media_relay_open_count(bench.relay) == 1);
	o.legs[0].port = 6;
	o.legs[1].port = 7;
	give_order(&o);
	CHECK(bench.event_count == 0 && media_relay_open_count(bench.relay) == 1);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	CHECK(receive_from(bench.ends[1][0], storage).len == SOUND.len);
	tear_down(&bench);
	return ERR_NONE;
}

static enum err ssrc_after_open(uint64_t stream, uint32_t *ret)
{
	char storage[MAX_RTP_PACKET];
	struct order o = order_of(ORDER_OPEN, stream, 0);
	struct rtp_packet p;

	give_order(&o);
	CHECK(send_to(bench.ends[0][0], &bench.table->pairs[0].local, SOUND));
	(void)media_relay_turn(bench.relay, start_us);
	TRY(rtp_packet_parse(receive_from(bench.ends[1][0], storage), &p));
	*ret = p.ssrc;
	return ERR_NONE;
}

TEST(relay_same_names,
     "goes on under the same SSRC when a stream is opened again, another stream under another")
{
	uint32_t first, again, other;

	WITH_BENCH;
	TRY(ssrc_after_open(1, &first));
	TRY(ssrc_after_open(2, &other));
	TRY(ssrc_after_open(1, &again));
	CHECK(first == again && first != other && first != 0x11111111);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_all_pairs, "opens as many streams as there are pairs for, and refuses the next")
{
	struct order o;

	WITH_BENCH;
	for (uint32_t i = 0; i < PAIRS / 2; i++) {
		o = order_of(ORDER_OPEN, i, 2 * i);
		give_order(&o);
	}
	CHECK(media_relay_open_count(bench.relay) == PAIRS / 2 && bench.event_count == 0);
	o = order_of(ORDER_OPEN, 99, PAIRS);
	give_order(&o);
	CHECK(bench.event_count == 1 && bench.events[0].kind == MEDIA_REFUSED);
	tear_down(&bench);
	return ERR_NONE;
}

/* Each stream has a letter. */
static bool all_speak(void)
{
	char packet[] = "\x80\x00\x00\x01\x00\x00\x00\xa0\x11\x11\x11\x11?";
	bool is_sent = true;

	for (uint32_t i = 0; i < PAIRS / 2; i++) {
		packet[sizeof(packet) - 2] = (char)('a' + i);
		is_sent = is_sent &&
		          send_to(bench.ends[0][0], &bench.table->pairs[2 * i].local,
		                  view_bytes(packet, sizeof(packet) - 1)) &&
		          send_to(bench.ends[0][1], &bench.pair_rtcp[2 * i], REPORT);
	}
	return is_sent;
}

TEST(relay_at_once, "carries in one turn what came to more sockets than a step takes together")
{
	char storage[MAX_RTP_PACKET];
	uint32_t heard = 0;
	struct order o;
	struct view got;

	WITH_BENCH;
	for (uint32_t i = 0; i < PAIRS / 2; i++) {
		o = order_of(ORDER_OPEN, i, 2 * i);
		give_order(&o);
	}
	CHECK(all_speak());
	(void)media_relay_turn(bench.relay, start_us);
	for (uint32_t i = 0; i < PAIRS / 2; i++) {
		got = receive_from(bench.ends[1][0], storage);
		CHECK(got.len == 13 && got.at[12] >= 'a' && got.at[12] < 'a' + PAIRS / 2);
		heard |= UINT32_C(1) << (got.at[12] - 'a');
		CHECK(receive_from(bench.ends[1][1], storage).len > REPORT.len);
	}
	CHECK(heard == (UINT32_C(1) << PAIRS / 2) - 1);
	CHECK(counted(COUNT_media_sent) == PAIRS / 2 && counted(COUNT_rtcp_sent) == PAIRS / 2);
	tear_down(&bench);
	return ERR_NONE;
}

TEST(relay_too_many, "refuses a table of more pairs than its ceiling")
{
	struct port_table table = { .count = MAX_PORT_PAIRS + 1 };
	struct media_relay *relay = NULL;

	CHECK(media_relay_new(&table, &(struct media_options){ 0 },
	                      &(struct media_relay_ports){ 0 }, &relay) == ERR_LIMIT);
	CHECK(relay == NULL);
	return ERR_NONE;
}
