/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of messages in the arrays of facts: by words as they would be by bytes. */
#include "watch/watch_priv.h"

#include "runner/test.h"

enum { MAX_LEN = 40, MAX_SIZE = 34 };

/* As the header says it, byte by byte. */
static size_t expected(struct view text, char *ret, size_t size, bool is_lower)
{
	size_t i = 0;

	for (; i < text.len && i + 1 < size && text.at[i] != '\0'; i++) {
		unsigned char c = (unsigned char)text.at[i];

		ret[i] = c < 0x20 || c == 0x7f            ? '?'
		       : is_lower && c >= 'A' && c <= 'Z' ? (char)(c + 0x20)
		                                          : (char)c;
	}
	return i;
}

static enum err check_text(struct view text, size_t size)
{
	char is[MAX_SIZE] = { 0 }, should[MAX_SIZE] = { 0 };

	(void)expected(text, should, size, false);
	watch_text(text, is, size);
	CHECK(memcmp(is, should, sizeof(is)) == 0);
	return ERR_NONE;
}

static enum err check_account(struct view user, struct view host, size_t size)
{
	struct sip_uri uri = { .user = user, .host = { .text = host } };
	char is[MAX_SIZE] = { 0 }, should[MAX_SIZE] = { 0 };
	size_t at = expected(user, should, size, false);

	if (host.len > 0 && at + 2 <= size) {
		should[at] = '@';
		(void)expected(host, should + at + 1, size - at - 1, true);
	}
	watch_account(&uri, is, size);
	CHECK(memcmp(is, should, sizeof(is)) == 0);
	return ERR_NONE;
}

TEST(watch_text_by_words, "a text of any length into any room is as if copied byte by byte")
{
	char text[MAX_LEN];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i * 5 % 94);
	for (size_t len = 0; len <= sizeof(text); len++) {
		for (size_t size = 1; size <= MAX_SIZE; size++)
			TRY(check_text(view_bytes(text, len), size));
	}
	TRY(check_text(VIEW_EMPTY, MAX_SIZE));
	return ERR_NONE;
}

TEST(watch_text_any_byte, "any byte anywhere is copied, a control byte is '?', a NUL ends the text")
{
	char text[MAX_LEN];

	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 20; at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			for (size_t len = at + 1; len <= at + 9; len += 4)
				TRY(check_text(view_bytes(text, len), MAX_SIZE));
		}
	}
	return ERR_NONE;
}

TEST(watch_account_any_byte, "an account is user@host with the host's letters small, whatever fits")
{
	char user[12], host[24];

	memset(user, 'U', sizeof(user));
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < sizeof(host); at += 5) {
			memset(host, 'Q', sizeof(host));
			host[at] = (char)byte;
			TRY(check_account(view_bytes(user, at % 12), view_bytes(host, at + 1),
			                  MAX_SIZE));
		}
	}
	for (size_t size = 1; size <= MAX_SIZE; size++) {
		for (size_t len = 0; len <= sizeof(user); len++)
			TRY(check_account(view_bytes(user, len), VIEW("Pbx.Example"), size));
	}
	TRY(check_account(VIEW("100"), VIEW_EMPTY, MAX_SIZE));
	return ERR_NONE;
}
