/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a tool that makes papers for a test: its clock is ANOTHER_TIME_S seconds off. */
#include <stdlib.h>
#include <time.h>

/* What is built here is hidden else. */
__attribute__((visibility("default"))) time_t time(time_t *ret)
{
	const char *shift = getenv("ANOTHER_TIME_S");
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (shift)
		now.tv_sec += strtol(shift, NULL, 10);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
