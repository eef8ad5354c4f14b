/* SPDX-License-Identifier: Apache-2.0 */
/* Which PBX is whose: the domains that phones call us by, and the one where the
 * phones of each register. Home 0 is that of the `subscribers` block itself and
 * of every name that no other claims; the others are its `registrar` blocks. */
#ifndef BORDER_HOME_H
#define BORDER_HOME_H

#include "base/buffer.h"
#include "border/settings.h"
#include "sip/uri.h"

struct border;

enum { MAX_HOMES = 1 + MAX_REGISTRARS, HOME_NONE = UINT16_MAX };

/* None where phones register nowhere. */
uint16_t home_count(const struct border *b);
/* Row in peers of its PBX. */
uint16_t home_row(const struct border *b, uint16_t home);
const struct border_peer *home_peer(const struct border *b, uint16_t home);
/* What its phones call us; empty for home 0 where none is configured. */
struct view home_domain(const struct border *b, uint16_t home);
struct view home_probe_user(const struct border *b, uint16_t home);

/* The home whose domain that is, or HOME_NONE: addresses name nobody's. */
uint16_t home_of_host(const struct border *b, const struct sip_host *host);
/* The first home of that peer, or HOME_NONE. */
uint16_t home_of_peer(const struct border *b, const struct border_peer *peer);
/* Whether phones' PBXs stand on that side: who is there does not register with us. */
bool home_is_on_side(const struct border *b, uint16_t side);

/* What stands for us in what is sent to its PBX: the peer's `domain`, else the domain of
 * the home where that is how one PBX tells its tenants apart, else the peer's address. */
void home_write_domain(struct buffer *out, const struct border *b, uint16_t home);
/* The domain by which the phone on that flow knows us; empty: none is configured. */
struct view home_domain_on(const struct border *b, const struct flow *flow);

#endif
