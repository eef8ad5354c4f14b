/* SPDX-License-Identifier: Apache-2.0 */
/* Covers path vectors: border/path.c. The input are header lines of a REGISTER.
 * What is taken is a Path again that is read as the same, and says of its last hop the same. */
#include <assert.h>
#include <string.h>

#include "border/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err read_lines(struct view lines, char ret[PATH_SIZE])
{
	static char text[1 << 16];
	static struct sip_msg msg;
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b,
	            "REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
	            "From: <sip:1@a>;tag=1\r\nTo: <sip:1@a>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n");
	buffer_put(&b, lines);
	buffer_text(&b, "Content-Length: 0\r\n\r\n");
	if (b.err != ERR_NONE || sip_msg_parse(text, b.len, &sip_limits_default, &msg) != ERR_NONE)
		return ERR_SYNTAX;
	return path_read(&msg, SIP_HEADER_PATH, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char one[PATH_SIZE], two[PATH_SIZE], again[PATH_SIZE + 16];
	struct buffer lines = BUFFER_ON(again);

	if (read_lines(view_bytes(data, size), one) != ERR_NONE)
		return 0;
	assert(strlen(one) < PATH_SIZE);
	path_write(&lines, SIP_HEADER_PATH, one);
	assert(lines.err == ERR_NONE && read_lines(buffer_view(&lines), two) == ERR_NONE);
	assert(strcmp(one, two) == 0 && path_keeps_flow(one) == path_keeps_flow(two));
	return 0;
}
