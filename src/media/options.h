/* SPDX-License-Identifier: Apache-2.0 */
/* Block `media` of the configuration. */
#ifndef MEDIA_OPTIONS_H
#define MEDIA_OPTIONS_H

#include "conf/schema.h"

enum { MAX_STREAMS = 1024, MAX_CALLS_AT_ONCE = 65536 };

struct media_options {
	uint32_t ports[2];  /* first and last; the parent draws even ones from it */
	uint32_t max_calls; /* at once; a stream takes two pairs, one on each side of its call */
	uint32_t max_with_media; /* of these; 0: all */
	uint32_t max_streams;    /* TCP ports of each side, for audio and channels over TCP */
	uint32_t timeout_s;      /* silence of both ends that ends a call; not while held */
	uint32_t longest_s;      /* a call lasts no longer; 0: as long as its ends like */
	uint32_t consent_s;      /* silence of a browser after which it is sent nothing; 0: never */
	uint32_t workers;        /* processes that share the ports */
	uint32_t statistics_s;   /* between two MEDIA_STATISTICS of an open stream */
};

/* Port pairs that each side holds. */
static inline uint32_t media_max_pairs(const struct media_options *o)
{
	return o->max_with_media ? o->max_with_media : o->max_calls;
}

extern const struct conf_block media_block;

#endif
