/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for names, few at a time: one system call for many. */
#ifndef PROC_DICE_H
#define PROC_DICE_H

#include <stddef.h>

/* What was handed out is wiped. For struct border_ports, whose context is not used. */
void dice_draw(void *context, void *ret, size_t len);

#endif
