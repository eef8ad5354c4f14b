/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of tls_refusal.def as tables. */
#include "event/tls_refusal.h"

static const struct {
	const char *word, *text;
	enum counter counter;
} rows[TLS_REFUSED_COUNT] = {
	[TLS_REFUSED_NOT] = { "none", "was not refused", COUNT_tls_refused_handshake },
#define TLS_REFUSAL(name, word, counter, text)                                                     \
	[TLS_REFUSED_##name] = { word, text, COUNT_##counter },
#include "event/tls_refusal.def"
#undef TLS_REFUSAL
};

const char *tls_refusal_word(enum tls_refusal why)
{
	return (unsigned)why < TLS_REFUSED_COUNT ? rows[why].word : "?";
}

const char *tls_refusal_text(enum tls_refusal why)
{
	return (unsigned)why < TLS_REFUSED_COUNT ? rows[why].text : "?";
}

enum counter tls_refusal_counter(enum tls_refusal why)
{
	return rows[(unsigned)why < TLS_REFUSED_COUNT ? why : TLS_REFUSED_NOT].counter;
}
