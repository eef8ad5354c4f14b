/* SPDX-License-Identifier: Apache-2.0 */
/* The whole configuration: the blocks of all modules, which process gets which,
 * and what cannot change while we run. */
#ifndef PROC_SCHEMA_H
#define PROC_SCHEMA_H

#include "conf/tree.h"
#include "event/ask.h"

extern const struct conf_schema proc_schema;

/* The blocks that the row of the privilege table needs. */
const struct conf_block *const *proc_blocks_of(enum role role, size_t *ret_count);

/* Contradictions between blocks of different modules go to the report. Where we only watch,
 * nothing needs to listen. */
void proc_check(const struct conf_tree *tree, bool is_watching, struct conf_report *report);

/* What may stand so and can hardly be meant goes there: nobody is kept from starting by it. */
void proc_doubt(const struct conf_tree *tree, struct conf_report *report);

/* Sockets, ports, files and ceilings are taken at start: such a change has to wait for the next. */
bool proc_needs_start(const struct conf_change *change);

#endif
