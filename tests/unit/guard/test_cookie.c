/* SPDX-License-Identifier: Apache-2.0 */
/* The cookie: what proves, and each thing that must undo the proof. */
#include "base/now.h"
#include "guard/cookie.h"
#include "runner/test.h"

#include <string.h>

enum { LIFE_S = 3600 };

static const struct guard_cookie_keys keys = { { { { 1, 2 } }, { { 3, 4 } } }, 0 };
static const uint64_t now_us = UINT64_C(1800000000) * SECOND_US;

static struct guard_cookie_subject subject_of(const char *address, const char *nonce)
{
	struct guard_cookie_subject subject = { .nonce = view_of(nonce) };

	if (addr_parse(view_of(address), &subject.source) != ERR_NONE)
		subject.source.family = 0;
	return subject;
}

static struct view issue(struct buffer *b, const struct guard_cookie_subject *subject,
                         enum guard_cookie_user user, struct view opaque)
{
	struct guard_cookie_issue what = { opaque, user, now_us };

	buffer_reset(b);
	guard_cookie_write(b, &keys, subject, &what);
	return buffer_view(b);
}

static struct guard_cookie read_back(struct view text, const struct guard_cookie_subject *subject)
{
	return guard_cookie_read(text, &keys, subject, LIFE_S, now_us + 5 * SECOND_US);
}

TEST(cookie_returns, "a cookie comes back good with age, mark and the PBX's own opaque")
{
	static const struct {
		const char *name;
		struct view opaque;
	} cases[] = {
		{ "an ordinary opaque", { "5d5ac1", 6 } },
		{ "an opaque with escapes", { "a\\\"b-c.d", 8 } },
		{ "an empty opaque", { "", 0 } },
		{ "no opaque", { NULL, 0 } },
	};
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	char storage[128];
	struct buffer b = BUFFER_ON(storage);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int user = COOKIE_USER_ORDINARY; user <= COOKIE_USER_UNKNOWN; user++) {
			struct view text =
				issue(&b, &subject, (enum guard_cookie_user)user, cases[i].opaque);
			struct guard_cookie cookie = read_back(text, &subject);

			CHECK_CASE(text.len == COOKIE_WITH_SEPARATOR + cases[i].opaque.len,
			           cases[i].name);
			CHECK_CASE(cookie.verdict == COOKIE_GOOD && cookie.age_s == 5,
			           cases[i].name);
			CHECK_CASE((int)cookie.user == user, cases[i].name);
			CHECK_CASE(cookie.has_opaque == (cases[i].opaque.at != NULL),
			           cases[i].name);
			CHECK_CASE(view_equal(cookie.opaque, cases[i].opaque), cases[i].name);
		}
	}
	return ERR_NONE;
}

TEST(cookie_binding,
     "another address, nonce or key makes a cookie bad; port and host bits of a /64 do not")
{
	static const struct {
		const char *name, *address, *nonce;
		enum guard_cookie_verdict want;
	} cases[] = {
		{ "the same again", "2001:db8:1:2::3", "abc", COOKIE_GOOD },
		{ "another host in the /64", "2001:db8:1:2::4", "abc", COOKIE_GOOD },
		{ "another /64", "2001:db8:1:3::3", "abc", COOKIE_BAD },
		{ "another family", "192.0.2.7", "abc", COOKIE_BAD },
		{ "another nonce", "2001:db8:1:2::3", "abd", COOKIE_BAD },
		{ "a longer nonce", "2001:db8:1:2::3", "abcd", COOKIE_BAD },
		{ "no nonce", "2001:db8:1:2::3", "", COOKIE_BAD },
	};
	struct guard_cookie_subject subject = subject_of("2001:db8:1:2::3", "abc");
	struct guard_cookie_keys others = { { { { 9 } }, { { 3, 4 } } }, 0 };
	char storage[128];
	struct buffer b = BUFFER_ON(storage);
	struct view text = issue(&b, &subject, COOKIE_USER_ORDINARY, VIEW("x"));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guard_cookie_subject asked = subject_of(cases[i].address, cases[i].nonce);

		asked.source.port = 40000;
		CHECK_CASE(read_back(text, &asked).verdict == cases[i].want, cases[i].name);
	}
	CHECK(guard_cookie_read(text, &others, &subject, LIFE_S, now_us).verdict == COOKIE_BAD);
	return ERR_NONE;
}

TEST(cookie_tamper,
     "a cookie with any one character changed is not good, in the PBX's opaque neither")
{
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	char storage[128];
	struct buffer b = BUFFER_ON(storage);
	struct view text = issue(&b, &subject, COOKIE_USER_UNKNOWN, VIEW("5d5ac1"));

	for (size_t i = 0; i < text.len; i++) {
		char kept = storage[i];

		for (int c = 0; c < 256; c++) {
			storage[i] = (char)c;
			if (storage[i] != kept)
				CHECK(read_back(text, &subject).verdict < COOKIE_OLD);
		}
		storage[i] = kept;
	}
	CHECK(read_back(text, &subject).verdict == COOKIE_GOOD);
	for (size_t len = 0; len < text.len; len++)
		CHECK(read_back(view_first(text, len), &subject).verdict < COOKIE_OLD);
	return ERR_NONE;
}

TEST(cookie_age,
     "a cookie is good for its life and then old; a clock set back a little spoils nothing")
{
	static const struct {
		const char *name;
		int64_t later_s;
		enum guard_cookie_verdict want;
	} cases[] = {
		{ "at once", 0, COOKIE_GOOD },
		{ "at the end of its life", LIFE_S, COOKIE_GOOD },
		{ "a second later", LIFE_S + 1, COOKIE_OLD },
		{ "a minute before its time", -60, COOKIE_GOOD },
		{ "long before its time", -61, COOKIE_OLD },
	};
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	char storage[128];
	struct buffer b = BUFFER_ON(storage);
	struct view text = issue(&b, &subject, COOKIE_USER_ORDINARY, VIEW_EMPTY);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t at = now_us + (uint64_t)(cases[i].later_s * SECOND_US);

		CHECK_CASE(guard_cookie_read(text, &keys, &subject, LIFE_S, at).verdict ==
		                   cases[i].want,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(cookie_roll, "cookies of the key before are read while a new one writes, and no longer")
{
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	struct guard_cookie_keys rolled = keys;
	char storage[128];
	struct buffer b = BUFFER_ON(storage);
	struct view text = issue(&b, &subject, COOKIE_USER_ORDINARY, VIEW_EMPTY);

	rolled.current = 1;
	rolled.epochs[1] = (struct hash_key){ { 7 } };
	CHECK(guard_cookie_read(text, &rolled, &subject, LIFE_S, now_us).verdict == COOKIE_GOOD);
	rolled.current = 0;
	rolled.epochs[0] = (struct hash_key){ { 8 } };
	CHECK(guard_cookie_read(text, &rolled, &subject, LIFE_S, now_us).verdict == COOKIE_BAD);
	return ERR_NONE;
}

TEST(cookie_mark_hidden, "marked and unmarked cookies share length, head and alphabet")
{
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	char known[64], unknown[64];
	struct buffer b = BUFFER_ON(known), c = BUFFER_ON(unknown);
	struct view a = issue(&b, &subject, COOKIE_USER_ORDINARY, VIEW_EMPTY);
	struct view z = issue(&c, &subject, COOKIE_USER_UNKNOWN, VIEW_EMPTY);

	CHECK(a.len == z.len && memcmp(a.at, z.at, 6) == 0 && memcmp(a.at, z.at, a.len) != 0);
	for (size_t i = 0; i < COOKIE_TEXT; i++)
		CHECK((a.at[i] >= '0' && a.at[i] <= '9') || (a.at[i] >= 'A' && a.at[i] <= 'Z') ||
		      (a.at[i] >= 'a' && a.at[i] <= 'z') || a.at[i] == '-' || a.at[i] == '_');
	return ERR_NONE;
}

TEST(cookie_absent, "an opaque that is not of our shape is none of ours")
{
	static const char *const texts[] = { "",
		                             "5d5ac1",
		                             "====================================",
		                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAA-",
		                             "~AAAAAAAAAAAAAAAAAAAAAAAAAAA-x" };
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_CASE(read_back(view_of(texts[i]), &subject).verdict == COOKIE_ABSENT,
		           texts[i]);
	return ERR_NONE;
}

TEST(cookie_no_room, "a cookie that does not fit fails in the buffer")
{
	struct guard_cookie_subject subject = subject_of("192.0.2.7", "abc");
	char storage[30];
	struct buffer b = BUFFER_ON(storage);

	(void)issue(&b, &subject, COOKIE_USER_ORDINARY, VIEW("xy"));
	CHECK(b.err == ERR_LIMIT);
	return ERR_NONE;
}
