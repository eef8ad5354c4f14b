/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/context.h"

#include <openssl/ssl.h>

enum { MAX_SHOWN_BYTES = 32768 }; /* of a chain that somebody shows to us */

/* Forward secrecy always; for handsets that know no more, CBC too. */
static const char ciphers[] =
	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES256:ECDHE+AES128:!aNULL:!eNULL:!PSK:!SRP";
/* What is older needs digests that no one should sign with any more. */
static const char old_ciphers[] =
	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:@SECLEVEL=0";

bool tls_context_harden(struct ssl_ctx_st *ctx, int oldest)
{
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                                       SSL_OP_CIPHER_SERVER_PREFERENCE |
	                                       SSL_OP_PRIORITIZE_CHACHA);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                    SSL_MODE_RELEASE_BUFFERS);
	/* One read takes one record: what only changes keys could go on for ever within it. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_max_cert_list(ctx, MAX_SHOWN_BYTES);
	return SSL_CTX_set_min_proto_version(ctx, oldest) == 1 &&
	       SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, oldest < TLS1_2_VERSION ? old_ciphers : ciphers) == 1;
}
