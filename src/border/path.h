/* SPDX-License-Identifier: Apache-2.0 */
/* Path (RFC 3327): the proxies by which a phone is reached that does not come to us itself. They
 * are kept with its registration, told in its 200, and named in Route of what begins with it; a
 * request goes to where the REGISTER came from all the same, whatever stands there.
 * Service-Route (RFC 3608) is of the same form: those by which a carrier, with whom we are
 * registered, wants to be asked. It is no more followed. */
#ifndef BORDER_PATH_H
#define BORDER_PATH_H

#include "base/buffer.h"
#include "sip/msg.h"

enum { PATH_SIZE = 384, MAX_PATH = 8 };

/* As Route is sent, "<uri>, <uri>", written anew; empty: none. ERR_LIMIT beyond the ceilings;
 * ERR_SYNTAX where one is no address, or by no sip: or sips: URI with lr. */
enum err path_read(const struct sip_msg *msg, enum sip_header_id id, char ret[PATH_SIZE]) MUST_USE;
/* Whether the proxy that the phone came to first keeps its flow (RFC 5626 5.1): the last one says
 * ob. */
bool path_keeps_flow(const char *path);
/* The header, where there is a path. */
void path_write(struct buffer *out, enum sip_header_id id, const char *path);

#endif
