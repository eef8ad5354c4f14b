/* SPDX-License-Identifier: Apache-2.0 */
/* From a name to targets by RFC 3263: which question comes next, and what the answers come to.
 * Pure: answers go in, one question at a time comes out.
 *
 *     resolve_begin(&l, &wish);
 *     while (resolve_next(&l, &question))
 *             resolve_take(&l, answer of question);
 *     resolve_finish(&l, &outcome);
 *
 * A port that was written: A and AAAA alone (4.2). A transport that was written: SRV of it.
 * Neither: NAPTR, else SRV over what we speak, else A and AAAA with port 5060 (4.1). Every chain
 * has an end: at most MAX_RESOLVE_QUESTIONS questions, MAX_RESOLVE_ALIASES aliases in an answer. */
#ifndef RESOLVE_LOOKUP_H
#define RESOLVE_LOOKUP_H

#include "event/resolved.h"
#include "resolve/record.h"

enum {
	MAX_RESOLVE_SERVICES = 4, /* NAPTR records, or transports, that are followed */
	MAX_RESOLVE_HOSTS = 8,    /* SRV records that are followed */
	MAX_RESOLVE_ALIASES = 8,
	MAX_RESOLVE_QUESTIONS = 1 + MAX_RESOLVE_SERVICES + 2 * MAX_RESOLVE_HOSTS,
};

enum { RESOLVE_V4 = 1, RESOLVE_V6 = 2 };

struct resolve_wish {
	char host[RESOLVED_HOST_SIZE];
	uint16_t port; /* 0: not written */
	bool is_transport_written;
	uint8_t transport; /* the one that was written */
	/* By transport: families that we can reach on the peer's side, RESOLVE_V4 | RESOLVE_V6;
	 * 0: we do not speak it there. */
	uint8_t families[TRANSPORT_COUNT];
};

struct resolve_question {
	char name[RESOLVE_NAME_SIZE];
	uint16_t type; /* enum resolve_type */
};

struct resolve_outcome {
	enum resolve_result result; /* ANSWERED: at least one target */
	uint32_t life_s;            /* the least TTL on the way; NOTHING: the negative one */
	uint8_t count;
	struct resolved_target targets[MAX_RESOLVED_TARGETS];
};

/* Inner; as large as its bounds say. */
struct resolve_service {
	char name[RESOLVE_NAME_SIZE];
	uint16_t order, preference;
	uint8_t transport;
};
struct resolve_host {
	char name[RESOLVE_NAME_SIZE];
	uint16_t priority, weight, port;
	uint8_t transport;
};
struct resolve_lookup {
	struct resolve_wish wish;
	uint8_t stage, service_count, service_at, host_count, host_at;
	bool is_second;  /* of a host: AAAA is asked, A was */
	bool has_failed; /* one of the questions */
	uint32_t life_s, negative_s;
	uint16_t asked;
	struct resolve_service services[MAX_RESOLVE_SERVICES];
	struct resolve_host hosts[MAX_RESOLVE_HOSTS];
	struct resolve_outcome outcome;
};

void resolve_begin(struct resolve_lookup *l, const struct resolve_wish *wish);
/* The question that is open; false: there is none, finish. */
bool resolve_next(const struct resolve_lookup *l, struct resolve_question *ret);
/* The answer to the open question. */
void resolve_take(struct resolve_lookup *l, const struct resolve_answer *answer);
/* A failure of any question fails all where nothing was found; where some target was found, what
 * could not be asked is left out. */
void resolve_finish(const struct resolve_lookup *l, struct resolve_outcome *ret);

#endif
