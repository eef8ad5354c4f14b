/* SPDX-License-Identifier: Apache-2.0 */
/* How many guesses reach the PBX, and that no honest phone pays for it. */
#include "base/now.h"
#include "guard/login.h"
#include "runner/test.h"

static const struct hash_key key = { { 7 } };
static const uint64_t start_us = 1000 * (uint64_t)SECOND_US;
static const uint64_t minute_us = 60 * (uint64_t)SECOND_US, hour_us = 3600 * (uint64_t)SECOND_US;

struct desk {
	struct guard_logins *logins;
	uint32_t answers[LOGIN_DROP + 1];
};

static void desk_clear(struct desk *d) { guard_logins_free(&d->logins); }

#define OWNED_DESK __attribute__((cleanup(desk_clear))) struct desk

static enum err desk_init(struct desk *d)
{
	struct guard_door_settings settings;

	guard_door_defaults(&settings);
	return guard_logins_new(&settings, &key, &d->logins);
}

static struct guard_login login_of(uint8_t host, const char *account, uint64_t call_id,
                                   uint32_t cseq)
{
	struct guard_login login = { .source = { .family = 4,
		                                 .bytes = { [10] = 0xff, 0xff, 192, 0, 2, host } },
		                     .account = view_of(account),
		                     .call_id_hash = call_id,
		                     .contact_hash = call_id + 1,
		                     .cseq = cseq };

	login.source.port = (uint16_t)(1024 + call_id % 60000);
	return login;
}

static enum guard_login_answer ask(struct desk *d, const struct guard_login *login, uint64_t now_us)
{
	uint16_t status = 0;
	enum guard_login_answer answer = guard_login_ask(d->logins, login, now_us, &status);

	d->answers[answer]++;
	return answer;
}

/* One login from beginning to end; the answer leaves at once. */
static enum guard_login_answer try(struct desk *d, const struct guard_login *login,
                                   enum fact_outcome outcome, uint64_t now_us)
{
	enum guard_login_answer answer = ask(d, login, now_us);

	if (answer == LOGIN_PASS)
		guard_login_decided(d->logins, login, outcome,
		                    outcome == OUTCOME_SUCCEEDED ? 200 : 403, now_us);
	if (answer != LOGIN_DROP)
		guard_login_left(d->logins, login, now_us);
	return answer;
}

TEST(login_typos,
     "two to four wrong passwords and then the right one all reach the PBX in their time")
{
	OWNED_DESK d = { 0 };
	struct guard_login login;

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 4; i++) {
		login = login_of(7, "201@x", i, 2);
		CHECK(try(&d, &login, OUTCOME_FAILED, start_us + i * 25 * SECOND_US) == LOGIN_PASS);
	}
	login = login_of(7, "201@x", 9, 2);
	CHECK(try(&d, &login, OUTCOME_SUCCEEDED, start_us + 100 * (uint64_t)SECOND_US) ==
	      LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_at_once,
     "of 60 guesses at once for one account one reaches the PBX, until its answer has left")
{
	OWNED_DESK d = { 0 };
	struct guard_login first = login_of(7, "201@x", 1, 2), next = login_of(7, "201@x", 99, 2);

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 60; i++) {
		struct guard_login login = login_of(7, "201@x", 1 + i, 2 + i);

		(void)ask(&d, &login, start_us);
	}
	CHECK(d.answers[LOGIN_PASS] == 1 && d.answers[LOGIN_DROP] == 59);
	guard_login_decided(d.logins, &first, OUTCOME_FAILED, 403, start_us + 1000);
	CHECK(ask(&d, &next, start_us + 2000) == LOGIN_DROP);
	guard_login_left(d.logins, &first, start_us + 250000);
	CHECK(ask(&d, &next, start_us + 250001) == LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_in_flight,
     "sixteen logins of a source are in flight, the seventeenth waits for one to leave")
{
	static const char *const accounts[] = { "1@x",  "2@x",  "3@x",  "4@x",  "5@x",  "6@x",
		                                "7@x",  "8@x",  "9@x",  "10@x", "11@x", "12@x",
		                                "13@x", "14@x", "15@x", "16@x" };
	OWNED_DESK d = { 0 };
	struct guard_login login, next = login_of(7, "17@x", 17, 2),
				  elsewhere = login_of(8, "17@x", 17, 2);

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 16; i++) {
		login = login_of(7, accounts[i], i, 2);
		CHECK(ask(&d, &login, start_us) == LOGIN_PASS);
	}
	CHECK(ask(&d, &next, start_us) == LOGIN_DROP);
	CHECK(ask(&d, &elsewhere, start_us) == LOGIN_PASS);
	login = login_of(7, "2@x", 1, 2);
	guard_login_left(d.logins, &login, start_us);
	guard_login_left(d.logins, &login, start_us);
	CHECK(ask(&d, &next, start_us) == LOGIN_PASS);
	login = login_of(7, "18@x", 18, 2);
	CHECK(ask(&d, &login, start_us) == LOGIN_DROP);
	return ERR_NONE;
}

TEST(login_forgotten,
     "a slot whose owner never came back is free after its life, however busy the source")
{
	OWNED_DESK d = { 0 };
	struct guard_login lost = login_of(7, "lost@x", 1, 2), busy;

	TRY(desk_init(&d));
	CHECK(ask(&d, &lost, start_us) == LOGIN_PASS);
	for (uint32_t i = 1; i < LOGIN_UNDECIDED_LIFE_S; i++) {
		busy = login_of(7, "busy@x", 2, 2 + i);
		CHECK(try(&d, &busy, OUTCOME_SUCCEEDED, start_us + i * (uint64_t)SECOND_US) ==
		      LOGIN_PASS);
		CHECK(ask(&d, &lost, start_us + i * (uint64_t)SECOND_US) == LOGIN_DROP);
	}
	CHECK(ask(&d, &lost, start_us + LOGIN_UNDECIDED_LIFE_S * (uint64_t)SECOND_US) ==
	      LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_caps, "three refusals a minute reach the PBX, what is beyond is refused alike")
{
	OWNED_DESK d = { 0 };
	struct guard_login owner = login_of(8, "201@x", 1, 2);

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 60; i++) {
		struct guard_login login = login_of(7, "201@x", 100 + i, 2);

		(void)try(&d, &login, OUTCOME_FAILED,
		          start_us + i * 300 * (uint64_t)MILLISECOND_US);
	}
	CHECK(d.answers[LOGIN_PASS] == 3 && d.answers[LOGIN_REFUSE] == 57);
	CHECK(try(&d, &owner, OUTCOME_SUCCEEDED, start_us + 20 * (uint64_t)SECOND_US) ==
	      LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_source_cap,
     "thirty refusals a minute of one source reach the PBX, over all its accounts")
{
	OWNED_DESK d = { 0 };
	char account[8] = "a0@x";

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 100; i++) {
		struct guard_login login;

		account[0] = (char)('a' + i / 10);
		account[1] = (char)('0' + i % 10);
		login = login_of(7, account, i, 2);
		(void)try(&d, &login, OUTCOME_FAILED,
		          start_us + i * 100 * (uint64_t)MILLISECOND_US);
	}
	CHECK(d.answers[LOGIN_PASS] == 30 && d.answers[LOGIN_REFUSE] == 70);
	return ERR_NONE;
}

/* Guesses that pose as a device with an old password, for three hours. */
static void pose(struct desk *d, uint32_t call_ids, uint32_t *ret_first_hour, uint32_t *ret_rest)
{
	uint32_t cseq = 2;

	for (uint64_t at_us = 0; at_us < 3 * hour_us; at_us += SECOND_US) {
		struct guard_login login = login_of(7, "201@x", 50 + cseq % call_ids, cseq);

		cseq++;
		if (try(d, &login, OUTCOME_FAILED, start_us + at_us) == LOGIN_PASS)
			(*(at_us < hour_us ? ret_first_hour : ret_rest))++;
	}
}

TEST(login_posing,
     "who poses as an old-password device gets 10 guesses and then 6 an hour, and is never capped")
{
	OWNED_DESK d = { 0 };
	uint32_t first = 0, rest = 0;

	TRY(desk_init(&d));
	pose(&d, 1, &first, &rest);
	CHECK(first <= 10 + 6 && rest <= 12 && rest >= 11);
	CHECK(d.answers[LOGIN_REFUSE] == 0);
	return ERR_NONE;
}

TEST(login_posing_twice, "posing with several Call-IDs buys no more than their first tries")
{
	for (uint32_t call_ids = 2; call_ids <= MAX_LOGIN_DEVICES; call_ids++) {
		OWNED_DESK d = { 0 };
		uint32_t first = 0, rest = 0;

		TRY(desk_init(&d));
		pose(&d, call_ids, &first, &rest);
		CHECK(first <= 10 + 6 && rest <= 12);
	}
	return ERR_NONE;
}

TEST(login_holds,
     "after the 5th refusal a device is asked once per 30 s, after the 10th once per 10 min")
{
	OWNED_DESK d = { 0 };
	uint64_t passed_us[16] = { 0 };
	uint32_t passes = 0, cseq = 2;

	TRY(desk_init(&d));
	for (uint64_t at_us = 0; passes < 13 && at_us < 2 * hour_us; at_us += 5 * SECOND_US) {
		struct guard_login login = login_of(7, "201@x", 50, cseq++);

		if (try(&d, &login, OUTCOME_FAILED, start_us + at_us) == LOGIN_PASS)
			passed_us[passes++] = at_us;
	}
	CHECK(passes == 13);
	for (uint32_t i = 5; i < 10; i++)
		CHECK(passed_us[i] - passed_us[i - 1] >= 30 * (uint64_t)SECOND_US &&
		      passed_us[i] - passed_us[i - 1] <= 60 * (uint64_t)SECOND_US);
	for (uint32_t i = 10; i < 13; i++)
		CHECK(passed_us[i] - passed_us[i - 1] == 600 * (uint64_t)SECOND_US);
	return ERR_NONE;
}

TEST(login_burst,
     "a phone that answers 15 challenges in a burst is held back as a device, not capped as a guesser")
{
	OWNED_DESK d = { 0 };
	uint16_t status = 0;
	struct guard_login login;

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 15; i++) {
		login = login_of(7, "201@x", 50, 2 + i);
		(void)try(&d, &login, OUTCOME_FAILED,
		          start_us + i * 260 * (uint64_t)MILLISECOND_US);
	}
	CHECK(d.answers[LOGIN_PASS] == 3 && d.answers[LOGIN_REPEAT_LAST] == 12);
	login = login_of(7, "201@x", 50, 99);
	CHECK(guard_login_ask(d.logins, &login, start_us + 6 * (uint64_t)SECOND_US, &status) ==
	      LOGIN_REPEAT_LAST);
	CHECK(status == 403);
	return ERR_NONE;
}

TEST(login_capped_device,
     "a device that was first heard of beyond the caps repeats itself like any other")
{
	OWNED_DESK d = { 0 };
	struct guard_login login;

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 3; i++) {
		login = login_of(7, "201@x", i, 2);
		CHECK(try(&d, &login, OUTCOME_FAILED, start_us) == LOGIN_PASS);
	}
	login = login_of(7, "201@x", 50, 2);
	CHECK(try(&d, &login, OUTCOME_FAILED, start_us + SECOND_US) == LOGIN_REFUSE);
	login.cseq++;
	CHECK(try(&d, &login, OUTCOME_FAILED, start_us + 2 * SECOND_US) == LOGIN_REPEAT_LAST);
	return ERR_NONE;
}

TEST(login_restarted_phone,
     "the owner who corrects his password and restarts his phone gets in at once")
{
	OWNED_DESK d = { 0 };
	uint32_t first = 0, rest = 0;
	struct guard_login login = login_of(7, "201@x", 77, 2);

	TRY(desk_init(&d));
	pose(&d, 1, &first, &rest);
	CHECK(try(&d, &login, OUTCOME_SUCCEEDED, start_us + 3 * hour_us + minute_us) == LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_success_is_own, "a device's success ends its own holds and no guesser's caps")
{
	OWNED_DESK d = { 0 };
	struct guard_login guess, owner;

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 3; i++) {
		guess = login_of(7, "201@x", 100 + i, 2);
		CHECK(try(&d, &guess, OUTCOME_FAILED, start_us) == LOGIN_PASS);
	}
	owner = login_of(7, "202@x", 5, 2);
	CHECK(try(&d, &owner, OUTCOME_SUCCEEDED, start_us + 1000) == LOGIN_PASS);
	guess = login_of(7, "201@x", 200, 2);
	CHECK(try(&d, &guess, OUTCOME_FAILED, start_us + 2000) == LOGIN_REFUSE);

	owner = login_of(9, "203@x", 5, 2);
	for (uint32_t i = 0; i < 12; i++, owner.cseq++)
		(void)try(&d, &owner, OUTCOME_FAILED, start_us + i * minute_us);
	owner.cseq++;
	CHECK(try(&d, &owner, OUTCOME_SUCCEEDED, start_us + 30 * minute_us) == LOGIN_PASS);
	owner.cseq++;
	CHECK(try(&d, &owner, OUTCOME_SUCCEEDED, start_us + 31 * minute_us) == LOGIN_PASS);
	return ERR_NONE;
}

TEST(login_stale, "a stale nonce is no refusal, however often")
{
	OWNED_DESK d = { 0 };

	TRY(desk_init(&d));
	for (uint32_t i = 0; i < 50; i++) {
		struct guard_login login = login_of(7, "201@x", i, 2);

		CHECK(try(&d, &login, OUTCOME_UNKNOWN, start_us + i) == LOGIN_PASS);
	}
	return ERR_NONE;
}

TEST(login_office,
     "200 phones behind one address, 10 with an old password, all get in and none is capped")
{
	static const uint32_t sent_ms[] = { 0,     500,   1500,  3500,  7500,  11500,
		                            15500, 19500, 23500, 27500, 31500, 61500,
		                            62000, 63000, 65000, 69000, 73000, 77000 };
	OWNED_DESK d = { 0 };
	bool is_in[200] = { false };
	uint32_t in = 0;
	char account[8] = "000@x";

	TRY(desk_init(&d));
	for (size_t s = 0; s < sizeof(sent_ms) / sizeof(sent_ms[0]); s++) {
		for (uint32_t i = 0; i < 200; i++) {
			bool has_old_password = i % 20 == 0;
			uint64_t at_us = start_us + sent_ms[s] * (uint64_t)MILLISECOND_US + i * 300;
			struct guard_login login;

			if (is_in[i])
				continue;
			account[0] = (char)('0' + i / 100);
			account[1] = (char)('0' + i / 10 % 10);
			account[2] = (char)('0' + i % 10);
			login = login_of(7, account, 1000 + i, (uint32_t)s + 2);
			if (try(&d, &login, has_old_password ? OUTCOME_FAILED : OUTCOME_SUCCEEDED,
			        at_us) == LOGIN_PASS &&
			    !has_old_password)
				is_in[i] = true, in++;
		}
	}
	CHECK(in == 190);
	CHECK(d.answers[LOGIN_REFUSE] == 0);
	return ERR_NONE;
}

TEST(login_full, "a table full of accounts forgets the quietest and keeps what is in flight")
{
	struct guard_door_settings settings;
	OWNED_DESK d = { 0 };
	struct guard_login held = login_of(200, "held@x", 1, 2);
	char account[8] = "a00@x";

	guard_door_defaults(&settings);
	settings.max_login_pairs = settings.max_login_sources = 16;
	TRY(guard_logins_new(&settings, &key, &d.logins));
	CHECK(ask(&d, &held, start_us) == LOGIN_PASS);
	for (uint32_t i = 0; i < 2000; i++) {
		struct guard_login login;

		account[0] = (char)('a' + i % 23);
		account[1] = (char)('a' + i % 17);
		login = login_of((uint8_t)(i % 190), account, i, 2);
		(void)try(&d, &login, OUTCOME_FAILED, start_us + i);
	}
	CHECK(ask(&d, &held, start_us + 5000) == LOGIN_DROP);
	return ERR_NONE;
}
