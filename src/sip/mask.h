/* SPDX-License-Identifier: Apache-2.0 */
/* A message for a person's eyes: without what would help to guess a password
 * or to hear a call. */
#ifndef SIP_MASK_H
#define SIP_MASK_H

#include "base/buffer.h"

/* The values of response, cnonce and rspauth, of any credentials but Digest, and of keys
 * in SDP (RFC 4568 inline, key-mgmt, k=) become "...", folded lines too. Cut at the
 * buffer's end, without an error. */
void sip_mask(struct view text, struct buffer *out);

#endif
