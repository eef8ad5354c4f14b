/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration of strongSwan for a peer whose media IPsec is to cover. */
#ifndef PROC_CONFIG_IPSEC_H
#define PROC_CONFIG_IPSEC_H

#include "conf/tree.h"
#include <stdio.h>

/* Both ends' swanctl.conf. ERR_NOT_FOUND: no such peer. */
enum err config_ipsec_write(const struct conf_tree *t, struct view peer, FILE *out) MUST_USE;

#endif
