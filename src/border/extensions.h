/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of SIP that pass a border, by their option tags: what stands in
 * Supported and Require goes on as far as both halves of a call can keep it. */
#ifndef BORDER_EXTENSIONS_H
#define BORDER_EXTENSIONS_H

#include "base/buffer.h"
#include "sip/msg.h"

/* What we carry, as Allow says it. */
#define BORDER_ALLOW                                                                               \
	"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, UPDATE, PRACK, REFER, NOTIFY, "         \
	"SUBSCRIBE, PUBLISH"

/* Whose demands they are: what is between a phone and us alone ends here. */
enum extensions_sender { EXTENSIONS_OF_PEER, EXTENSIONS_OF_PHONE };

/* Writes the demanded tags (Require or Proxy-Require) that are neither kept here nor pass; how
 * many. */
size_t extensions_unknown(const struct sip_msg *msg, enum sip_header_id id,
                          enum extensions_sender sender, struct buffer *b) MUST_USE;
/* Supported and Require of a request or an answer, tags that pass only. 100rel in
 * an answer is left out: who sends it reliably writes it. */
void extensions_copy(struct buffer *b, const struct sip_msg *msg);
/* Whether a request offers or demands this one. */
bool extensions_offers(const struct sip_msg *msg, struct view tag);

#endif
