/* SPDX-License-Identifier: Apache-2.0 */
/* What the enumeration detector is told. */
#ifndef ENUMERATION_OPTIONS_H
#define ENUMERATION_OPTIONS_H

#include "conf/schema.h"

enum { MAX_TRIED_USERS = 48 }; /* remembered of a source */

struct enumeration_settings {
	uint32_t max_sources; /* remembered at once, of those who fail and of those who do not */
	uint32_t max_friends; /* users that succeeded, remembered at once */
	uint32_t users, window_s; /* so many different ones in so long */
	uint32_t daily;           /* the same in a day */
};

/* The block `detector enumeration`. */
struct enumeration_options {
	uint8_t mode; /* enum mode */
	uint32_t users, window_s, daily;
};

extern const struct conf_block enumeration_block;

/* Without options (NULL): the defaults. */
void enumeration_settings_of(const struct enumeration_options *options,
                             struct enumeration_settings *ret);

#endif
