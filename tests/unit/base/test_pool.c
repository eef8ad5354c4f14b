/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of equal objects and its handles. */
#include "base/pool.h"
#include "runner/test.h"
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct object {
	char bytes[40];
};

TEST(pool_limits, "refuses sizes that are nothing or beyond memory")
{
	struct pool *p = NULL;

	CHECK(pool_new(0, 1, &p) == ERR_LIMIT);
	CHECK(pool_new(1, 0, &p) == ERR_LIMIT);
	CHECK(pool_new(SIZE_MAX, 1, &p) == ERR_LIMIT);
	CHECK(pool_new(SIZE_MAX / 4, UINT32_MAX - 1, &p) == ERR_LIMIT);
	CHECK(p == NULL);
	pool_free(&p);
	return ERR_NONE;
}

TEST(pool_fills, "gives each place once, none beyond its ceiling, and zeroed each time")
{
	struct pool *p;
	void *taken[4];
	static const struct object zero;

	TRY(pool_new(sizeof(struct object), 4, &p));
	CHECK(pool_count(p) == 4);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 4; i++) {
			taken[i] = pool_take(p);
			CHECK(taken[i] && memcmp(taken[i], &zero, sizeof(zero)) == 0);
			memset(taken[i], 0xee, sizeof(zero));
			for (int j = 0; j < i; j++)
				CHECK(taken[i] != taken[j]);
		}
		CHECK(pool_used(p) == 4 && pool_take(p) == NULL);
		for (int i = 0; i < 4; i++)
			pool_give(p, taken[i]);
		CHECK(pool_used(p) == 0);
	}
	pool_free(&p);
	CHECK(p == NULL);
	return ERR_NONE;
}

TEST(pool_as_is,
     "gives what is not zeroed from the same places, each time with a handle of its own")
{
	struct pool *p;
	struct pool_handle first, second;
	void *object;

	TRY(pool_new(sizeof(struct object), 1, &p));
	object = pool_take_as_is(p);
	CHECK(object && pool_take_as_is(p) == NULL && pool_used(p) == 1);
	memset(object, 0xee, sizeof(struct object));
	first = pool_handle_of(p, object);
	pool_give(p, object);
	CHECK(pool_take_as_is(p) == object);
	second = pool_handle_of(p, object);
	CHECK(pool_at(p, first) == NULL && pool_at(p, second) == object);
	pool_free(&p);
	return ERR_NONE;
}

TEST(pool_handles, "finds nothing by a handle whose object was given back, nor by a forged one")
{
	struct pool *p;
	struct pool_handle h, again;
	void *object;

	TRY(pool_new(sizeof(struct object), 2, &p));
	object = pool_take(p);
	h = pool_handle_of(p, object);
	CHECK(h.generation != 0 && pool_at(p, h) == object);
	pool_give(p, object);
	CHECK(pool_at(p, h) == NULL);
	CHECK(pool_at(p, (struct pool_handle){ h.index, h.generation + 1 }) == NULL);

	CHECK(pool_take(p) == object); /* the same place lives again, under another name */
	again = pool_handle_of(p, object);
	CHECK(again.index == h.index && pool_at(p, h) == NULL && pool_at(p, again) == object);
	CHECK(pool_at(p, (struct pool_handle){ 1, 0 }) == NULL);
	CHECK(pool_at(p, (struct pool_handle){ 2, 1 }) == NULL);
	CHECK(pool_at(p, (struct pool_handle){ UINT32_MAX, 1 }) == NULL);
	pool_free(&p);
	return ERR_NONE;
}

TEST(pool_walks, "walks the taken objects only")
{
	struct pool *p;
	void *objects[5];
	uint32_t place = 0;

	TRY(pool_new(sizeof(struct object), 5, &p));
	for (int i = 0; i < 5; i++)
		objects[i] = pool_take(p);
	pool_give(p, objects[0]);
	pool_give(p, objects[3]);
	CHECK(pool_next(p, &place) == objects[1]);
	CHECK(pool_next(p, &place) == objects[2]);
	CHECK(pool_next(p, &place) == objects[4]);
	CHECK(pool_next(p, &place) == NULL);
	CHECK(pool_next(p, &place) == NULL);
	pool_free(&p);
	return ERR_NONE;
}

/* Whether giving ends the process: in a child, which may die. */
static bool ends_giving(struct pool *p, void *object)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		struct rlimit none = { 0 };

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)!freopen("/dev/null", "w", stderr);
		pool_give(p, object);
		_exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

TEST(pool_double_give, "ends the process that gives an object twice or one that is none")
{
	struct pool *p;
	char *object;

	TRY(pool_new(sizeof(struct object), 2, &p));
	object = pool_take(p);
	CHECK(ends_giving(p, object + 1));
	CHECK(ends_giving(p, &p));
	pool_give(p, object);
	CHECK(ends_giving(p, object));
	pool_free(&p);
	return ERR_NONE;
}
