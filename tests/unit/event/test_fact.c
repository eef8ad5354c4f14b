/* SPDX-License-Identifier: Apache-2.0 */
/* Facts from a process that may have been taken over. */
#include "event/fact.h"
#include "runner/test.h"

#include <string.h>

static struct fact sound_fact(void)
{
	struct fact f = { .version = FACT_VERSION,
		          .kind = FACT_LOGIN,
		          .proof = PROOF_COOKIE,
		          .outcome = OUTCOME_FAILED,
		          .count = 1 };

	f.flow.remote.family = f.flow.local.family = 4;
	(void)VIEW_COPY(VIEW("REGISTER"), f.method);
	(void)VIEW_COPY(VIEW("201@example.com"), f.account);
	return f;
}

static void bad_version(struct fact *f) { f->version++; }
static void bad_kind(struct fact *f) { f->kind = FACT_KIND_COUNT; }
static void bad_proof(struct fact *f) { f->proof = PROOF_CONNECTION + 1; }
static void bad_outcome(struct fact *f) { f->outcome = 3; }
static void bad_standing(struct fact *f) { f->standing = 3; }
static void bad_transport(struct fact *f) { f->flow.transport = 9; }
static void bad_remote(struct fact *f) { f->flow.remote.family = 5; }
static void bad_local(struct fact *f) { f->flow.local.family = 1; }
static void open_account(struct fact *f) { memset(f->account, 'x', sizeof(f->account)); }
static void open_method(struct fact *f) { memset(f->method, 'x', sizeof(f->method)); }
static void open_number(struct fact *f) { memset(f->number, '1', sizeof(f->number)); }
static void escape_in_account(struct fact *f) { f->account[1] = 0x1b; }
static void newline_in_method(struct fact *f) { f->method[0] = '\n'; }
static void delete_in_number(struct fact *f) { f->number[0] = 0x7f; }

static const struct {
	const char *name;
	void (*spoil)(struct fact *f);
} cases[] = {
	{ "another version", bad_version },
	{ "an unknown kind", bad_kind },
	{ "an unknown proof", bad_proof },
	{ "an unknown outcome", bad_outcome },
	{ "an unknown standing", bad_standing },
	{ "an unknown transport", bad_transport },
	{ "a remote address of no family", bad_remote },
	{ "a local address of no family", bad_local },
	{ "an account without its end", open_account },
	{ "a method without its end", open_method },
	{ "a number without its end", open_number },
	{ "an escape in the account", escape_in_account },
	{ "a newline in the method", newline_in_method },
	{ "a delete in the number", delete_in_number },
};

TEST(fact_sound, "a fact as signal writes it is sound, text full to its last byte too")
{
	struct fact f = sound_fact();

	CHECK(fact_is_sound(&f));
	memset(f.account, 'x', sizeof(f.account) - 1);
	CHECK(fact_is_sound(&f));
	return ERR_NONE;
}

TEST(fact_spoilt, "a fact with one field beyond its range is not sound")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fact f = sound_fact();

		cases[i].spoil(&f);
		CHECK_CASE(!fact_is_sound(&f), cases[i].name);
	}
	return ERR_NONE;
}

TEST(fact_text, "each byte at each place of a text counts up to its end, and none beyond it")
{
	for (unsigned byte = 0; byte < 256; byte++) {
		bool is_control = byte < 0x20 || byte == 0x7f;

		for (size_t at = 0; at < sizeof(((struct fact *)0)->method) - 1; at++) {
			struct fact f = sound_fact();

			memset(f.method, 0, sizeof(f.method));
			memset(f.method, 0xff, at);
			f.method[at] = (char)byte;
			CHECK(fact_is_sound(&f) == (byte == 0 || !is_control));
			f.method[at] = '\0';
			f.method[at + 1] = (char)byte;
			CHECK(fact_is_sound(&f));
		}
	}
	return ERR_NONE;
}
