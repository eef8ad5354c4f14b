/* SPDX-License-Identifier: Apache-2.0 */
/* Web's way to `keys`, for the listener of servers. GnuTLS cannot set a handshake aside, so web
 * waits for each signature: a millisecond, and a bounded time where `keys` is away. */
#ifndef PROC_WEB_SIGNING_H
#define PROC_WEB_SIGNING_H

#include "proc/child.h"
#include "web/control.h"

/* Before the sandbox. Lives as long as the process. */
struct web_control_signer web_signing_open(struct child *c);

#endif
