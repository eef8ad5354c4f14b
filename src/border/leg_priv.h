/* SPDX-License-Identifier: Apache-2.0 */
/* What is written towards a leg of a call (leg.c). */
#ifndef BORDER_LEG_PRIV_H
#define BORDER_LEG_PRIV_H

#include "border/call_priv.h"

const struct border_peer *leg_peer(const struct border *b, const struct leg_facts *leg);
/* The headers that may pass from the other leg to this one. */
void leg_copy_headers(struct call *call, unsigned to, const struct sip_msg *msg,
                      struct buffer *out);
/* The leg is that peer's, a phone's for NULL, and counts among its calls. */
void leg_join(struct call *call, unsigned leg, const struct border_peer *peer);
/* Among those of the peer that it names. */
void leg_count(struct call *call, unsigned leg);
void leg_part(struct call *call, unsigned leg);
/* Draws serial and session id. */
void leg_name(struct border *b, struct leg_facts *leg);
void leg_write_name(const struct border *b, const struct leg_facts *leg, enum ua_name_kind kind,
                    char ret[UA_NAME_LEN + 1]);
/* Begins its dialog with tag and Call-ID of ours, whatever `start` says of these. */
enum err leg_begin(const struct border *b, struct leg_facts *leg,
                   struct ua_dialog_start start) MUST_USE;
enum err leg_hold(struct call *call, unsigned leg) MUST_USE;
/* Its phone is reached by that flow from now on; audio may come from there. False: it stays as it
 * is, for what was asked for by sips: does not go on in the clear. */
bool leg_move(struct call *call, unsigned leg, const struct flow *flow);
void leg_write_contact(const struct border *b, const struct leg_facts *leg, struct buffer *out);
/* Request within its dialog up to CSeq. */
struct request leg_request(struct border *b, const struct leg_facts *leg, struct view method,
                           uint32_t cseq, const struct sip_msg *came);
/* ACK to a 2xx that came on this leg; body may be empty. Kept by the client
 * transaction while it lives. */
void leg_acknowledge(struct border *b, const struct leg_facts *leg, const struct turn *turn,
                     struct view lines, struct view body);
/* leg_login.c: what our credentials at a trunk need within its dialog. Those of the turn's
 * INVITE, for its ACK (RFC 3261 13.2.2.4); and the request again, once, where it was
 * challenged anew. False: it was not, or the challenge is not ours to answer. */
void leg_copy_credentials(struct border *b, const struct leg_facts *leg, const struct turn *turn,
                          struct buffer *out);
bool leg_login_again(struct border *b, const struct inbound *in, struct call *call,
                     struct turn *turn);
/* BYE of ours: nobody waits for its answer. */
void leg_bye(struct call *call, unsigned leg);
void leg_bye_because(struct call *call, unsigned leg, struct view lines);

#endif
