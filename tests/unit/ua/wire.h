/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction layer on a bench: fake time in steps of a millisecond, what it
 * sends and notices written down. */
#ifndef UNIT_UA_WIRE_H
#define UNIT_UA_WIRE_H

#include "base/err.h"
#include "sip/msg.h"
#include "ua/client.h"
#include "ua/server.h"

enum { WIRE_MAX_SENT = 64, WIRE_MAX_NOTICES = 16, WIRE_TEXT = 4096 };

struct wire {
	struct ua *ua;
	struct wheel wheel;
	struct ua_namer namer;
	uint64_t now_us;
	unsigned sent;                   /* datagrams that left */
	uint64_t sent_ms[WIRE_MAX_SENT]; /* when, since the start */
	char last[WIRE_TEXT];            /* the last one, NUL-terminated */
	size_t last_len;
	struct ua_path last_path;
	unsigned notices;
	enum ua_notice notice[WIRE_MAX_NOTICES];
	uint64_t notice_ms[WIRE_MAX_NOTICES];
	struct ua_event event; /* of the last notice */
};

enum { WIRE_SERVERS = 8, WIRE_CLIENTS = 8 };

enum err wire_up(struct wire *w) MUST_USE;
void wire_down(struct wire *w);
/* Runs a body between wire_up and wire_down, so that a failed check leaks nothing. */
enum err wire_bench(struct wire *w, enum err (*body)(void)) MUST_USE;
/* A test that runs so on the file's own wire `w`. */
#define WIRE_TEST(slug, sentence)                                                                  \
	static enum err body_##slug(void);                                                         \
	TEST(slug, sentence)                                                                       \
	{                                                                                          \
		return wire_bench(&w, body_##slug);                                                \
	}                                                                                          \
	static enum err body_##slug(void)
/* Lets so many milliseconds pass. */
void wire_pass(struct wire *w, uint64_t ms);
struct ua_path wire_path(unsigned number);

/* A parsed message; the bytes live in it. */
struct wire_msg {
	char bytes[WIRE_TEXT];
	struct sip_msg msg;
};
/* Reads text; ends the program where it does not parse, since the test's own text is wrong then. */
const struct sip_msg *wire_read(struct wire_msg *m, const char *text);
const struct sip_msg *wire_read_bytes(struct wire_msg *m, const char *text, size_t len);

struct wire_request {
	const char *method, *branch, *to_tag; /* to_tag NULL: none */
	unsigned cseq;
};
const struct sip_msg *wire_request(struct wire_msg *m, const struct wire_request *r);
enum err wire_open_server(struct wire *w, const struct sip_msg *request, enum ua_retransmission r,
                          bool is_reliable, struct pool_handle *ret) MUST_USE;
enum err wire_reply(struct wire *w, struct pool_handle server, unsigned status) MUST_USE;
enum ua_receipt wire_show(struct wire *w, const struct sip_msg *request, struct ua_event *ret);

/* Opens a client with that method and serial. */
enum err wire_open_client(struct wire *w, const char *method, uint64_t serial, bool is_reliable,
                          struct pool_handle *ret) MUST_USE;
/* Shows a response to the client of that serial. */
enum ua_answer wire_answer(struct wire *w, const char *method, uint64_t serial, unsigned status,
                           const char *to_tag);

#endif
