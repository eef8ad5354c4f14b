/* SPDX-License-Identifier: Apache-2.0 */
/* Files in a bundle: found by kind and name, and none of a bundle that is cut off. */
#include "keys/bundle.h"
#include "runner/test.h"

#include <stdlib.h>

static enum err fill(struct buffer *b)
{
	enum err err = keys_bundle_put(b, KEYS_CHAIN, VIEW("main"), VIEW("first\n"));

	if (err == ERR_NONE)
		err = keys_bundle_put(b, KEYS_AUTHORITY, VIEW(""), VIEW("all"));
	if (err == ERR_NONE)
		err = keys_bundle_put(b, KEYS_AUTHORITY, VIEW("carrier"), VIEW(""));
	return err == ERR_NONE ? keys_bundle_put(b, KEYS_CHAIN, VIEW("other"), VIEW("second"))
	                       : err;
}

TEST(bundle_found, "finds a file by its kind and name")
{
	char storage[1024];
	struct buffer b = BUFFER_ON(storage);
	struct keys_bundle bundle;
	struct view found = VIEW_EMPTY;

	TRY(fill(&b));
	TRY(keys_bundle_open(buffer_view(&b), &bundle));
	CHECK(bundle.count == 4);
	CHECK(keys_bundle_find(&bundle, KEYS_CHAIN, VIEW("other"), &found) &&
	      view_equal(found, VIEW("second")));
	CHECK(keys_bundle_find(&bundle, KEYS_AUTHORITY, VIEW(""), &found) &&
	      view_equal(found, VIEW("all")));
	CHECK(keys_bundle_find(&bundle, KEYS_AUTHORITY, VIEW("carrier"), &found) && found.len == 0);
	CHECK(!keys_bundle_find(&bundle, KEYS_PRIVATE, VIEW("main"), &found));
	CHECK(!keys_bundle_find(&bundle, KEYS_CHAIN, VIEW("mai"), &found));
	return ERR_NONE;
}

static void open_cut(struct view text)
{
	struct keys_bundle bundle;
	struct view found;

	if (keys_bundle_open(text, &bundle) == ERR_NONE)
		(void)keys_bundle_find(&bundle, KEYS_CHAIN, VIEW("other"), &found);
}

TEST(bundle_cut, "takes no bundle that ends anywhere but behind a file")
{
	char storage[1024];
	struct buffer b = BUFFER_ON(storage);
	struct keys_bundle bundle;
	size_t good = 0;

	TRY(fill(&b));
	for (size_t len = 0; len <= b.len; len++)
		good += keys_bundle_open(view_bytes(storage, len), &bundle) == ERR_NONE;
	CHECK(good == 5);
	test_truncations(buffer_view(&b), open_cut);
	return ERR_NONE;
}

TEST(bundle_wrong, "takes no bundle with a kind that is not known, or a name without end")
{
	char storage[256];
	struct buffer b = BUFFER_ON(storage);
	struct keys_bundle bundle;

	TRY(keys_bundle_put(&b, KEYS_CHAIN, VIEW("main"), VIEW("text")));
	storage[4] = KEYS_KIND_COUNT;
	CHECK(keys_bundle_open(buffer_view(&b), &bundle) == ERR_SYNTAX);
	storage[4] = KEYS_CHAIN;
	memset(storage + 8, 'x', KEYS_NAME_SIZE);
	CHECK(keys_bundle_open(buffer_view(&b), &bundle) == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(bundle_full, "refuses a name that is too long, what does not fit, and too many files")
{
	char storage[128], *many = malloc((MAX_KEYS_ROWS + 1) * 64);
	struct buffer b = BUFFER_ON(storage);
	struct keys_bundle bundle;
	enum err err = ERR_NONE;

	if (!many)
		return ERR_NO_MEMORY;
	CHECK(keys_bundle_put(&b, KEYS_CHAIN, VIEW("a-name-that-is-longer-than-any-label"),
	                      VIEW("x")) == ERR_LIMIT);
	CHECK(keys_bundle_put(&b, KEYS_CHAIN, VIEW("main"), view_bytes(storage, 120)) == ERR_LIMIT);
	CHECK(b.len == 0);
	b = buffer_on(many, (MAX_KEYS_ROWS + 1) * 64);
	for (int i = 0; i <= MAX_KEYS_ROWS && err == ERR_NONE; i++)
		err = keys_bundle_put(&b, KEYS_CHAIN, VIEW("main"), VIEW("x"));
	if (err == ERR_NONE)
		err = keys_bundle_open(buffer_view(&b), &bundle) == ERR_LIMIT ? ERR_NONE
		                                                              : ERR_DENIED;
	free(many);
	return err;
}
