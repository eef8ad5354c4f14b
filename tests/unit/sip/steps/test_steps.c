/* SPDX-License-Identifier: Apache-2.0 */
/* Cost by counting, not by the clock: sip is compiled so that each edge of its
 * code calls the counter below, and memchr adds the bytes it walked. Twice the
 * bytes may cost about twice the steps; a search within a search would show as
 * four times. */
#include <string.h>

#include "../field.h"
#include "runner/test.h"
#include "sip/check.h"

void __sanitizer_cov_trace_pc(void);
void *__wrap_memchr(const void *at, int byte, size_t len);
void *__real_memchr(const void *at, int byte, size_t len);

static uint64_t steps;

void __sanitizer_cov_trace_pc(void) { steps++; }

void *__wrap_memchr(const void *at, int byte, size_t len)
{
	const char *found = __real_memchr(at, byte, len);

	steps += found ? (size_t)(found - (const char *)at) : len;
	return (void *)found;
}

static struct sip_msg msg;
static char text[1 << 17], work[1 << 17], out[1 << 18];
static enum err checked;

/* A message with `len` bytes of a pattern as the value of one header. */
static struct view patterned(const char *header, const char *pattern, size_t len)
{
	struct buffer b = BUFFER_ON(text);
	size_t period = strlen(pattern);

	buffer_text(&b, "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>;tag=1\r\n"
	                "To: <sip:a@b>\r\n"
	                "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n");
	buffer_text(&b, header);
	buffer_text(&b, ": x");
	for (size_t i = 0; i < len; i++)
		buffer_char(&b, pattern[i % period]);
	buffer_text(&b, "\r\n\r\n");
	return buffer_view(&b);
}

static uint64_t message_steps(struct view message)
{
	struct sip_limits limits = sip_limits_default;

	limits.header = limits.headers = limits.message = sizeof(text);
	memcpy(work, message.at, message.len);
	steps = 0;
	if (sip_msg_parse(work, message.len, &limits, &msg) == ERR_NONE)
		checked = sip_check(&msg);
	return steps;
}

static const char *const patterns[] = {
	",",
	"\"",
	";",
	"\\",
	"<",
	">",
	"(",
	"a",
	"a,",
	"\"\",",
	";a",
	";a=b",
	"<>,",
	"<a>,",
	"\"\\\"\",",
	"=",
	"@",
	"a@",
	":",
	"[",
	"%",
	"%41",
	" ",
	"&a=b",
	"a=b,",
	"\r\n ",
	"\r\nX-Own: y",
	"\r\nRoute: <sip:a@b>",
};

TEST(steps_message, "no pattern in any header makes a message cost more than its length")
{
	for (unsigned id = 1; id < SIP_HEADER_COUNT; id++)
		for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
			const char *name = sip_header_name(id).at;
			uint64_t small = message_steps(patterned(name, patterns[i], 8192));
			uint64_t large = message_steps(patterned(name, patterns[i], 32768));

			CHECK_CASE(large < 6 * small + 20000, name);
			CHECK_CASE(large < 40u * 32768u, name);
		}
	return ERR_NONE;
}

TEST(steps_fields, "no pattern behind a field's sample makes it cost more than its length")
{
	for (const struct field *f = fields; f < fields + field_count; f++)
		for (const char *const *sample = f->samples; *sample; sample++)
			for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
				uint64_t cost[2];

				for (size_t k = 0; k < 2; k++) {
					size_t len = k ? 32768 : 8192, period = strlen(patterns[i]);
					struct buffer b = BUFFER_ON(text), written = BUFFER_ON(out);

					buffer_text(&b, *sample);
					for (size_t n = 0; n < len; n++)
						buffer_char(&b, patterns[i][n % period]);
					steps = 0;
					checked = f->rewrite(buffer_view(&b), &written);
					cost[k] = steps;
				}
				CHECK_CASE(cost[1] < 6 * cost[0] + 20000, *sample);
			}
	return ERR_NONE;
}
