/* SPDX-License-Identifier: Apache-2.0 */
/* Whom outreach believes that it speaks to the authority of an `acme` block. */
#ifndef PROC_OUTREACH_TRUST_H
#define PROC_OUTREACH_TRUST_H

#include "acme/options.h"
#include "proc/child.h"

/* Before the sandbox: reads who may have signed the server, and lets its port be connected to. */
void trust_authority(struct child *c, const struct acme_options *o);
/* In PEM; empty: nobody. Lives as long as the process. */
struct view trust_of_authority(const char *name);

#endif
