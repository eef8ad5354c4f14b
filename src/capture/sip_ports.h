/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses with ports that spoke SIP: what comes to them is expected to be SIP. A
 * table of fixed size; who answered requests is forgotten after who only sent them,
 * since anybody can forge the sender of a request. */
#ifndef CAPTURE_SIP_PORTS_H
#define CAPTURE_SIP_PORTS_H

#include "base/addr.h"
#include "base/hash.h"

enum { MAX_CAPTURE_SIP_PORTS = 8192, CAPTURE_SIP_PORT = 5060, CAPTURE_SIPS_PORT = 5061 };

struct capture_sip_ports;

/* ERR_NO_MEMORY. */
enum err capture_sip_ports_new(const struct hash_key *key, struct capture_sip_ports **ret) MUST_USE;
void capture_sip_ports_free(struct capture_sip_ports **p);

/* The number of the set where that address belongs, which is fetched until it is noted. */
uint32_t capture_sip_ports_expect(const struct capture_sip_ports *p, const struct addr *a);
void capture_sip_ports_note(struct capture_sip_ports *p, uint32_t number, const struct addr *a,
                            bool is_server);
/* Also for 5060 and 5061 at any address. */
bool capture_sip_ports_hold(const struct capture_sip_ports *p, const struct addr *a);

#endif
