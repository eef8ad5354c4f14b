/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a telephone call's audio: sends G.711 frames whose payload is
 * numbered and expects the like, then says in one line of JSON what went and
 * what came. What was changed on the way counts as damaged, not as received.
 * On the port above it sends sender reports with a CNAME that names an inner
 * host, and tells whether the other end's CNAME of that kind was shown to it.
 *
 *     rtp_talk --bind 127.0.0.31:40000 --to-file FILE --frames 100 [--wait 10]
 *
 * FILE appears when signalling knows the other end: "ADDRESS PORT". */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FRAMES    100000
#define HEADER_BYTES  12
#define PAYLOAD_BYTES 160 /* 20 ms of G.711 */
#define FRAME_US      20000
#define GRACE_US      500000 /* listens on after its own last frame */
#define MAGIC         0x52464d31u
#define REPORT_FRAMES 20 /* frames from one RTCP report to the next */
#define INNER_CNAME   "inner@10.9.8.7"

struct options {
	struct sockaddr_in bind, to;
	const char *to_file;
	uint32_t n_frames;
	unsigned wait_s;
};

struct talk {
	int fd, rtcp_fd;
	uint32_t rtcp_sent, rtcp_received, cnames_shown;
	uint32_t stream, ssrc;
	uint32_t sent, received, twice, damaged, highest;
	uint32_t n_sources;
	struct sockaddr_in source;
	uint64_t first_us, last_us;
	bool seen[MAX_FRAMES];
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return ntohl(value);
}

static uint8_t sample(uint32_t number, uint32_t position)
{
	return (uint8_t)(number * 31 + position * 7);
}

static void fill(uint8_t *payload, uint32_t stream, uint32_t number)
{
	put32(payload, MAGIC);
	put32(payload + 4, stream);
	put32(payload + 8, number);
	for (uint32_t i = 12; i < PAYLOAD_BYTES; i++)
		payload[i] = sample(number, i);
}

static bool is_whole(const uint8_t *payload, uint32_t number)
{
	for (uint32_t i = 12; i < PAYLOAD_BYTES; i++)
		if (payload[i] != sample(number, i))
			return false;
	return true;
}

static void send_frame(struct talk *talk, const struct sockaddr_in *to)
{
	uint8_t packet[HEADER_BYTES + PAYLOAD_BYTES] = { 0x80, 0 };

	packet[1] = talk->sent == 0 ? 0x80 : 0; /* marker on the first, payload type 0 */
	packet[2] = (uint8_t)(talk->sent >> 8);
	packet[3] = (uint8_t)talk->sent;
	put32(packet + 4, talk->sent * PAYLOAD_BYTES);
	put32(packet + 8, talk->ssrc);
	fill(packet + HEADER_BYTES, talk->stream, talk->sent);
	/* Refused means that the other end has hung up already: counted by it as lost. */
	(void)sendto(talk->fd, packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
	talk->sent++;
}

/* Sender report and source description (RFC 3550 6.4.1, 6.5): 28 and 28 bytes. */
static void send_report(struct talk *talk, const struct sockaddr_in *to)
{
	static const char cname[] = INNER_CNAME;
	struct sockaddr_in rtcp = *to;
	uint8_t packet[56] = { 0x80, 200, 0, 6 };
	uint8_t *description = packet + 28;

	put32(packet + 4, talk->ssrc);
	put32(packet + 16, talk->sent * PAYLOAD_BYTES);
	put32(packet + 20, talk->sent);
	put32(packet + 24, talk->sent * PAYLOAD_BYTES);
	description[0] = 0x81;
	description[1] = 202;
	description[3] = 6;
	put32(description + 4, talk->ssrc);
	description[8] = 1;
	description[9] = sizeof(cname) - 1;
	memcpy(description + 10, cname, sizeof(cname) - 1);
	rtcp.sin_port = htons((uint16_t)(ntohs(to->sin_port) + 1));
	(void)sendto(talk->rtcp_fd, packet, sizeof(packet), 0, (struct sockaddr *)&rtcp,
	             sizeof(rtcp));
	talk->rtcp_sent++;
}

static void receive_reports(struct talk *talk)
{
	uint8_t packet[2048];
	ssize_t len;

	while ((len = recv(talk->rtcp_fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		talk->rtcp_received++;
		talk->cnames_shown +=
			memmem(packet, (size_t)len, INNER_CNAME, sizeof(INNER_CNAME) - 1) != NULL;
	}
}

static void note_source(struct talk *talk, const struct sockaddr_in *from)
{
	if (talk->n_sources && from->sin_port == talk->source.sin_port &&
	    from->sin_addr.s_addr == talk->source.sin_addr.s_addr)
		return;
	talk->n_sources++;
	talk->source = *from;
}

static void receive_frame(struct talk *talk)
{
	uint8_t packet[2048];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(talk->fd, packet, sizeof(packet), MSG_DONTWAIT,
	                       (struct sockaddr *)&from, &from_len);
	uint32_t number;

	if (len < 0)
		return;
	if (len != HEADER_BYTES + PAYLOAD_BYTES || (packet[0] & 0xdf) != 0x80 ||
	    (packet[1] & 0x7f) != 0 || get32(packet + HEADER_BYTES) != MAGIC) {
		talk->damaged++;
		return;
	}
	number = get32(packet + HEADER_BYTES + 8);
	if (number >= MAX_FRAMES || !is_whole(packet + HEADER_BYTES, number)) {
		talk->damaged++;
		return;
	}
	note_source(talk, &from);
	talk->last_us = now_us();
	if (!talk->first_us)
		talk->first_us = talk->last_us;
	if (talk->seen[number]) {
		talk->twice++;
		return;
	}
	talk->seen[number] = true;
	talk->received++;
	if (number + 1 > talk->highest)
		talk->highest = number + 1;
}

static bool listen_until(struct talk *talk, uint64_t until_us)
{
	struct pollfd fd = { .fd = talk->fd, .events = POLLIN };
	uint64_t now = now_us();

	if (now >= until_us)
		return false;
	if (poll(&fd, 1, (int)((until_us - now + 999) / 1000)) > 0)
		receive_frame(talk);
	return true;
}

static bool read_to_file(struct options *options)
{
	char address[64];
	unsigned port;
	FILE *file = fopen(options->to_file, "r");
	bool is_read;

	if (!file)
		return false;
	is_read = fscanf(file, "%63s %u", address, &port) == 2 && port > 0 && port < 65536 &&
	          inet_pton(AF_INET, address, &options->to.sin_addr) == 1;
	(void)fclose(file);
	if (!is_read)
		return false;
	options->to.sin_family = AF_INET;
	options->to.sin_port = htons((uint16_t)port);
	return true;
}

static bool wait_for_other_end(struct talk *talk, struct options *options)
{
	uint64_t until_us = now_us() + options->wait_s * UINT64_C(1000000);

	if (!options->to_file)
		return true;
	while (!read_to_file(options)) {
		uint64_t pause_us = now_us() + 10000;

		if (pause_us > until_us)
			return false;
		while (listen_until(talk, pause_us))
			;
	}
	return true;
}

static void report(const struct talk *talk)
{
	char source[INET_ADDRSTRLEN] = "";

	if (talk->n_sources)
		(void)inet_ntop(AF_INET, &talk->source.sin_addr, source, sizeof(source));
	printf("{\"tool\": \"rtp_talk\", \"sent\": %" PRIu32 ", \"received\": %" PRIu32
	       ", \"lost\": %" PRIu32 ", \"twice\": %" PRIu32 ", \"damaged\": %" PRIu32
	       ", \"sources\": %" PRIu32 ", \"rtcp_sent\": %" PRIu32 ", \"rtcp_received\": %" PRIu32
	       ", \"cnames_shown\": %" PRIu32
	       ", \"source\": \"%s\", \"source_port\": %u, \"span_ms\": %" PRIu64 "}\n",
	       talk->sent, talk->received, talk->highest - talk->received, talk->twice,
	       talk->damaged, talk->n_sources, talk->rtcp_sent, talk->rtcp_received,
	       talk->cnames_shown, source,
	       talk->n_sources ? (unsigned)ntohs(talk->source.sin_port) : 0,
	       (talk->last_us - talk->first_us) / 1000);
}

static bool read_address(const char *text, struct sockaddr_in *ret)
{
	char address[64];
	unsigned port;

	if (sscanf(text, "%63[0-9.]:%u", address, &port) != 2 || port > 65535)
		return false;
	ret->sin_family = AF_INET;
	ret->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, address, &ret->sin_addr) == 1;
}

static bool open_sockets(struct talk *talk, const struct sockaddr_in *rtp)
{
	struct sockaddr_in rtcp = *rtp;

	rtcp.sin_port = htons((uint16_t)(ntohs(rtp->sin_port) + 1));
	talk->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	talk->rtcp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return talk->fd >= 0 && talk->rtcp_fd >= 0 &&
	       bind(talk->fd, (const struct sockaddr *)rtp, sizeof(*rtp)) == 0 &&
	       bind(talk->rtcp_fd, (struct sockaddr *)&rtcp, sizeof(rtcp)) == 0;
}

static bool read_options(int argc, char **argv, struct options *ret)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];

		if (strcmp(name, "--bind") == 0 && read_address(value, &ret->bind))
			continue;
		if (strcmp(name, "--to") == 0 && read_address(value, &ret->to))
			continue;
		if (strcmp(name, "--to-file") == 0)
			ret->to_file = value;
		else if (strcmp(name, "--frames") == 0)
			ret->n_frames = (uint32_t)strtoul(value, NULL, 10);
		else if (strcmp(name, "--wait") == 0)
			ret->wait_s = (unsigned)strtoul(value, NULL, 10);
		else
			return false;
	}
	return argc % 2 == 1 && ret->bind.sin_family == AF_INET &&
	       (ret->to.sin_family == AF_INET || ret->to_file) && ret->n_frames > 0 &&
	       ret->n_frames <= MAX_FRAMES;
}

int main(int argc, char **argv)
{
	static struct talk talk;
	struct options options = { .n_frames = 100, .wait_s = 10 };
	uint64_t next_us;

	if (!read_options(argc, argv, &options)) {
		(void)fprintf(
			stderr,
			"usage: %s --bind A:P (--to A:P | --to-file F) [--frames N] [--wait S]\n",
			argv[0]);
		return 2;
	}
	if (!open_sockets(&talk, &options.bind)) {
		perror("rtp_talk: bind");
		return 1;
	}
	talk.ssrc = talk.stream = (uint32_t)getpid();
	if (!wait_for_other_end(&talk, &options)) {
		report(&talk);
		return 1;
	}
	next_us = now_us();
	while (talk.sent < options.n_frames) {
		send_frame(&talk, &options.to);
		if (talk.sent % REPORT_FRAMES == 0)
			send_report(&talk, &options.to);
		next_us += FRAME_US;
		while (listen_until(&talk, next_us))
			;
	}
	while (listen_until(&talk, next_us + GRACE_US))
		;
	receive_reports(&talk);
	report(&talk);
	return talk.received > 0 && talk.damaged == 0 ? 0 : 1;
}
