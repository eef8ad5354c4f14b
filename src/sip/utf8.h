/* SPDX-License-Identifier: Apache-2.0 */
/* Whether bytes beyond ASCII are UTF-8 (RFC 3629), as RFC 3261 7.3.1 wants them in headers. */
#ifndef SIP_UTF8_H
#define SIP_UTF8_H

#include "base/view.h"

bool sip_utf8_is(struct view text);

#endif
