/* SPDX-License-Identifier: Apache-2.0 */
/* Calls from a carrier to a PBX through the border alone, without sockets: INVITE, 180, 200, ACK,
 * BYE, 200. Release builds are trained with it, so its messages are not those that bench/b2bua.py
 * measures with. With --once instructions may be counted:
 *
 *     valgrind --tool=callgrind --toggle-collect=bench_feed bench-border --once
 *
 * and divided by the 200 calls. Otherwise prints the time of a call. */
#include "border/border.h"
#include "os/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFICE, NORTH, CALLS_ONCE = 200, CALLS = 20000, PAIRS = 64, TEXT_MAX = 4096 };

static struct {
	struct border *border;
	struct now now;
	uint64_t seed, spent_us;
	char out[TEXT_MAX]; /* what went to the PBX last, and to the carrier */
	char back[TEXT_MAX];
	unsigned sent;
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
	s->max_calls = 64;
	s->max_transactions = 4096;
}

static const struct port_table *pairs(const struct border_settings *s)
{
	struct port_table *table = calloc(1, sizeof(*table) + 2 * PAIRS * sizeof(table->pairs[0]));

	if (!table)
		abort();
	table->version = 1;
	table->count = 2 * PAIRS;
	for (unsigned i = 0; i < 2 * PAIRS; i++) {
		table->pairs[i].side = (uint8_t)(i / PAIRS);
		table->pairs[i].local = s->listeners[i / PAIRS].local;
		table->pairs[i].local.port = (uint16_t)(20000 + 2 * i);
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
	uint64_t before_us = clock_now().us;

	bench_feed(&flow, text, strlen(text));
	b.spent_us += clock_now().us - before_us;
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
	b.now.us += us;
	b.now.wall_us += (int64_t)us;
	border_advance(b.border, b.now);
}

static void call(unsigned number)
{
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
	ask(number, "BYE", 2, tag, "Content-Length: 0\r\n\r\n");
	answer("200 OK", "Content-Length: 0\r\n\r\n");
	tell_time(MILLISECOND_US * 40);
}

int main(int argc, char **argv)
{
	unsigned calls = argc > 1 && strcmp(argv[1], "--once") == 0 ? CALLS_ONCE : CALLS;

	open_border();
	for (unsigned i = 0; i < calls; i++)
		call(i);
	printf("border: %u calls, %u messages sent, %.2f us a call\n", calls, b.sent,
	       (double)b.spent_us / calls);
	return b.sent == 7 * calls ? 0 : 1;
}
