/* SPDX-License-Identifier: Apache-2.0 */
/* Watches one interface of a test's own network: counts audio in and out, and
 * keeps every other UDP packet in a file, so that a test can search it for
 * what must not show. Ends at SIGTERM with one line of JSON.
 *
 *     wire_watch INTERFACE FILE
 *
 * A record of FILE: five numbers in network order (32-bit length of the
 * payload, source, destination, 16-bit ports), then 1 byte "is sent", then
 * the payload. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PACKET    65536
#define BUFFER_BYTES  (64 << 20)
#define AUDIO_PAYLOAD 172 /* RTP header and 20 ms of G.711 */

struct counts {
	unsigned long audio_in, audio_out, other_in, other_out;
};

static volatile sig_atomic_t is_ending;

static void end(int number)
{
	(void)number;
	is_ending = 1;
}

static int open_interface(const char *name)
{
	/* Only a socket for all protocols hears what leaves. */
	struct sockaddr_ll place = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct timeval pause = { .tv_usec = 100000 };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int size = BUFFER_BYTES;

	place.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || place.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&place, sizeof(place)) != 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof(pause));
	return fd;
}

static bool is_audio(const uint8_t *payload, size_t len)
{
	return len == AUDIO_PAYLOAD && (payload[0] & 0xc0) == 0x80 && (payload[1] & 0x7f) == 0;
}

static void keep(FILE *file, const struct iphdr *ip, const struct udphdr *udp, bool is_sent,
                 const uint8_t *payload, size_t len)
{
	uint32_t length = htonl((uint32_t)len);
	uint8_t direction = is_sent;

	(void)fwrite(&length, sizeof(length), 1, file);
	(void)fwrite(&ip->saddr, 4, 1, file);
	(void)fwrite(&ip->daddr, 4, 1, file);
	(void)fwrite(&udp->source, 2, 1, file);
	(void)fwrite(&udp->dest, 2, 1, file);
	(void)fwrite(&direction, 1, 1, file);
	(void)fwrite(payload, 1, len, file);
}

static void look(const uint8_t *packet, size_t len, bool is_sent, FILE *file, struct counts *counts)
{
	struct iphdr ip;
	struct udphdr udp;
	size_t head;

	if (len < sizeof(ip))
		return;
	memcpy(&ip, packet, sizeof(ip));
	head = ip.ihl * 4u;
	if (ip.protocol != IPPROTO_UDP || len < head + sizeof(udp))
		return;
	memcpy(&udp, packet + head, sizeof(udp));
	packet += head + sizeof(udp);
	len -= head + sizeof(udp);
	if (is_audio(packet, len)) {
		counts->audio_in += !is_sent;
		counts->audio_out += is_sent;
		return;
	}
	counts->other_in += !is_sent;
	counts->other_out += is_sent;
	keep(file, &ip, &udp, is_sent, packet, len);
}

int main(int argc, char **argv)
{
	static uint8_t packet[MAX_PACKET];
	struct sigaction action = { .sa_handler = end };
	struct tpacket_stats lost = { 0 };
	socklen_t lost_len = sizeof(lost);
	struct counts counts = { 0 };
	FILE *file = argc == 3 ? fopen(argv[2], "wb") : NULL;
	int fd = argc == 3 ? open_interface(argv[1]) : -1;

	if (!file || fd < 0) {
		(void)fprintf(stderr, "usage: %s INTERFACE FILE (as root)\n", argv[0]);
		return 2;
	}
	(void)sigaction(SIGTERM, &action, NULL);
	printf("watching\n");
	(void)fflush(stdout);
	while (!is_ending) {
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
		                       &from_len);

		if (len > 0 && from.sll_protocol != htons(ETH_P_IP))
			continue;
		if (len > 0 && from.sll_protocol != htons(ETH_P_IP))
			continue;
		if (len > 0)
			look(packet, (size_t)len, from.sll_pkttype == PACKET_OUTGOING, file,
			     &counts);
		else if (errno != EAGAIN && errno != EINTR)
			break;
	}
	(void)getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &lost_len);
	(void)fclose(file);
	printf("{\"tool\": \"wire_watch\", \"audio_in\": %lu, \"audio_out\": %lu, "
	       "\"other_in\": %lu, \"other_out\": %lu, \"missed\": %u}\n",
	       counts.audio_in, counts.audio_out, counts.other_in, counts.other_out, lost.tp_drops);
	return 0;
}
