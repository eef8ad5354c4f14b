/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the short way of the parser against the careful one, for the property test and the
 * fuzzer. */
#ifndef SAME_H
#define SAME_H

#include "sdp/session.h"

/* Both give one reason, note the same and, where they take the text, fill the same. */
bool sdp_reads_alike(struct view text);

#endif
