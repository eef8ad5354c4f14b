/* SPDX-License-Identifier: Apache-2.0 */
/* One line an event, written with one write(2) so that lines of several
 * processes on the same standard error do not mix. */
#include "os/log.h"

#include "base/buffer.h"
#include "os/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct event_rate {
	const char *event;
	uint64_t since_us;
	uint32_t said, suppressed;
};

enum { WINDOW_US = 10 * SECOND_US };

static struct {
	const char *program;
	enum log_format format;
	enum log_level level;
	struct event_rate rates[MAX_LOG_EVENTS];
	size_t rate_count;
} log_state = { .program = "ringfence", .format = LOG_PLAIN, .level = LEVEL_NOTICE };

static const char *level_name(enum log_level level)
{
	static const char *const names[] = { "error",   "error",  "error", "error",
		                             "warning", "notice", "info",  "debug" };

	return names[(unsigned)level < 8 ? level : LEVEL_DEBUG];
}

void log_open(const char *program, enum log_format format, enum log_level level)
{
	log_state.program = program;
	log_state.format = format;
	log_state.level = level;
	/* gmtime_r reads the zone file at its first call: not from inside a sandbox. */
	tzset();
}

enum log_format log_format(void) { return log_state.format; }
enum log_level log_level(void) { return log_state.level; }

static struct event_rate *rate_of(const char *event)
{
	for (size_t i = 0; i < log_state.rate_count; i++)
		if (strcmp(log_state.rates[i].event, event) == 0)
			return &log_state.rates[i];
	/* Kinds are literals in our code; should there be more, the rest share the last row. */
	if (log_state.rate_count == MAX_LOG_EVENTS)
		return &log_state.rates[MAX_LOG_EVENTS - 1];
	log_state.rates[log_state.rate_count].event = event;
	return &log_state.rates[log_state.rate_count++];
}

/* Whether the line may be said, and how many before it were not. */
static bool may_say(const char *event, uint64_t now_us, uint32_t *ret_suppressed)
{
	struct event_rate *rate = rate_of(event);

	if (rate->said == 0 || now_since(now_us, rate->since_us) >= WINDOW_US) {
		rate->since_us = now_us;
		rate->said = 0;
	}
	if (rate->said >= LOG_BURST) {
		rate->suppressed++;
		return false;
	}
	rate->said++;
	*ret_suppressed = rate->suppressed;
	rate->suppressed = 0;
	return true;
}

/* A stranger's byte must not forge a line, a terminal's escape or a JSON string's end. */
static void put_escaped(struct buffer *b, const char *text, bool is_json)
{
	for (; *text != '\0' && b->err == ERR_NONE; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_json)) {
			buffer_text(b, is_json ? "\\u00" : "\\x");
			buffer_hex(b, &c, 1);
		} else if (c >= 0x80) {
			/* Not proven to be UTF-8, so JSON gets the byte's number. */
			buffer_text(b, "\\\\x");
			buffer_hex(b, &c, 1);
		} else {
			if (is_json && (c == '"' || c == '\\'))
				buffer_char(b, '\\');
			buffer_char(b, (char)c);
		}
	}
}

static void put_time(struct buffer *b, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / SECOND_US);
	struct tm t;
	char text[40];

	if (!gmtime_r(&seconds, &t) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t) == 0)
		return;
	buffer_text(b, text);
	(void)snprintf(text, sizeof(text), ".%03dZ", (int)(wall_us % SECOND_US / 1000));
	buffer_text(b, text);
}

static void put_json(struct buffer *b, enum log_level level, const char *event, const char *text)
{
	buffer_text(b, "\",\"level\":\"");
	buffer_text(b, level_name(level));
	buffer_text(b, "\",\"process\":\"");
	buffer_text(b, log_state.program);
	buffer_text(b, "\",\"event\":\"");
	put_escaped(b, event, true);
	buffer_text(b, "\",\"text\":\"");
	put_escaped(b, text, true);
}

static void put_plain(struct buffer *b, enum log_level level, const char *event, const char *text)
{
	if (log_state.format == LOG_PLAIN) {
		buffer_char(b, ' ');
		buffer_text(b, level_name(level));
		buffer_char(b, ' ');
	}
	buffer_text(b, log_state.program);
	buffer_text(b, ": ");
	buffer_text(b, event);
	buffer_text(b, ": ");
	put_escaped(b, text, false);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
	struct now now;
	char text[LOG_LINE_MAX / 2], line[LOG_LINE_MAX], end[48];
	struct buffer b = buffer_on(line, sizeof(line) - sizeof(end));
	uint32_t suppressed = 0;
	va_list arguments;

	if (level > log_state.level)
		return;
	now = clock_now();
	if (!may_say(event, now.us, &suppressed))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);

	if (log_state.format == LOG_JSON)
		buffer_text(&b, "{\"time\":\"");
	if (log_state.format == LOG_JOURNAL) {
		buffer_char(&b, '<');
		buffer_decimal(&b, (uint64_t)level);
		buffer_char(&b, '>');
	} else {
		put_time(&b, now.wall_us);
	}
	(log_state.format == LOG_JSON ? put_json : put_plain)(&b, level, event, text);

	/* The line's own end always fits: it was left out of the buffer's size. */
	b.err = ERR_NONE;
	b.max = sizeof(line);
	end[0] = '\0';
	if (log_state.format == LOG_JSON)
		(void)snprintf(end, sizeof(end), "\",\"suppressed\":%u}", suppressed);
	else if (suppressed > 0)
		(void)snprintf(end, sizeof(end), " (suppressed %u)", suppressed);
	buffer_text(&b, end);
	buffer_char(&b, '\n');
	(void)!write(STDERR_FILENO, line, b.len);
}
