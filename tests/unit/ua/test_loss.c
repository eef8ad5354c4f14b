/* SPDX-License-Identifier: Apache-2.0 */
/* Two layers talk over a wire that loses, doubles and delays datagrams, seed by
 * seed. Whatever it does: the called end hears each request once, the calling
 * end hears one final answer or a timeout, and in the end nothing is left. */
#include "runner/test.h"

#include "base/now.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

enum { SEEDS = 200, FLYING_MAX = 64, TEXT_MAX = 1200 };

struct datagram {
	uint64_t due_us;
	bool is_to_server;
	size_t len;
	char bytes[TEXT_MAX];
};

struct world {
	struct wheel wheel;
	struct ua *ua[2]; /* 0 calls, 1 is called */
	struct ua_namer namer;
	uint64_t now_us, seed;
	unsigned loss_percent;
	struct datagram flying[FLYING_MAX];
	struct tally {
		unsigned requests, finals, timeouts, ended, failed, late;
	} tally;
	struct pool_handle client, server;
	unsigned answer_status;
	uint64_t answer_due_us;
};

static struct world t;

static uint32_t draw(uint32_t below)
{
	t.seed = t.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(t.seed >> 33) % below;
}

static void fly(bool is_to_server, struct view bytes)
{
	unsigned copies = draw(10) == 0 ? 2 : 1;

	while (copies-- > 0) {
		if (draw(100) < t.loss_percent || bytes.len > TEXT_MAX)
			continue;
		for (size_t i = 0; i < FLYING_MAX; i++) {
			struct datagram *d = &t.flying[i];

			if (d->len > 0)
				continue;
			d->due_us = t.now_us + 1000 + draw(300) * 1000;
			d->is_to_server = is_to_server;
			d->len = bytes.len;
			memcpy(d->bytes, bytes.at, bytes.len);
			break;
		}
	}
}

static void send_from(void *context, const struct ua_path *to, struct view bytes)
{
	(void)to;
	fly(context == &t.ua[0], bytes);
}

static void notice_of(void *context, enum ua_notice notice, const struct ua_event *event,
                      uint64_t now_us)
{
	(void)context;
	(void)now_us;
	(void)event;
	t.tally.timeouts += notice == UA_TIMEOUT;
	t.tally.ended += notice == UA_ENDED;
}

static void at_server(const struct sip_msg *m)
{
	struct addr source = { .family = 4, .port = 5060 };
	const struct ua_server_opening opening = { .request = m, .source = &source };
	struct ua_path path = { { 0 } };
	struct ua_event event;

	if (ua_request(t.ua[1], m, &path, t.now_us, &event) != UA_NEW)
		return;
	if (m->method == SIP_METHOD_ACK) {
		ua_server_acknowledged(t.ua[1], t.server);
		return;
	}
	t.tally.requests++;
	if (ua_server_open(t.ua[1], &opening, t.now_us, &t.server) == ERR_NONE)
		t.answer_due_us = t.now_us + draw(8000) * 1000;
}

static const char ack[] = "ACK sip:d@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKack\r\n"
			  "From: <sip:a@b>;tag=ours\r\nTo: <sip:c@d>;tag=callee\r\n"
			  "Call-ID: c\r\nCSeq: 17 ACK\r\n\r\n";

static void at_client(const struct sip_msg *m)
{
	struct ua_event event;

	if (ua_response(t.ua[0], &t.namer, m, t.now_us, &event) != UA_ANSWER_FINAL)
		return;
	t.tally.finals++;
	/* The ACK to a 2xx is the owner's own, with a branch of its own. */
	if (event.is_invite && event.status < 300)
		t.tally.failed += ERR_NONE !=
		                  ua_client_acknowledge(t.ua[0], t.client, view_of(ack), t.now_us);
}

static void deliver(void)
{
	static struct wire_msg m;

	for (size_t i = 0; i < FLYING_MAX; i++) {
		struct datagram *d = &t.flying[i];
		const struct sip_msg *msg;

		if (d->len == 0 || d->due_us > t.now_us)
			continue;
		msg = wire_read_bytes(&m, d->bytes, d->len);
		d->len = 0;
		if (d->is_to_server)
			at_server(msg);
		else
			at_client(msg);
	}
	if (t.answer_due_us > 0 && t.answer_due_us <= t.now_us) {
		const struct ua_reply reply = { .status = (uint16_t)t.answer_status,
			                        .to_tag = VIEW("callee") };

		t.answer_due_us = 0;
		/* Late for one that has given up: ERR_NOT_FOUND is right then. */
		t.tally.late += ERR_NONE != ua_server_reply(t.ua[1], t.server, &reply, t.now_us);
	}
}

static uint64_t wait_us(void)
{
	uint64_t due_us = t.answer_due_us > 0 ? t.answer_due_us : UINT64_MAX, wait;

	for (size_t i = 0; i < FLYING_MAX; i++) {
		if (t.flying[i].len > 0 && t.flying[i].due_us < due_us)
			due_us = t.flying[i].due_us;
	}
	wait = now_since(due_us, t.now_us);
	if (wheel_wait_us(&t.wheel, t.now_us) < wait)
		wait = wheel_wait_us(&t.wheel, t.now_us);
	if (wait < 1000)
		return 1000;
	return wait < SECOND_US ? wait : SECOND_US;
}

static enum err call(const char *method)
{
	char text[TEXT_MAX];
	struct buffer b = BUFFER_ON(text);
	struct ua_client_opening opening = { .serial = t.seed };

	buffer_text(&b, method);
	buffer_text(&b, " sip:d@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=");
	ua_name_write(&b, &t.namer, UA_NAME_BRANCH, opening.serial);
	buffer_text(&b, "\r\nFrom: <sip:a@b>;tag=ours\r\nTo: <sip:c@d>\r\nCall-ID: c\r\nCSeq: 17 ");
	buffer_text(&b, method);
	buffer_text(&b, "\r\nContent-Length: 0\r\n\r\n");
	opening.bytes = buffer_view(&b);
	return ua_client_open(t.ua[0], &opening, t.now_us, &t.client);
}

/* One pair of layers serves all seeds: each must leave it empty for the next. */
static enum err set_up(void)
{
	const struct ua_settings settings = { 4, 4, 16, 1, 1, 0, 0, 0 };
	const struct hash_key key = { "some key" };

	memset(&t, 0, sizeof(t));
	t.now_us = 1000;
	wheel_init(&t.wheel, t.now_us);
	for (int i = 0; i < 2; i++) {
		const struct ua_ports ports = { .context = &t.ua[i],
			                        .send = send_from,
			                        .notice = notice_of };

		TRY(ua_new(&settings, &ports, &t.wheel, &key, &t.ua[i]));
	}
	return ERR_NONE;
}

static enum err live(const char *method)
{
	uint64_t end_us = t.now_us + 90 * SECOND_US;

	TRY(call(method));
	while (t.now_us < end_us) {
		t.now_us += wait_us();
		wheel_advance(&t.wheel, t.now_us);
		deliver();
	}
	CHECK(t.tally.requests <= 1 && t.tally.failed == 0 && t.tally.late == 0);
	CHECK(t.tally.finals + t.tally.timeouts == 1);
	CHECK(t.tally.requests == 1 || t.tally.timeouts == 1);
	CHECK(ua_clients_used(t.ua[0]) == 0 && ua_servers_used(t.ua[1]) == 0);
	CHECK(t.tally.ended == 1 + t.tally.requests);
	return ERR_NONE;
}

static enum err all_seeds(const char *method, unsigned status, unsigned loss_percent,
                          unsigned *ret_finals)
{
	enum err err = set_up();
	unsigned finals = 0;

	for (uint64_t seed = 0; seed < SEEDS && err == ERR_NONE; seed++) {
		t.seed = seed * 7919 + 1;
		t.loss_percent = loss_percent;
		t.answer_status = status;
		t.tally = (struct tally){ 0 };
		err = live(method);
		finals += t.tally.finals;
	}
	ua_free(&t.ua[0]);
	ua_free(&t.ua[1]);
	if (err == ERR_NONE)
		*ret_finals = finals;
	return err;
}

TEST(loss_other, "hears one answer or a timeout to a request, whatever the wire loses")
{
	unsigned finals = 0;

	TRY(all_seeds("INFO", 200, 30, &finals));
	CHECK(finals == SEEDS); /* ten tries each way at 30 %: none fails in practice */
	return ERR_NONE;
}

TEST(loss_refused, "hears one refusal or a timeout to an INVITE, whatever the wire loses")
{
	unsigned finals = 0;

	TRY(all_seeds("INVITE", 486, 30, &finals));
	CHECK(finals > SEEDS * 9 / 10);
	return ERR_NONE;
}

TEST(loss_accepted, "hears one 2xx or a timeout to an INVITE, whatever the wire loses")
{
	unsigned finals = 0;

	TRY(all_seeds("INVITE", 200, 30, &finals));
	CHECK(finals > SEEDS * 9 / 10);
	return ERR_NONE;
}

TEST(loss_total, "times out on a wire that loses everything")
{
	unsigned finals = 1;

	TRY(all_seeds("INVITE", 200, 100, &finals));
	CHECK(finals == 0);
	return ERR_NONE;
}
