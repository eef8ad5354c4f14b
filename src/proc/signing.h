/* SPDX-License-Identifier: Apache-2.0 */
/* Signal's way to `keys`: its client (keys/client.h) over two rings. */
#ifndef PROC_SIGNING_H
#define PROC_SIGNING_H

#include "keys/client.h"
#include "proc/child.h"

/* Before the sandbox. Ends the process where OpenSSL cannot do it. `woken` as in keys/client.h. */
struct keys_client *signing_open(struct child *c, void (*woken)(void *context, uint64_t token),
                                 void *context);

#endif
