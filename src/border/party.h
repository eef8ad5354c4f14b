/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a flow, how a peer is reached, and what either
 * sees of us. */
#ifndef BORDER_PARTY_H
#define BORDER_PARTY_H

#include "base/buffer.h"
#include "border/headers.h"
#include "border/settings.h"
#include "sip/uri.h"

struct border;

struct target_way;

/* A flow to one of the peer's addresses. ERR_NOT_FOUND without a listener. */
enum err party_flow_by(const struct border *b, const struct border_peer *peer,
                       const struct target_way *way, struct flow *ret) MUST_USE;
/* The same to its address in the settings: the one that is written there, or the one of those
 * that its name stands for that is in use. */
enum err party_flow_to(const struct border *b, const struct border_peer *peer,
                       struct flow *ret) MUST_USE;
/* To one of its addresses for a call of `from` (NULL: a phone): by the address of ours that it
 * appears as, where the other's side has it. */
enum err party_flow_between(const struct border *b, const struct border_peer *from,
                            const struct border_peer *to, const struct target_way *way,
                            struct flow *ret) MUST_USE;
/* Whether some peer appears as this address of ours, so that what is sent there is for it. */
bool party_is_face(const struct border *b, const struct addr *local);
/* Whether the address is one of the peer's own: of `from`, else of `address`, or what its name
 * stands for. */
bool party_is_from(const struct border *b, const struct border_peer *peer,
                   const struct addr *remote);
/* Whether it is exactly one of its addresses, with its port. */
bool party_is_at(const struct border *b, const struct border_peer *peer, const struct addr *remote);
/* For requests within what came by `from`, a flow of this peer's: to the same host, whose
 * connection may be gone by then. */
enum err party_flow_back(const struct border *b, const struct border_peer *peer,
                         const struct flow *from, struct flow *ret) MUST_USE;
/* Whether a host in a URI is this peer: one of its addresses, its domain or its name. */
bool party_has_host(const struct border *b, const struct border_peer *peer,
                    const struct sip_host *host);
/* The peer that what comes on this flow is from: by its address, and where its signalling is
 * protected by what carries it and who showed himself there; NULL: none. */
const struct border_peer *party_peer_of(const struct border *b, const struct flow *flow);
/* Whether it stands outside: a carrier or a customer, who see nothing of the inside. */
bool party_is_outer(const struct border_peer *peer);
/* Whether a request that says sips: in its first line is carried as it says. */
bool party_is_sips(const struct flow *flow, struct view uri);
/* ";transport=tcp" and the like where a URI of ours has to say it, so that what is sent to it
 * comes the same way. */
void party_write_transport(struct buffer *out, const struct flow *flow);
/* Host and port that the other end of this flow shall see of us: the advertised
 * address (with the listener's port), or the listener's own for the LAN. */
struct addr party_our_address(const struct border *b, const struct flow *flow);
/* Whether a host names us on any side: address, advertised address or domain. */
bool party_is_us(const struct border *b, const struct sip_host *host);
/* What counts for the headers of a message from one to the other; NULL: a phone. Exceptions are
 * those of the one that stands outside, who would see or send them; where none of both does, of
 * the one that hears, and for a phone of the one that speaks. */
struct headers_ends party_ends(const struct border *b, const struct border_peer *from,
                               const struct border_peer *to);
/* Whose exceptions these are; NULL: both are phones. */
const struct border_peer *party_decider(const struct border_peer *from,
                                        const struct border_peer *to);
/* headers_copy between the two. */
void party_copy_headers(struct border *b, const struct border_peer *from,
                        const struct border_peer *to, const struct sip_msg *msg,
                        struct buffer *out);
/* Whether it was given that right, or its kind has it. */
bool party_may(const struct border_peer *peer, enum peer_may right);
/* By whom a request may come a second time by another way (8.2.2.2): all peers are one, since
 * their proxies fork, but for each address that one of them appears as; any other is his host, so
 * that nobody ends a call of somebody else's. */
uint64_t party_sender(const struct border *b, const struct border_peer *peer,
                      const struct flow *flow);
/* Domain that stands in From and To towards a peer: its `domain`, else its address. */
void party_write_domain(struct buffer *out, const struct border_peer *peer);
/* "user@domain" of an identity for facts, records and tables, letters of the
 * domain lowered, our own names replaced by the subscribers' domain. ERR_LIMIT. */
enum err party_account(const struct border *b, const struct sip_uri *uri,
                       struct buffer *out) MUST_USE;

#endif
