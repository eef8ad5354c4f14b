/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases of status codes. */
#ifndef SIP_STATUS_H
#define SIP_STATUS_H

#include "base/view.h"

enum { SIP_STATUS_MIN = 100, SIP_STATUS_MAX = 699 };

/* The phrase that we write for a code; for a code that is not in the table,
 * the phrase of its class (x00). Static storage. */
struct view sip_status_phrase(unsigned status);

#endif
