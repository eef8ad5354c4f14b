/* SPDX-License-Identifier: Apache-2.0 */
/* sim: plays worlds until a rule breaks.
 *
 *     sim [--seed S] [--seeds N] [--broken] [--fresh N] [--calls N] [--fault NAME] [--trace]
 *     sim --faults      each planted fault must be found, and nothing without one
 *
 * Seeds S (1) to S + N - 1, those that broke once, then N that nobody chose. A broken rule is told
 * with its seed and step; the same seed with --trace plays it again, message by message. Closes
 * with "N passed, N failed, N skipped"; exit 1 where a rule was broken. */
#include "sim/faults.h"
#include "sim/setting.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { DEFAULT_CALLS = 60, FAULT_SEEDS = 40, USAGE = 2, TABLE_BYTES = 1 << 16 };

/* With 60 calls. */
static const uint64_t once_broken[] = { 1559467053276875484U, 12213417668523659213U,
	                                3820900719328854067U };
enum { ONCE_BROKEN = sizeof(once_broken) / sizeof(once_broken[0]) };

struct choice {
	uint64_t seed;
	unsigned seeds, broken, fresh, calls;
	enum fault fault;
	bool is_traced, is_faults;
};

struct tally {
	uint64_t calls, answered, steps, datagrams, lost;
	unsigned passed, failed;
};

static struct world the_world;

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool play(const struct choice *c, uint64_t seed, struct tally *t)
{
	struct world *w = &the_world;
	bool is_good;

	w->is_traced = c->is_traced;
	is_good = world_play(w, seed, c->calls);
	t->calls += w->call_count;
	t->answered += w->calls_answered;
	t->steps += w->step;
	t->datagrams += w->net.sent;
	t->lost += w->net.lost;
	t->passed += is_good;
	t->failed += !is_good;
	return is_good;
}

static void tell_failure(const struct choice *c)
{
	const struct world *w = &the_world;

	(void)printf(
		"FAIL seed %llu step %llu: %s\n  again: sim --seed %llu --calls %u --trace%s%s\n",
		(unsigned long long)w->seed, (unsigned long long)w->step, w->failure,
		(unsigned long long)w->seed, c->calls, c->fault ? " --fault " : "",
		c->fault ? fault_name(c->fault) : "");
	(void)fflush(stdout);
}

static int play_all(const struct choice *c)
{
	struct tally t = { 0 };
	double from = seconds(), spent;

	faults_plant(c->fault);
	for (unsigned i = 0; i < c->seeds + c->broken + c->fresh; i++) {
		uint64_t seed = c->seed + i;

		if (i >= c->seeds + c->broken) {
			if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
				return USAGE;
		} else if (i >= c->seeds) {
			seed = once_broken[i - c->seeds];
		}
		if (!play(c, seed, &t))
			tell_failure(c);
	}
	spent = seconds() - from;
	(void)printf(
		"%llu calls, %llu of them answered, %llu steps, %llu datagrams, %llu more lost; "
		"%.0f calls a second\n",
		(unsigned long long)t.calls, (unsigned long long)t.answered,
		(unsigned long long)t.steps, (unsigned long long)t.datagrams,
		(unsigned long long)t.lost, (double)t.calls / (spent > 0 ? spent : 1));
	(void)printf("%u passed, %u failed, 0 skipped\n", t.passed, t.failed);
	return t.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The first seed that shows it. */
static bool find(const struct choice *c, enum fault fault)
{
	struct tally t = { 0 };
	double from = seconds();

	faults_plant(fault);
	for (uint64_t seed = c->seed; seed < c->seed + FAULT_SEEDS; seed++) {
		if (play(c, seed, &t))
			continue;
		(void)printf(
			"ok   %s: %s\n     found with seed %llu at step %llu after %.1f s: %s\n",
			fault_name(fault), fault_text(fault), (unsigned long long)seed,
			(unsigned long long)the_world.step, seconds() - from, the_world.failure);
		return true;
	}
	(void)printf("FAIL %s: %s\n     not found in %d seeds, %.1f s\n", fault_name(fault),
	             fault_text(fault), FAULT_SEEDS, seconds() - from);
	return false;
}

static int find_all(const struct choice *c)
{
	unsigned found = 0, missed = 0;

	for (int fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
		bool is_found = find(c, (enum fault)fault);

		found += is_found;
		missed += !is_found;
	}
	(void)printf("%u passed, %u failed, 0 skipped\n", found, missed);
	return missed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static enum fault fault_of(const char *name)
{
	for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++)
		if (strcmp(fault_name((enum fault)i), name) == 0)
			return (enum fault)i;
	return FAULT_COUNT;
}

static bool read_choice(int argc, char **argv, struct choice *c)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--trace") == 0) {
			c->is_traced = true;
			continue;
		}
		if (strcmp(argv[i], "--faults") == 0) {
			c->is_faults = true;
			continue;
		}
		if (strcmp(argv[i], "--broken") == 0) {
			c->broken = ONCE_BROKEN;
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--seed") == 0)
			c->seed = strtoull(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--seeds") == 0)
			c->seeds = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--fresh") == 0)
			c->fresh = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--calls") == 0)
			c->calls = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i - 1], "--fault") == 0)
			c->fault = fault_of(value);
		else
			return false;
	}
	return c->fault != FAULT_COUNT && c->calls > 0;
}

int main(int argc, char **argv)
{
	struct choice c = { .seed = 1, .seeds = 1, .calls = DEFAULT_CALLS };
	int status;

	if (!read_choice(argc, argv, &c)) {
		(void)fputs("usage: sim [--seed S] [--seeds N] [--broken] [--fresh N] [--calls N] "
		            "[--fault NAME] [--trace] | --faults\n",
		            stderr);
		return USAGE;
	}
	/* Each world's tables are mapped anew, zeros that few of their pages need to be: to clear
	 * what the last world left took a fifth of the time. */
	(void)mallopt(M_MMAP_THRESHOLD, TABLE_BYTES);
	if (hash_prepare() != ERR_NONE)
		return USAGE;
	status = c.is_faults ? find_all(&c) : play_all(&c);
	setting_free(&the_world);
	return status;
}
