/* SPDX-License-Identifier: Apache-2.0 */
/* What the parent says to the service manager that started it: that it is ready, that it
 * lives, that it reads its configuration anew, that it ends. Without one, nothing. */
#ifndef PROC_SERVICE_H
#define PROC_SERVICE_H

#include "base/now.h"
#include <sys/types.h>

struct service {
	int fd;
	uint64_t every_us; /* a beat; 0: none is wanted */
	uint64_t due_us;
};

/* Whom NOTIFY_SOCKET names, and how often by WATCHDOG_USEC. One that cannot be reached is
 * logged. */
void service_open(struct service *s);
/* `status` in a few words for `systemctl status`. */
void service_ready(const struct service *s, const char *status);
void service_reloading(const struct service *s, struct now now);
void service_ending(const struct service *s);
/* That process is the service from now on. */
void service_hand_on(const struct service *s, pid_t to);
/* Says that we live, where it is time. */
void service_advance(struct service *s, struct now now);

#endif
