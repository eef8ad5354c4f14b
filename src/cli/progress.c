/* SPDX-License-Identifier: Apache-2.0 */
/* Not before half a second, since most files are done by then, and ten times a second at most. */
#include "cli/progress.h"
#include "os/clock.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_US = 500000, EVERY_US = 100000, BAR_WIDTH = 30 };

void cli_progress_begin(struct cli_progress *p, uint64_t total, bool is_wanted)
{
	*p = (struct cli_progress){ .total = total };
	p->is_on = is_wanted && isatty(STDERR_FILENO) == 1;
	p->started_us = p->is_on ? clock_now().us : 0;
}

unsigned cli_progress_text(uint64_t done, uint64_t total, char ret[PROGRESS_SIZE])
{
	char bar[BAR_WIDTH + 1];
	unsigned filled = 0, percent = 0;
	int size;

	if (total == 0) {
		size = snprintf(ret, PROGRESS_SIZE, "%llu MB read",
		                (unsigned long long)(done / 1000000));
		return size > 0 ? (unsigned)size : 0;
	}
	if (done > total)
		done = total;
	percent = (unsigned)((double)done * 100.0 / (double)total);
	filled = (unsigned)((double)done * BAR_WIDTH / (double)total);
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', filled);
	bar[BAR_WIDTH] = 0;
	size = snprintf(ret, PROGRESS_SIZE, "[%s] %3u %% of %llu MB", bar, percent,
	                (unsigned long long)(total / 1000000));
	return size > 0 ? (unsigned)size : 0;
}

void cli_progress_show(struct cli_progress *p, uint64_t done)
{
	char text[PROGRESS_SIZE];
	uint64_t now_us;

	if (!p->is_on)
		return;
	now_us = clock_now().us;
	if (now_since(now_us, p->started_us) < FIRST_US ||
	    now_since(now_us, p->shown_us) < EVERY_US)
		return;
	p->shown_us = now_us;
	p->width = cli_progress_text(done, p->total, text);
	(void)fprintf(stderr, "\r%s", text);
	(void)fflush(stderr);
}

void cli_progress_end(struct cli_progress *p)
{
	if (p->width)
		(void)fprintf(stderr, "\r%*s\r", (int)p->width, "");
	p->width = 0;
}
