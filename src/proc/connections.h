/* SPDX-License-Identifier: Apache-2.0 */
/* Signal's TCP connections: the table with the limits of the configuration, its
 * listeners, and the border as who is asked. */
#ifndef PROC_CONNECTIONS_H
#define PROC_CONNECTIONS_H

#include "proc/child.h"
#include "proc/trust.h"
#include "transport/tcp.h"

/* Before the sandbox; takes all memory. Ends the process where it cannot. `standing`, `message`,
 * `closed` and `refused` are the caller's. What is counted with other workers; NULL: there are
 * none. */
struct tcp *connections_open(struct child *c, const struct tcp_ports *ports, trust_at_fn *is_peer,
                             struct tcp_share_memory *common);
/* hooks.answered of signal: a connection that was asked for, or none. */
void connections_answered(struct tcp *t, const struct ask *row, struct now now);

#endif
