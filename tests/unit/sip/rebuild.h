/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a parsed message anew, header by header, and says whether what was
 * written is read as the same message. */
#ifndef UNIT_SIP_REBUILD_H
#define UNIT_SIP_REBUILD_H

#include "base/buffer.h"
#include "sip/msg.h"

/* All headers as they came but Content-Length, which the body writes. */
void rebuild_write(struct buffer *b, const struct sip_msg *m);
/* Writes it, parses that and compares. */
bool rebuild_is_same(const struct sip_msg *m);

#endif
