/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a head (start line and headers, to the empty line behind them) that is written
 * as all but a few are: each line ends in CRLF, none is continued, no control byte stands in
 * one. Whatever else comes is read line by line (scan_priv.h), with the same results and with
 * the reasons that it gives. */
#ifndef SIP_LINES_PRIV_H
#define SIP_LINES_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The start line, 128 headers, the empty line; behind them room for what one block may add. */
enum { MAX_SIP_LINES = 130, SIP_LINES_ROOM = MAX_SIP_LINES + 66 };

struct sip_lines {
	uint32_t feeds
		[SIP_LINES_ROOM]; /* where the LF of each stands; the last is the empty line's */
	uint32_t count;
	bool has_high; /* bytes beyond ASCII are among them */
};

/* False: not such a head, more than MAX_SIP_LINES, or less than 64 bytes; *ret then holds anything.
 * Otherwise there is a start line, which is not empty, and an empty line at the end. */
bool sip_lines_find(const char *bytes, size_t len, struct sip_lines *ret);

/* A way to find them: all give the same, sip_lines_find takes the best that the processor has. */
struct sip_lines_way {
	const char *name;
	bool (*find)(const char *bytes, size_t len, struct sip_lines *ret);
};

/* Each way that this processor has, the best first, then one without a name: to hold them
 * against each other. */
const struct sip_lines_way *sip_lines_way(size_t i);

#endif
