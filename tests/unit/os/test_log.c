/* SPDX-License-Identifier: Apache-2.0 */
/* The log, read back from a pipe in place of standard error. */
#include "os/log.h"
#include "runner/test.h"

#include <string.h>
#include <unistd.h>

static char text[65536];

/* What `say` writes to standard error. */
static enum err heard(void (*say)(void))
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t len;

	CHECK(saved >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	say();
	(void)dup2(saved, STDERR_FILENO);
	(void)close(ends[1]);
	len = read(ends[0], text, sizeof(text) - 1);
	(void)close(ends[0]);
	(void)close(saved);
	log_open("ringfence", LOG_PLAIN, LEVEL_NOTICE);
	CHECK(len >= 0);
	text[len] = '\0';
	return ERR_NONE;
}

static void say_hostile_plain(void)
{
	log_open("signal", LOG_JOURNAL, LEVEL_NOTICE);
	log_write(LEVEL_WARNING, "hostile plain", "%s", "a\r\n<0>forged: \x1b[31m\xff");
	log_write(LEVEL_INFO, "quiet", "below the level");
}

TEST(log_escaped, "control bytes cannot forge a line or an escape")
{
	TRY(heard(say_hostile_plain));
	CHECK(strcmp(text, "<4>signal: hostile plain: a\\x0d\\x0a<0>forged: \\x1b[31m\\xff\n") ==
	      0);
	return ERR_NONE;
}

static void say_hostile_json(void)
{
	log_open("signal", LOG_JSON, LEVEL_NOTICE);
	log_write(LEVEL_ERROR, "hostile json", "%s", "say \"hi\"\\ \n\xc3");
}

TEST(log_json, "a JSON line stays one JSON line")
{
	TRY(heard(say_hostile_json));
	CHECK(strstr(text,
	             "Z\",\"level\":\"error\",\"process\":\"signal\",\"event\":\"hostile json\","
	             "\"text\":\"say \\\"hi\\\"\\\\ \\u000a\\\\xc3\",\"suppressed\":0}\n"));
	return ERR_NONE;
}

static void say_long(void)
{
	static char much[5000];

	memset(much, '\n', sizeof(much) - 1);
	log_open("signal", LOG_JSON, LEVEL_NOTICE);
	log_write(LEVEL_ERROR, "long", "%s", much);
}

TEST(log_long, "a line that is too long is cut and still ends")
{
	TRY(heard(say_long));
	CHECK(strlen(text) <= LOG_LINE_MAX && strstr(text, "\",\"suppressed\":0}\n"));
	return ERR_NONE;
}

static void say_often(void)
{
	log_open("signal", LOG_JOURNAL, LEVEL_NOTICE);
	for (int i = 0; i < 1000; i++)
		log_write(LEVEL_ERROR, "often", "%d", i);
	log_write(LEVEL_ERROR, "seldom", "another kind is heard");
}

TEST(log_rate, "one kind of event cannot drown the others")
{
	size_t lines = 0;

	TRY(heard(say_often));
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	/* The allocation ladder runs this more than once within the window. */
	CHECK(lines >= 1 && lines <= LOG_BURST + 1);
	CHECK(strstr(text, "another kind is heard"));
	return ERR_NONE;
}
