/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP beside the bare OpenSSL operations that it consists of, in one run: G.711 packets of 172
 * bytes under one key, and under 500 in turn.
 *
 *     bench-srtp     CPU ns a packet, the least of several rounds, and the quotient; ends with 1
 *                    where one is above 1.25 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "rtp/srtp.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STREAMS = 500, PACKETS = 20000, ROUNDS = 15, HEADER = 12, PAYLOAD = 160, ROOM = 256 };

#define MOST 1.25

static struct srtp_engine engine;
static struct srtp senders[STREAMS], receivers[STREAMS];
static struct srtp_mark sent[STREAMS][SRTP_MAX_SOURCES], heard[STREAMS][SRTP_MAX_SOURCES];
static EVP_CIPHER_CTX *bare[STREAMS];
static SHA_CTX pads[STREAMS][2];
static char packets[PACKETS][ROOM];
static uint16_t sequence;

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void write_packets(unsigned streams)
{
	for (unsigned i = 0; i < PACKETS; i++) {
		uint16_t number = (uint16_t)(sequence + i / streams);

		memset(packets[i], 0x55, HEADER + PAYLOAD);
		memcpy(packets[i],
		       (const char[]){ (char)0x80, 8, (char)(number >> 8), (char)number }, 4);
		memset(packets[i] + 8, 7, 4);
	}
	sequence = (uint16_t)(sequence + PACKETS / streams);
}

static void open_all(unsigned suite)
{
	const char *name = suite == SUITE_GCM_128 ? "AES-128-GCM" : "AES-128-CTR";
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	uint8_t secret[SUITE_MAX_SECRET] = { 0 };

	for (unsigned i = 0; i < STREAMS; i++) {
		struct srtp_setup setup = { .marks = sent[i] };

		memset(sent[i], 0, sizeof(sent[i]));
		memset(heard[i], 0, sizeof(heard[i]));
		memcpy(secret, &i, sizeof(i));
		bare[i] = bare[i] ? bare[i] : EVP_CIPHER_CTX_new();
		if (rtp_srtp_start(&senders[i], &engine, suite, secret, &setup) != ERR_NONE)
			abort();
		setup.marks = heard[i];
		if (rtp_srtp_start(&receivers[i], &engine, suite, secret, &setup) != ERR_NONE ||
		    EVP_CipherInit_ex(bare[i], cipher, NULL, secret, NULL, 1) != 1)
			abort();
		for (unsigned k = 0; k < 2; k++) {
			SHA1_Init(&pads[i][k]);
			SHA1_Update(&pads[i][k], packets[0], SHA_CBLOCK);
		}
	}
	EVP_CIPHER_free(cipher);
	sequence = 0;
}

static void bare_gcm(EVP_CIPHER_CTX *c, uint8_t *p, const uint8_t *iv)
{
	int len;

	EVP_CipherInit_ex(c, NULL, NULL, NULL, iv, 1);
	EVP_CipherUpdate(c, NULL, &len, p, HEADER);
	EVP_CipherUpdate(c, p + HEADER, &len, p + HEADER, PAYLOAD);
	EVP_CipherFinal_ex(c, p, &len);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, p + HEADER + PAYLOAD);
}

static void bare_cm(EVP_CIPHER_CTX *c, const SHA_CTX *pad, uint8_t *p, const uint8_t *iv)
{
	uint8_t hash[20];
	SHA_CTX work = pad[0];
	int len;

	EVP_CipherInit_ex(c, NULL, NULL, NULL, iv, 1);
	EVP_CipherUpdate(c, p + HEADER, &len, p + HEADER, PAYLOAD);
	SHA1_Update(&work, p, HEADER + PAYLOAD + 4);
	SHA1_Final(hash, &work);
	work = pad[1];
	SHA1_Update(&work, hash, sizeof(hash));
	SHA1_Final(hash, &work);
	memcpy(p + HEADER + PAYLOAD, hash, 10);
}

static double time_bare(unsigned suite, unsigned streams)
{
	uint8_t iv[SRTP_IV_SIZE] = { 0 };
	double start;

	write_packets(streams);
	start = cpu_ns();
	for (unsigned i = 0; i < PACKETS; i++) {
		uint8_t *p = (uint8_t *)packets[i];

		memcpy(iv + 3, &i, sizeof(i));
		if (suite == SUITE_GCM_128)
			bare_gcm(bare[i % streams], p, iv);
		else
			bare_cm(bare[i % streams], pads[i % streams], p, iv);
	}
	return (cpu_ns() - start) / PACKETS;
}

static double time_ours(unsigned streams, double *ret_opened)
{
	double start, done;
	size_t tag = 0;

	write_packets(streams);
	start = cpu_ns();
	for (unsigned i = 0; i < PACKETS; i++) {
		size_t len = HEADER + PAYLOAD;

		if (rtp_srtp_protect(&senders[i % streams], packets[i], ROOM, &len) != ERR_NONE)
			abort();
		tag = len;
	}
	done = cpu_ns();
	for (unsigned i = 0; i < PACKETS; i++) {
		size_t len = tag;

		if (rtp_srtp_unprotect(&receivers[i % streams], packets[i], &len) != ERR_NONE)
			abort();
	}
	*ret_opened = (cpu_ns() - done) / PACKETS;
	return (done - start) / PACKETS;
}

static double least(double a, double b) { return a < b ? a : b; }

/* True where it is near enough to what cannot be saved. */
static bool compare(unsigned suite, unsigned streams)
{
	double floor = 1e9, protect = 1e9, unprotect = 1e9, opened;

	open_all(suite);
	/* In turns, so that whatever else the machine does meets all of them. */
	for (unsigned i = 0; i < ROUNDS; i++) {
		floor = least(floor, time_bare(suite, streams));
		protect = least(protect, time_ours(streams, &opened));
		unprotect = least(unprotect, opened);
	}
	printf("srtp %s, %u streams: bare %.0f ns, protect %.0f ns (%.2f), "
	       "unprotect %.0f ns (%.2f)\n",
	       suite_sizes(suite)->name, streams, floor, protect, protect / floor, unprotect,
	       unprotect / floor);
	return protect <= floor * MOST && unprotect <= floor * MOST;
}

int main(void)
{
	static const unsigned streams[] = { 1, STREAMS };
	bool is_near = true;

	if (rtp_engine_open(&engine) != ERR_NONE)
		return 1;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		is_near &= compare(SUITE_CM_128_80, streams[i]);
		is_near &= compare(SUITE_GCM_128, streams[i]);
	}
	return is_near ? 0 : 1;
}
