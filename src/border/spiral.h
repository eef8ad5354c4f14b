/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that come back to us (RFC 3261 16.3 item 4, RFC 5393 4.2, RFC 7332 4). Each that goes
 * on is begun anew, so of all Vias of ours the last alone comes back: behind the name in its
 * branch stands what one pass was for and how many there were since. Which pass that is changes
 * at each power of two (Brent's way to find a cycle), so a circle of any length closes at last.
 * Nothing is kept here, and any worker under the same keys reads it. Whoever writes a mark
 * himself has to hold a branch of ours, and refuses his own request. */
#ifndef BORDER_SPIRAL_H
#define BORDER_SPIRAL_H

#include "base/buffer.h"

struct border;
struct inbound;
struct sip_msg;

enum { SPIRAL_MARK_MAX = 1 + 10 + 1 + 3 }; /* ".4294967295.255" */

/* It was here before, for the same target from the same party: a loop. For another it is a
 * spiral, and goes on. */
bool spiral_is_loop(const struct border *b, const struct inbound *in);
/* What goes behind our name in the branch of the request that goes on. */
void spiral_mark(const struct border *b, const struct inbound *in, struct buffer *branch);
/* The same for one that takes the place of a request of ours. */
void spiral_copy(const struct border *b, const struct sip_msg *sent, struct buffer *branch);

#endif
