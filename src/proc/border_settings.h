/* SPDX-License-Identifier: Apache-2.0 */
/* From the blocks of signal's blob to what the border is told. The parent needs
 * it too: the checkpoint's size follows from it. */
#ifndef PROC_BORDER_SETTINGS_H
#define PROC_BORDER_SETTINGS_H

#include "border/border.h"
#include "conf/tree.h"
#include "proc/things.h"

/* The listeners are those that the parent has bound. ERR_SYNTAX where a block is missing. */
enum err border_settings_of(const struct conf_blob *blob, const struct child_facts *facts,
                            struct border_settings *ret) MUST_USE;

#endif
