/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of tokens: Require, Supported, Proxy-Require, Unsupported, Allow,
 * Allow-Events, Content-Encoding, Privacy. */
#ifndef SIP_TOKENS_H
#define SIP_TOKENS_H

#include "sip/msg.h"

/* Whether one of the values is this token (letters of either case). */
bool sip_tokens_have(const struct sip_msg *m, enum sip_header_id id, struct view token);
/* Which of these tokens, at most 32, are among the values: bit i for known[i]. */
uint32_t sip_tokens_among(const struct sip_msg *m, enum sip_header_id id, const struct view *known,
                          size_t known_count);
/* Set of the methods we know in Allow: bit (1 << enum sip_method). 0 without Allow. */
uint32_t sip_tokens_allow(const struct sip_msg *m);
/* Writes into b, comma-separated, the values that are not among `known`; how
 * many there were. For Unsupported in a 420. */
size_t sip_tokens_unknown(const struct sip_msg *m, enum sip_header_id id, const struct view *known,
                          size_t known_count, struct buffer *b) MUST_USE;
/* Whole text is one token (RFC 3261 25.1). */
bool sip_token_is(struct view text);

#endif
