/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of bad configurations in a file: after a line of two dashes the
 * configuration, then each fault, word for word, after an arrow. */
#ifndef UNIT_CONF_CASES_H
#define UNIT_CONF_CASES_H

#include "conf/report.h"

/* Loads the text, puts faults into the report (empty before), keeps nothing. */
typedef enum err cases_load(struct view text, struct conf_report *report);

/* Checks all cases of the file, relative to the source tree's root; fewer than
 * `least` fail. Reports what differs as the runner does. */
enum err cases_check(const char *path, cases_load *load, size_t least) MUST_USE;

#endif
