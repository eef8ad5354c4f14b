/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate is that of a peer: its chain, its time, what it is for, its name
 * (RFC 5922), whether it was revoked, pins, and its staple. Pure but for OpenSSL's allocations:
 * the time is an argument. */
#ifndef TRANSPORT_TLS_JUDGE_H
#define TRANSPORT_TLS_JUDGE_H

#include "base/view.h"
#include "event/tls_refusal.h"
#include "transport/tls_options.h"

#include <openssl/x509.h>

/* What is asked of one peer. */
struct tls_policy {
	char label[TLS_LABEL_SIZE];
	char name[TLS_NAME_SIZE]; /* empty: a pin says who it is */
	X509_STORE *authorities;
	uint16_t row;      /* of the peer's block */
	uint16_t identity; /* ours towards it; CONF_NO_ROW: the side's first */
	uint8_t side;
	uint8_t mode;   /* enum signalling */
	uint8_t staple; /* enum tls_staple_wish */
	bool has_list;  /* of revoked certificates */
	uint8_t key_count, serial_count;
	unsigned char keys[MAX_PINS][32];
	char serials[MAX_PINS][TLS_PIN_SIZE];
};

/* What was shown, and when. */
struct tls_shown {
	X509 *leaf;
	STACK_OF(X509) * others; /* may be NULL */
	int64_t wall_us;
	bool is_server;            /* it answered us; else it came to us */
	const struct view *staple; /* that came with it, or empty; NULL: not to be judged yet */
};

/* TLS_REFUSED_NOT: it is that peer's. *ret_code is OpenSSL's, for the alert. */
enum tls_refusal tls_judge(const struct tls_policy *policy, const struct tls_shown *shown,
                           int *ret_code);

/* RFC 5922 7.1, 7.2: the identities of a SIP domain in a certificate are the URIs sip:HOST and the
 * DNS names, and where it has no alternative name at all, the last common name. No wildcards. */
bool tls_has_name(X509 *certificate, struct view name);

#endif
