/* SPDX-License-Identifier: Apache-2.0 */
/* Signal's questions to the kernel's role: whether IPsec covers media. */
#ifndef PROC_COVERS_H
#define PROC_COVERS_H

#include "border/border.h"
#include "proc/child.h"

void covers_begin(struct child *c);
/* border_ports.cover */
void covers_ask(void *context, const struct cover_row *row);
/* A row that answers a question; others are ignored. */
void covers_answered(struct border *b, const struct ask *row, struct now now);
/* ASK_UNCOVERED */
void covers_told(struct child *c, struct border *b, const struct ask *question, struct now now);

#endif
