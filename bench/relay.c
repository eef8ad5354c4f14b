/* SPDX-License-Identifier: Apache-2.0 */
/* CPU per relayed packet: 200 calls, both directions, 172 bytes, over loopback.
 * Beside it the floor in the same run: epoll, recvfrom and sendto alone. */
#include "media/relay.h"
#include "os/socket.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum { CALLS = 200, PAIRS = 2 * CALLS, ROUNDS = 400, PACKET_SIZE = 172, ROUND_US = 20000 };

struct scene {
	int ends[PAIRS];
	struct sockaddr_storage targets[PAIRS]; /* the port that each end sends to */
	struct addr end_addresses[PAIRS];
	char packet[PACKET_SIZE];
	uint16_t sequence;
};

static struct scene scene;
static struct counters counters;

static void need(bool is_good, const char *what)
{
	if (is_good)
		return;
	(void)fprintf(stderr, "bench relay: %s\n", what);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int open_socket(const char *host, bool is_deaf, struct addr *ret)
{
	struct socket_options options = { .is_deaf = is_deaf };
	struct addr any = { 0 };
	int fd = -1;

	need(addr_parse(view_of(host), &any) == ERR_NONE, "address");
	need(socket_udp_open(&any, &options, &fd) == ERR_NONE, "no socket");
	need(socket_local(fd, ret) == ERR_NONE, "no address");
	return fd;
}

/* Each end sends a packet; afterwards what reached it is read away, uncounted. */
static void all_speak(void)
{
	scene.sequence++;
	scene.packet[2] = (char)(scene.sequence >> 8);
	scene.packet[3] = (char)scene.sequence;
	for (size_t i = 0; i < PAIRS; i++)
		need(sendto(scene.ends[i], scene.packet, PACKET_SIZE, 0,
		            (struct sockaddr *)&scene.targets[i],
		            sizeof(struct sockaddr_in)) == PACKET_SIZE,
		     "send");
}

static size_t all_hear(void)
{
	char bytes[2048];
	size_t heard = 0;

	for (size_t i = 0; i < PAIRS; i++)
		while (recv(scene.ends[i], bytes, sizeof(bytes), MSG_DONTWAIT) == PACKET_SIZE)
			heard++;
	return heard;
}

static void report(const char *what, uint64_t ns, size_t packets)
{
	printf("%-28s %6.2f us CPU a packet (%zu of %d packets, %d bytes, %d calls)\n", what,
	       (double)ns / 1000 / (double)packets, packets, ROUNDS * PAIRS, PACKET_SIZE, CALLS);
}

static bool ignore_event(void *context, const struct media_event *event)
{
	(void)context, (void)event;
	return true;
}

static void open_calls(struct media_relay *relay, struct port_table *table)
{
	for (uint32_t i = 0; i < PAIRS; i++) {
		struct addr rtcp;
		int rtp_fd = open_socket("127.0.0.1", true, &table->pairs[i].local);
		int rtcp_fd = open_socket("127.0.0.1", true, &rtcp);

		need(media_relay_give_pair(relay, i, rtp_fd, rtcp_fd) == ERR_NONE, "pair");
		(void)socket_name_of(&table->pairs[i].local, &scene.targets[i]);
	}
	for (uint32_t i = 0; i < PAIRS; i += 2) {
		struct order o = { .kind = ORDER_OPEN, .stream = i, .generation = 1 };

		for (uint32_t leg = 0; leg < 2; leg++)
			o.legs[leg] = (struct order_leg){ .port = i + leg,
				                          .is_sending = 1,
				                          .is_receiving = 1,
				                          .is_known = 1,
				                          .remote = scene.end_addresses[i + leg] };
		media_relay_order(relay, &o, 1);
	}
	need(media_relay_open_count(relay) == CALLS, "streams");
}

static void measure_relay(void)
{
	struct port_table *table = calloc(1, sizeof(*table) + PAIRS * sizeof(struct port_pair));
	struct media_options options = { .timeout_s = 60, .statistics_s = 10 };
	struct media_relay_ports ports = { .event = ignore_event, .counters = &counters };
	struct media_relay *relay = NULL;
	uint64_t spent = 0;
	size_t heard = 0;

	need(table != NULL, "memory");
	table->count = PAIRS;
	need(media_relay_new(table, &options, &ports, &relay) == ERR_NONE, "relay");
	open_calls(relay, table);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t begun;

		all_speak();
		begun = cpu_ns();
		while (media_relay_turn(relay, round * ROUND_US))
			;
		spent += cpu_ns() - begun;
		heard += all_hear();
	}
	report("relay", spent, heard);
	media_relay_free(&relay);
	free(table);
}

static void floor_round(int set, const int *sockets)
{
	struct epoll_event events[256];
	char bytes[2048];
	int n;

	do {
		n = epoll_wait(set, events, 256, 0);
		for (int i = 0; i < n; i++) {
			uint32_t from = events[i].data.u32, to = from ^ 1;
			struct sockaddr_storage name;
			socklen_t name_len = sizeof(name);
			ssize_t len = recvfrom(sockets[from], bytes, sizeof(bytes), MSG_DONTWAIT,
			                       (struct sockaddr *)&name, &name_len);

			name_len = socket_name_of(&scene.end_addresses[to], &name);
			need(len > 0 && sendto(sockets[to], bytes, (size_t)len, MSG_DONTWAIT,
			                       (struct sockaddr *)&name, name_len) == len,
			     "floor");
		}
	} while (n == 256);
}

static void measure_floor(void)
{
	static int sockets[PAIRS];
	int set = epoll_create1(EPOLL_CLOEXEC);
	uint64_t spent = 0;
	size_t heard = 0;

	for (uint32_t i = 0; i < PAIRS; i++) {
		struct epoll_event wanted = { .events = EPOLLIN, .data.u32 = i };
		struct addr local;

		sockets[i] = open_socket("127.0.0.1", false, &local);
		(void)socket_name_of(&local, &scene.targets[i]);
		need(epoll_ctl(set, EPOLL_CTL_ADD, sockets[i], &wanted) == 0, "epoll");
	}
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t begun;

		all_speak();
		begun = cpu_ns();
		floor_round(set, sockets);
		spent += cpu_ns() - begun;
		heard += all_hear();
	}
	report("floor (epoll, recv, send)", spent, heard);
}

int main(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	scene.packet[0] = (char)0x80;
	for (size_t i = 0; i < PAIRS; i++)
		scene.ends[i] = open_socket("127.0.0.2", false, &scene.end_addresses[i]);
	measure_relay();
	measure_floor();
	return 0;
}
