/* SPDX-License-Identifier: Apache-2.0 */
/* The option that every detector has: off, observe or block. Its place in the
 * list of choices is enum mode. */
#ifndef GUARD_DETECTOR_MODE_H
#define GUARD_DETECTOR_MODE_H

#include "conf/schema.h"

extern const char *const guard_three_modes[];

#define DETECTOR_MODE(type, default_mode)                                                          \
	{                                                                                          \
		CONF_BARE, CONF_CHOICE, CONF_AT(type, mode),                                       \
			.choices = guard_three_modes, .fallback = default_mode,                    \
			.help = "off, counted only, or acting"                                     \
	}

#endif
