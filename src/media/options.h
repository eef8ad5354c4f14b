/* SPDX-License-Identifier: Apache-2.0 */
/* Block `media` of the configuration. */
#ifndef MEDIA_OPTIONS_H
#define MEDIA_OPTIONS_H

#include <stdint.h>

struct media_options {
	uint32_t first_port, last_port; /* even first, odd last */
	uint32_t max_calls;             /* per side two pairs for a call on which audio and video meet */
	uint32_t timeout_s;             /* silence on both legs that ends a call; not while held */
	uint32_t statistics_s;          /* between two MEDIA_STATISTICS of an open stream */
};

#endif
