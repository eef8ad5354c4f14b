/* SPDX-License-Identifier: Apache-2.0 */
/* getrandom(2): the only random source that needs neither file nor state. */
#include "os/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_fill(void *ret, size_t len)
{
	unsigned char *at = ret;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* Names and cookies without randomness would be worse than none. */
		if (got <= 0)
			abort();
		at += got;
		len -= (size_t)got;
	}
}

uint32_t random_below(uint32_t bound)
{
	/* Numbers below 2^32 mod bound are drawn again, so that none is likelier. */
	uint32_t least = (uint32_t)-bound % bound;
	uint32_t drawn;

	do
		random_fill(&drawn, sizeof(drawn));
	while (drawn < least);
	return drawn % bound;
}
