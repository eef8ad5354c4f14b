/* SPDX-License-Identifier: Apache-2.0 */
/* What a datagram costs that is not wanted: processor time beside a bare recvmmsg loop, with the
 * path of the signal process (inbox, door, index, screen, facts into a ring) in the same run.
 *
 *     bare       recvmmsg alone, batches as large
 *     blocked    the source is blocked
 *     signature  the block is taken away: a scanner's message, known by its shape
 *     stranger   the same without the shape, from another: read in full, and met by silence
 *
 * Each shows the one above it: with its piece taken away a datagram costs more and gets further.
 * Then the same from 1,000 to 1,000,000 sources in turns; of so many tools each message is read
 * in full (guard/refrain.h). Sources are addresses of 127/8. */
#include "border/border_priv.h"
#include "os/clock.h"
#include "os/ring.h"
#include "os/socket.h"
#include "transport/udp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { CHUNK = 128, ROUNDS = 601, WARM = 50, FIRST_SOURCE = 0x7f100000 };
enum {
	CONTROL = CMSG_SPACE(sizeof(struct in_pktinfo)),
	PHONES = 1000,
	FACT_SLOT = 256,
	FACTS = 4096
};

enum { MAX_ROWS = 4, MAX_SEEN = 100000 };

enum way { WAY_BARE, WAY_BLOCKED, WAY_SIGNATURE, WAY_STRANGER, WAYS };

struct parcel {
	struct iovec piece;
	_Alignas(struct cmsghdr) char control[CONTROL];
};

struct scene {
	struct udp_listener listener;
	struct udp_inbox *inbox;
	struct border *border;
	struct border_settings settings;
	struct border_ports ports;
	struct verdict_table *verdicts;
	struct counters counters;
	struct ring_ends ends;
	struct ring facts, reader;
	int sender;
	struct sockaddr_in target;
	struct mmsghdr heads[CHUNK];
	struct parcel parcels[CHUNK];
	double samples[WAYS][ROUNDS];
	uint32_t next_source;
};

static struct scene s;

static const char message[] =
	"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 127.0.1.1:5066;branch=z9hG4bK-524287-1---77fe31ab;rport\r\n"
	"Max-Forwards: 70\r\n"
	"From: \"sipvicious\" <sip:100@127.0.1.1:5066>;tag=6a11c0de77\r\n"
	"To: \"reception_\" <sip:100@127.0.0.1>\r\n"
	"Contact: <sip:100@127.0.1.1:5066>\r\n"
	"Call-ID: 5d1f08ab3c6e4f7a@127.0.1.1\r\n"
	"CSeq: 1 OPTIONS\r\n"
	"User-Agent: Desk telephone 4.1.0\r\n"
	"Accept: application/sdp\r\n"
	"Content-Length: 0\r\n\r\n";
/* As long, and the tool's name is gone. */
static char plain[sizeof(message)];

static void need(bool is_good, const char *what)
{
	if (is_good)
		return;
	(void)fprintf(stderr, "bench door: %s\n", what);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- the border's world ---- */

static void port_send(void *context, const struct flow *to, struct view bytes)
{
	(void)context, (void)to, (void)bytes;
	need(false, "something was answered");
}

static void port_fact(void *context, struct fact *fact)
{
	(void)context;
	fact->sequence = ring_next_sequence(&s.facts);
	(void)!ring_put(&s.facts, fact, sizeof(*fact), RING_DETAIL);
}

static void port_record(void *context, union record *record) { (void)context, (void)record; }

static void port_order(void *context, const struct order *order) { (void)context, (void)order; }

static void port_random(void *context, void *ret, size_t len)
{
	(void)context;
	memset(ret, 7, len);
}

static struct addr address(const char *text)
{
	struct addr a = { 0 };

	need(addr_parse_port(view_of(text), &a) == ERR_NONE, "address");
	return a;
}

static void settle(struct border_settings *to)
{
	const struct guard_rate any = { 1000000, 1000 };

	to->side_count = to->listener_count = 2;
	to->listeners[0].local = s.listener.local;
	to->listeners[1].local = address("127.0.0.11:5060");
	to->listeners[1].side = 1;
	to->peer_count = 1;
	(void)VIEW_COPY(VIEW("office"), to->peers[0].name);
	to->peers[0].address = address("127.0.0.20:5060");
	to->peers[0].side = 1;
	to->peers[0].budget = any;
	to->subscribers.is_on = 1;
	to->subscribers.udp_expires_s = 60;
	to->subscribers.max_registrations = 1000;
	guard_door_defaults(&to->door);
	/* What is over its bound costs less than what is read. */
	to->door.stranger_flow = to->door.stranger_address = any;
	to->max_calls = 100;
	to->max_transactions = 1000;
}

static void open_border(void)
{
	const struct ring_shape shape = { FACT_SLOT, FACTS, 1 };
	const struct now now = clock_now();

	settle(&s.settings);
	need(ring_create("bench", &shape, &s.ends) == ERR_NONE &&
	             ring_open_writer(&s.facts, &s.ends.writer) == ERR_NONE &&
	             ring_open_reader(&s.reader, &s.ends.reader) == ERR_NONE,
	     "ring");
	s.verdicts = calloc(1, verdict_table_size());
	need(s.verdicts != NULL, "memory");
	verdict_table_init(s.verdicts, &(struct hash_key){ { 1 } });
	verdict_table_set_mode(s.verdicts, MODE_BLOCK);
	s.ports = (struct border_ports){ .send = port_send,
		                         .fact = port_fact,
		                         .record = port_record,
		                         .order = port_order,
		                         .random = port_random,
		                         .verdicts = s.verdicts,
		                         .counters = &s.counters,
		                         .owners = 1,
		                         .keys = { { { 1 } }, { { 2 } }, { { 3 } }, { { 4 } } } };
	s.ports.checkpoint =
		aligned_alloc(4096, (border_checkpoint_size(&s.settings) + 4095) & ~(size_t)4095);
	need(s.ports.checkpoint != NULL, "memory");
	memset(s.ports.checkpoint, 0, border_checkpoint_size(&s.settings));
	need(border_new(&s.settings, &s.ports, now, &s.border) == ERR_NONE, "border");
	/* Phones, so that nothing is quick for being empty. */
	for (uint16_t i = 0; i < PHONES; i++) {
		struct flow phone = { .local = s.listener.local,
			              .remote = address("127.9.0.1:5060") };
		struct known_flow *unused;

		phone.remote.bytes[14] = (uint8_t)(i >> 8);
		phone.remote.bytes[13] = (uint8_t)i;
		need(known_hold(&s.border->known, &phone, &unused) == ERR_NONE, "phones");
	}
}

static void open_sockets(void)
{
	const struct socket_options listening = { .receive_bytes = 4 << 20,
		                                  .wants_local = false,
		                                  .wants_errors = true };
	const struct socket_options sending = { .send_bytes = 4 << 20 };
	struct addr here = address("127.0.0.10:5060"), any = address("0.0.0.0:5060");
	struct shared_map inbox = { calloc(1, udp_inbox_size()), udp_inbox_size() };
	struct sockaddr_storage name;

	here.port = any.port = 0;
	need(inbox.at != NULL, "memory");
	need(socket_udp_open(&here, &listening, &s.listener.fd) == ERR_NONE &&
	             socket_local(s.listener.fd, &s.listener.local) == ERR_NONE,
	     "no socket");
	need(socket_udp_open(&any, &sending, &s.sender) == ERR_NONE, "no socket");
	(void)socket_name_of(&s.listener.local, &name);
	memcpy(&s.target, &name, sizeof(s.target));
	need(udp_inbox_open(&inbox, &s.listener, 1, &s.inbox) == ERR_NONE, "inbox");
}

/* ---- datagrams ---- */

static void set_source(struct parcel *p, uint32_t number)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)p->control;
	struct in_pktinfo info = { .ipi_spec_dst = { htonl(FIRST_SOURCE + number) } };

	*c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO };
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

/* In an order that no cache and no predictor can learn: all of them, each once in a turn. */
static uint32_t source_of(uint32_t turn, uint32_t sources)
{
	return (uint32_t)((uint64_t)turn * 2654435761u % sources);
}

static void send_chunk(const char *text, uint32_t sources)
{
	for (size_t i = 0; i < CHUNK; i++) {
		struct parcel *p = &s.parcels[i];

		set_source(p, (text == plain) + source_of(s.next_source++, sources));
		p->piece = (struct iovec){ (void *)(uintptr_t)text, sizeof(message) - 1 };
		s.heads[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &s.target,
			                                    .msg_namelen = sizeof(s.target),
			                                    .msg_iov = &p->piece,
			                                    .msg_iovlen = 1,
			                                    .msg_control = p->control,
			                                    .msg_controllen = CONTROL } };
	}
	for (int sent = 0, n; sent < CHUNK; sent += n) {
		n = sendmmsg(s.sender, s.heads + sent, (unsigned)(CHUNK - sent), 0);
		need(n > 0, "send");
	}
}

static uint32_t take_bare(void)
{
	static char bytes[UDP_BATCH][2048];
	static struct sockaddr_in names[UDP_BATCH];
	struct mmsghdr heads[UDP_BATCH];
	struct iovec pieces[UDP_BATCH];
	uint32_t taken = 0;
	int n;

	do {
		for (size_t i = 0; i < UDP_BATCH; i++) {
			pieces[i] = (struct iovec){ bytes[i], sizeof(bytes[i]) };
			heads[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &names[i],
				                                  .msg_namelen = sizeof(names[i]),
				                                  .msg_iov = &pieces[i],
				                                  .msg_iovlen = 1 } };
		}
		n = recvmmsg(s.listener.fd, heads, UDP_BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			taken += heads[i].msg_len > 0;
	} while (n > 0);
	return taken;
}

/* As signal does. */
static uint32_t take_ours(void)
{
	struct udp_datagram d;
	uint32_t taken = 0;

	while (udp_receive(s.inbox, 0, &s.counters) == ERR_NONE) {
		struct now now = clock_now();

		while (udp_next(s.inbox, &d)) {
			border_receive(s.border, &d.flow, d.bytes, d.len, now);
			taken++;
		}
	}
	return taken;
}

static void block(uint32_t sources, bool is_on)
{
	const struct now now = clock_now();

	for (uint32_t i = 0; i < sources; i++) {
		struct in_addr name = { htonl(FIRST_SOURCE + i) };
		struct verdict v = { .source = { .family = 4,
			                         .bytes = { [10] = 0xff, [11] = 0xff } },
			             .until_us = now.us + 3600 * (uint64_t)SECOND_US,
			             .block = 1,
			             .state = VERDICT_BLOCK };

		memcpy(&v.source.bytes[12], &name, 4);
		if (is_on)
			verdict_table_put(s.verdicts, &v, now.us);
		else
			verdict_table_remove(s.verdicts, &v.source, 0);
	}
}

static void one_round(enum way way, uint32_t sources, double *ret)
{
	uint64_t begun;
	uint32_t taken;

	send_chunk(way == WAY_STRANGER ? plain : message, sources);
	begun = cpu_ns();
	taken = way == WAY_BARE ? take_bare() : take_ours();
	*ret = (double)(cpu_ns() - begun) / CHUNK;
	need(taken == CHUNK, "datagrams were lost");
	ring_release(&s.reader, ring_ready(&s.reader));
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *samples)
{
	qsort(samples, ROUNDS, sizeof(samples[0]), by_size);
	return samples[ROUNDS / 2];
}

/* All ways in turns, so that what else the machine does meets each alike. */
static void measure_ways(double ret[WAYS])
{
	double unused;

	for (size_t i = 0; i < WARM + ROUNDS; i++)
		for (int way = 0; way < WAYS; way++) {
			if (way == WAY_BLOCKED || way == WAY_SIGNATURE)
				block(1, way == WAY_BLOCKED);
			one_round((enum way)way, 1, i < WARM ? &unused : &s.samples[way][i - WARM]);
		}
	for (int way = 0; way < WAYS; way++)
		ret[way] = median(s.samples[way]);
}

/* Sources in turns, after as many were seen as the tables hold. */
static double measure_sources(enum way way, uint32_t sources)
{
	double unused;

	if (way == WAY_BLOCKED)
		block(sources, true);
	for (uint32_t seen = 0; seen < sources && seen < MAX_SEEN; seen += CHUNK)
		one_round(way, sources, &unused);
	for (size_t i = 0; i < ROUNDS; i++)
		one_round(way, sources, &s.samples[way][i]);
	if (way == WAY_BLOCKED)
		block(sources, false);
	return median(s.samples[way]);
}

static uint64_t counted(enum counter which) { return counters_get(&s.counters, which); }

static bool gate(const char *what, double ratio, double most)
{
	printf("%s: %.2f of a bare loop (at most %.2f)%s\n", what, ratio, most,
	       ratio <= most ? "" : ": MISSED");
	return ratio <= most;
}

static bool show_ways(void)
{
	const uint64_t each = (uint64_t)(WARM + ROUNDS) * CHUNK;
	double ns[WAYS];
	bool is_met;

	measure_ways(ns);
	printf("CPU ns a datagram of %zu bytes, median of %d chunks of %d: ", sizeof(message) - 1,
	       ROUNDS, CHUNK);
	printf("bare %.0f, blocked %.0f, signature %.0f, stranger %.0f\n", ns[WAY_BARE],
	       ns[WAY_BLOCKED], ns[WAY_SIGNATURE], ns[WAY_STRANGER]);
	need(counted(COUNT_dropped_verdict) == each && counted(COUNT_dropped_screen) == each &&
	             counted(COUNT_dropped_stranger) == each,
	     "a way does not end where it shall");
	need(ns[WAY_BLOCKED] < ns[WAY_SIGNATURE] && ns[WAY_SIGNATURE] < ns[WAY_STRANGER],
	     "who gets further does not cost more");
	is_met = gate("blocked", ns[WAY_BLOCKED] / ns[WAY_BARE], 1.2);
	return gate("signature", ns[WAY_SIGNATURE] / ns[WAY_BARE], 1.5) && is_met;
}

/* The first row is what the others are held against. The least of three, each a while after the
 * last: what else the machine does lasts longer than one measurement. */
static bool show_sources(enum way way, const char *name, const uint32_t *rows, size_t count)
{
	double least[MAX_ROWS] = { 0 }, most = 0;

	for (size_t i = 0; i < 3 * count; i++) {
		double *row = &least[i % count], ns = measure_sources(way, rows[i % count]);

		*row = i < count || ns < *row ? ns : *row;
	}
	for (size_t i = 0; i < count; i++) {
		printf("%s, %u sources in turns: %.0f ns\n", name, rows[i], least[i]);
		most = least[i] > most ? least[i] : most;
	}
	printf("%s: %.2f of what %u sources cost (at most 1.15)%s\n", name, most / least[0],
	       rows[0], most <= least[0] * 1.15 ? "" : ": MISSED");
	return most <= least[0] * 1.15;
}

int main(void)
{
	/* Of blocked ones, as many as the table of verdicts has room for. */
	static const uint32_t blocked[] = { 1000, 10000, 50000 };
	static const uint32_t strangers[] = { 1000, 10000, 100000, 1000000 };
	bool is_met;

	memcpy(plain, message, sizeof(message));
	memcpy(strstr(plain, "sipvicious"), "reception_", 10);
	open_sockets();
	open_border();
	is_met = show_ways();
	is_met &= show_sources(WAY_BLOCKED, "blocked", blocked, 3);
	is_met &= show_sources(WAY_STRANGER, "stranger", strangers, 4);
	/* For comparison. */
	(void)show_sources(WAY_BARE, "bare", strangers, 4);
	(void)show_sources(WAY_SIGNATURE, "signature", strangers, 4);
	return is_met ? 0 : 1;
}
