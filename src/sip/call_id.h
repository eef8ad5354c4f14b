/* SPDX-License-Identifier: Apache-2.0 */
/* Call-ID: word or word@word (RFC 3261 20.8, 25.1), read leniently: any visible ASCII but
 * commas, semicolons and a second '@'. */
#ifndef SIP_CALL_ID_H
#define SIP_CALL_ID_H

#include "base/view.h"

bool sip_call_id_is_valid(struct view text);

#endif
