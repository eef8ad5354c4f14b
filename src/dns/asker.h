/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to name servers, by c-ares on our loop. Its random numbers and its system's settings
 * are had when it is made, so that it can live in a sandbox without files; servers are given. */
#ifndef DNS_ASKER_H
#define DNS_ASKER_H

#include "os/loop.h"
#include "resolve/lookup.h"

struct dns_asker;

enum { MAX_DNS_QUESTIONS = 64 }; /* that are open at a time */

struct dns_asker_ports {
	struct loop *loop;
	/* Called once for each dns_ask that was taken, perhaps within it: nothing is to be asked
	 * here. `answer` lives for the call. */
	void (*answered)(void *context, uint32_t number, const struct resolve_answer *answer);
	void *context;
};

/* Before the sandbox. ERR_NO_MEMORY, ERR_IO. */
enum err dns_asker_new(const struct dns_asker_ports *ports, struct dns_asker **ret) MUST_USE;
/* Whom to ask, in the order in which they are tried. ERR_LIMIT, ERR_NOT_FOUND (none). */
enum err dns_asker_servers(struct dns_asker *a, const struct addr *servers, size_t count) MUST_USE;
/* `number` comes back with the answer. ERR_FULL. */
enum err dns_ask(struct dns_asker *a, const struct resolve_question *question,
                 uint32_t number) MUST_USE;
/* Times that are over. */
void dns_advance(struct dns_asker *a);
uint64_t dns_wait_us(const struct dns_asker *a);

#endif
