/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one line an event on standard error, for a terminal, for a journal
 * (level prefix "<3>") or as JSON lines. Control bytes are escaped, lines are
 * cut at LOG_LINE_MAX, and each kind of event may say LOG_BURST lines in ten
 * seconds; what is beyond is counted and said as "suppressed N" with the next.
 * Never give it a secret or a stranger's message. */
#ifndef OS_LOG_H
#define OS_LOG_H

#include "base/err.h"

enum log_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_NOTICE = 5,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7
};
enum log_format { LOG_PLAIN, LOG_JOURNAL, LOG_JSON };

enum { LOG_LINE_MAX = 1024, LOG_BURST = 20, MAX_LOG_EVENTS = 64 };

/* `program` names the process in each line ("signal"); static storage.
 * Without this call the format is plain and the level NOTICE. */
void log_open(const char *program, enum log_format format, enum log_level level);
enum log_format log_format(void);
enum log_level log_level(void);

/* `event` is the kind in two or three words ("child ended"); static storage. */
void log_write(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
