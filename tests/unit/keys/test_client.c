/* SPDX-License-Identifier: Apache-2.0 */
/* As many signatures under way as there may be. */
#include "keys/client.h"
#include "keys/client_priv.h"
#include "runner/test.h"

#include <openssl/async.h>

static enum err send_request(void *context, const struct keys_request *q)
{
	uint64_t *last = context;

	*last = q->id;
	return ERR_NONE;
}

static void woken(void *context, uint64_t token)
{
	(void)context;
	(void)token;
}

static int sign(void *at)
{
	struct keys_request q = { 0 };
	struct keys_answer a;

	return client_sign(*(struct keys_client **)at, &q, &a);
}

/* One more step of that job, under that token; what OpenSSL says of it. */
static int go_on(struct keys_client *k, ASYNC_JOB **job, ASYNC_WAIT_CTX *wait, uint64_t token)
{
	int answer = 0, what;

	keys_client_enter(k, token, (struct now){ 0 });
	what = ASYNC_start_job(job, wait, &answer, sign, &k, sizeof(k));
	keys_client_leave(k);
	return what;
}

TEST(client_full, "has no more signatures under way than it may, and room again when one is over")
{
	static ASYNC_JOB *jobs[MAX_KEYS_UNDER_WAY + 1];
	uint64_t last = 0;
	const struct keys_client_ports ports = { &last, send_request, woken };
	ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
	struct keys_client *k = NULL;
	uint32_t most = 0, rest = 1, over = 0;
	int beyond = 0, again = 0;
	enum err err = keys_client_new(&ports, 7, &k);

	for (uint64_t i = 0; err == ERR_NONE && i < MAX_KEYS_UNDER_WAY; i++)
		(void)go_on(k, &jobs[i], wait, i);
	if (err == ERR_NONE) {
		most = keys_client_under_way(k);
		beyond = go_on(k, &jobs[MAX_KEYS_UNDER_WAY], wait, MAX_KEYS_UNDER_WAY);
		keys_client_cancel(k, 0);
		over += go_on(k, &jobs[0], wait, 0) == ASYNC_FINISH;
		again = go_on(k, &jobs[MAX_KEYS_UNDER_WAY], wait, MAX_KEYS_UNDER_WAY);
	}
	for (uint64_t i = 1; err == ERR_NONE && i <= MAX_KEYS_UNDER_WAY; i++) {
		keys_client_cancel(k, i);
		over += go_on(k, &jobs[i], wait, i) == ASYNC_FINISH;
	}
	if (err == ERR_NONE)
		rest = keys_client_under_way(k);
	keys_client_free(&k);
	ASYNC_WAIT_CTX_free(wait);
	TRY(err);
	CHECK(most == MAX_KEYS_UNDER_WAY && beyond == ASYNC_NO_JOBS && again == ASYNC_PAUSE);
	CHECK(over == MAX_KEYS_UNDER_WAY + 1 && rest == 0);
	return ERR_NONE;
}
