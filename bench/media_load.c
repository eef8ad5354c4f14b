/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of all calls, the same for whoever relays: a packet each 20 ms each way, each at its
 * own time or in small groups over that time, and what comes back read away, looked at, and its
 * delay noted: from before it was sent until it was read, which happens between any two packets. */
#include "media.h"

#include "rtp/srtp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	GROUP = 16,
	ROOM = 256,
	READ_AT_ONCE = 64,
	BUFFER_BYTES = 16 << 20,
	FILL = 0xd5,
	REST_MS = 3000,
	FRAMES_KEPT = 64, /* by their numbers; none is under way for so long */
	MAX_DELAY_US = 100000
};

struct batch {
	struct mmsghdr heads[READ_AT_ONCE];
	struct iovec parts[READ_AT_ONCE];
	struct sockaddr_in names[READ_AT_ONCE];
	char bytes[READ_AT_ONCE][ROOM];
};

struct end {
	int fd;
	uint16_t ports[MEDIA_MAX_CALLS]; /* which it sends to */
	size_t wanted;                   /* bytes of what it is to hear */
	bool hears_plain;
	unsigned long sent, heard, strange;
};

static struct end ends[2];
static struct srtp senders[MEDIA_MAX_CALLS];
static struct srtp_mark marks[MEDIA_MAX_CALLS][SRTP_MAX_SOURCES];
static struct srtp_engine engine;
static struct batch out, in;
static uint32_t calls;
static uint16_t call_of[65536]; /* by the port that a packet comes from */
static uint64_t sent_us[2][MEDIA_MAX_CALLS][FRAMES_KEPT];
static uint32_t delays[MAX_DELAY_US + 1];

static void need(bool is_good, const char *what)
{
	if (is_good)
		return;
	(void)fprintf(stderr, "bench media: %s\n", what);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void prepare(struct batch *b)
{
	for (size_t i = 0; i < READ_AT_ONCE; i++) {
		b->parts[i] = (struct iovec){ b->bytes[i], ROOM };
		b->heads[i].msg_hdr = (struct msghdr){ .msg_iov = &b->parts[i], .msg_iovlen = 1 };
		b->heads[i].msg_hdr.msg_name = &b->names[i];
		b->heads[i].msg_hdr.msg_namelen = sizeof(b->names[i]);
		b->names[i].sin_family = AF_INET;
		b->names[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
}

static void open_end(struct end *e, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
	int size = BUFFER_BYTES;

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	e->fd = socket(AF_INET, SOCK_DGRAM, 0);
	/* Refused without the right to; then the usual one must do. */
	(void)setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	need(bind(e->fd, (struct sockaddr *)&name, sizeof(name)) == 0, "an end's port is taken");
}

static void read_ports(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[64];

	need(file != NULL, "no table of ports");
	while (calls < MEDIA_MAX_CALLS && fgets(line, sizeof(line), file)) {
		char *end;
		unsigned long first = strtoul(line, &end, 10), second = strtoul(end, NULL, 10);

		need(first > 0 && first <= 65535 && second > 0 && second <= 65535, "no port");
		ends[0].ports[calls] = (uint16_t)first;
		ends[1].ports[calls] = (uint16_t)second;
		call_of[first] = call_of[second] = (uint16_t)calls;
		calls++;
	}
	(void)fclose(file);
	need(calls > 0, "no calls");
}

static void start_senders(unsigned suite)
{
	need(rtp_engine_open(&engine) == ERR_NONE, "no SRTP");
	for (uint32_t i = 0; i < calls; i++) {
		struct srtp_setup setup = { .marks = marks[i] };
		uint8_t secret[SUITE_MAX_SECRET];

		media_secret(i, secret);
		need(rtp_srtp_start(&senders[i], &engine, suite, secret, &setup) == ERR_NONE,
		     "no key");
	}
}

static size_t write_packet(char *p, uint32_t call, unsigned side, unsigned sequence)
{
	const uint32_t words[] = { htonl(sequence * 160), htonl(0x10000 + call * 2 + side) };
	size_t len = MEDIA_PACKET;

	memset(p + MEDIA_HEADER, FILL, MEDIA_PACKET - MEDIA_HEADER);
	p[0] = (char)0x80;
	p[1] = 0;
	p[2] = (char)(sequence >> 8);
	p[3] = (char)sequence;
	memcpy(p + 4, words, sizeof(words));
	if (side == 1 && rtp_srtp_is_started(&senders[call]))
		need(rtp_srtp_protect(&senders[call], p, ROOM, &len) == ERR_NONE, "protect");
	return len;
}

static void speak(unsigned side, uint32_t first, uint32_t count, unsigned sequence)
{
	struct end *e = &ends[side];
	uint64_t at_us = now_us();
	unsigned done = 0;

	for (uint32_t i = 0; i < count; i++) {
		out.parts[i].iov_len = write_packet(out.bytes[i], first + i, side, sequence);
		out.names[i].sin_port = htons(e->ports[first + i]);
		sent_us[side][first + i][sequence % FRAMES_KEPT] = at_us;
	}
	while (done < count) {
		int n = sendmmsg(e->fd, out.heads + done, count - done, 0);

		need(n > 0, "send");
		done += (unsigned)n;
	}
	e->sent += count;
}

static void note_delay(unsigned side, const struct sockaddr_in *from, const char *packet,
                       uint64_t at_us)
{
	unsigned call = call_of[ntohs(from->sin_port)], sequence = (uint8_t)packet[3];
	uint64_t us = at_us - sent_us[side ^ 1][call][sequence % FRAMES_KEPT];

	delays[us < MAX_DELAY_US ? us : MAX_DELAY_US]++;
}

/* That part of the packets was no later. */
static unsigned delay_of(unsigned long heard, unsigned percent)
{
	unsigned long sum = 0;
	unsigned us = 0;

	while (us < MAX_DELAY_US && (sum += delays[us]) * 100 < heard * percent)
		us++;
	return us;
}

/* What an end hears must have the right size, and be readable at the plain ends alone. */
static void hear(unsigned side)
{
	struct end *e = &ends[side];
	uint64_t at_us;
	int n;

	do {
		n = recvmmsg(e->fd, in.heads, READ_AT_ONCE, MSG_DONTWAIT, NULL);
		at_us = now_us();
		for (int i = 0; i < n; i++) {
			const char *p = in.bytes[i] + MEDIA_HEADER;
			bool is_plain = p[0] == (char)FILL && p[1] == p[0] && p[2] == p[0];

			e->heard++;
			note_delay(side, &in.names[i], in.bytes[i], at_us);
			in.heads[i].msg_hdr.msg_namelen = sizeof(in.names[i]);
			if (in.heads[i].msg_len != e->wanted || is_plain != e->hears_plain)
				e->strange++;
		}
	} while (n == READ_AT_ONCE);
}

static void hear_all(void)
{
	hear(0);
	hear(1);
}

/* Who waits for a core answers late, and must not be heard by the next one's ends. */
static void hear_rest(void)
{
	for (unsigned i = 0; i < REST_MS / 10; i++) {
		(void)usleep(10000);
		hear_all();
		if (ends[0].heard == ends[1].sent && ends[1].heard == ends[0].sent)
			break;
	}
}

/* Who sleeps comes late by more than there is between two packets of their own. */
static void pause_until(uint64_t due_us, bool may_sleep)
{
	uint64_t at = now_us();

	if (may_sleep && due_us > at + 20)
		(void)usleep((useconds_t)(due_us - at));
	while (!may_sleep && now_us() < due_us)
		;
}

/* All calls' packets of one frame, both ends' of a group at once. */
static void speak_grouped(uint64_t begun, unsigned sequence)
{
	for (uint32_t first = 0; first < calls; first += GROUP) {
		uint32_t count = calls - first < GROUP ? calls - first : GROUP;

		for (unsigned side = 0; side < 2; side++)
			speak(side, first, count, sequence);
		pause_until(begun + (uint64_t)MEDIA_FRAME_US * (first + count) / calls, true);
		hear_all();
	}
}

/* Each packet at its own time: two ends of a call do not know of each other. */
static void speak_spread(uint64_t begun, unsigned sequence)
{
	for (uint32_t i = 0; i < 2 * calls; i++) {
		uint32_t call = i & 1 ? (i / 2 + calls / 2) % calls : i / 2;

		speak(i & 1, call, 1, sequence);
		hear_all();
		pause_until(begun + (uint64_t)MEDIA_FRAME_US * (i + 1) / (2 * calls), false);
	}
}

int media_load(const char *path, unsigned seconds, unsigned suite, unsigned sequence,
               bool is_grouped)
{
	uint64_t frames = (uint64_t)seconds * 1000000 / MEDIA_FRAME_US, begun;
	unsigned long sent, heard, strange;

	read_ports(path);
	prepare(&in);
	prepare(&out);
	if (suite != SUITE_NONE)
		start_senders(suite);
	for (unsigned i = 0; i < 2; i++) {
		bool is_secret = suite != SUITE_NONE && i == 1;

		open_end(&ends[i], (uint16_t)(MEDIA_END_PORT + 2 * i));
		ends[i].hears_plain = !is_secret;
		ends[i].wanted = MEDIA_PACKET + (is_secret ? suite_sizes(suite)->tag : 0U);
	}
	begun = now_us();
	for (uint64_t frame = 0; frame < frames; frame++) {
		uint64_t at_us = begun + frame * MEDIA_FRAME_US;

		if (is_grouped)
			speak_grouped(at_us, sequence + (unsigned)frame);
		else
			speak_spread(at_us, sequence + (unsigned)frame);
	}
	hear_rest();
	sent = ends[0].sent + ends[1].sent;
	heard = ends[0].heard + ends[1].heard;
	strange = ends[0].strange + ends[1].strange;
	printf("sent %lu heard %lu %lu strange %lu us %llu delay %u %u\n", sent, ends[0].heard,
	       ends[1].heard, strange, (unsigned long long)(now_us() - begun), delay_of(heard, 50),
	       delay_of(heard, 99));
	return heard > 0 && strange == 0 ? 0 : 1;
}
