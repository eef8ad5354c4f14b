/* SPDX-License-Identifier: Apache-2.0 */
/* What `ringfence doctor` needs to know of a configuration. */
#ifndef PROC_CONFIG_FACTS_H
#define PROC_CONFIG_FACTS_H

#include "conf/tree.h"

#include <stdio.h>

/* One JSON object: {"sides":[{"side","interface","udp":[{"address","port"}],"advertise",
 * "has_lan","has_pbx"}],"peers":[{"name","address"}],"media":{"first","last","calls"},
 * "subscribers":{"domain","probe_user"},"observes","database","socket"}. An address that is
 * not written is null. ERR_NO_MEMORY where it cannot be written. */
enum err config_facts_write(const struct conf_tree *t, FILE *out) MUST_USE;

#endif
