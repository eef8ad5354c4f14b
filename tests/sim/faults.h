/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes planted on purpose, to show that a rule would see them: between the border and
 * what it stands on (the linker hands some calls of src/ to faults.c first), or in what the
 * world gives it. One at a time, one process. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "base/pool.h"
#include "base/view.h"
#include "base/wheel.h"

enum fault {
	FAULT_NONE,
#define FAULT(name, text) FAULT_##name,
#include "sim/faults.def"
#undef FAULT
	FAULT_COUNT
};

void faults_plant(enum fault fault);
enum fault faults_planted(void);
/* Whether this time it is that fault's turn: some are done always, some now and then. */
bool faults_swallow(enum fault fault);
/* Whether an answer of the border does not leave. */
bool faults_swallow_answer(struct view bytes);
/* Whether an INVITE of the border's does not leave, or what comes to it is not heard. */
bool faults_swallow_invite(struct view bytes);
bool faults_is_deaf(const char *text);
const char *fault_name(enum fault fault); /* "swallowed-bye"; static storage */
const char *fault_text(enum fault fault);

/* What the linker's hand also shows: the border's pools and its wheel. */
void faults_forget_parts(void);
/* Objects taken of all pools but those that remember strangers. */
uint32_t faults_pools_used(void);
uint32_t faults_timers(void);
/* Which of them, in the order in which they were made: "2 of pool 0, 1 of pool 11". */
void faults_pools_text(char *ret, size_t size);

#endif
