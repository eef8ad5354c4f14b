/* SPDX-License-Identifier: Apache-2.0 */
/* What must never be cut off from this machine, found where it stands: its own
 * addresses, its gateways and resolvers, and the administrators who are logged in. */
#ifndef PROC_AROUND_H
#define PROC_AROUND_H

#include "proc/things.h"

/* Fills around and around_count; of more than MAX_AROUND the first. Reads files of the
 * system: what cannot be read is left out. */
void around_find(struct child_facts *ret);
/* Fills servers and server_count: who is asked about names on this machine. */
void around_servers(struct child_facts *ret);

/* The texts' readers: the gateway of a line of /proc/net/route or ipv6_route, the server of a
 * line of resolv.conf, the client in SSH_CONNECTION. False where there is none. */
bool around_route(struct view line, struct addr *ret);
bool around_route6(struct view line, struct addr *ret);
bool around_resolver(struct view line, struct addr *ret);
bool around_client(struct view text, struct addr *ret);

#endif
