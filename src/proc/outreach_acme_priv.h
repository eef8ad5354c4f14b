/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate of the configuration as outreach has it in hand, and how it is told of. */
#ifndef PROC_OUTREACH_ACME_PRIV_H
#define PROC_OUTREACH_ACME_PRIV_H

#include "acme/run.h"
#include "proc/outreach_acme.h"

struct entry {
	struct acme_wish wish;
	struct acme_options options;
	uint64_t due_us; /* it is looked at, or had, next */
	uint32_t failures;
	bool is_asked;  /* by somebody: now, whatever its end */
	int64_t ends_s; /* of the one that is there; 0: not known */
	int64_t had_us; /* wall time of the last that was had here; 0: none */
	char why[sizeof(
		((struct acme_run *)0)->why)]; /* the last time failed; empty: it went well */
};

/* One line of log: it is good, and is looked at again then. */
void outreach_acme_say_good(const struct entry *e, int64_t renewal_s);
/* The same: it was not had, and when it is asked for again. */
void outreach_acme_say(const struct entry *e, uint32_t again_s);
/* As a JSON object; how long it is, 0: it does not fit. */
size_t outreach_acme_json(const struct entry *e, bool is_asked, struct now now, char *ret,
                          size_t size);

#endif
