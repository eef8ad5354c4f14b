/* SPDX-License-Identifier: Apache-2.0 */
/* What of a message says whose it is, read without judging it: who owns it does that. */
#ifndef BORDER_WHOSE_H
#define BORDER_WHOSE_H

#include "base/view.h"

/* Borrowed from the message; empty where it has none. */
struct whose_clues {
	struct view user;   /* of the Request-URI */
	struct view branch; /* of the first Via */
	struct view tag;    /* of To */
	struct view call_id, replaces;
	bool is_request;
};

/* Any bytes. */
struct whose_clues whose_read(struct view bytes);
/* The value of a parameter, behind what stands in quotes or < >. */
struct view whose_param(struct view value, const char *name);

#endif
