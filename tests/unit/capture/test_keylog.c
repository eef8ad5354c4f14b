/* SPDX-License-Identifier: Apache-2.0 */
/* Key logs, private keys and remembered sessions. */
#include "capture/keylog.h"
#include "runner/test.h"
#include "unit/capture/tls_talk.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F"
#define SECRET "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"
#define MASTER SECRET "00112233445566778899aabbccddeeff"

static const struct hash_key key = { { 9 } };

static const struct {
	const char *name;
	const char *text;
	size_t want;
} logs[] = {
	{ "a master secret", "CLIENT_RANDOM " RANDOM " " MASTER "\n", 1 },
	{ "both sides of 1.3, and a line that we do not need",
	  "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET "\r\n"
	  "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET "\r\nSERVER_TRAFFIC_SECRET_0 " RANDOM
	  " " MASTER,
	  2 },
	{ "a comment and an empty line", "# keys\n\nCLIENT_RANDOM " RANDOM " " MASTER "\n", 1 },
	{ "the same again", "CLIENT_RANDOM " RANDOM " " MASTER "\nCLIENT_RANDOM " RANDOM " " MASTER,
	  2 },
	{ "a short random", "CLIENT_RANDOM 0011 " MASTER "\n", 0 },
	{ "a short secret", "CLIENT_RANDOM " RANDOM " " SECRET "\n", 0 },
	{ "a digit too many", "CLIENT_RANDOM " RANDOM " " MASTER "0\n", 0 },
	{ "a secret too long", "CLIENT_RANDOM " RANDOM " " MASTER "00\n", 0 },
	{ "no hex", "CLIENT_RANDOM " RANDOM " x" MASTER "\n", 0 },
	{ "a word behind", "CLIENT_RANDOM " RANDOM " " MASTER " x\n", 0 },
	{ "nothing", "", 0 },
};

TEST(keylog_lines, "takes what a key log says and passes over the rest")
{
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct capture_keys *k = NULL;
		uint8_t random[CAPTURE_RANDOM_SIZE];
		size_t count = 99, found = 0;
		enum err err;

		for (uint8_t b = 0; b < sizeof(random); b++)
			random[b] = b;
		TRY(capture_keys_new(&key, &k));
		err = capture_keys_add_log(k, view_of(logs[i].text), &count);
		for (int kind = 0; kind < CAPTURE_SECRET_KIND_COUNT; kind++)
			found +=
				capture_keys_secret(k, (enum capture_secret_kind)kind, random).len >
				0;
		if (err == ERR_NONE && capture_keys_are_empty(k) != (logs[i].want == 0))
			err = ERR_DENIED;
		capture_keys_free(&k);
		TRY(err);
		CHECK_CASE(count == logs[i].want, logs[i].name);
		CHECK_CASE((found > 0) == (count > 0), logs[i].name);
	}
	return ERR_NONE;
}

static enum err fill(struct capture_keys *k)
{
	uint8_t master[MAX_CAPTURE_SECRET] = { 1 }, found[MAX_CAPTURE_SECRET];
	uint32_t first = 0, last = MAX_CAPTURE_SESSIONS;

	for (uint32_t i = 0; i <= MAX_CAPTURE_SESSIONS; i++)
		TRY(capture_keys_session_note(k, view_bytes(&i, sizeof(i)), master));
	CHECK(!capture_keys_session_find(k, view_bytes(&first, sizeof(first)), found));
	CHECK(capture_keys_session_find(k, view_bytes(&last, sizeof(last)), found) &&
	      found[0] == 1);
	return ERR_NONE;
}

TEST(keylog_sessions, "forgets the oldest session when the table is full")
{
	struct capture_keys *k = NULL;
	enum err err;

	TRY(capture_keys_new(&key, &k));
	err = fill(k);
	capture_keys_free(&k);
	return err;
}

static enum err add_private(struct capture_keys *k)
{
	struct view pem = tls_talk_private_key();
	uint8_t secret[MAX_CAPTURE_SECRET];

	CHECK(pem.len > 0 && !capture_keys_have_private(k));
	CHECK(capture_keys_add_private(k, VIEW_EMPTY) == ERR_SYNTAX);
	CHECK(capture_keys_add_private(k, VIEW("no key at all")) == ERR_SYNTAX);
	CHECK(capture_keys_add_private(k, view_first(pem, pem.len / 2)) == ERR_SYNTAX);
	for (int i = 0; i < MAX_CAPTURE_PRIVATE_KEYS; i++)
		TRY(capture_keys_add_private(k, pem));
	CHECK(capture_keys_add_private(k, pem) == ERR_FULL);
	CHECK(capture_keys_have_private(k) && !capture_keys_are_empty(k));
	CHECK(!capture_keys_open(k, 0, VIEW("no premaster secret"), secret));
	CHECK(!capture_keys_open(k, MAX_CAPTURE_PRIVATE_KEYS, VIEW("x"), secret));
	return ERR_NONE;
}

TEST(keylog_private, "takes private keys up to its bound, and refuses what is none")
{
	struct capture_keys *k = NULL;
	enum err err;

	TRY(capture_keys_new(&key, &k));
	err = add_private(k);
	capture_keys_free(&k);
	return err;
}
