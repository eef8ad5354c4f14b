/* SPDX-License-Identifier: Apache-2.0 */
/* Calls from a carrier to a PBX through the border alone, without sockets: INVITE, 180, 200, ACK,
 * BYE, 200. Release builds are trained with it, so its messages are not those that bench/b2bua.py
 * measures with. With --once instructions may be counted:
 *
 *     valgrind --tool=callgrind --toggle-collect=bench_feed bench-border --once
 *
 * and divided by the 200 calls. With --standing it prints, for 100 to 50,000 calls that stand, the
 * memory of one and the time of a short call meanwhile. Otherwise prints the time of a call. */
#include "border/border.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OFFICE, NORTH, CALLS_ONCE = 200, CALLS = 20000, PAIRS = 64, TEXT_MAX = 4096 };
enum { STANDING = 50000, ROUNDS = 15, ROUND_CALLS = 1000, CALLS_A_SECOND = 500 };

static struct {
	struct border *border;
	struct now now;
	uint64_t seed, spent_ns;
	char out[TEXT_MAX]; /* what went to the PBX last, and to the carrier */
	char back[TEXT_MAX];
	unsigned sent, calls;
	bool is_crowded; /* --standing */
} b;

static struct addr address(const char *text)
{
	struct addr a = { 0 };

	if (addr_parse_port(view_of(text), &a) != ERR_NONE)
		abort();
	return a;
}

static void port_send(void *context, const struct flow *to, struct view bytes)
{
	char *kept = to->side == 1 ? b.out : b.back;

	(void)context;
	if (bytes.len >= TEXT_MAX)
		abort();
	memcpy(kept, bytes.at, bytes.len);
	kept[bytes.len] = 0;
	b.sent++;
}

static void port_fact(void *context, struct fact *fact) { (void)context, (void)fact; }
static void port_record(void *context, union record *r) { (void)context, (void)r; }
static void port_order(void *context, const struct order *order) { (void)context, (void)order; }

static void port_random(void *context, void *ret, size_t len)
{
	(void)context;
	for (size_t i = 0; i < len; i++) {
		b.seed = b.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((uint8_t *)ret)[i] = (uint8_t)(b.seed >> 40);
	}
}

static void settle(struct border_settings *s)
{
	s->side_count = s->listener_count = s->peer_count = 2;
	(void)VIEW_COPY(VIEW("outside"), s->sides[0].name);
	(void)VIEW_COPY(VIEW("inside"), s->sides[1].name);
	s->listeners[0].local = address("127.0.0.10:5060");
	s->listeners[1].local = address("127.0.0.11:5060");
	s->listeners[1].side = 1;
	(void)VIEW_COPY(VIEW("office"), s->peers[OFFICE].name);
	(void)VIEW_COPY(VIEW("office.example"), s->peers[OFFICE].domain);
	s->peers[OFFICE].address = address("127.0.0.20:5060");
	s->peers[OFFICE].side = 1;
	(void)VIEW_COPY(VIEW("north"), s->peers[NORTH].name);
	s->peers[NORTH].address = address("127.0.0.2:5060");
	s->peers[NORTH].kind = PEER_CARRIER;
	s->peers[OFFICE].budget = s->peers[NORTH].budget = (struct guard_rate){ 1000000, 200000 };
	s->routes[0] = (struct border_route){ .from = NORTH, .to = OFFICE, .priority = 1 };
	s->route_count = 1;
	guard_door_defaults(&s->door);
	s->subscribers.max_registrations = 64;
	s->max_calls = b.is_crowded ? 2 * STANDING : 64;
	s->max_transactions = b.is_crowded ? 1 << 16 : 4096;
}

/* As no machine has them: many are at one port, which nobody looks at. */
static const struct port_table *pairs(const struct border_settings *s)
{
	unsigned each = b.is_crowded ? 2 * STANDING : PAIRS;
	struct port_table *table = calloc(1, sizeof(*table) + 2 * each * sizeof(table->pairs[0]));

	if (!table)
		abort();
	table->version = 1;
	table->count = 2 * each;
	for (unsigned i = 0; i < 2 * each; i++) {
		table->pairs[i].side = (uint8_t)(i / each);
		table->pairs[i].local = s->listeners[i / each].local;
		table->pairs[i].local.port = (uint16_t)(20000 + 2 * i % 40000);
	}
	return table;
}

static void open_border(void)
{
	static const struct hash_key key = { "bench" };
	struct border_settings *s = calloc(1, sizeof(*s));
	struct verdict_table *verdicts = calloc(1, verdict_table_size());
	struct counters *counters = calloc(1, sizeof(*counters));
	struct border_ports ports = { .send = port_send, .fact = port_fact, .record = port_record };

	if (!s || !verdicts || !counters)
		abort();
	settle(s);
	verdict_table_init(verdicts, &key);
	ports.order = port_order;
	ports.random = port_random;
	ports.verdicts = verdicts;
	ports.ports = pairs(s);
	ports.counters = counters;
	ports.owners = 1;
	ports.checkpoint = calloc(1, border_checkpoint_size(s));
	b.now = (struct now){ 1000 * (uint64_t)SECOND_US, INT64_C(1800000000) * SECOND_US };
	if (!ports.checkpoint || border_new(s, &ports, b.now, &b.border) != ERR_NONE)
		abort();
}

/* Our own time: others may run meanwhile. */
static uint64_t spent_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		abort();
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- messages ---- */

void bench_feed(const struct flow *flow, char *text, size_t len);
__attribute__((noinline)) void bench_feed(const struct flow *flow, char *text, size_t len)
{
	border_receive(b.border, flow, text, len, b.now);
}

static void feed(unsigned side, char *text)
{
	struct flow flow = { .local = address(side ? "127.0.0.11:5060" : "127.0.0.10:5060"),
		             .remote = address(side ? "127.0.0.20:5060" : "127.0.0.2:5060"),
		             .listener = (uint16_t)side,
		             .side = (uint8_t)side };
	uint64_t before_ns = spent_ns();

	bench_feed(&flow, text, strlen(text));
	b.spent_ns += spent_ns() - before_ns;
}

#define SDP                                                                                        \
	"v=0\r\no=%s 811 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"             \
	"m=audio 6000 RTP/AVP 9 8 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"         \
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"

static void ask(unsigned number, const char *method, unsigned cseq, const char *to_tag,
                const char *rest)
{
	static char text[TEXT_MAX];
	char uri[256] = "sip:441632960817@127.0.0.10:5060";
	const char *contact = strstr(b.back, "Contact: <");

	if (cseq > 1 || strcmp(method, "ACK") == 0)
		(void)snprintf(uri, sizeof(uri), "%.*s",
		               contact ? (int)strcspn(contact + 10, ">") : 0, contact + 10);
	(void)snprintf(text, sizeof(text),
	               "%s %s SIP/2.0\r\n"
	               "Via: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-77-%u-%s\r\n"
	               "Max-Forwards: 70\r\n"
	               "From: \"Front desk\" <sip:+441632960017@127.0.0.2:5060>;tag=77c%u\r\n"
	               "To: <sip:441632960817@127.0.0.10:5060>%s\r\n"
	               "Call-ID: %u-77@127.0.0.2\r\nCSeq: %u %s\r\n%s",
	               method, uri, number, method, number, to_tag, number, cseq, method, rest);
	feed(0, text);
}

static void copy_line(const char *name, char **at, const char *more)
{
	const char *line = strstr(b.out, name);
	size_t len = line ? strcspn(line, "\r") : 0;

	*at += snprintf(*at, 1024, "%.*s%s\r\n", (int)len, line ? line : "", more);
}

static void answer(const char *status, const char *rest)
{
	static char text[TEXT_MAX];
	bool has_tag = strstr(status, "180") || strstr(rest, "m=audio");
	char *at = text;

	at += snprintf(at, 64, "SIP/2.0 %s\r\n", status);
	copy_line("Via: ", &at, "");
	copy_line("From: ", &at, "");
	copy_line("To: ", &at, has_tag ? ";tag=99d1" : "");
	copy_line("Call-ID: ", &at, "");
	copy_line("CSeq: ", &at, "");
	(void)snprintf(at, 2048, "%s", rest);
	feed(1, text);
}

static void tell_time(uint64_t us)
{
	uint64_t before_ns;

	b.now.us += us;
	b.now.wall_us += (int64_t)us;
	before_ns = spent_ns();
	border_advance(b.border, b.now);
	b.spent_ns += spent_ns() - before_ns;
}

/* The caller hangs up at once, or the call stands. */
static void call(bool stands)
{
	unsigned number = ++b.calls;
	static char offer[2048], taken[2048], tag[128];
	const char *to;
	int len = snprintf(NULL, 0, SDP, "trunk");

	(void)snprintf(offer, sizeof(offer),
	               "Contact: <sip:gw+441632960017@127.0.0.2:5060>\r\n"
	               "P-Asserted-Identity: <sip:+441632960017@127.0.0.2>\r\n"
	               "User-Agent: Exchange 9 (made up)\r\n"
	               "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE\r\n"
	               "Supported: replaces, 100rel\r\nContent-Type: application/sdp\r\n"
	               "Content-Length: %d\r\n\r\n" SDP,
	               len, "trunk");
	(void)snprintf(taken, sizeof(taken),
	               "Contact: <sip:17@127.0.0.20:5060;ob>\r\n"
	               "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n"
	               "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" SDP,
	               len, "south");
	ask(number, "INVITE", 1, "", offer);
	answer("180 Ringing", "Contact: <sip:17@127.0.0.20:5060;ob>\r\n"
	                      "Content-Length: 0\r\n\r\n");
	answer("200 OK", taken);
	to = strstr(b.back, "\r\nTo: ");
	to = to ? strstr(to, ";tag=") : NULL;
	(void)snprintf(tag, sizeof(tag), "%.*s", to ? (int)strcspn(to, "\r") : 0, to ? to : "");
	ask(number, "ACK", 1, tag, "Content-Length: 0\r\n\r\n");
	if (stands)
		return;
	ask(number, "BYE", 2, tag, "Content-Length: 0\r\n\r\n");
	answer("200 OK", "Content-Length: 0\r\n\r\n");
}

/* ---- many that stand ---- */

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	size_t kb = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "Rss:", 4) == 0)
			kb = strtoul(line + 4, NULL, 10);
	if (file)
		(void)fclose(file);
	return kb * 1024;
}

static int by_size(const void *a, const void *other)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)other;

	return x < y ? -1 : x > y;
}

static void many(unsigned count, bool stands)
{
	for (unsigned i = 0; i < count; i++) {
		call(stands);
		tell_time(SECOND_US / CALLS_A_SECOND);
	}
}

/* Median of what a short call takes while the others stand, in nanoseconds. */
static uint64_t measure(void)
{
	uint64_t spent[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t before_ns = b.spent_ns;

		many(ROUND_CALLS, false);
		spent[round] = (b.spent_ns - before_ns) / ROUND_CALLS;
	}
	qsort(spent, ROUNDS, sizeof(spent[0]), by_size);
	return spent[ROUNDS / 2];
}

/* One line for each crowd: calls, bytes of each beyond the first 100, nanoseconds of a call. */
static int stand(void)
{
	static const unsigned crowds[] = { 100, 1000, 10000, STANDING };
	size_t first = 0;
	unsigned standing = 0, messages = 0;

	/* What calls leave behind for half a minute is there, then. */
	many(40 * CALLS_A_SECOND, false);
	messages = 7 * 40 * CALLS_A_SECOND;
	for (unsigned i = 0; i < sizeof(crowds) / sizeof(crowds[0]); i++) {
		size_t bytes;

		many(crowds[i] - standing, true);
		messages += 5 * (crowds[i] - standing) + 7 * ROUNDS * ROUND_CALLS;
		standing = crowds[i];
		bytes = resident();
		if (!first)
			first = bytes;
		printf("%u %zu %llu\n", standing,
		       standing > 100 ? (bytes - first) / (standing - 100) : 0,
		       (unsigned long long)measure());
	}
	return b.sent == messages && border_calls(b.border) >= STANDING ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	unsigned calls = strcmp(mode, "--once") == 0 ? CALLS_ONCE : CALLS;

	b.is_crowded = strcmp(mode, "--standing") == 0;
	open_border();
	if (b.is_crowded)
		return stand();
	for (unsigned i = 0; i < calls; i++) {
		call(false);
		tell_time(MILLISECOND_US * 40);
	}
	printf("border: %u calls, %u messages sent, %.2f us a call\n", calls, b.sent,
	       (double)b.spent_ns / 1000 / calls);
	return b.sent == 7 * calls ? 0 : 1;
}
