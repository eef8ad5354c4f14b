/* SPDX-License-Identifier: Apache-2.0 */
/* A store of random bytes, filled anew when it is empty. */
#include "proc/dice.h"

#include "os/random.h"

#include <stdint.h>
#include <string.h>

enum { POOL = 4096 };

static uint8_t pool[POOL];
static size_t used = POOL;

void dice_draw(void *context, void *ret, size_t len)
{
	(void)context;
	if (len > POOL) {
		random_fill(ret, len);
		return;
	}
	if (len > POOL - used) {
		random_fill(pool, POOL);
		used = 0;
	}
	memcpy(ret, pool + used, len);
	memset(pool + used, 0, len);
	used += len;
}
