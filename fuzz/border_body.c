/* SPDX-License-Identifier: Apache-2.0 */
/* Covers body_write of NOTIFY on its way to a phone: whatever came, the PBX's address, where it
 * stands by itself, does not go out. URIs, whose users are anybody's, are left out. */
#include "border/body.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct border b = { .settings = { .peer_count = 1,
		                                 .subscribers = { .domain = "a.b" } } };
	static char bytes[BODY_MAX + 256], text[BODY_MAX + 1];
	static struct sip_msg msg = { .method = SIP_METHOD_NOTIFY, .count = 1 };
	struct flow flow = { .local.family = 4 };
	struct identity_reader phone = { .flow = &flow };
	struct buffer out = buffer_on(text, BODY_MAX);
	struct body body;

	memset(msg.first, SIP_HEADER_NONE, sizeof(msg.first));
	msg.first[SIP_HEADER_CONTENT_TYPE] = 0;
	msg.headers[0] = (struct sip_header){ .value = VIEW("application/dialog-info+xml"),
		                              .id = SIP_HEADER_CONTENT_TYPE,
		                              .next = SIP_HEADER_NONE };
	msg.body = view_bytes(bytes, size < BODY_MAX ? size : BODY_MAX);
	memcpy(bytes, data, msg.body.len);
	if (body_write(&b, &msg, &phone, &out, &body) != ERR_NONE ||
	    view_contains(msg.body, VIEW(":")))
		return 0;
	text[out.len] = 0;
	for (char *at = text; (at = strstr(at, "10.0.0.20")); at += 9)
		assert(isdigit((unsigned char)at[9]) ||
		       (at > text && isalnum((unsigned char)at[-1])));
	return 0;
}
