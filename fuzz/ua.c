/* SPDX-License-Identifier: Apache-2.0 */
/* Covers ua_request, ua_server_open, ua_reply_head, ua_reply_write and the
 * dialog's making: a request that opens once is absorbed the second time, and
 * its answer parses to the same Call-ID and CSeq. */
#include "sip/msg.h"
#include "ua/dialog.h"
#include "ua/server.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char sent[UA_LARGE_SIZE + 1];
static size_t sent_len;

static void on_send(void *context, const struct ua_path *to, struct view bytes)
{
	(void)context, (void)to;
	memcpy(sent, bytes.at, sent_len = bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ua_settings settings = { 2, 2, 4, 2, 2, 0, 0, 0 };
	const struct ua_ports ports = { .send = on_send };
	const struct hash_key key = { "fuzz" };
	static struct wheel wheel;
	static struct ua *ua;
	static struct sip_msg m, back;
	static struct ua_dialog dialog;
	static char bytes[UA_LARGE_SIZE];
	struct ua_server_opening opening = { .request = &m };
	struct pool_handle server;
	struct ua_event event;
	bool is_new;

	if (!ua) {
		wheel_init(&wheel, 0);
		if (ua_new(&settings, &ports, &wheel, &key, &ua) != ERR_NONE)
			abort();
	}
	if (size > sizeof(bytes))
		return 0;
	memcpy(bytes, data, size);
	if (sip_msg_parse(bytes, size, &sip_limits_default, &m) != ERR_NONE || !m.is_request)
		return 0;
	if (ua_dialog_accept(&m, VIEW("tag"), false, &dialog) == ERR_NONE &&
	    !view_equal(view_of(dialog.call_id), m.call_id))
		abort();
	is_new = ua_request(ua, &m, &opening.path, 0, &event) == UA_NEW;
	if (!is_new)
		abort();
	sent_len = 0;
	if (ua_server_open(ua, &opening, 0, &server) != ERR_NONE)
		return 0;
	if (ua_server_reply(ua, server, &(struct ua_reply){ .status = 404 }, 0) == ERR_NONE &&
	    (sip_msg_parse(sent, sent_len, &sip_limits_default, &back) != ERR_NONE ||
	     !view_equal(back.call_id, m.call_id) || back.cseq.number != m.cseq.number ||
	     ua_request(ua, &m, &opening.path, 0, &event) != UA_ABSORBED))
		abort();
	ua_server_drop(ua, server);
	return 0;
}
