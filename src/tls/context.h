/* SPDX-License-Identifier: Apache-2.0 */
/* What holds wherever we speak TLS: no renegotiation, no early data, no compression, no session
 * that is kept here, our order of ciphers, and forward secrecy always. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <stdbool.h>

struct ssl_ctx_st;

/* `oldest`: TLS1_2_VERSION or another of OpenSSL's. False: no memory. */
bool tls_context_harden(struct ssl_ctx_st *ctx, int oldest);

#endif
