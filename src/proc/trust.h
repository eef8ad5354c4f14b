/* SPDX-License-Identifier: Apache-2.0 */
/* Signal's TLS: what the settings and the parent's bundle of certificates say, put together for
 * transport/tls. */
#ifndef PROC_TRUST_H
#define PROC_TRUST_H

#include "proc/child.h"
#include "transport/tls.h"

/* Whether the peer of that row may be at the other end of the flow; of a connection of ours,
 * whether it is exactly there. */
typedef bool trust_at_fn(uint16_t row, const struct flow *flow, bool is_ours);

/* Before the sandbox. NULL where no side speaks TLS: then OpenSSL is not even begun. Ends
 * the process where certificates cannot be used. */
struct tls *trust_open(struct child *c, struct counters *counters, trust_at_fn *is_peer,
                       uint32_t at_most);

/* New settings; new files (ASK_MATERIAL, with its descriptor). What cannot be used is said in the
 * log and changes nothing. */
enum err trust_settings(struct child *c) MUST_USE;
enum err trust_files(struct child *c, const struct ask *question) MUST_USE;

#endif
