/* SPDX-License-Identifier: Apache-2.0 */
/* c-ares: one channel for the life of the process, its sockets watched by our loop. */
#include "dns/asker.h"

#include "base/buffer.h"
#include "dns/options.h"
#include "dns/reply.h"
#include "os/watch_table.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* An answer within three seconds, or the next server; twice around. EDNS: 1232 bytes pass every
 * path whole (what is longer is asked for over TCP). */
enum { TIMEOUT_MS = 1500, TRIES = 2, DATAGRAM = 1232 };
enum { DNS_CLASS_IN = 1, SERVERS_TEXT = MAX_DNS_SERVERS * ADDR_TEXT_MAX };

struct open_question {
	struct dns_asker *asker; /* NULL: free */
	uint32_t number;
};

struct dns_asker {
	struct dns_asker_ports ports;
	ares_channel channel;
	uint32_t open;
	struct watch_table sockets;
	struct open_question questions[MAX_DNS_QUESTIONS];
	struct resolve_answer answer; /* in hand: too large for the stack */
};

static void on_socket(void *context, int fd, int what)
{
	struct dns_asker *a = context;

	ares_process_fd(a->channel, (what & (LOOP_READABLE | LOOP_ERROR)) ? fd : ARES_SOCKET_BAD,
	                (what & LOOP_WRITABLE) ? fd : ARES_SOCKET_BAD);
}

static void on_state(void *context, ares_socket_t fd, int is_readable, int is_writable)
{
	struct dns_asker *a = context;

	watch_table_want(&a->sockets, fd,
	                 (is_readable ? LOOP_READABLE : 0) | (is_writable ? LOOP_WRITABLE : 0));
}

static void on_answer(void *context, int status, int timeouts, unsigned char *bytes, int len)
{
	struct open_question *q = context;
	struct dns_asker *a = q->asker;
	uint32_t number = q->number;
	bool is_read;

	(void)timeouts;
	q->asker = NULL;
	a->open--;
	memset(&a->answer, 0, offsetof(struct resolve_answer, records));
	is_read = bytes && len > 0 && dns_reply_read(bytes, (size_t)len, &a->answer) == ERR_NONE;
	if (status == ARES_ENODATA || status == ARES_ENOTFOUND)
		a->answer.result = RESOLVE_NOTHING;
	else if (status != ARES_SUCCESS || !is_read)
		a->answer.result = RESOLVE_FAILED;
	if (a->answer.result != RESOLVE_ANSWERED)
		a->answer.count = 0;
	a->ports.answered(a->ports.context, number, &a->answer);
}

enum err dns_asker_new(const struct dns_asker_ports *ports, struct dns_asker **ret)
{
	static char lookups[] = "b";
	const int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
	                 ARES_OPT_SOCK_STATE_CB | ARES_OPT_EDNSPSZ | ARES_OPT_NDOTS;
	struct ares_options options = { .flags = ARES_FLAG_EDNS | ARES_FLAG_NOSEARCH |
		                                 ARES_FLAG_NOALIASES,
		                        .timeout = TIMEOUT_MS,
		                        .tries = TRIES,
		                        .lookups = lookups,
		                        .sock_state_cb = on_state,
		                        .ednspsz = DATAGRAM };
	struct dns_asker *a = calloc(1, sizeof(*a));

	if (!a)
		return ERR_NO_MEMORY;
	a->ports = *ports;
	a->sockets.loop = ports->loop;
	a->sockets.call = LOOP_CALL(on_socket, a);
	options.sock_state_cb_data = a;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&a->channel, &options, mask) != ARES_SUCCESS) {
		free(a);
		return ERR_IO;
	}
	*ret = a;
	return ERR_NONE;
}

enum err dns_asker_servers(struct dns_asker *a, const struct addr *servers, size_t count)
{
	char text[SERVERS_TEXT];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	if (count == 0)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_char(&b, ',');
		addr_write_port(&b, &servers[i]);
	}
	if (b.err != ERR_NONE)
		return b.err;
	text[b.len] = 0;
	return ares_set_servers_ports_csv(a->channel, text) == ARES_SUCCESS ? ERR_NONE : ERR_IO;
}

enum err dns_ask(struct dns_asker *a, const struct resolve_question *question, uint32_t number)
{
	struct open_question *q = NULL;

	for (unsigned i = 0; i < MAX_DNS_QUESTIONS && !q; i++)
		if (!a->questions[i].asker)
			q = &a->questions[i];
	if (!q)
		return ERR_FULL;
	*q = (struct open_question){ a, number };
	a->open++;
	ares_query(a->channel, question->name, DNS_CLASS_IN, question->type, on_answer, q);
	return ERR_NONE;
}

void dns_advance(struct dns_asker *a)
{
	ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

uint64_t dns_wait_us(const struct dns_asker *a)
{
	struct timeval left;
	const struct timeval *wait = a->open ? ares_timeout(a->channel, NULL, &left) : NULL;

	return wait ? (uint64_t)wait->tv_sec * SECOND_US + (uint64_t)wait->tv_usec : UINT64_MAX;
}
