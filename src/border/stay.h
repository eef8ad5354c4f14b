/* SPDX-License-Identifier: Apache-2.0 */
/* Trunks on which the PBX logs in by itself (`stay-on-pbx`): its REGISTER goes
 * to the carrier and the carrier's challenge back to it, with our Contact in
 * place of its own and nothing of the inside seen. Which carrier is meant is
 * said by the Request-URI: its `domain`. What the carrier granted is kept among
 * the registrations, so that its calls to that Contact reach the PBX, also
 * after the worker was replaced. */
#ifndef BORDER_STAY_H
#define BORDER_STAY_H

#include "border/border_priv.h"

struct stays;

/* REGISTERs of PBXs on their way at once; further ones hear 503. */
enum { MAX_STAYS = 256 };

/* ERR_NO_MEMORY. */
enum err stays_new(struct border *b, struct stays **ret) MUST_USE;
void stays_free(struct stays **s);

/* A REGISTER of a peer. False: it is for no such carrier. */
bool stay_request(struct border *b, struct inbound *in);
void stay_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                 enum ua_answer answer);
void stay_notice(struct border *b, enum ua_notice notice, const struct ua_event *event);

/* The PBX's own credentials for that carrier, as it wrote them; those that name another
 * host in their uri stay here, because it cannot be rewritten. */
void stay_write_credentials(const struct border *b, const struct sip_msg *msg,
                            const struct border_peer *carrier, struct buffer *out);
/* The carrier's challenge as it came. False: it has none that can be read. */
bool stay_write_challenge(const struct sip_msg *response, struct buffer *out);

#endif
