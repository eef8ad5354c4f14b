/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a value that is read by its stops (sip/plain_priv.h) is read as the careful reader does:
 * so are those too that are left to the latter. */
#ifndef UNIT_SIP_ALIKE_H
#define UNIT_SIP_ALIKE_H

#include "base/view.h"

bool alike_uri(struct view text);
bool alike_name_addr(struct view text);
bool alike_via(struct view text);

#endif
