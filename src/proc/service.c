/* SPDX-License-Identifier: Apache-2.0 */
/* Word to the service manager. What it does not take is not said again: the next beat is. */
#include "proc/service.h"

#include "os/log.h"
#include "os/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* So that two beats may be late before the manager gives us up. */
enum { BEATS_AN_INTERVAL = 3 };

void service_open(struct service *s)
{
	const char *path = getenv("NOTIFY_SOCKET");
	enum err err;

	*s = (struct service){ .fd = -1 };
	err = notify_open(path, &s->fd);
	if (err == ERR_NONE)
		s->every_us = notify_watchdog_us(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")) /
		              BEATS_AN_INTERVAL;
	else if (path)
		log_write(LEVEL_WARNING, "service manager", "not reached at NOTIFY_SOCKET: %s",
		          err_text(err));
}

static void say(const struct service *s, const char *words)
{
	enum err err = notify_send(s->fd, words);

	if (err != ERR_NONE)
		log_write(LEVEL_WARNING, "service manager", "does not listen: %s", err_text(err));
}

void service_ready(const struct service *s, const char *status)
{
	char words[256];

	(void)snprintf(words, sizeof(words), "READY=1\nSTATUS=%s", status);
	say(s, words);
}

void service_reloading(const struct service *s, struct now now)
{
	char words[64];

	(void)snprintf(words, sizeof(words), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now.us);
	say(s, words);
}

void service_hand_on(const struct service *s, pid_t to)
{
	char words[64];

	(void)snprintf(words, sizeof(words), "MAINPID=%d", (int)to);
	say(s, words);
}

void service_ending(const struct service *s) { say(s, "STOPPING=1"); }

void service_advance(struct service *s, struct now now)
{
	if (s->every_us == 0 || now.us < s->due_us)
		return;
	s->due_us = now.us + s->every_us;
	say(s, "WATCHDOG=1");
}
