/* SPDX-License-Identifier: Apache-2.0 */
/* Between the table of what waits (client.c) and OpenSSL's provider (provider.c). */
#ifndef KEYS_CLIENT_PRIV_H
#define KEYS_CLIENT_PRIV_H

#include "keys/client.h"

#include <stdbool.h>
#include <stddef.h>

/* Asks, sets the running job aside until the answer has come, and says it. The request's id is
 * filled in here. False: keys_client_why tells. */
bool client_sign(struct keys_client *k, struct keys_request *q, struct keys_answer *ret);

/* Makes the provider known to OpenSSL. ERR_UNSUPPORTED. */
enum err provider_open(void) MUST_USE;
void provider_close(void);
/* Whose client the provider's keys ask; NULL: nobody's, signatures fail. */
void provider_serve(struct keys_client *k);
struct keys_client *provider_client(void);

/* The parameter by which a key is made a handle: KEYS_NAME_BYTES. */
#define PROVIDER_HANDLE "ringfence-handle"

#endif
