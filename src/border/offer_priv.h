/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions across a call (offer.c), and the streams that they order
 * (stream.c). */
#ifndef BORDER_OFFER_PRIV_H
#define BORDER_OFFER_PRIV_H

#include "border/call_priv.h"

/* ---- offer.c ---- */

enum offer_verdict { OFFER_FITS, OFFER_ABSENT, OFFER_REFUSED, OFFER_UNSUPPORTED, OFFER_FULL };

/* Reads the description of `msg`, that came from leg `from`, as an offer; takes ports for its
 * lines; writes the one for the other leg. OFFER_FULL: no ports. */
enum offer_verdict offer_take(struct call *call, unsigned from, const struct sip_msg *msg,
                              struct view *ret);
/* The offer under way came to nothing: what was drawn for it alone is given back. */
void offer_drop(struct call *call);
/* The same for the answer to the offer that stands in `asked` (a message of ours as it was
 * sent); media is ordered if it fits. */
enum offer_verdict offer_answer(struct call *call, unsigned from, const struct sip_msg *msg,
                                struct view asked, struct view *ret);
/* The same for a description that a message brought earlier. */
enum offer_verdict offer_answer_text(struct call *call, unsigned from, struct view description,
                                     struct view asked, struct view *ret);
/* The description that leg `from` made in its 2xx to an INVITE of ours without one, answered by us
 * alone, for our ACK: formats that are in use, directions as the other leg has them and as it is
 * held. */
enum offer_verdict offer_answer_alone(struct call *call, unsigned from, const struct sip_msg *msg,
                                      struct view *ret);
/* Body of a message of ours. */
struct view offer_body(struct view message);
/* Whether there is a description: OFFER_FITS, OFFER_ABSENT or OFFER_UNSUPPORTED. */
enum offer_verdict offer_kind(const struct sip_msg *msg);

/* ---- stream.c ---- */

enum err port_share_new(const struct border *b, struct port_share **ret) MUST_USE;
void port_share_free(struct port_share **p);
/* Takes a pair for each leg of the stream, both of one worker of media. ERR_FULL. */
enum err stream_take_ports(struct call *call, unsigned stream) MUST_USE;
/* The worker of media that has the stream's ports; 0 where it has none. */
uint8_t stream_worker(const struct call *call, unsigned stream);
/* SHA-256 of the certificate that this worker shows; as long as the border lives. */
const uint8_t *stream_fingerprint(const struct call *call, unsigned stream);
/* Whether each worker of media has told its own. */
bool stream_has_certificates(const struct border *b);
/* Our address and RTP port as that leg shall see them. */
struct addr stream_address(const struct call *call, unsigned stream, unsigned leg);
void stream_order(struct call *call, unsigned stream);
/* Orders a stream that is open as its cover now is, which was lost: nobody is asked for it. */
void stream_bar(const struct call *call, unsigned stream);
/* Digits towards a leg; the order for media. */
void stream_press(const struct call *call, unsigned stream, struct order_digits *order);
void stream_close(struct call *call, unsigned stream);
void stream_give_ports(struct call *call, unsigned stream);
bool stream_is_any_closing(const struct call *call);
/* Takes the ports that a restored stream has. ERR_DENIED: not this worker's, or taken. */
enum err stream_restore(struct call *call, unsigned stream) MUST_USE;
/* Whether the address is on a port of ours, live, on that side, and not of this call. */
enum port_owner { PORT_NOT_OURS, PORT_LIVE, PORT_IDLE };
enum port_owner stream_owner(const struct call *call, const struct addr *a);

#endif
