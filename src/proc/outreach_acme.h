/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates by ACME, outreach's part: when each is due, one run at a time (acme/run.h), and
 * whom each step asks: the authority by HTTPS, `keys` for signatures, the parent for the rest. */
#ifndef PROC_OUTREACH_ACME_H
#define PROC_OUTREACH_ACME_H

#include "dns/asker.h"
#include "proc/child.h"

enum { OUTREACH_ACME_QUESTION = UINT32_MAX }; /* number of its questions to name servers */

/* Before the sandbox, with the first settings: reads whom to trust, maps libcurl. Nothing where
 * no `acme` is written. Says in the log what is missing; then nothing is had. */
void outreach_acme_begin(struct child *c, struct dns_asker *asker);
void outreach_acme_settings(const struct conf_blob *blob, struct now now);
void outreach_acme_resolved(const struct resolve_answer *answer);
void outreach_acme_asked(const struct ask *question, struct now now);
void outreach_acme_answered(const struct ask *row, struct now now);
void outreach_acme_advance(struct now now);
uint64_t outreach_acme_wait_us(struct now now);

#endif
