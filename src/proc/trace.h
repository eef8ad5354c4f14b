/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as they pass, kept for a moment for who traces: a bounded memory of
 * the last ones, filled only while somebody asks. What he is too slow for is
 * overwritten and counted; nothing ever waits for him. */
#ifndef PROC_TRACE_H
#define PROC_TRACE_H

#include "base/now.h"
#include "event/ask.h"

enum {
	MAX_TRACE_ROWS = 512,         /* in memory */
	MAX_TRACE_NUMBERS = 8192,     /* of rows that were, so that what is missed can be counted */
	MAX_TRACE_ANSWER = 32,        /* rows of one answer */
	TRACE_LIFE_US = 5 * SECOND_US /* after the last question nothing is kept any more */
};

struct trace;

/* ERR_NO_MEMORY. About 2 MiB, untouched until somebody asks. A row's number is the microsecond in
 * which it was kept, or the next one that is free. */
enum err trace_new(struct trace **ret) MUST_USE;
void trace_free(struct trace **t);

/* One message. Costs a comparison where nobody asks. `is_sent`: we sent it, to flow's remote. */
void trace_note(struct trace *t, const struct flow *flow, bool is_sent, struct view bytes,
                struct now now);

/* Answers ASK_TRACE and ASK_TRACE_WATCH: rows after query.after that the filter takes, then an
 * end with the number to ask from next and how many were overwritten, then an empty last row.
 * after 0: from now on. A filter that cannot be read: ERR_SYNTAX. */
void trace_answer(struct trace *t, const struct ask *question, struct now now,
                  void (*answer)(void *context, const struct ask *row), void *context);

/* Words: address=A, method=M, user=U, call-id=TEXT, text=TEXT, or any text that the message holds
 * and that does not begin like a field; all must fit. ERR_SYNTAX for a field that is not known
 * or an address that is none. */
enum err trace_takes(struct view filter, const struct ask_trace *row, bool *ret) MUST_USE;

#endif
