/* SPDX-License-Identifier: Apache-2.0 */
/* Door, login table and judge in one row, before a PBX of three lines: how many
 * guesses reach it, and who is blocked when. */
#include "guard/door.h"
#include "guard/login.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>

enum { HOLD_MS = 250, MAX_GUESSES = 64, HOUR_MS = 3600000 };

static const struct hash_key key = { { 3, 1 } };

struct chain {
	struct bench bench;
	struct guard_door *door;
	struct guard_logins *logins;
	struct guard_door_settings settings;
	uint32_t reached, proven, blocked_at; /* guesses at the PBX, proven ones in all */
};

static void chain_clear(struct chain *c)
{
	guard_door_free(&c->door);
	guard_logins_free(&c->logins);
	bench_clear(&c->bench);
}

#define OWNED_CHAIN __attribute__((cleanup(chain_clear))) struct chain

static enum err chain_init(struct chain *c)
{
	enum err err = bench_init(&c->bench);

	guard_door_defaults(&c->settings);
	if (err == ERR_NONE)
		err = guard_door_new(c->bench.verdicts, c->settings.max_blocked_sources, &key,
		                     &c->door);
	if (err == ERR_NONE)
		err = guard_logins_new(&c->settings, &key, &c->logins);
	return err;
}

/* One login attempt with a good cookie. `password_is_right` is the PBX. */
struct attempt {
	const char *address, *account;
	uint16_t port;
	uint64_t call_id, response;
	uint32_t cseq;
	bool is_known, host_has_known, password_is_right;
};

static struct guard_login login_of(const struct attempt *a)
{
	struct guard_login login = { .source = bench_addr(a->address),
		                     .account = view_of(a->account),
		                     .call_id_hash = a->call_id,
		                     .response_hash = a->response,
		                     .contact_hash = 77,
		                     .cseq = a->cseq };

	login.source.port = a->port;
	return login;
}

static bool door_opens(struct chain *c, const struct attempt *a, uint64_t at_ms)
{
	struct flow flow = { .remote = bench_addr(a->address) };
	struct guard_knock knock = { .flow = &flow,
		                     .bytes = VIEW("REGISTER sip:x SIP/2.0\r\n"),
		                     .standing = a->is_known ? STANDING_KNOWN : STANDING_STRANGER,
		                     .host_has_known = a->host_has_known };

	flow.remote.port = a->port;
	return guard_door_meet(c->door, &knock, &c->settings.blocked_challenges, bench_at(at_ms))
	               .answer == DOOR_PASS;
}

static void tell(struct chain *c, const struct attempt *a, enum fact_kind kind, uint64_t at_ms)
{
	struct fact fact = bench_failure(a->address, a->account, a->call_id, at_ms);

	fact.kind = (uint8_t)kind;
	fact.cseq = a->cseq;
	fact.flow.remote.port = a->port;
	fact.standing = a->is_known ? STANDING_KNOWN : STANDING_STRANGER;
	if (a->password_is_right)
		fact.outcome = OUTCOME_SUCCEEDED;
	bench_take(&c->bench, &fact);
	c->proven++;
	if (c->blocked_at == 0 && c->bench.blocks > 0)
		c->blocked_at = c->proven;
}

/* What the border does with it up to the moment where the answer is held. */
static enum guard_login_answer attempt(struct chain *c, const struct attempt *a, uint64_t at_ms)
{
	static const enum fact_kind kinds[] = { [LOGIN_PASS] = FACT_LOGIN,
		                                [LOGIN_REPEAT_LAST] = FACT_OLD_PASSWORD,
		                                [LOGIN_REFUSE] = FACT_CAPPED };
	struct guard_login login = login_of(a);
	enum guard_login_answer answer = LOGIN_DROP;
	uint16_t status;

	if (door_opens(c, a, at_ms))
		answer = guard_login_ask(c->logins, &login, bench_at(at_ms).us, &status);
	if (answer == LOGIN_GUESS)
		tell(c, a, FACT_CAPPED, at_ms);
	if (answer == LOGIN_DROP || answer == LOGIN_GUESS)
		return LOGIN_DROP;
	if (answer == LOGIN_PASS) {
		c->reached++;
		guard_login_decided(c->logins, &login,
		                    a->password_is_right ? OUTCOME_SUCCEEDED : OUTCOME_FAILED,
		                    a->password_is_right ? 200 : 403, bench_at(at_ms).us);
	}
	tell(c, a, kinds[answer], at_ms);
	return answer;
}

static void leave(struct chain *c, const struct attempt *a, uint64_t at_ms)
{
	struct guard_login login = login_of(a);

	guard_login_left(c->logins, &login, bench_at(at_ms).us);
}

TEST(chain_guessers,
     "a guesser is blocked at most at the 11th proven guess, and none later reaches the PBX")
{
	static const struct {
		const char *name;
		uint64_t pause_ms;
		bool keeps_call_id;
	} cases[] = {
		{ "as fast as answers leave, a Call-ID for each guess", 250, false },
		{ "as fast as answers leave, one Call-ID and CSeq", 250, true },
		{ "once a second", 1000, false },
		{ "once in 30 s", 30000, false },
		{ "once in 30 s, one Call-ID and CSeq", 30000, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_CHAIN c = { 0 };

		TRY(chain_init(&c));
		for (uint32_t k = 0; k < MAX_GUESSES; k++) {
			struct attempt a = { .address = "192.0.2.7",
				             .account = "201@x",
				             .port = 5060,
				             .call_id = cases[i].keeps_call_id ? 5 : k,
				             .cseq = 2 };
			uint64_t at_ms = k * cases[i].pause_ms;

			if (attempt(&c, &a, at_ms) != LOGIN_DROP)
				leave(&c, &a, at_ms + HOLD_MS - 1);
		}
		CHECK_CASE(c.blocked_at > 0 && c.blocked_at <= 11, cases[i].name);
		CHECK_CASE(c.reached <= 10 && c.proven == c.blocked_at, cases[i].name);
	}
	return ERR_NONE;
}

TEST(chain_at_once,
     "60 guesses at once on one nonce are blocked at most at the 11th, posing as a device or not")
{
	for (int is_posing = 0; is_posing < 2; is_posing++) {
		OWNED_CHAIN c = { 0 };

		TRY(chain_init(&c));
		for (uint32_t k = 0; k < 60; k++) {
			struct attempt a = { .address = "192.0.2.7",
				             .account = "201@x",
				             .port = 5060,
				             .call_id = is_posing ? 5 : k,
				             .response = k,
				             .cseq = is_posing ? 2 + k : 2 };

			(void)attempt(&c, &a, k / 10);
		}
		CHECK(c.blocked_at > 0 && c.blocked_at <= 11 && c.reached == 1);
		CHECK(c.proven == c.blocked_at);
	}
	return ERR_NONE;
}

TEST(chain_repeated_bytes,
     "a phone that repeats its bytes while it waits for the PBX is no guesser")
{
	OWNED_CHAIN c = { 0 };
	struct attempt a = { .address = "192.0.2.7",
		             .account = "201@x",
		             .port = 5060,
		             .call_id = 5,
		             .response = 9,
		             .cseq = 2 };

	TRY(chain_init(&c));
	for (uint32_t k = 0; k < 60; k++)
		(void)attempt(&c, &a, k * 500);
	CHECK(c.proven == 1 && c.reached == 1 && c.bench.incidents == 0);
	return ERR_NONE;
}

TEST(chain_posing,
     "who poses as an old-password device is not blocked and gets 10 guesses and then 6 an hour")
{
	OWNED_CHAIN c = { 0 };
	uint32_t after_an_hour = 0;

	TRY(chain_init(&c));
	for (uint32_t k = 0; k < 4 * 3600; k++) {
		struct attempt a = { .address = "192.0.2.7",
			             .account = "201@x",
			             .port = 5060,
			             .call_id = 5,
			             .cseq = 2 + k };

		if (attempt(&c, &a, k * 1000) != LOGIN_DROP)
			leave(&c, &a, k * 1000 + HOLD_MS);
		if (k == 3600)
			after_an_hour = c.reached;
	}
	CHECK(c.bench.blocks == 0 && after_an_hour <= 16);
	CHECK(c.reached - after_an_hour <= 18);
	return ERR_NONE;
}

TEST(chain_office,
     "200 phones come at once after a restart, 10 with an old password: none is blocked, 190 get in")
{
	/* When a phone repeats an unanswered REGISTER, and when it begins again. */
	static const uint32_t sent_ms[] = {
		0,     500,   1500,  3500,  7500,  11500, 15500, 19500,
		23500, 27500, 31500, 60000, 60500, 61500, 63500, 67500
	};
	OWNED_CHAIN c = { 0 };
	bool is_in[200] = { false };
	char account[16];
	uint32_t in = 0;

	TRY(chain_init(&c));
	for (size_t s = 0; s < sizeof(sent_ms) / sizeof(sent_ms[0]); s++) {
		for (uint32_t i = 0; i < 200; i++) {
			struct attempt a = { .address = "192.0.2.7",
				             .account = account,
				             .port = (uint16_t)(20000 + i),
				             .call_id = 1000 + i,
				             .cseq = (uint32_t)(2 + s),
				             .host_has_known = in > 0,
				             .password_is_right = i % 20 != 0 };

			(void)snprintf(account, sizeof(account), "%u@x", 200 + i);
			if (is_in[i] || attempt(&c, &a, sent_ms[s] + i) == LOGIN_DROP)
				continue;
			leave(&c, &a, sent_ms[s] + i + (a.password_is_right ? 0 : HOLD_MS));
			is_in[i] = a.password_is_right;
			in += is_in[i];
		}
	}
	CHECK(in == 190 && c.bench.blocks == 0);
	CHECK(!bench_is_suspect(&c.bench, "192.0.2.7", 70000));
	return ERR_NONE;
}

TEST(chain_neighbour,
     "a registered phone at the guesser's own address goes on while the address is blocked")
{
	OWNED_CHAIN c = { 0 };
	struct attempt phone = { .address = "192.0.2.7",
		                 .account = "202@x",
		                 .port = 5062,
		                 .call_id = 9,
		                 .cseq = 2,
		                 .is_known = true,
		                 .host_has_known = true,
		                 .password_is_right = true };

	TRY(chain_init(&c));
	for (uint32_t k = 0; k < 20; k++) {
		struct attempt guess = { .address = "192.0.2.7",
			                 .account = "201@x",
			                 .port = 5060,
			                 .call_id = 100 + k,
			                 .cseq = 2,
			                 .host_has_known = true };

		if (attempt(&c, &guess, k * 300) != LOGIN_DROP)
			leave(&c, &guess, k * 300 + HOLD_MS);
	}
	CHECK(bench_is_blocked(&c.bench, "192.0.2.7", 10000));
	for (uint32_t k = 0; k < 60; k++, phone.cseq += 2) {
		CHECK(attempt(&c, &phone, 10000 + k * 54000) == LOGIN_PASS);
		leave(&c, &phone, 10000 + k * 54000);
	}
	return ERR_NONE;
}

TEST(chain_restarted_device,
     "a device with an old password that gets a new Call-ID once an hour is no guesser")
{
	OWNED_CHAIN c = { 0 };

	TRY(chain_init(&c));
	for (uint32_t k = 0; k < 6 * 60; k++) {
		struct attempt a = { .address = "192.0.2.7",
			             .account = "201@x",
			             .port = 5060,
			             .call_id = 50 + k / 60,
			             .cseq = 2 + k % 60 };

		if (attempt(&c, &a, k * 60000) != LOGIN_DROP)
			leave(&c, &a, k * 60000 + HOLD_MS);
	}
	CHECK(c.bench.blocks == 0 && !bench_is_suspect(&c.bench, "192.0.2.7", 6 * HOUR_MS));
	return ERR_NONE;
}
