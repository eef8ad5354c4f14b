/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of streams as signal has them: it lets them listen before anybody is told of one, for
 * media learns of a call later than an end that connects at once. Accepting is media's. */
#ifndef PROC_STREAM_PORTS_H
#define PROC_STREAM_PORTS_H

#include "border/border.h"
#include "proc/child.h"

void stream_ports_begin(struct child *child);
/* The border's port `hear`. What fails is counted (link_failures). */
void stream_ports_hear(void *context, uint32_t port, bool is_hearing);
/* A predecessor that died may have left some listening that no call has. */
void stream_ports_tidy(const struct port_table *table, const struct border *border);

#endif
