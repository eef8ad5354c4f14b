/* SPDX-License-Identifier: Apache-2.0 */
/* The unit tests' runner. A test is a function that returns an error; its name
 * is a sentence. It registers itself where it stands:
 *
 *     TEST(largest_cseq, "accepts the largest CSeq number")
 *     {
 *             CHECK(sip_cseq_parse(VIEW("2147483647 BYE"), &cseq) == ERR_NONE);
 *             return ERR_NONE;
 *     }
 *
 * Each test runs once as it is, then again with allocation 1, 2, 3 ... failing
 * until it passes: in that ladder ERR_NO_MEMORY is the right answer, a crash or
 * leak is not. TRY hands an error on, so that the ladder can see it.
 * Closing line: "N passed, N failed, N skipped". */
#ifndef RUNNER_TEST_H
#define RUNNER_TEST_H

#include "base/err.h"
#include "base/view.h"

struct test {
	const char *slug, *name, *file;
	enum err (*run)(void);
};

#define TEST(slug, sentence)                                                                       \
	static enum err test_##slug(void);                                                         \
	static const struct test test_row_##slug = { #slug, sentence, __FILE__, test_##slug };     \
	static const struct test *const test_entry_##slug                                          \
		__attribute__((used, retain, section("test_rows"))) = &test_row_##slug;            \
	static enum err test_##slug(void)

/* Fails the test here, with file, line and the condition's text. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_failed(__FILE__, __LINE__, #condition);                               \
			return ERR_DENIED;                                                         \
		}                                                                                  \
	} while (0)

/* Within a table of cases: also says which. */
#define CHECK_CASE(condition, case_name)                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_failed_case(__FILE__, __LINE__, #condition, (case_name));             \
			return ERR_DENIED;                                                         \
		}                                                                                  \
	} while (0)

/* Hands an unexpected error on; ERR_NO_MEMORY passes within the ladder. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum err try_err = (call);                                                         \
		if (try_err != ERR_NONE) {                                                         \
			test_failed_try(__FILE__, __LINE__, #call, try_err);                       \
			return try_err;                                                            \
		}                                                                                  \
	} while (0)

/* Leaves the test as skipped, with the reason in the report. */
#define SKIP(reason)                                                                               \
	do {                                                                                       \
		test_skipped(reason);                                                              \
		return ERR_NONE;                                                                   \
	} while (0)

void test_failed(const char *file, int line, const char *condition);
void test_failed_case(const char *file, int line, const char *condition, const char *case_name);
void test_failed_try(const char *file, int line, const char *call, enum err err);
void test_skipped(const char *reason);

/* How often this test has asked for memory so far: what must not ask asks no more often. */
unsigned long test_allocations(void);

/* Around what many tests lay out alike: what is done there depends on `what` alone, a hash of all
 * that it is made of. The ladder climbs through it in the first test that lays it out, and steps
 * over it in the others: there each of its rungs would be the same once more. */
void test_layout_begins(uint64_t what);
void test_layout_ends(void);

/* A heap copy of exactly its size, so that ASan sees a read beyond; freed by the
 * caller. It is the test's own, so the ladder does not let it fail. */
char *test_exact_copy(struct view text) MUST_USE;

/* Gives `parse` every truncation of text, each in a heap buffer of exactly
 * that size, so that ASan sees a read beyond. What parse returns is ignored. */
void test_truncations(struct view text, void (*parse)(struct view text));

/* Text of a file relative to the source tree's root; freed by the caller.
 * Empty view and ERR_NOT_FOUND where it is absent. */
enum err test_read_file(const char *path, char **ret, size_t *ret_len) MUST_USE;

#endif
