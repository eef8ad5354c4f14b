/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a configuration names, looked into: for who checks it where they are. */
#ifndef PROC_CONFIG_FILES_H
#define PROC_CONFIG_FILES_H

#include "conf/tree.h"

/* Whether each can be read, and each key is that of its chain; what is wrong goes to the report. */
void config_files_check(const struct conf_tree *t, struct conf_report *report);

#endif
