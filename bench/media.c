/* SPDX-License-Identifier: Apache-2.0 */
/* Who relays, as a process of its own: what the media process is from its event loop down and in
 * its sandbox, or one of two floors: epoll, recvfrom and sendto alone, woken by what comes; or
 * what costs least with a socket for each port, connected ones without names, rested as long as
 * the relay rests at most. bench/media.py asks for each and measures it beside rtpengine.
 *
 *     bench-media relay|floor|rested none|SUITE CALLS        the ports of each call, then "ready"
 *     bench-media load none|SUITE FILE SECONDS SEQUENCE spread|groups */
#include "media.h"

#include "media/shift.h"
#include "os/clock.h"
#include "os/loop.h"
#include "os/sandbox.h"
#include "os/socket.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

struct scene {
	struct media_relay *relay;
	struct media_shift shift;
	unsigned refused;
};

static struct counters counters;

static void need(bool is_good, const char *what)
{
	if (is_good)
		return;
	(void)fprintf(stderr, "bench media: %s\n", what);
	exit(1);
}

static int open_socket(bool is_deaf, struct addr *ret)
{
	struct socket_options options = { .is_deaf = is_deaf, .traffic_class = 184 };
	struct addr any = { 0 };
	int fd = -1;

	need(addr_parse(view_of(MEDIA_END_HOST), &any) == ERR_NONE, "address");
	need(socket_udp_open(&any, &options, &fd) == ERR_NONE, "no socket");
	need(socket_local(fd, ret) == ERR_NONE, "no address");
	return fd;
}

static struct addr end_of(unsigned side)
{
	struct addr a = { 0 };

	need(addr_parse(view_of(MEDIA_END_HOST), &a) == ERR_NONE, "address");
	a.port = (uint16_t)(MEDIA_END_PORT + 2 * side);
	return a;
}

static void tell_ready(void)
{
	printf("ready\n");
	(void)fflush(stdout);
}

static bool take_event(void *context, const struct media_event *event)
{
	struct scene *s = context;

	if (event->kind == MEDIA_REFUSED)
		s->refused++;
	return true;
}

static void give_keys(struct scene *s, uint32_t call, unsigned suite)
{
	struct order_keys keys = { .kind = ORDER_KEYS, .leg = 1, .stream = call, .generation = 1 };

	keys.in.suite = (uint8_t)suite;
	keys.out.suite = (uint8_t)suite;
	media_secret(call, keys.in.secret);
	media_secret(call, keys.out.secret);
	keys.out.secret[2] = 0; /* each direction has a key of its own */
	media_relay_keys(s->relay, &keys, clock_now().us);
}

static void open_calls(struct scene *s, struct port_table *table, uint32_t calls, unsigned suite)
{
	for (uint32_t i = 0; i < 2 * calls; i++) {
		struct addr rtcp;
		int rtp_fd = open_socket(true, &table->pairs[i].local);
		int rtcp_fd = open_socket(true, &rtcp);

		need(media_relay_give_pair(s->relay, i, rtp_fd, rtcp_fd) == ERR_NONE, "pair");
	}
	for (uint32_t i = 0; i < calls; i++) {
		struct order o = { .kind = ORDER_OPEN, .stream = i, .generation = 1 };

		for (uint32_t leg = 0; leg < 2; leg++)
			o.legs[leg] = (struct order_leg){ .port = 2 * i + leg,
				                          .is_sending = 1,
				                          .is_receiving = 1,
				                          .is_known = 1,
				                          .remote = end_of(leg) };
		if (suite != SUITE_NONE)
			o.legs[1].protection = PROTECTION_SDES;
		media_relay_order(s->relay, &o, clock_now().us);
		if (suite != SUITE_NONE)
			give_keys(s, i, suite);
		printf("%u %u\n", table->pairs[2 * i].local.port,
		       table->pairs[2 * i + 1].local.port);
	}
	need(media_relay_open_count(s->relay) == calls && s->refused == 0, "refused");
}

static bool turn(void *context, struct now now)
{
	struct scene *s = context;

	media_shift_rest(&s->shift, now);
	return false;
}

static uint64_t wait_us(void *context, struct now now)
{
	const struct scene *s = context;

	return media_shift_wait_us(&s->shift, now);
}

static void advance(void *context, struct now now)
{
	struct scene *s = context;

	media_shift_advance(&s->shift, now);
}

static void run_relay(uint32_t calls, unsigned suite)
{
	static struct scene s;
	struct port_table *table = calloc(1, sizeof(*table) + 2 * calls * sizeof(struct port_pair));
	struct media_options options = { .timeout_s = 60, .statistics_s = 10 };
	struct media_relay_ports ports = { .context = &s,
		                           .event = take_event,
		                           .counters = &counters };
	struct loop_hooks hooks = {
		.context = &s, .turn = turn, .wait_us = wait_us, .advance = advance
	};
	struct sandbox sandbox = { .uid = (uid_t)-1, .gid = (gid_t)-1, .silent = -1 };
	struct sandbox_report report;
	struct loop *loop;

	need(table != NULL, "memory");
	table->count = 2 * calls;
	need(media_relay_new(table, &options, &ports, &s.relay) == ERR_NONE, "relay");
	open_calls(&s, table, calls, suite);
	need(loop_new(4, &loop) == ERR_NONE, "loop");
	s.shift = (struct media_shift){ .relay = s.relay, .loop = loop };
	need(media_shift_begin(&s.shift, clock_now()) == ERR_NONE, "watch");
	loop_set_hooks(loop, &hooks);
	need(sandbox_enter_media(&sandbox, &report) == ERR_NONE, "sandbox");
	tell_ready();
	loop_run(loop);
}

static int sockets[2 * MEDIA_MAX_CALLS];

static int open_floor(uint32_t calls, bool is_connected)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct sockaddr_storage name;

	for (uint32_t i = 0; i < 2 * calls; i++) {
		struct epoll_event wanted = { .events = EPOLLIN, .data.u32 = i };
		const struct addr end = end_of(i & 1);
		socklen_t len = socket_name_of(&end, &name);
		struct addr local;

		sockets[i] = open_socket(false, &local);
		need(!is_connected || connect(sockets[i], (struct sockaddr *)&name, len) == 0,
		     "connect");
		need(epoll_ctl(set, EPOLL_CTL_ADD, sockets[i], &wanted) == 0, "epoll");
		printf(i & 1 ? "%u\n" : "%u ", local.port);
	}
	tell_ready();
	return set;
}

static void run_floor(uint32_t calls)
{
	struct epoll_event events[MEDIA_RELAY_TURN];
	const struct addr ends[2] = { end_of(0), end_of(1) };
	struct sockaddr_storage names[2], from;
	int set = open_floor(calls, false);
	char bytes[2048];

	(void)socket_name_of(&ends[0], &names[0]);
	(void)socket_name_of(&ends[1], &names[1]);
	while (true) {
		int n = epoll_wait(set, events, MEDIA_RELAY_TURN, -1);

		for (int i = 0; i < n; i++) {
			uint32_t to = events[i].data.u32 ^ 1;
			socklen_t len = sizeof(from);
			ssize_t got = recvfrom(sockets[to ^ 1], bytes, sizeof(bytes), MSG_DONTWAIT,
			                       (struct sockaddr *)&from, &len);

			if (got > 0)
				(void)sendto(sockets[to], bytes, (size_t)got, MSG_DONTWAIT,
				             (struct sockaddr *)&names[to & 1],
				             sizeof(struct sockaddr_in));
		}
	}
}

static void run_rested(uint32_t calls)
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	struct epoll_event events[MEDIA_RELAY_TURN];
	int set = open_floor(calls, true);
	char bytes[2048];

	while (true) {
		int n = epoll_wait(set, events, MEDIA_RELAY_TURN, 0);

		for (int i = 0; i < n; i++) {
			uint32_t from = events[i].data.u32;
			ssize_t got = recv(sockets[from], bytes, sizeof(bytes), MSG_DONTWAIT);

			if (got > 0)
				(void)!send(sockets[from ^ 1], bytes, (size_t)got, MSG_DONTWAIT);
		}
		(void)nanosleep(&rest, NULL);
	}
}

static uint32_t number_of(const char *word) { return (uint32_t)strtoul(word, NULL, 10); }

int main(int count, char **words)
{
	unsigned suite = count > 2 ? suite_find(view_of(words[2])) : SUITE_NONE;
	uint32_t calls = count > 3 ? number_of(words[3]) : 0;
	struct rlimit limit;

	if (count == 7 && strcmp(words[1], "load") == 0)
		return media_load(words[3], number_of(words[4]), suite, number_of(words[5]),
		                  strcmp(words[6], "groups") == 0);
	if (count != 4 || calls == 0 || calls > MEDIA_MAX_CALLS) {
		(void)fprintf(stderr, "bench media: is started by bench/media.py\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (strcmp(words[1], "relay") == 0)
		run_relay(calls, suite);
	else if (strcmp(words[1], "rested") == 0)
		run_rested(calls);
	else
		run_floor(calls);
	return 0;
}
