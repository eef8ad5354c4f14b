/* SPDX-License-Identifier: Apache-2.0 */
/* What an authority says of one certificate, as its owner brings it into the handshake (RFC 6066 8,
 * an OCSP response of RFC 6960): who signed it, of which certificate it speaks, from when to when
 * it may be believed, and what it says. Pure but for OpenSSL's allocations: the time is an
 * argument. Clocks may differ by five minutes; what names no end is believed for a day. */
#ifndef TRANSPORT_TLS_STAPLE_H
#define TRANSPORT_TLS_STAPLE_H

#include "base/err.h"
#include "base/view.h"
#include "event/tls_refusal.h"

#include <openssl/x509.h>

/* One that an owner brings, in DER, may be this long: no handshake carries more. */
enum { MAX_STAPLE = 16384 };

/* TLS_REFUSED_NOT: the issuer, or a responder whom the issuer itself made one (RFC 6960 4.2.2.2),
 * says now that the certificate is good. Else STAPLE_BAD, STAPLE_OTHER, STAPLE_OLD or
 * STAPLE_REVOKED; what was once said to be revoked stays so though it is old. issuer NULL: it is
 * not known, so nobody can have signed: STAPLE_BAD. */
enum tls_refusal tls_staple_judge(struct view der, X509 *leaf, X509 *issuer, int64_t wall_us);

/* One that we are to bring: from when to when. Who signed it is for the other end to judge; issuer
 * may be NULL. ERR_SYNTAX (cannot be read), ERR_NOT_FOUND (another certificate's), ERR_DENIED (it
 * does not say good), ERR_NO_MEMORY. */
struct tls_staple_times {
	int64_t from_s, until_s; /* wall clock */
};
enum err tls_staple_take(struct view der, X509 *leaf, X509 *issuer,
                         struct tls_staple_times *ret) MUST_USE;

/* The certificate says that its owner has to bring one (RFC 7633: status_request). */
bool tls_staple_is_must(X509 *leaf);

#endif
