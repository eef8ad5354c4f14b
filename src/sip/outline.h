/* SPDX-License-Identifier: Apache-2.0 */
/* The outline of a message: how many lines its head has and how each begins. Who fills in
 * one form again and again, as tools do, keeps it, whatever he fills in; it tells no more
 * than that, and costs a tenth of reading the message. */
#ifndef SIP_OUTLINE_H
#define SIP_OUTLINE_H

#include "base/view.h"

#include <stdint.h>

/* A hash of the first four bytes of each line, unkeyed; 0 for a head that is not written as
 * nearly all are (line ends other than CRLF, folds, control bytes), or cut. Of a start line
 * these are bytes of the method or of the version. */
uint64_t sip_outline(struct view bytes);

#endif
