/* SPDX-License-Identifier: Apache-2.0 */
/* Ports of streams as signal has them. */
#include "proc/stream_ports.h"

#include "os/socket_stream.h"

static struct child *child;

void stream_ports_begin(struct child *c) { child = c; }

void stream_ports_hear(void *context, uint32_t port, bool is_hearing)
{
	int fd = child_descriptor(child, THING_STREAM_SOCKET, port);

	(void)context;
	if (fd < 0)
		return;
	if (!is_hearing)
		socket_stream_deafen(fd);
	else if (socket_stream_hear(fd) != ERR_NONE)
		counters_add(child_counters(child), COUNT_link_failures, 1);
}

void stream_ports_tidy(const struct port_table *table, const struct border *border)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (table->pairs[i].kind == PORT_STREAM && !border_has_port(border, i))
			stream_ports_hear(NULL, i, false);
}
