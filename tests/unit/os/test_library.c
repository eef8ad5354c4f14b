/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that are mapped when they are needed. */
#include "os/library.h"
#include "runner/test.h"

struct numbers {
	double (*cos)(double x);
	double (*sqrt)(double x);
};

static const struct library_function functions[] = {
	{ "cos", offsetof(struct numbers, cos) },
	{ "sqrt", offsetof(struct numbers, sqrt) },
	{ "no_such_function", 0 },
};

TEST(library_functions, "finds each function of a library, or none")
{
	struct numbers found = { 0 };

	/* It takes memory of its own. */
	if (library_load("libm.so.6", functions, 2, &found) != ERR_NONE)
		return ERR_NO_MEMORY;
	CHECK(found.cos && found.sqrt && found.sqrt(found.cos(0) * 4) > 1.9);
	found = (struct numbers){ 0 };
	CHECK(library_load("libm.so.6", functions, 3, &found) == ERR_NOT_FOUND);
	CHECK(!found.cos && !found.sqrt);
	CHECK(library_load("no-such-library.so.1", functions, 1, &found) == ERR_NOT_FOUND);
	return ERR_NONE;
}
