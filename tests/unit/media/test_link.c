/* SPDX-License-Identifier: Apache-2.0 */
/* Legs over TCP on real sockets of the loopback network: who may connect, what passes, when it
 * ends. Leg 0 is a board that connects to us, leg 1 a speech server to which we connect. */
#include "media/relay.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "rtp/frame.h"
#include "runner/test.h"

#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 4, MAX_EVENTS = 16, BOARD = 0, SERVER = 1 };

#define CHANNEL "7F3A91C4E2@speechrecog"
#define REQUEST "MRCP/2.0 66 STOP 17\r\nChannel-Identifier:" CHANNEL "\r\n\r\n"
#define ANSWER  "MRCP/2.0 74 17 200 COMPLETE\r\nChannel-Identifier:" CHANNEL "\r\n\r\n"

struct bench {
	struct media_relay *relay;
	struct port_table *table;
	struct counters counters;
	struct addr asked;
	uint32_t asked_row, asks;
	uint64_t now_us;
	int board, server, listener, udp;
	struct addr server_at, udp_at;
};

static struct bench bench;
static _Alignas(
	struct port_table) char table[sizeof(struct port_table) + ROWS * sizeof(struct port_pair)];

static bool take_event(void *context, const struct media_event *event)
{
	(void)context, (void)event;
	return true;
}

static bool ask(void *context, uint32_t index, const struct addr *remote)
{
	struct bench *b = context;

	b->asked = *remote;
	b->asked_row = index;
	b->asks++;
	return true;
}

static struct addr host(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse(view_of(text), &a);
	return a;
}

/* A port that was drawn stays bound only where it was asked for. */
static enum err open_row(struct bench *b, uint32_t row)
{
	struct addr at = host("127.0.0.1");
	int fd = -1;
	enum err err;

	TRY(socket_tcp_bind(&at, &fd));
	err = socket_local(fd, &at);
	socket_close(&fd);
	if (err == ERR_NONE)
		err = socket_tcp_bind(&at, &fd);
	if (err != ERR_NONE)
		return err;
	b->table->pairs[row].local = at;
	err = media_relay_give_stream(b->relay, row, fd);
	if (err != ERR_NONE)
		socket_close(&fd);
	return err;
}

static enum err open_pair(struct bench *b, uint32_t row)
{
	struct socket_options options = { .is_deaf = true };
	struct addr at = host("127.0.0.1");
	int rtp = -1, rtcp = -1;

	TRY(socket_udp_open(&at, &options, &rtp));
	TRY(socket_local(rtp, &b->table->pairs[row].local));
	TRY(socket_udp_open(&at, &options, &rtcp));
	return media_relay_give_pair(b->relay, row, rtp, rtcp);
}

static void tear_down(struct bench *b)
{
	media_relay_free(&b->relay);
	socket_close(&b->board);
	socket_close(&b->server);
	socket_close(&b->listener);
	socket_close(&b->udp);
}

static enum err set_up(struct bench *b)
{
	static const struct media_options options = { .timeout_s = 60, .statistics_s = 10 };
	struct media_relay_ports ports = {
		.context = b, .event = take_event, .counters = &b->counters, .connect = ask
	};
	struct socket_options plain = { 0 };
	struct addr at = host("127.0.0.12");

	memset(b, 0, sizeof(*b));
	b->board = b->server = b->listener = b->udp = -1;
	b->now_us = 1000 * (uint64_t)SECOND_US;
	memset(table, 0, sizeof(table));
	b->table = (struct port_table *)(void *)table;
	b->table->count = ROWS;
	b->table->pairs[0].kind = b->table->pairs[1].kind = PORT_STREAM;
	b->table->pairs[2].kind = PORT_STREAM;
	TRY(media_relay_new(b->table, &options, &ports, &b->relay));
	for (uint32_t i = 0; i < 3; i++)
		TRY(open_row(b, i));
	TRY(open_pair(b, 3));
	TRY(socket_tcp_listen(&at, &b->listener));
	TRY(socket_local(b->listener, &b->server_at));
	TRY(socket_udp_open(&at, &plain, &b->udp));
	return socket_local(b->udp, &b->udp_at);
}

#define WITH_BENCH                                                                                 \
	do {                                                                                       \
		enum err bench_err = set_up(&bench);                                               \
		if (bench_err != ERR_NONE) {                                                       \
			tear_down(&bench);                                                         \
			return bench_err;                                                          \
		}                                                                                  \
	} while (0)

/* Loopback hands on at once; a step may be needed for each end. */
static void turn(struct bench *b)
{
	for (int i = 0; i < 8; i++)
		(void)media_relay_turn(b->relay, ++b->now_us);
}

static struct order open_order(uint8_t form, uint8_t carrier)
{
	struct order o = { .kind = ORDER_OPEN, .stream = 7, .generation = 1, .form = form };

	for (size_t i = 0; i < 2; i++)
		o.legs[i] = (struct order_leg){ .port = (uint32_t)i,
			                        .carrier = carrier,
			                        .is_sending = 1,
			                        .is_receiving = 1,
			                        .is_known = 1 };
	o.legs[BOARD].remote = host("127.0.0.11");
	o.legs[BOARD].remote.port = 9;
	o.legs[SERVER].remote = bench.server_at;
	return o;
}

static struct order_connect connect_order(uint8_t leg)
{
	struct order_connect c = { .kind = ORDER_CONNECT,
		                   .leg = leg,
		                   .generation = 1,
		                   .stream = 7,
		                   .is_active = leg == SERVER,
		                   .is_asking = leg == BOARD,
		                   .channel_len = sizeof(CHANNEL) - 1 };

	memcpy(c.channel, CHANNEL, c.channel_len);
	return c;
}

static void order(uint8_t form, uint8_t carrier)
{
	struct order o = open_order(form, carrier);

	media_relay_order(bench.relay, &o, bench.now_us);
	for (uint8_t leg = 0; leg < 2; leg++) {
		struct order_connect c = connect_order(leg);

		media_relay_connect(bench.relay, &c, bench.now_us);
	}
}

static int connect_from(const char *from, const struct addr *to)
{
	struct addr at = host(from);
	int fd = -1;

	return socket_tcp_connect(&at, to, &fd) == ERR_NONE ? fd : -1;
}

static enum err answer_ask(struct bench *b)
{
	struct addr at = host("127.0.0.1"), from;
	int fd = -1;

	CHECK(b->asks == 1 && addr_equal(&b->asked, &b->server_at));
	TRY(socket_tcp_connect(&at, &b->asked, &fd));
	media_relay_connected(b->relay, b->asked_row, &b->asked, fd, b->now_us);
	return socket_accept(b->listener, &from, &b->server);
}

static enum err both_connected(uint8_t form)
{
	order(form, MEDIA_TCP);
	bench.board = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	TRY(answer_ask(&bench));
	turn(&bench);
	CHECK(counters_get(&bench.counters, COUNT_links_made) == 2);
	return ERR_NONE;
}

static bool hears(int fd, struct view want)
{
	char got[512];
	ssize_t len = read(fd, got, sizeof(got));

	return len >= 0 && view_equal(view_bytes(got, (size_t)len), want);
}

static bool is_closed(int fd)
{
	char got;
	size_t len;

	return socket_read(fd, &got, 1, &len) != ERR_AGAIN;
}

static void say(int fd, struct view text)
{
	size_t sent;

	(void)!socket_write(fd, text, &sent);
	turn(&bench);
}

static enum err channel(void)
{
	TRY(both_connected(MEDIA_MRCP));
	for (size_t split = 0; split < sizeof(REQUEST) - 1; split += 7) {
		say(bench.board, view_first(VIEW(REQUEST), split));
		say(bench.board, view_after(VIEW(REQUEST), split));
		CHECK(hears(bench.server, VIEW(REQUEST)));
	}
	say(bench.server, VIEW(ANSWER));
	CHECK(hears(bench.board, VIEW(ANSWER)));
	CHECK(counters_get(&bench.counters, COUNT_link_malformed) == 0);
	return ERR_NONE;
}

TEST(link_channel, "hands messages of a channel on, however they were cut, both ways")
{
	enum err err;

	WITH_BENCH;
	err = channel();
	tear_down(&bench);
	return err;
}

static void bar(bool is_barred)
{
	struct order o = open_order(MEDIA_MRCP, MEDIA_TCP);

	o.is_barred = is_barred;
	media_relay_order(bench.relay, &o, bench.now_us);
}

static enum err barred(void)
{
	TRY(both_connected(MEDIA_MRCP));
	bar(true);
	say(bench.board, VIEW(REQUEST));
	CHECK(counters_get(&bench.counters, COUNT_mrcp_messages) == 0);
	bar(false);
	turn(&bench);
	CHECK(hears(bench.server, VIEW(REQUEST)));
	say(bench.server, VIEW(ANSWER));
	CHECK(hears(bench.board, VIEW(ANSWER)));
	return ERR_NONE;
}

TEST(link_barred, "hands no message on while the stream is barred, and afterwards what came")
{
	enum err err;

	WITH_BENCH;
	err = barred();
	tear_down(&bench);
	return err;
}

static const struct {
	const char *name;
	struct view text;
	int from_server;
} wrong[] = {
	{ "another channel",
	  VIEW("MRCP/2.0 66 STOP 17\r\nChannel-Identifier:7F3A91C4E3@speechrecog\r\n\r\n"), 0 },
	{ "another resource",
	  VIEW("MRCP/2.0 63 STOP 17\r\nChannel-Identifier:7F3A91C4E2@recorder\r\n\r\n"), 0 },
	{ "what is no MRCP", VIEW("GET / HTTP/1.1\r\n"), 0 },
	{ "a length without end", VIEW("MRCP/2.0 9999999 STOP 17\r\n"), 0 },
	{ "an answer of who asks", VIEW(ANSWER), 0 },
	{ "an answer to nothing", VIEW(ANSWER), 1 },
	{ "a request of who answers", VIEW(REQUEST), 1 },
};

static enum err say_wrong(size_t row)
{
	TRY(both_connected(MEDIA_MRCP));
	say(wrong[row].from_server ? bench.server : bench.board, wrong[row].text);
	CHECK_CASE(counters_get(&bench.counters, COUNT_link_malformed) == 1, wrong[row].name);
	CHECK_CASE(is_closed(bench.board) && is_closed(bench.server), wrong[row].name);
	CHECK_CASE(counters_get(&bench.counters, COUNT_mrcp_messages) == 0, wrong[row].name);
	return ERR_NONE;
}

TEST(link_wrong, "ends a channel both ways at the first message that may not pass")
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		enum err err;

		WITH_BENCH;
		err = say_wrong(i);
		tear_down(&bench);
		if (err != ERR_NONE)
			return err;
	}
	return ERR_NONE;
}

static enum err strangers(void)
{
	int stranger;

	order(MEDIA_MRCP, MEDIA_TCP);
	stranger = connect_from("127.0.0.99", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(is_closed(stranger));
	socket_close(&stranger);
	CHECK(counters_get(&bench.counters, COUNT_link_strangers) == 1);
	bench.board = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(counters_get(&bench.counters, COUNT_links_made) == 1);
	/* There is one, so nobody listens any more, to the call's own end neither. */
	stranger = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(stranger < 0 || is_closed(stranger));
	socket_close(&stranger);
	return ERR_NONE;
}

TEST(link_strangers, "takes one connection from the call's end, and none from others")
{
	enum err err;

	WITH_BENCH;
	err = strangers();
	tear_down(&bench);
	return err;
}

static enum err many_strangers(void)
{
	enum { MOST = 64 };
	int fd;

	order(MEDIA_MRCP, MEDIA_TCP);
	for (unsigned i = 0; i < MOST; i++) {
		fd = connect_from("127.0.0.99", &bench.table->pairs[0].local);
		turn(&bench);
		CHECK(fd >= 0 && is_closed(fd));
		socket_close(&fd);
	}
	CHECK(counters_get(&bench.counters, COUNT_link_strangers) == MOST);
	fd = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(fd < 0 || is_closed(fd));
	socket_close(&fd);
	CHECK(counters_get(&bench.counters, COUNT_links_made) == 0);
	return ERR_NONE;
}

TEST(link_many_strangers, "listens no more for a call whose port 64 strangers have found")
{
	enum err err;

	WITH_BENCH;
	err = many_strangers();
	tear_down(&bench);
	return err;
}

static enum err idle(void)
{
	int fd = connect_from("127.0.0.11", &bench.table->pairs[0].local);

	CHECK(fd < 0 || is_closed(fd));
	socket_close(&fd);
	order(MEDIA_MRCP, MEDIA_TCP);
	media_relay_tick(bench.relay, bench.now_us + 9 * (uint64_t)SECOND_US);
	CHECK(counters_get(&bench.counters, COUNT_link_late) == 0);
	media_relay_tick(bench.relay, bench.now_us + 10 * (uint64_t)SECOND_US);
	CHECK(counters_get(&bench.counters, COUNT_link_late) == 1);
	fd = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(fd < 0 || is_closed(fd));
	socket_close(&fd);
	return ERR_NONE;
}

TEST(link_idle, "refuses who connects before a call has ordered it, and 10 seconds after")
{
	enum err err;

	WITH_BENCH;
	err = idle();
	tear_down(&bench);
	return err;
}

static enum err partial(void)
{
	TRY(both_connected(MEDIA_MRCP));
	say(bench.board, VIEW("MRCP/2.0 66 STOP"));
	media_relay_tick(bench.relay, bench.now_us + 29 * (uint64_t)SECOND_US);
	CHECK(!is_closed(bench.board));
	media_relay_tick(bench.relay, bench.now_us + 30 * (uint64_t)SECOND_US);
	CHECK(is_closed(bench.board) && is_closed(bench.server));
	return ERR_NONE;
}

TEST(link_partial, "waits half a minute for the rest of a message")
{
	enum err err;

	WITH_BENCH;
	err = partial();
	tear_down(&bench);
	return err;
}

static enum err call_ends(void)
{
	struct order o = open_order(MEDIA_MRCP, MEDIA_TCP);

	TRY(both_connected(MEDIA_MRCP));
	o.kind = ORDER_CLOSE;
	media_relay_order(bench.relay, &o, bench.now_us);
	CHECK(is_closed(bench.board) && is_closed(bench.server));
	return ERR_NONE;
}

TEST(link_ends, "ends with the call")
{
	enum err err;

	WITH_BENCH;
	err = call_ends();
	tear_down(&bench);
	return err;
}

static enum err audio(void)
{
	static const char rtp[] = "\x80\x00\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x05"
				  "audio";
	struct order o = open_order(MEDIA_RTP, MEDIA_TCP);
	struct order_connect c = connect_order(BOARD);
	char framed[64], got[64];
	struct buffer b = BUFFER_ON(framed);

	/* The server hears datagrams. */
	o.legs[SERVER].carrier = MEDIA_UDP;
	o.legs[SERVER].port = 3;
	o.legs[SERVER].remote = bench.udp_at;
	media_relay_order(bench.relay, &o, bench.now_us);
	media_relay_connect(bench.relay, &c, bench.now_us);
	bench.board = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	rtp_frame_write(&b, view_bytes(rtp, sizeof(rtp) - 1));
	say(bench.board, view_first(buffer_view(&b), 5));
	CHECK(read(bench.udp, got, sizeof(got)) < 0);
	say(bench.board, view_after(buffer_view(&b), 5));
	CHECK(read(bench.udp, got, sizeof(got)) == sizeof(rtp) - 1);
	CHECK(memcmp(got + 12, "audio", 5) == 0);
	return ERR_NONE;
}

TEST(link_audio, "hands audio of a connection on as datagrams, packet by packet")
{
	enum err err;

	WITH_BENCH;
	err = audio();
	tear_down(&bench);
	return err;
}

static enum err audio_back(void)
{
	static const char rtp[] = "\x80\x00\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x05"
				  "audio";
	struct order o = open_order(MEDIA_RTP, MEDIA_TCP);
	struct order_connect c = connect_order(BOARD);
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(&bench.table->pairs[3].local, &name);
	char got[64];

	o.legs[SERVER].carrier = MEDIA_UDP;
	o.legs[SERVER].port = 3;
	o.legs[SERVER].remote = bench.udp_at;
	media_relay_order(bench.relay, &o, bench.now_us);
	media_relay_connect(bench.relay, &c, bench.now_us);
	bench.board = connect_from("127.0.0.11", &bench.table->pairs[0].local);
	turn(&bench);
	CHECK(sendto(bench.udp, rtp, sizeof(rtp) - 1, 0, (struct sockaddr *)&name, len) > 0);
	turn(&bench);
	CHECK(read(bench.board, got, sizeof(got)) == RTP_FRAME_HEAD + sizeof(rtp) - 1);
	CHECK(got[0] == 0 && got[1] == sizeof(rtp) - 1 && memcmp(got + 14, "audio", 5) == 0);
	return ERR_NONE;
}

TEST(link_audio_back, "hands datagrams on as frames of a connection")
{
	enum err err;

	WITH_BENCH;
	err = audio_back();
	tear_down(&bench);
	return err;
}

TEST(link_refused, "takes no order that would mix what a leg is carried by")
{
	struct order o;

	WITH_BENCH;
	o = open_order(MEDIA_MRCP, MEDIA_TCP);
	o.legs[SERVER].carrier = MEDIA_UDP;
	media_relay_order(bench.relay, &o, bench.now_us);
	o = open_order(MEDIA_RTP, MEDIA_TCP);
	o.legs[SERVER].port = 3;
	media_relay_order(bench.relay, &o, bench.now_us);
	o = open_order(MEDIA_UDPTL, MEDIA_TCP);
	media_relay_order(bench.relay, &o, bench.now_us);
	if (media_relay_open_count(bench.relay) == 0 &&
	    counters_get(&bench.counters, COUNT_media_orders_refused) == 3) {
		tear_down(&bench);
		return ERR_NONE;
	}
	tear_down(&bench);
	return ERR_SYNTAX;
}
