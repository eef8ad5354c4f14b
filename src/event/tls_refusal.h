/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons for which a TLS connection is refused before a byte of SIP is read; they stand in facts,
 * logs and counters. */
#ifndef EVENT_TLS_REFUSAL_H
#define EVENT_TLS_REFUSAL_H

#include "event/counters.h"

enum tls_refusal {
	TLS_REFUSED_NOT,
#define TLS_REFUSAL(name, word, counter, text) TLS_REFUSED_##name,
#include "event/tls_refusal.def"
#undef TLS_REFUSAL
	TLS_REFUSED_COUNT
};

/* "unknown-authority"; "?" for what is none. Static storage, as the next. */
const char *tls_refusal_word(enum tls_refusal why);
/* "showed a certificate that has expired": what the other end did. */
const char *tls_refusal_text(enum tls_refusal why);
enum counter tls_refusal_counter(enum tls_refusal why);

#endif
