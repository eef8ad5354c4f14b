/* SPDX-License-Identifier: Apache-2.0 */
/* The bench of wire.h. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t start_us = 7000 * 1000;

static void on_send(void *context, const struct ua_path *to, struct view bytes)
{
	struct wire *w = context;

	if (w->sent < WIRE_MAX_SENT)
		w->sent_ms[w->sent] = (w->now_us - start_us) / 1000;
	w->sent++;
	w->last_len = bytes.len;
	(void)view_copy(bytes, w->last, sizeof(w->last));
	w->last_path = *to;
}

static void on_notice(void *context, enum ua_notice notice, const struct ua_event *event,
                      uint64_t now_us)
{
	struct wire *w = context;

	if (w->notices < WIRE_MAX_NOTICES) {
		w->notice[w->notices] = notice;
		w->notice_ms[w->notices] = (now_us - start_us) / 1000;
	}
	w->notices++;
	w->event = *event;
}

enum err wire_up(struct wire *w)
{
	const struct ua_settings settings = {
		.max_servers = WIRE_SERVERS,
		.max_clients = WIRE_CLIENTS,
		.max_small = 24,
		.max_medium = 4,
		.max_large = 2,
	};
	const struct ua_ports ports = { .context = w, .send = on_send, .notice = on_notice };
	const struct hash_key key = { "tables' key" };

	memset(w, 0, sizeof(*w));
	w->now_us = start_us;
	w->namer = (struct ua_namer){ .key = { "names' key" }, .owner = 3, .generation = 9 };
	wheel_init(&w->wheel, w->now_us);
	return ua_new(&settings, &ports, &w->wheel, &key, &w->ua);
}

void wire_down(struct wire *w) { ua_free(&w->ua); }

enum err wire_bench(struct wire *w, enum err (*body)(void))
{
	enum err err = wire_up(w);

	if (err == ERR_NONE)
		err = body();
	wire_down(w);
	return err;
}

void wire_pass(struct wire *w, uint64_t ms)
{
	uint64_t end_us = w->now_us + ms * 1000;

	/* From one due timer to the next: millions of empty steps test nothing. */
	while (w->now_us < end_us) {
		uint64_t left_us = end_us - w->now_us;
		uint64_t wait_us = wheel_wait_us(&w->wheel, w->now_us);

		if (wait_us > left_us)
			wait_us = left_us;
		w->now_us += wait_us < 1000 ? 1000 : (wait_us + 999) / 1000 * 1000;
		wheel_advance(&w->wheel, w->now_us);
	}
}

struct ua_path wire_path(unsigned number)
{
	struct ua_path path = { { (uint8_t)number } };

	return path;
}

const struct sip_msg *wire_read_bytes(struct wire_msg *m, const char *text, size_t len)
{
	if (len >= sizeof(m->bytes))
		abort();
	memcpy(m->bytes, text, len);
	if (sip_msg_parse(m->bytes, len, &sip_limits_default, &m->msg) != ERR_NONE) {
		fprintf(stderr, "%s in:\n%.*s\n", sip_reason_name(m->msg.reason), (int)len, text);
		abort();
	}
	return &m->msg;
}

const struct sip_msg *wire_read(struct wire_msg *m, const char *text)
{
	return wire_read_bytes(m, text, strlen(text));
}

const struct sip_msg *wire_request(struct wire_msg *m, const struct wire_request *r)
{
	char text[WIRE_TEXT];

	snprintf(text, sizeof(text),
	         "%s sip:desk@border.example SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 10.1.1.7:5070;branch=%s;rport\r\n"
	         "Max-Forwards: 70\r\n"
	         "From: <sip:phone@border.example>;tag=caller\r\n"
	         "To: <sip:desk@border.example>%s%s\r\n"
	         "Call-ID: bench-call\r\n"
	         "CSeq: %u %s\r\n"
	         "Contact: <sip:phone@10.1.1.7:5070>\r\n"
	         "Content-Length: 0\r\n\r\n",
	         r->method, r->branch, r->to_tag ? ";tag=" : "", r->to_tag ? r->to_tag : "",
	         r->cseq, r->method);
	return wire_read(m, text);
}

enum err wire_open_server(struct wire *w, const struct sip_msg *request, enum ua_retransmission r,
                          bool is_reliable, struct pool_handle *ret)
{
	static const struct addr source = { .bytes = { [10] = 0xff, 0xff, 192, 0, 2, 44 },
		                            .port = 1024,
		                            .family = 4 };
	const struct ua_server_opening opening = {
		.request = request,
		.path = wire_path(1),
		.source = &source,
		.user = { .purpose = 5 },
		.retransmission = (uint8_t)r,
		.is_reliable = is_reliable,
	};

	return ua_server_open(w->ua, &opening, w->now_us, ret);
}

enum err wire_reply(struct wire *w, struct pool_handle server, unsigned status)
{
	const struct ua_reply reply = { .status = (uint16_t)status, .to_tag = VIEW("callee") };

	return ua_server_reply(w->ua, server, &reply, w->now_us);
}

enum ua_receipt wire_show(struct wire *w, const struct sip_msg *request, struct ua_event *ret)
{
	struct ua_path path = wire_path(1);

	return ua_request(w->ua, request, &path, w->now_us, ret);
}

enum err wire_open_client(struct wire *w, const char *method, uint64_t serial, bool is_reliable,
                          struct pool_handle *ret)
{
	char text[WIRE_TEXT], branch[UA_BRANCH_LEN + 1];
	struct buffer b = BUFFER_ON(branch);
	struct ua_client_opening opening = {
		.serial = serial,
		.path = wire_path(2),
		.user = { .purpose = 6 },
		.is_reliable = is_reliable,
	};

	ua_name_write(&b, &w->namer, UA_NAME_BRANCH, serial);
	buffer_char(&b, '\0');
	snprintf(text, sizeof(text),
	         "%s sip:desk@10.0.0.20 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=%s\r\n"
	         "Route: <sip:10.0.0.20;lr>\r\n"
	         "Max-Forwards: 69\r\n"
	         "From: <sip:phone@border.example>;tag=ours\r\n"
	         "To: <sip:desk@border.example>\r\n"
	         "Call-ID: our-call\r\n"
	         "CSeq: 17 %s\r\n"
	         "Content-Length: 0\r\n\r\n",
	         method, branch, method);
	opening.bytes = view_of(text);
	return ua_client_open(w->ua, &opening, w->now_us, ret);
}

enum ua_answer wire_answer(struct wire *w, const char *method, uint64_t serial, unsigned status,
                           const char *to_tag)
{
	static struct wire_msg m;
	char text[WIRE_TEXT], branch[UA_BRANCH_LEN + 1];
	struct buffer b = BUFFER_ON(branch);
	struct ua_event event;

	ua_name_write(&b, &w->namer, UA_NAME_BRANCH, serial);
	buffer_char(&b, '\0');
	snprintf(text, sizeof(text),
	         "SIP/2.0 %u Whatever\r\n"
	         "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=%s\r\n"
	         "From: <sip:phone@border.example>;tag=ours\r\n"
	         "To: <sip:desk@border.example>;tag=%s\r\n"
	         "Call-ID: our-call\r\n"
	         "CSeq: 17 %s\r\n"
	         "Content-Length: 0\r\n\r\n",
	         status, branch, to_tag, method);
	return ua_response(w->ua, &w->namer, wire_read(&m, text), w->now_us, &event);
}
