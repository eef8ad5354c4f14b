/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that wait for more to come: grows by doubling, gives the room back when a long
 * one has gone. Zeroed is empty. */
#ifndef CAPTURE_PILE_H
#define CAPTURE_PILE_H

#include "base/err.h"
#include "base/view.h"

struct capture_pile {
	char *at;
	size_t len, room;
};

static inline struct view capture_pile_view(const struct capture_pile *p)
{
	return view_bytes(p->at, p->len);
}
/* ERR_NO_MEMORY: nothing was added. The bounds are the caller's. */
enum err capture_pile_add(struct capture_pile *p, struct view bytes) MUST_USE;
/* Takes `len` bytes out at `from`; both within the pile. */
void capture_pile_drop(struct capture_pile *p, size_t from, size_t len);
void capture_pile_clear(struct capture_pile *p);

#endif
