/* SPDX-License-Identifier: Apache-2.0 */
/* What would become of a call, told without calling: ASK_ROUTE. */
#ifndef BORDER_EXPLAIN_H
#define BORDER_EXPLAIN_H

#include "border/border_priv.h"

/* `question` is "FROM NUMBER": a peer's name or "phone", and what is dialled there.
 * Writes a JSON object. ERR_NOT_FOUND: no such peer. ERR_SYNTAX: no such question. */
enum err explain_route(const struct border *b, struct view question, struct buffer *out) MUST_USE;

#endif
