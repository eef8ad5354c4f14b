/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of others that signal reads: mapped and checked, or the process ends. */
#ifndef PROC_MAPS_H
#define PROC_MAPS_H

#include "event/port_table.h"
#include "event/verdict.h"
#include "proc/child.h"

const struct port_table *maps_ports(struct child *c);
const struct verdict_table *maps_verdicts(struct child *c);

#endif
