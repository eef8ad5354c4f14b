/* SPDX-License-Identifier: Apache-2.0 */
/* Where the peers are that are written as names: the parent's side (resolved.c). */
#ifndef PROC_RESOLVED_H
#define PROC_RESOLVED_H

#include "border/settings.h"
#include "proc/parent_priv.h"

/* Outreach's word, checked, kept and handed on. */
void resolved_answer(struct parent *p, const struct ask *question);
/* The table as it is now to one role that has just come up; ROLE_PARENT: to all who use it. */
void resolved_hand_to(struct parent *p, enum role role);
/* What a parent before us knew, if anything. */
void resolved_resume(struct parent *p);
/* After settings are in force: rows of peers that are gone go too, and outreach runs where a
 * peer is written as a name. */
void resolved_apply(struct parent *p);
/* Whether that is one of the addresses that the peer's name stands for. */
bool resolved_holds(const struct parent *p, const struct border_peer *peer, const struct addr *to,
                    uint8_t transport) MUST_USE;

/* The same of the host alone. */
bool resolved_holds_host(const struct parent *p, const struct border_peer *peer,
                         const struct addr *host) MUST_USE;

#endif
