/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a folder of its own, thrown away with it. */
#include "place.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err place_make(struct place *ret)
{
	struct place p = { .folder = "/tmp/ringfence-store-XXXXXX" };

	if (!mkdtemp(p.folder))
		return ERR_IO;
	(void)snprintf(p.path, sizeof(p.path), "%s/test.db", p.folder);
	*ret = p;
	return ERR_NONE;
}

void place_remove(struct place *p)
{
	static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
	char path[128];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", p->path, endings[i]);
		(void)unlink(path);
	}
	(void)rmdir(p->folder);
}

enum err place_open(const struct place *p, struct store **ret)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	enum err err = store_open(p->path, &why, ret);

	if (err != ERR_NONE && err != ERR_NO_MEMORY)
		printf("  store_open: %.*s\n", (int)why.len, text);
	return err;
}

static union record head_of(enum record_kind kind, size_t size, uint64_t sequence)
{
	union record r;

	memset(&r, 0, sizeof(r));
	r.head.version = RECORD_VERSION;
	r.head.kind = (uint16_t)kind;
	r.head.size = (uint16_t)size;
	r.head.priority = PRIORITY_KEPT;
	r.head.ring = 3;
	r.head.sequence = sequence;
	r.head.now_us = sequence * 1000;
	r.head.wall_us = 1700000000000000 + (int64_t)sequence;
	return r;
}

static struct addr host(const char *text, uint16_t port)
{
	struct addr a = { 0 };

	(void)!addr_parse(view_of(text), &a);
	a.port = port;
	return a;
}

static struct flow a_flow(void)
{
	return (struct flow){ .local = host("192.0.2.1", 5060),
		              .remote = host("198.51.100.7", 40000),
		              .listener = 2,
		              .transport = TRANSPORT_UDP,
		              .side = 1 };
}

union record a_call(uint64_t sequence, uint64_t call)
{
	union record r = head_of(RECORD_CALL, sizeof(r.call), sequence);

	r.call.call = call;
	r.call.started_wall_us = r.head.wall_us;
	r.call.answered_wall_us = r.head.wall_us + 5;
	r.call.ended_wall_us = r.head.wall_us + 9;
	r.call.status = 200;
	r.call.ended_by = END_CALLEE;
	(void)VIEW_COPY(VIEW("normal"), r.call.cause);
	(void)VIEW_COPY(VIEW("201@example.com"), r.call.from);
	(void)VIEW_COPY(VIEW("202@example.com"), r.call.to);
	(void)VIEW_COPY(VIEW("202"), r.call.number);
	r.call.caller.flow = r.call.callee.flow = a_flow();
	r.call.callee.flow.remote = host("2001:db8::7", 5062);
	(void)VIEW_COPY(VIEW("abc@198.51.100.7"), r.call.caller.call_id);
	(void)VIEW_COPY(VIEW("phone"), r.call.caller.peer);
	(void)VIEW_COPY(VIEW("office"), r.call.callee.peer);
	r.call.caller.media = (struct media_leg_statistics){ .packets = 1000,
		                                             .octets = UINT64_C(1) << 40,
		                                             .lost = 3,
		                                             .jitter_us = 1200,
		                                             .payload_type = 8,
		                                             .is_learnt = 1,
		                                             .learnt_port = 4444 };
	return r;
}

union record an_incident(uint64_t sequence, uint64_t incident)
{
	union record r = head_of(RECORD_INCIDENT, sizeof(r.incident), sequence);

	r.incident.incident = incident;
	r.incident.source = host("198.51.100.7", 0);
	r.incident.first_wall_us = r.incident.last_wall_us = r.head.wall_us;
	r.incident.count = 1;
	r.incident.score_milli = 2500;
	r.incident.outcome = OUTCOME_FAILED;
	r.incident.is_proven = 1;
	r.incident.phases = PHASE_GUESS | PHASE_DIAL;
	for (uint32_t i = 0; i < INCIDENT_PHASE_COUNT; i++)
		r.incident.phase_wall_us[i] = r.head.wall_us + i;
	r.incident.sources = 1;
	r.incident.targets = 2;
	r.incident.users = 3;
	r.incident.numbers = 4;
	(void)VIEW_COPY(VIEW("198.51.100.7"), r.incident.source_list);
	(void)VIEW_COPY(VIEW("203.0.113.5 203.0.113.6"), r.incident.target_list);
	(void)VIEW_COPY(VIEW("100 201 301"), r.incident.user_list);
	(void)VIEW_COPY(VIEW("12025550100 0012025550101"), r.incident.number_list);
	(void)VIEW_COPY(VIEW("guessing"), r.incident.detector);
	(void)VIEW_COPY(VIEW("failed-login"), r.incident.rule);
	(void)VIEW_COPY(VIEW("201"), r.incident.account);
	(void)VIEW_COPY(VIEW("5 wrong passwords for 201"), r.incident.evidence);
	return r;
}

union record a_sample(uint64_t sequence, uint64_t incident)
{
	union record r = head_of(RECORD_SAMPLE, sizeof(r.sample), sequence);

	r.head.priority = PRIORITY_SAMPLE;
	r.sample.incident = incident;
	r.sample.flow = a_flow();
	r.sample.text_len = 20;
	memcpy(r.sample.text, "REGISTER sip:a SIP/2", 20);
	return r;
}

union record a_block(uint64_t sequence, uint32_t block)
{
	union record r = head_of(RECORD_BLOCK, sizeof(r.block), sequence);

	r.block.block = block;
	r.block.kind = BLOCK_SOURCE;
	r.block.origin = ORIGIN_JUDGE;
	(void)!addr_net_parse(VIEW("198.51.100.7/32"), &r.block.net);
	r.block.from_wall_us = r.head.wall_us;
	r.block.until_wall_us = r.head.wall_us + 3600000000;
	r.block.term_s = 3600;
	(void)VIEW_COPY(VIEW("failed-login"), r.block.rule);
	(void)VIEW_COPY(VIEW("guessed passwords"), r.block.reason);
	(void)VIEW_COPY(VIEW("judge"), r.block.actor);
	r.block.step_count = 2;
	for (uint32_t i = 0; i < 2; i++) {
		r.block.steps[i].wall_us = r.head.wall_us + i;
		r.block.steps[i].score_milli = 1000 + i;
		(void)VIEW_COPY(VIEW("failed-login"), r.block.steps[i].rule);
		(void)VIEW_COPY(VIEW("201"), r.block.steps[i].account);
		(void)VIEW_COPY(VIEW("REGISTER 201, refused with 403"), r.block.steps[i].text);
	}
	return r;
}

union record an_audit(uint64_t sequence)
{
	union record r = head_of(RECORD_AUDIT, sizeof(r.audit), sequence);

	(void)VIEW_COPY(VIEW("uid 0 (configure)"), r.audit.actor);
	(void)VIEW_COPY(VIEW("configure"), r.audit.role);
	(void)VIEW_COPY(VIEW("blocks add"), r.audit.verb);
	(void)VIEW_COPY(VIEW("198.51.100.7"), r.audit.object);
	(void)VIEW_COPY(VIEW("saw it in the log"), r.audit.reason);
	(void)VIEW_COPY(VIEW("done"), r.audit.result);
	return r;
}

enum err write_one(struct store *s, const union record *r, struct store_tally *ret)
{
	return store_write(s, r, 1, ret);
}

struct tell {
	uint32_t count;
	union record first;
};

static bool tell(const union record *r, void *context)
{
	struct tell *t = context;

	if (t->count++ == 0)
		t->first = *r;
	return true;
}

enum err count_of(struct store *s, const struct store_query *q, uint32_t *ret_count,
                  union record *ret_first)
{
	static struct tell t;
	char text[256];
	struct buffer why = BUFFER_ON(text);
	enum err err;

	memset(&t, 0, sizeof(t));
	err = store_query_each(s, q, &why, tell, &t);
	if (err != ERR_NONE)
		return err;
	*ret_count = t.count;
	if (t.count && ret_first)
		*ret_first = t.first;
	return ERR_NONE;
}
