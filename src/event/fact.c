/* SPDX-License-Identifier: Apache-2.0 */
/* Facts named, and checked by whoever reads them from shared memory: the
 * writer parses strangers' bytes and is not to be believed. */
#include "event/fact.h"

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
	};

	return (size_t)kind < FACT_KIND_COUNT ? names[kind] : "?";
}

/* Terminated, and printable up to there. Bytes of UTF-8 pass: readers escape. */
static bool is_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = view_plain_run(view_bytes(text, len)); i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	}
	return len < size;
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
