/* SPDX-License-Identifier: Apache-2.0 */
/* Writes messages as a pcapng file that every analyser opens: one section, one
 * interface of raw IP, and around each message an IP and a UDP header of ours,
 * whatever carried it (what came in TLS is readable so). */
#ifndef CAPTURE_PCAPNG_WRITE_H
#define CAPTURE_PCAPNG_WRITE_H

#include "base/buffer.h"
#include "capture/walk.h"

enum {
	CAPTURE_PCAPNG_HEAD = 48,     /* bytes that begin a file */
	CAPTURE_PCAPNG_OVERHEAD = 84, /* at most so many bytes around a payload */
	MAX_CAPTURE_WRITTEN = 65000,  /* bytes of a payload; the rest is cut off */
};

/* What a file begins with; once. */
void capture_pcapng_begin(struct buffer *b);
/* One message. IPv6 where an end is IPv6; an end without address is 0.0.0.0. */
void capture_pcapng_put(struct buffer *b, const struct capture_datagram *d);

#endif
