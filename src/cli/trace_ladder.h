/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the ladder that `ringfence trace` draws: who says what to whom,
 * what is outside on the left, Ringfence in the middle, what is inside on the
 * right; of a wire that is watched both ends alone. */
#ifndef CLI_TRACE_LADDER_H
#define CLI_TRACE_LADDER_H

#include "base/buffer.h"

struct cli_trace {
	struct view time;     /* RFC 3339 */
	struct view from, to; /* address and port */
	struct view text;     /* the message */
	uint32_t side;        /* 0: outside */
	bool is_sent;         /* by Ringfence */
	bool is_watching;
};

enum { CLI_TRACE_LINE_MAX = 512 };

/* What the message is, in a few words: "INVITE 210", "180 Ringing (INVITE)". */
void cli_trace_label(struct buffer *b, struct view text);
/* The whole line without its end: time of day, lanes, who calls whom, Call-ID. Texts of
 * strangers are made fit for a terminal. */
void cli_trace_line(struct buffer *b, const struct cli_trace *t);

#endif
