/* SPDX-License-Identifier: Apache-2.0 */
/* Trunks with credentials of our own: we register with the carrier as one user
 * agent, and answer its challenges. Bound to peer, realm and target: a challenge
 * is answered where it came from the peer that the request went to, and names
 * the realm that is configured (else the peer's domain, if it has one). */
#ifndef BORDER_TRUNK_H
#define BORDER_TRUNK_H

#include "border/border_priv.h"

/* ERR_NO_MEMORY. */
enum err trunks_new(struct border *b, struct trunks **ret) MUST_USE;
void trunks_free(struct trunks **t);
/* The settings are new: each trunk begins anew. */
void trunks_apply(struct border *b);

/* Takes the challenge of a 401 or 407 of that peer. False: it is not to be answered. */
bool trunk_learn(struct border *b, uint16_t row, const struct sip_msg *response);
/* Writes credentials for a request to that peer, if it has challenged us before. */
void trunk_authorize(struct border *b, uint16_t row, struct view method, struct view uri,
                     struct buffer *out);
/* Route of a request that begins something with that peer: the Service-Route that it named when
 * it last took our registration (RFC 3608), while that stands. */
void trunk_write_route(const struct border *b, uint16_t row, struct buffer *out);
bool trunk_is(const struct border *b, uint16_t row);

void trunk_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer);
void trunk_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);
/* Member of the peer's object in ASK_PEERS; nothing where we do not register. */
void trunk_write(struct buffer *out, const struct border *b, uint16_t row);

#endif
