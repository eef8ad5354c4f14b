/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the tests of one executable: finds them in the linker section that
 * TEST fills, runs each as it is, then up a ladder in which allocation 1, 2,
 * 3 ... fails. Allocations inside shared libraries are not ours to fail. */
#include "runner/test.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNGS       5000 /* allocations that one test sees fail */
#define MAX_DENSE_RUNGS 512  /* up to here each one, beyond in even steps */
#define MAX_LADDER_MS   2000 /* processor time for one test's ladder */
#define MAX_FILTERS     16
#define MAX_LAYOUTS     512 /* beyond, each test climbs through its own */
#define MAX_FILE_BYTES  (16u << 20)

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

struct options {
	const char *filters[MAX_FILTERS];
	size_t n_filters;
	bool is_listing, has_ladder, is_verbose;
};

/* The linker gives both ends of a section whose name is an identifier. */
extern const struct test *const __start_test_rows[] __attribute__((weak));
extern const struct test *const __stop_test_rows[] __attribute__((weak));

static struct {
	const struct test *test;
	const char *skip_reason;
	bool has_failed;
	atomic_bool is_armed;
	atomic_ulong n_allocations;
	atomic_ulong failing; /* number of the allocation that fails, 0 for none */
	atomic_bool has_bitten;
	struct layout {
		uint64_t what;
		const struct test *first;
	} layouts[MAX_LAYOUTS];
	unsigned n_layouts;
	bool is_stepping_over;
} run;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Present where a sanitizer is linked in. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static bool allocation_fails(void)
{
	unsigned long number;

	if (!atomic_load_explicit(&run.is_armed, memory_order_relaxed))
		return false;
	number = atomic_fetch_add(&run.n_allocations, 1) + 1;
	if (number != atomic_load_explicit(&run.failing, memory_order_relaxed))
		return false;
	atomic_store(&run.has_bitten, true);
	return true;
}

void *__wrap_malloc(size_t size) { return allocation_fails() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(old, size);
}

unsigned long test_allocations(void) { return atomic_load(&run.n_allocations); }

void test_layout_begins(uint64_t what)
{
	unsigned i = 0;

	while (i < run.n_layouts && run.layouts[i].what != what)
		i++;
	if (i == run.n_layouts && i < MAX_LAYOUTS)
		run.layouts[run.n_layouts++] = (struct layout){ what, run.test };
	if (i == MAX_LAYOUTS || run.layouts[i].first == run.test)
		return;
	run.is_stepping_over = atomic_exchange(&run.is_armed, false);
}

void test_layout_ends(void)
{
	if (run.is_stepping_over)
		atomic_store(&run.is_armed, true);
	run.is_stepping_over = false;
}

/* Of a test whose ladder was not climbed to its end: another test does it. */
static void forget_layouts(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < run.n_layouts; i++)
		if (run.layouts[i].first != run.test)
			run.layouts[kept++] = run.layouts[i];
	run.n_layouts = kept;
}

static void name_failure(void)
{
	unsigned long failing = atomic_load(&run.failing);

	if (!run.has_failed)
		printf("FAIL %s: %s\n", run.test->slug, run.test->name);
	run.has_failed = true;
	if (failing)
		printf("  with allocation %lu failing:\n", failing);
}

void test_failed(const char *file, int line, const char *condition)
{
	name_failure();
	printf("  %s:%d: %s\n", file, line, condition);
}

void test_failed_case(const char *file, int line, const char *condition, const char *case_name)
{
	name_failure();
	printf("  %s:%d: %s [%s]\n", file, line, condition, case_name);
}

void test_failed_try(const char *file, int line, const char *call, enum err err)
{
	if (err == ERR_NO_MEMORY && atomic_load(&run.has_bitten))
		return;
	name_failure();
	printf("  %s:%d: %s: %s\n", file, line, call, err_text(err));
}

void test_skipped(const char *reason) { run.skip_reason = reason; }

char *test_exact_copy(struct view text)
{
	char *copy = __real_malloc(text.len ? text.len : 1);

	if (!copy)
		abort();
	if (text.len)
		memcpy(copy, text.at, text.len);
	return copy;
}

void test_truncations(struct view text, void (*parse)(struct view text))
{
	for (size_t len = 0; len <= text.len; len++) {
		char *exact = test_exact_copy((struct view){ text.at, len });

		parse((struct view){ exact, len });
		free(exact);
	}
}

static enum err read_all(FILE *file, char **ret, size_t *ret_len)
{
	char *text;
	long size;

	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 ||
	    fseek(file, 0, SEEK_SET) != 0)
		return ERR_IO;
	if ((unsigned long)size > MAX_FILE_BYTES)
		return ERR_LIMIT;
	text = malloc((size_t)size + 1);
	if (!text)
		return ERR_NO_MEMORY;
	if (fread(text, 1, (size_t)size, file) != (size_t)size) {
		free(text);
		return ERR_IO;
	}
	text[size] = '\0';
	*ret = text;
	*ret_len = (size_t)size;
	return ERR_NONE;
}

enum err test_read_file(const char *path, char **ret, size_t *ret_len)
{
	char full[4096];
	enum err err;
	FILE *file;
	int len;

	len = snprintf(full, sizeof(full), "%s/%s", SOURCE_ROOT, path);
	if (len < 0 || (size_t)len >= sizeof(full))
		return ERR_LIMIT;
	file = fopen(path[0] == '/' ? path : full, "rb");
	if (!file)
		return ERR_NOT_FOUND;
	err = read_all(file, ret, ret_len);
	(void)fclose(file);
	return err;
}

/* Async-signal-safe: says which test was running when the process dies. */
static void name_dying_test(void)
{
	static const char intro[] = "died in test ";

	if (!run.test)
		return;
	(void)!write(STDERR_FILENO, intro, sizeof(intro) - 1);
	(void)!write(STDERR_FILENO, run.test->slug, strlen(run.test->slug));
	(void)!write(STDERR_FILENO, "\n", 1);
}

static void on_abort(int number)
{
	name_dying_test();
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void run_once(unsigned long failing)
{
	enum err err;

	atomic_store(&run.failing, failing);
	atomic_store(&run.n_allocations, 0);
	atomic_store(&run.has_bitten, false);
	atomic_store(&run.is_armed, true);
	err = run.test->run();
	atomic_store(&run.is_armed, false);
	if (err == ERR_NONE || run.has_failed)
		return;
	if (err == ERR_NO_MEMORY && atomic_load(&run.has_bitten))
		return;
	name_failure();
	printf("  %s: returned: %s\n", run.test->file, err_text(err));
}

static unsigned long cpu_ms(void) { return (unsigned long)clock() / (CLOCKS_PER_SEC / 1000); }

/* How many allocations the test makes may change once one has failed, so the
 * ladder ends where a rung was not reached, not at a number counted before.
 * Whether it was climbed to that end, each rung of it. */
static bool climb(unsigned long n_allocations)
{
	unsigned long step = 1, start_ms = cpu_ms();

	if (n_allocations > MAX_RUNGS)
		step = (n_allocations - MAX_DENSE_RUNGS) / (MAX_RUNGS - MAX_DENSE_RUNGS) + 1;
	for (unsigned long n = 1; !run.has_failed; n += n < MAX_DENSE_RUNGS ? 1 : step) {
		run_once(n);
		if (!atomic_load(&run.has_bitten))
			return step == 1;
		if (cpu_ms() - start_ms > MAX_LADDER_MS)
			break;
	}
	return false;
}

static enum outcome run_test(const struct test *test, const struct options *options)
{
	run.test = test;
	run.skip_reason = NULL;
	run.has_failed = false;
	run_once(0);
	if (run.skip_reason && !run.has_failed) {
		printf("SKIP %s: %s\n", test->slug, run.skip_reason);
		forget_layouts();
		return OUTCOME_SKIPPED;
	}
	if (!options->has_ladder || run.has_failed || !climb(atomic_load(&run.n_allocations)))
		forget_layouts();
	if (options->is_verbose && !run.has_failed)
		printf("ok   %s: %s\n", test->slug, test->name);
	(void)fflush(stdout);
	return run.has_failed ? OUTCOME_FAILED : OUTCOME_PASSED;
}

static bool is_wanted(const struct test *test, const struct options *options)
{
	for (size_t i = 0; i < options->n_filters; i++)
		if (strstr(test->slug, options->filters[i]))
			return true;
	return options->n_filters == 0;
}

static bool read_options(int argc, char **argv, struct options *ret)
{
	struct options options = { .has_ladder = true };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list") == 0)
			options.is_listing = true;
		else if (strcmp(argv[i], "--no-ladder") == 0)
			options.has_ladder = false;
		else if (strcmp(argv[i], "--verbose") == 0 || strcmp(argv[i], "-v") == 0)
			options.is_verbose = true;
		else if (argv[i][0] == '-' || options.n_filters == MAX_FILTERS)
			return false;
		else
			options.filters[options.n_filters++] = argv[i];
	}
	*ret = options;
	return true;
}

int main(int argc, char **argv)
{
	unsigned counts[] = { 0, 0, 0 };
	struct options options;

	if (!read_options(argc, argv, &options)) {
		(void)fprintf(stderr, "usage: %s [--list] [--no-ladder] [--verbose] [SLUG...]\n",
		              argv[0]);
		return 2;
	}
	(void)signal(SIGABRT, on_abort);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(name_dying_test);
	for (const struct test *const *row = __start_test_rows; row < __stop_test_rows; row++) {
		if (!*row || !is_wanted(*row, &options))
			continue;
		if (options.is_listing)
			printf("%s\t%s\n", (*row)->slug, (*row)->name);
		else
			counts[run_test(*row, &options)]++;
	}
	run.test = NULL;
	if (options.is_listing)
		return 0;
	printf("%u passed, %u failed, %u skipped\n", counts[OUTCOME_PASSED], counts[OUTCOME_FAILED],
	       counts[OUTCOME_SKIPPED]);
	return counts[OUTCOME_FAILED] ? 1 : 0;
}
