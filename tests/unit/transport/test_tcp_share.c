/* SPDX-License-Identifier: Apache-2.0 */
/* Caps that several workers of signal keep together. */
#include "base/now.h"
#include "runner/test.h"
#include "transport/tcp_table.h"

#include <stdio.h>
#include <string.h>

enum { WORKERS = 3, START_US = 1000 * SECOND_US };

static const struct hash_key key = { { 3, 4 } };
static const struct tcp_limits limits = { .at_most = 16,
	                                  .per_source = 3,
	                                  .known_per_source = 2,
	                                  .first_byte_s = 5,
	                                  .message_s = 10,
	                                  .stranger_s = 60,
	                                  .idle_s = 7200,
	                                  .unread_s = 10 };
static struct tcp_share_memory memory;

/* The workers' tables; those of before are gone. */
struct crew {
	struct tcp_table *tables[WORKERS];
};

static enum err begin(struct crew *crew, unsigned i)
{
	const struct tcp_share share = { &memory, i, WORKERS };
	const struct hash_key own = { { 7, (uint8_t)i } };
	enum err err = tcp_table_new(&limits, &own, 7, START_US, &crew->tables[i]);

	if (err == ERR_NONE)
		tcp_table_share(crew->tables[i], &share, &key);
	return err;
}

static enum err with_crew(enum err (*body)(struct crew *crew))
{
	struct crew crew = { 0 };
	enum err err = ERR_NONE;

	memset(&memory, 0, sizeof(memory));
	for (unsigned i = 0; i < WORKERS && err == ERR_NONE; i++)
		err = begin(&crew, i);
	if (err == ERR_NONE)
		err = body(&crew);
	for (unsigned i = 0; i < WORKERS; i++)
		tcp_table_free(&crew.tables[i]);
	return err;
}

static struct flow from(unsigned host)
{
	static uint16_t port = 1024;
	struct flow flow = { .transport = TRANSPORT_TCP };
	char text[32];

	(void)snprintf(text, sizeof(text), "198.51.%u.%u", host / 256 % 256, host % 256);
	(void)!addr_parse(view_of(text), &flow.remote);
	flow.remote.port = ++port;
	return flow;
}

static enum err admit(struct crew *crew, unsigned worker, unsigned host,
                      struct tcp_connection **ret)
{
	struct flow flow = from(host);

	return tcp_table_admit(crew->tables[worker], &flow, TCP_STRANGER, START_US, ret);
}

static enum err one_source(struct crew *crew)
{
	struct tcp_connection *c[4];

	for (unsigned i = 0; i < 3; i++)
		CHECK(admit(crew, i, 1, &c[i]) == ERR_NONE);
	for (unsigned i = 0; i < 3; i++)
		CHECK(admit(crew, i, 1, &c[3]) == ERR_LIMIT);
	CHECK(admit(crew, 1, 2, &c[3]) == ERR_NONE);
	/* The twin: room again, wherever, once one has gone. */
	tcp_table_remove(crew->tables[0], &c[0]);
	CHECK(admit(crew, 2, 1, &c[0]) == ERR_NONE);
	CHECK(admit(crew, 0, 1, &c[3]) == ERR_LIMIT);
	/* Who has shown to be a peer counts there no more. */
	tcp_table_prove(crew->tables[1], c[1]);
	CHECK(admit(crew, 0, 1, &c[3]) == ERR_NONE);
	return ERR_NONE;
}

TEST(tcp_share_source, "an address has so many strangers with all workers together")
{
	return with_crew(one_source);
}

static enum err known(struct crew *crew)
{
	struct tcp_connection *c[3];

	for (unsigned i = 0; i < 3; i++) {
		CHECK(admit(crew, i, 1, &c[i]) == ERR_NONE);
		tcp_table_stand(crew->tables[i], c[i], TCP_KNOWN, START_US);
	}
	CHECK(c[1]->standing == TCP_KNOWN && c[2]->standing == TCP_STRANGER);
	tcp_table_stand(crew->tables[0], c[0], TCP_STRANGER, START_US);
	tcp_table_stand(crew->tables[2], c[2], TCP_KNOWN, START_US);
	CHECK(c[2]->standing == TCP_KNOWN);
	return ERR_NONE;
}

TEST(tcp_share_known, "and so many known ones")
{
	return with_crew(known);
}

static enum err in_total(struct crew *crew)
{
	struct tcp_connection *c, *eldest[WORKERS] = { NULL };
	struct flow peer = from(250);

	for (unsigned i = 0; i < 12; i++) {
		CHECK(admit(crew, i % 2, 10 + i, &c) == ERR_NONE);
		eldest[i % 2] = eldest[i % 2] ? eldest[i % 2] : c;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		CHECK(admit(crew, i, 90, &c) == ERR_FULL);
	/* Each closes its own alone. */
	CHECK(tcp_table_victim(crew->tables[0]) == eldest[0]);
	CHECK(tcp_table_victim(crew->tables[1]) == eldest[1]);
	CHECK(!tcp_table_victim(crew->tables[2]));
	tcp_table_remove(crew->tables[1], &eldest[1]);
	CHECK(admit(crew, 2, 90, &c) == ERR_NONE && admit(crew, 0, 91, &c) == ERR_FULL);
	/* The last quarter is for others. */
	for (unsigned i = 0; i < 4; i++)
		CHECK(tcp_table_admit(crew->tables[i % WORKERS], &peer, TCP_PEER, START_US, &c) ==
		      ERR_NONE);
	CHECK(tcp_table_admit(crew->tables[2], &peer, TCP_PEER, START_US, &c) == ERR_FULL);
	return ERR_NONE;
}

TEST(tcp_share_total, "there are so many connections, and strangers, with all workers together")
{
	return with_crew(in_total);
}

static enum err succeeded(struct crew *crew)
{
	struct tcp_connection *c;

	for (unsigned i = 0; i < 3; i++)
		CHECK(admit(crew, 0, 1, &c) == ERR_NONE);
	CHECK(admit(crew, 1, 1, &c) == ERR_LIMIT);
	tcp_table_free(&crew->tables[0]);
	CHECK(admit(crew, 1, 1, &c) == ERR_LIMIT);
	TRY(begin(crew, 0));
	CHECK(admit(crew, 1, 1, &c) == ERR_NONE);
	return ERR_NONE;
}

TEST(tcp_share_restarted,
     "those of a worker that died count until its successor begins, and no longer")
{
	return with_crew(succeeded);
}

TEST(tcp_share_crowded,
     "a line that is full of other sources hides one more, and none that stands in it")
{
	const struct tcp_share one = { &memory, 0, 2 }, other = { &memory, 1, 2 };
	const uint64_t step = UINT64_C(2) << 32;

	memset(&memory, 0, sizeof(memory));
	for (unsigned i = 0; i <= TCP_SHARE_EACH; i++)
		tcp_share_tell_source(&one, 5 + i * step, 1 + i, 40000);
	for (unsigned i = 0; i < TCP_SHARE_EACH; i++) {
		CHECK(tcp_share_others_of(&other, 5 + i * step).strangers == 1 + i);
		CHECK(tcp_share_others_of(&other, 5 + i * step).known == 40000);
		CHECK(tcp_share_others_of(&one, 5 + i * step).known == 0);
	}
	CHECK(tcp_share_others_of(&other, 5 + TCP_SHARE_EACH * step).known == 0);
	tcp_share_tell_source(&one, 5 + step, 0, 0);
	CHECK(tcp_share_others_of(&other, 5 + step).known == 0);
	CHECK(tcp_share_others_of(&other, 5 + 2 * step).strangers == 3);
	tcp_share_tell_source(&one, 5 + TCP_SHARE_EACH * step, 9, 0);
	CHECK(tcp_share_others_of(&other, 5 + TCP_SHARE_EACH * step).strangers == 9);
	return ERR_NONE;
}
