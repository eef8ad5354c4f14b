/* SPDX-License-Identifier: Apache-2.0 */
/* Facts named, and checked by whoever reads them from shared memory: the
 * writer parses strangers' bytes and is not to be believed. */
#include "event/fact.h"

#include <endian.h>
#include <string.h>

const char *fact_kind_name(enum fact_kind kind)
{
	static const char *const names[FACT_KIND_COUNT] = {
		[FACT_REQUEST] = "request",
		[FACT_LOGIN] = "login",
		[FACT_UNKNOWN_USER] = "unknown-user",
		[FACT_ANOMALY] = "anomaly",
		[FACT_SCANNER] = "scanner",
		[FACT_NON_SIP] = "non-sip",
		[FACT_OUT_OF_DIALOG] = "out-of-dialog",
		[FACT_PEER_MISMATCH] = "peer-mismatch",
		[FACT_CAPPED] = "capped",
		[FACT_OLD_PASSWORD] = "old-password",
		[FACT_DIGEST_LEAK] = "digest-leak",
		[FACT_CALL] = "call",
		[FACT_UNACKED] = "unacked",
		[FACT_BLOCKED_HITS] = "blocked-hits",
		[FACT_REGISTERED] = "registered",
		[FACT_UNREGISTERED] = "unregistered",
		[FACT_CRASH] = "crash",
		[FACT_UNTRUSTED] = "untrusted",
	};

	return (size_t)kind < FACT_KIND_COUNT ? names[kind] : "?";
}

/* The first byte that is a control byte, NUL too, or `size`. Eight at a time, of which the
 * lowest mark is right: what a byte borrows can mark only those above it. */
static size_t first_control(const char *text, size_t size)
{
	enum { STEP = 8 };
	static const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t at = 0;

	for (; at + STEP <= size; at += STEP) {
		uint64_t word, del, marks;

		memcpy(&word, text + at, STEP);
		word = le64toh(word);
		del = word ^ ones * 0x7f;
		marks = (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & tops;
		if (marks != 0)
			return at + (size_t)__builtin_ctzll(marks) / 8;
	}
	while (at < size && (unsigned char)text[at] >= 0x20 && text[at] != 0x7f)
		at++;
	return at;
}

/* Terminated, and printable up to there. Bytes of UTF-8 pass: readers escape. */
static bool is_text(const char *text, size_t size)
{
	size_t end = first_control(text, size);

	return end < size && text[end] == '\0';
}

static bool is_family(uint8_t family) { return family == 0 || family == 4 || family == 6; }

bool fact_is_sound(const struct fact *f)
{
	return f->version == FACT_VERSION && f->kind < FACT_KIND_COUNT &&
	       f->proof <= PROOF_CONNECTION && f->outcome <= OUTCOME_FAILED &&
	       f->standing <= STANDING_PEER && is_family(f->flow.remote.family) &&
	       is_family(f->flow.local.family) && f->flow.transport < TRANSPORT_COUNT &&
	       is_text(f->method, sizeof(f->method)) && is_text(f->account, sizeof(f->account)) &&
	       is_text(f->number, sizeof(f->number));
}
