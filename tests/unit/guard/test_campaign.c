/* SPDX-License-Identifier: Apache-2.0 */
/* What is one story and what is two, whose facts belong to it, and how it came out. */
#include "guard/incident.h"
#include "guard/screen.h"
#include "unit/guard/bench_priv.h"

#include <stdio.h>
#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static struct fact probe(const char *address, const char *user, uint64_t after_ms)
{
	struct fact fact = bench_fact(address, FACT_SCANNER, "OPTIONS", after_ms);

	fact.proof = PROOF_NONE;
	fact.reason = SIGNATURE_NOWHERE;
	(void)VIEW_COPY(view_of(user), fact.account);
	return fact;
}

static struct fact login(const char *address, const char *account, enum fact_outcome outcome,
                         uint64_t after_ms)
{
	struct fact fact = bench_failure(address, account, after_ms, after_ms);

	fact.outcome = (uint8_t)outcome;
	fact.status = outcome == OUTCOME_SUCCEEDED ? 200 : 403;
	return fact;
}

static struct fact call(const char *address, const char *number, enum fact_outcome outcome,
                        uint64_t after_ms)
{
	struct fact fact = bench_fact(address, FACT_CALL, "INVITE", after_ms);

	fact.outcome = (uint8_t)outcome;
	fact.status = outcome == OUTCOME_SUCCEEDED ? 200 : 403;
	(void)VIEW_COPY(view_of(number), fact.number);
	return fact;
}

static void guess(struct bench *b, const char *address, const char *account, uint32_t guesses,
                  uint64_t from_ms)
{
	for (uint32_t i = 0; i < guesses; i++) {
		struct fact fact = login(address, account, OUTCOME_FAILED, from_ms + i * SECOND);

		bench_take(b, &fact);
	}
}

static const struct {
	const char *name;
	uint64_t pause_ms;
	uint32_t facts, stories;
} paces[] = {
	{ "one request a minute for 15 hours", MINUTE, 15 * 60, 1 },
	{ "two requests 3.3 hours apart", 198 * MINUTE, 2, 1 },
	{ "one request every 23 hours for a week", 23 * HOUR, 7, 1 },
	{ "two requests two days apart", 48 * HOUR, 2, 2 },
	{ "two requests a day and an hour apart", 25 * HOUR, 2, 2 },
};

TEST(campaign_paces, "a slow scan is one incident, what comes after a quiet day is another")
{
	for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		for (uint32_t k = 0; k < paces[i].facts; k++) {
			struct fact fact = probe("192.0.2.7", "100@x", k * paces[i].pause_ms);

			bench_take(&b, &fact);
			guard_judge_advance(b.judge, bench_at(k * paces[i].pause_ms + MINUTE));
		}
		CHECK_CASE(bench_told(&b) == paces[i].stories, paces[i].name);
		CHECK_CASE(b.last_incident.incident.count ==
		                   (paces[i].stories == 1 ? paces[i].facts : 1),
		           paces[i].name);
	}
	return ERR_NONE;
}

TEST(campaign_story, "what a source did, by whatever rules it was found, is one story in phases")
{
	OWNED_BENCH b = { 0 };
	const struct record_incident *r;
	char account[16];
	struct fact fact;

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	for (uint32_t i = 0; i < 3; i++) {
		fact = probe("192.0.2.7", "100@x", i * SECOND);
		fact.flow.local.bytes[15] = (uint8_t)(1 + i);
		bench_take(&b, &fact);
	}
	for (uint32_t i = 0; i < 40; i++) {
		(void)snprintf(account, sizeof(account), "%u@x", 100 + i);
		fact = bench_fact("192.0.2.7", FACT_UNKNOWN_USER, "REGISTER", 10000 + i * SECOND);
		fact.status = 404;
		(void)VIEW_COPY(view_of(account), fact.account);
		bench_take(&b, &fact);
	}
	guess(&b, "192.0.2.7", "110@x", 9, 100000);
	guess(&b, "192.0.2.7", "111@x", 9, 120000);
	fact = login("192.0.2.7", "111@x", OUTCOME_SUCCEEDED, 130000);
	bench_take(&b, &fact);
	for (uint32_t i = 0; i < 4; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "900120255501%02u", i);
		fact = call("192.0.2.7", number, OUTCOME_FAILED, 140000 + i * SECOND);
		fact.standing = STANDING_KNOWN;
		(void)VIEW_COPY(VIEW("111@x"), fact.account);
		bench_take(&b, &fact);
	}
	guard_judge_advance(b.judge, bench_at(5 * MINUTE));
	r = bench_story(&b, "192.0.2.7");
	CHECK(bench_told(&b) == 1 && r->outcome == OUTCOME_SUCCEEDED);
	CHECK(r->phases ==
	      (PHASE_SCAN | PHASE_ENUMERATE | PHASE_GUESS | PHASE_REGISTER | PHASE_DIAL));
	CHECK(r->targets == 4 && r->users == 40 && r->numbers == 4 && r->sources == 1);
	CHECK(strcmp(r->number_list,
	             "90012025550100 90012025550101 90012025550102 90012025550103") == 0);
	CHECK(strncmp(r->evidence,
	              "scanned 4 targets, tried 40 users, guessed 18 passwords of 2 accounts, "
	              "got in as 111, dialled 4 numbers; succeeded. 66 times: ",
	              100) == 0);
	CHECK(strstr(r->evidence, "scanner: message built as a scanner builds it: From and To"));
	CHECK(strcmp(r->detector, "toll-fraud") == 0 && strcmp(r->rule, "foreign-probe") == 0);
	for (uint32_t i = 1; i < INCIDENT_PHASE_COUNT; i++)
		CHECK(r->phase_wall_us[i] > r->phase_wall_us[i - 1]);
	CHECK(r->phase_wall_us[0] == bench_start.wall_us);
	return ERR_NONE;
}

/* --- Whose facts --- */

static struct fact neighbour_login(void)
{
	struct fact fact = login("192.0.2.7", "300@x", OUTCOME_SUCCEEDED, HOUR);

	fact.flow.remote.port = 40000;
	return fact;
}

static struct fact neighbour_call(void)
{
	struct fact fact = call("192.0.2.7", "12025550100", OUTCOME_SUCCEEDED, HOUR);

	fact.standing = STANDING_KNOWN;
	(void)VIEW_COPY(VIEW("300@x"), fact.account);
	return fact;
}

static struct fact peer_call(void)
{
	struct fact fact = call("192.0.2.7", "12025550100", OUTCOME_SUCCEEDED, HOUR);

	fact.standing = STANDING_PEER;
	return fact;
}

static struct fact own_login(void) { return login("192.0.2.7", "201@x", OUTCOME_SUCCEEDED, HOUR); }

static struct fact own_registration(void)
{
	struct fact fact = own_login();

	fact.kind = FACT_REGISTERED;
	fact.standing = STANDING_KNOWN;
	return fact;
}

static struct fact strangers_call(void)
{
	return call("192.0.2.7", "12025550100", OUTCOME_SUCCEEDED, HOUR);
}

static struct fact refused_call(void)
{
	struct fact fact = bench_fact("192.0.2.7", FACT_REQUEST, "INVITE", HOUR);

	fact.outcome = OUTCOME_FAILED;
	fact.status = 403;
	(void)VIEW_COPY(VIEW("0012025550100"), fact.number);
	return fact;
}

static struct fact other_source(void)
{
	return call("192.0.2.8", "12025550100", OUTCOME_SUCCEEDED, HOUR);
}

static const struct {
	const char *name;
	struct fact (*make)(void);
	bool belongs;
	uint8_t phases, outcome;
} owners[] = {
	{ "the guessed account logs in", own_login, true, PHASE_REGISTER, OUTCOME_SUCCEEDED },
	{ "the guessed account is registered", own_registration, true, PHASE_REGISTER,
	  OUTCOME_SUCCEEDED },
	{ "a stranger's call is answered", strangers_call, true, PHASE_DIAL, OUTCOME_SUCCEEDED },
	{ "a stranger's call is refused", refused_call, true, PHASE_DIAL, OUTCOME_FAILED },
	{ "another account behind the address logs in", neighbour_login, false, 0, OUTCOME_FAILED },
	{ "a known phone behind the address calls", neighbour_call, false, 0, OUTCOME_FAILED },
	{ "a peer of that address calls", peer_call, false, 0, OUTCOME_FAILED },
	{ "another address calls", other_source, false, 0, OUTCOME_FAILED },
};

TEST(campaign_owns, "facts of a source extend its story, those of its neighbours do not")
{
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		OWNED_BENCH b = { 0 };
		const struct record_incident *r = &b.last_incident.incident;
		struct fact fact = owners[i].make();

		TRY(bench_init(&b));
		CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
		guess(&b, "192.0.2.7", "201@x", 8, 0);
		CHECK(r->outcome == OUTCOME_FAILED && r->phases == PHASE_GUESS);
		bench_take(&b, &fact);
		guard_judge_advance(b.judge, bench_at(2 * HOUR));
		CHECK_CASE(r->count == (owners[i].belongs ? 9 : 8), owners[i].name);
		CHECK_CASE(r->phases == (PHASE_GUESS | owners[i].phases), owners[i].name);
		CHECK_CASE(r->outcome == owners[i].outcome, owners[i].name);
	}
	return ERR_NONE;
}

TEST(campaign_typo, "who mistypes and then gets it right has no story")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	guess(&b, "192.0.2.7", "201@x", 3, 0);
	fact = login("192.0.2.7", "201@x", OUTCOME_SUCCEEDED, MINUTE);
	bench_take(&b, &fact);
	fact = call("192.0.2.7", "12025550100", OUTCOME_SUCCEEDED, 2 * MINUTE);
	fact.standing = STANDING_KNOWN;
	bench_take(&b, &fact);
	CHECK(b.incidents == 0);
	return ERR_NONE;
}

TEST(campaign_renamed, "a user who is not there, asked for until he is, has no story")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 10; i++) {
		fact = bench_fact("192.0.2.7", FACT_UNKNOWN_USER, "REGISTER", i * MINUTE);
		fact.status = 404;
		(void)VIEW_COPY(i % 2 ? VIEW("201@x") : VIEW("201@y"), fact.account);
		bench_take(&b, &fact);
	}
	fact = login("192.0.2.7", "201@x", OUTCOME_SUCCEEDED, HOUR);
	bench_take(&b, &fact);
	CHECK(b.incidents == 0);
	return ERR_NONE;
}

TEST(campaign_messages,
     "a message that two facts tell of counts once, and one told late is not the last")
{
	OWNED_BENCH b = { 0 };
	const struct record_incident *r = &b.last_incident.incident;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 10; i++) {
		struct fact fact = probe("192.0.2.7", "100@x", i * MINUTE);

		fact.call_id_hash = 1 + i;
		bench_take(&b, &fact);
		fact.kind = FACT_REQUEST;
		bench_take(&b, &fact);
	}
	guard_judge_advance(b.judge, bench_at(HOUR));
	CHECK(r->count == 10 && r->last_wall_us == bench_at(9 * MINUTE).wall_us);
	for (uint32_t i = 0; i < 2; i++) {
		struct fact fact = bench_fact("192.0.2.7", FACT_REQUEST, "OPTIONS", i * MINUTE);

		fact.call_id_hash = 99 + i;
		bench_take(&b, &fact);
	}
	guard_judge_advance(b.judge, bench_at(2 * HOUR));
	CHECK(r->count == 12 && r->last_wall_us == bench_at(9 * MINUTE).wall_us);
	return ERR_NONE;
}

TEST(campaign_slips,
     "logins that nobody answers are guesses in a story, one unknown user no enumeration")
{
	static const struct {
		const char *name;
		uint32_t logins, unknown;
		uint8_t phases;
	} cases[] = {
		{ "four logins without an answer", 4, 0, PHASE_SCAN },
		{ "a fifth", 5, 0, PHASE_SCAN | PHASE_GUESS },
		{ "one more user, whom nobody knows", 0, 1, PHASE_SCAN },
		{ "two more", 0, 2, PHASE_SCAN | PHASE_ENUMERATE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fact scan = probe("192.0.2.7", "100@x", 0);
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		bench_take(&b, &scan);
		bench_take(&b, &scan);
		for (uint32_t k = 0; k < cases[i].logins; k++) {
			struct fact fact = login("192.0.2.7", "204@x", OUTCOME_UNKNOWN, k * SECOND);

			bench_take(&b, &fact);
		}
		for (uint32_t k = 0; k < cases[i].unknown; k++) {
			struct fact fact =
				bench_fact("192.0.2.7", FACT_UNKNOWN_USER, "REGISTER", k * SECOND);

			fact.status = 404;
			fact.account[0] = (char)('a' + k);
			bench_take(&b, &fact);
		}
		guard_judge_advance(b.judge, bench_at(MINUTE));
		CHECK_CASE(bench_story(&b, "192.0.2.7")->phases == cases[i].phases, cases[i].name);
	}
	return ERR_NONE;
}

TEST(campaign_unseen, "where no reply was seen it is not known how it came out")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	fact = probe("192.0.2.7", "100@x", 0);
	bench_take(&b, &fact);
	CHECK(b.last_incident.incident.outcome == OUTCOME_UNKNOWN);
	fact = bench_fact("192.0.2.7", FACT_REQUEST, "OPTIONS", SECOND);
	fact.status = 403;
	bench_take(&b, &fact);
	CHECK(b.last_incident.incident.outcome == OUTCOME_FAILED);
	return ERR_NONE;
}

TEST(campaign_blocked, "a block of the source shows in its incident, one that is observed does not")
{
	for (int is_block = 0; is_block < 2; is_block++) {
		OWNED_BENCH b = { 0 };

		TRY(bench_init(&b));
		CHECK(bench_ask_mode(&b, "", is_block ? MODE_BLOCK : MODE_OBSERVE, 0, 0) ==
		      ERR_NONE);
		guess(&b, "192.0.2.7", "201@x", 12, 0);
		CHECK(b.last_incident.incident.is_blocked == is_block);
		CHECK(b.last_block.block.incident == b.last_incident.incident.incident);
		CHECK(b.last_block.block.is_observed == !is_block);
	}
	return ERR_NONE;
}

TEST(campaign_device, "a device with an old password is told beside the campaign of its address")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	for (uint32_t i = 0; i < 20; i++) {
		fact = bench_failure("192.0.2.7", "205@x", 77, i * MINUTE);
		fact.kind = FACT_OLD_PASSWORD;
		fact.cseq = 2 + i;
		bench_take(&b, &fact);
	}
	guess(&b, "192.0.2.7", "201@x", 12, HOUR);
	CHECK(bench_told(&b) == 2);
	CHECK(strcmp(b.told[0].rule, "old-password") == 0 && b.told[0].phases == 0);
	CHECK(strcmp(b.told[1].rule, "failed-login") == 0 && b.told[1].users == 1);
	return ERR_NONE;
}

/* --- Together --- */

static void distributed(struct bench *b, uint32_t sources, uint32_t rounds)
{
	char address[32];

	for (uint32_t r = 0; r < rounds; r++) {
		for (uint32_t i = 0; i < sources; i++) {
			(void)snprintf(address, sizeof(address), "198.51.%u.%u", i / 200,
			               i % 200 + 1);
			guess(b, address, "201@x", 1, r * HOUR + i * MINUTE);
		}
	}
}

TEST(campaign_together, "one account guessed from many sources is one incident with all of them")
{
	OWNED_BENCH b = { 0 };
	const struct record_incident *r;
	struct fact fact;

	TRY(bench_init(&b));
	distributed(&b, 20, 2);
	fact = login("198.51.0.5", "201@x", OUTCOME_SUCCEEDED, 3 * HOUR);
	bench_take(&b, &fact);
	guard_judge_advance(b.judge, bench_at(4 * HOUR));
	r = bench_story(&b, "");
	CHECK(bench_told(&b) == 1 && r->sources == 20 && r->count == 41);
	CHECK(r->first_wall_us == bench_start.wall_us && r->outcome == OUTCOME_SUCCEEDED);
	CHECK(strcmp(r->rule, "distributed") == 0 && strcmp(r->account, "201@x") == 0);
	CHECK(strncmp(r->source_list, "198.51.0.", 9) == 0);
	CHECK(strncmp(r->evidence,
	              "20 sources, guessed 40 passwords of 201, got in as 201; succeeded.",
	              66) == 0);
	return ERR_NONE;
}

TEST(campaign_joins, "a source that was told alone says in whose story it goes on")
{
	OWNED_BENCH b = { 0 };
	uint64_t number;

	TRY(bench_init(&b));
	guess(&b, "198.51.0.3", "201@x", 5, 0);
	CHECK(bench_told(&b) == 1);
	number = b.last_incident.incident.incident;
	distributed(&b, 20, 1);
	guard_judge_advance(b.judge, bench_at(2 * HOUR));
	CHECK(bench_told(&b) == 1 && b.told[0].incident == number);
	CHECK(b.told[0].part_of == bench_story(&b, "")->incident);
	CHECK(bench_story(&b, "")->sources == 20 && bench_story(&b, "")->count == 25);
	/* Nor is it told again when all is long over. */
	guard_judge_advance(b.judge, bench_at(72 * (uint64_t)HOUR));
	CHECK(bench_told(&b) == 1);
	return ERR_NONE;
}

TEST(campaign_leaves, "a source that does more than all of them has its own story again")
{
	OWNED_BENCH b = { 0 };
	char account[16];

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	distributed(&b, 20, 1);
	for (uint32_t i = 0; i < 30; i++) {
		(void)snprintf(account, sizeof(account), "%u@x", 300 + i);
		guess(&b, "198.51.0.3", account, 2, HOUR + i * 2 * SECOND);
	}
	guard_judge_advance(b.judge, bench_at(2 * HOUR));
	CHECK(bench_told(&b) == 2);
	CHECK(bench_story(&b, "198.51.0.3")->count == 61);
	CHECK(bench_story(&b, "")->sources == 20);
	return ERR_NONE;
}

/* --- Ceilings --- */

TEST(campaign_lists, "what does not fit into a list is counted all the same")
{
	OWNED_BENCH b = { 0 };
	const struct record_incident *r;
	char account[48];
	struct fact fact;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 2652; i++) {
		(void)snprintf(account, sizeof(account), "user%04u-with-a-long-name@x", i);
		fact = probe("192.0.2.7", account, i * SECOND);
		bench_take(&b, &fact);
	}
	guard_judge_advance(b.judge, bench_at(HOUR));
	r = bench_story(&b, "192.0.2.7");
	CHECK(r->users > 2599 && r->users < 2705);
	CHECK(strlen(r->user_list) > 200 && r->user_list[strlen(r->user_list) - 1] == 'e');
	return ERR_NONE;
}

TEST(campaign_blank, "a user with a blank in it is one in the list, as it stands in a URI")
{
	OWNED_BENCH b = { 0 };
	struct fact fact;

	TRY(bench_init(&b));
	for (uint32_t i = 0; i < 40; i++) {
		char account[48];

		(void)snprintf(account, sizeof(account), "front desk %u@x", i);
		fact = probe("192.0.2.7", account, i * SECOND);
		bench_take(&b, &fact);
	}
	guard_judge_advance(b.judge, bench_at(HOUR));
	CHECK(view_starts(view_of(bench_story(&b, "192.0.2.7")->user_list),
	                  VIEW("front%20desk%200 front%20desk%201 ")));
	return ERR_NONE;
}

TEST(campaign_full, "more forged sources than the table holds do not push out a proven story")
{
	OWNED_BENCH b = { 0 };
	uint64_t number;
	char address[32];

	TRY(bench_init(&b));
	CHECK(bench_ask_mode(&b, "", MODE_OBSERVE, 0, 0) == ERR_NONE);
	guess(&b, "192.0.2.7", "201@x", 8, 0);
	number = b.last_incident.incident.incident;
	for (uint32_t i = 0; i < 2 * MAX_OPEN_INCIDENTS; i++) {
		struct fact fact;

		(void)snprintf(address, sizeof(address), "10.%u.%u.1", i / 250, i % 250);
		fact = probe(address, "100@x", MINUTE + i);
		bench_take(&b, &fact);
	}
	CHECK(b.told_count <= 1 + 2 * INCIDENT_UNPROVEN_RATE);
	guess(&b, "192.0.2.7", "201@x", 8, HOUR);
	guard_judge_advance(b.judge, bench_at(2 * HOUR));
	CHECK(bench_story(&b, "192.0.2.7")->incident == number);
	CHECK(bench_story(&b, "192.0.2.7")->count == 16);
	return ERR_NONE;
}
