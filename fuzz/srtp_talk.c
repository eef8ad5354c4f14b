/* SPDX-License-Identifier: Apache-2.0 */
/* Covers SRTP and SRTCP over many packets: in whatever order they come, each opens at most once.
 * The first byte is the suite; then two bytes a packet: its number, and from whom it is. */
#include "base/cursor.h"
#include "rtp/srtp.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err hear(struct srtp *s, const char packet[64], size_t len)
{
	char copy[64];

	memcpy(copy, packet, sizeof(copy));
	return (packet[1] ? rtp_srtcp_unprotect : rtp_srtp_unprotect)(s, copy, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SUITE_MAX_SECRET] = "some key of ours";
	static struct srtp_engine engine;
	static struct srtp a, b;
	struct srtp_mark sent[SRTP_MAX_SOURCES] = { 0 }, heard[SRTP_MAX_SOURCES] = { { 9, 9, 9 } };
	struct srtp_setup to = { sent, 0, 60 }, from = { heard, 0, 50 };
	struct cursor in = cursor_on(view_bytes(data, size));
	char late[64] = { 0 };

	if ((!engine.contexts[0] && rtp_engine_open(&engine)) ||
	    rtp_srtp_start(&a, &engine, cursor_byte(&in) % 8, key, &to) ||
	    rtp_srtp_start(&b, &engine, *data % 8, key, &from))
		return 0;
	for (size_t len = 16; !cursor_is_at_end(&in); len = 16) {
		char number = (char)cursor_byte(&in), who = (char)cursor_byte(&in), at = who & 1;
		char p[64] = { (char)0x80, (char)(at * 200), 0, number, [7] = who, [11] = who };
		if (!(at ? rtp_srtcp_protect : rtp_srtp_protect)(&a, p, sizeof(p), &len) &&
		    !hear(&b, who & 64 ? late : p, len) && !hear(&b, who & 64 ? late : p, len))
			abort();
		memcpy(late, p, sizeof(late));
	}
	return 0;
}
