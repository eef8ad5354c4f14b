/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a head is read alike by every way there is: block by block by all that the processor
 * has, and line by line. */
#ifndef UNIT_SIP_SOUND_H
#define UNIT_SIP_SOUND_H

#include "base/view.h"

/* All ways to find the lines give the same. */
bool sound_ways_agree(struct view text);
/* An empty line in front of a message, which alone is noted for it, has it read line by line, and
 * a version in small letters its start line part by part; all else is as without them. */
bool sound_is_read_alike(struct view text);

#endif
