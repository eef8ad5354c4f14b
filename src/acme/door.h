/* SPDX-License-Identifier: Apache-2.0 */
/* The door of HTTP-01 (RFC 8555 8.3): one question has an answer, all others have none. Pure. */
#ifndef ACME_DOOR_H
#define ACME_DOOR_H

#include "base/buffer.h"

enum { ACME_QUESTION_MAX = 2048 };

/* Bytes that came so far: ERR_SHORT (the head is not whole yet), ERR_SYNTAX (it will not be:
 * close). Else the whole answer is appended, of 200 for `token`, of 404 for all else. */
enum err acme_door_answer(struct view question, struct view token, struct view authorization,
                          struct buffer *ret) MUST_USE;

#endif
