/* SPDX-License-Identifier: Apache-2.0 */
/* Covers ua_request, ua_server_open, ua_reply_head and ua_reply_write: a request
 * that opens once is absorbed the second time, and its answer parses to the same
 * Call-ID and CSeq. */
#include "sip/msg.h"
#include "ua/server.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char sent[UA_LARGE_SIZE], bytes[UA_LARGE_SIZE];
static void on_send(void *len, const struct ua_path *to, struct view answer)
{
	memcpy(to ? sent : bytes, answer.at, *(size_t *)len = answer.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg m, back;
	static struct wheel wheel;
	static struct ua *ua;
	static size_t len;
	struct pool_handle s;
	struct ua_event event;

	if (!ua && (wheel_init(&wheel, 0), ua_new(&(struct ua_settings){ 2, 2, 4, 2, 2 },
	                                          &(struct ua_ports){ &len, on_send, NULL }, &wheel,
	                                          &(struct hash_key){ "fuzz" }, &ua)) != ERR_NONE)
		abort();
	memcpy(bytes, data, size = size < sizeof(bytes) ? size : sizeof(bytes));
	if (sip_msg_parse(bytes, size, &sip_limits_default, &m) != ERR_NONE ||
	    ua_server_open(ua, &(struct ua_server_opening){ .request = &m }, 0, &s) != ERR_NONE)
		return 0;
	if (ua_server_reply(ua, s, &(struct ua_reply){ .status = 404 }, 0) == ERR_NONE &&
	    (sip_msg_parse(sent, len, &sip_limits_default, &back) != ERR_NONE ||
	     !view_equal(back.call_id, m.call_id) || back.cseq.number != m.cseq.number ||
	     ua_request(ua, &m, &(struct ua_path){ { 0 } }, 0, &event) != UA_ABSORBED))
		abort();
	ua_server_drop(ua, s);
	return 0;
}
