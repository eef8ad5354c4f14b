/* SPDX-License-Identifier: Apache-2.0 */
/* Our certificate at the control listener with a key that is elsewhere: GnuTLS has a handle, and
 * each signature of a handshake is asked for. It cannot set a handshake aside, so it waits. */
#ifndef WEB_CONTROL_KEY_H
#define WEB_CONTROL_KEY_H

#include "web/control.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

/* The chain (PEM, ours first), to be shown by all sessions of these credentials. The signer must
 * outlive them. ERR_SYNTAX; ERR_UNSUPPORTED: neither RSA, ECDSA nor Ed25519; ERR_NO_MEMORY. */
enum err control_key_show(gnutls_certificate_credentials_t credentials, const gnutls_datum_t *pem,
                          const struct web_control_signer *signer) MUST_USE;

/* For libmicrohttpd, which wants to know a certificate of its own: there is none (-1). It is never
 * asked, since each session has credentials of ours. */
int control_key_none(gnutls_session_t session, const struct gnutls_cert_retr_st *about,
                     gnutls_pcert_st **ret, unsigned *ret_count, gnutls_ocsp_data_st **ret_staple,
                     unsigned *ret_staples, gnutls_privkey_t *ret_key, unsigned *ret_flags);

#endif
