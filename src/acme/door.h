/* SPDX-License-Identifier: Apache-2.0 */
/* The door of HTTP-01 (RFC 8555 8.3): one question has an answer, all others have none. Pure. */
#ifndef ACME_DOOR_H
#define ACME_DOOR_H

#include "base/addr.h"
#include "base/buffer.h"

enum { ACME_QUESTION_MAX = 2048 };

/* Bytes that came so far: ERR_SHORT (the head is not whole yet), ERR_SYNTAX (it will not be:
 * close). Else the whole answer is appended, of 200 for `token`, of 404 for all else. */
enum err acme_door_answer(struct view question, struct view token, struct view authorization,
                          struct buffer *ret) MUST_USE;

/* Who stands at the door. */
struct acme_guest {
	struct addr from;
	uint64_t since_us;
	bool is_there;
};
enum { MAX_GUESTS_PER_ADDRESS = 4 };

/* Which row is for one more from there; who stands in it has to go. A free one as long as its
 * address has not its share; beyond, the eldest of its own address makes room, and where all rows
 * are taken, the eldest of the address that has most: who comes often keeps nobody else out. */
unsigned acme_door_place(const struct acme_guest *guests, unsigned count, const struct addr *from);

#endif
