/* SPDX-License-Identifier: Apache-2.0 */
/* A library of the system that is mapped when it is first needed: one that brings thirty others is
 * not there in who never asks for it. */
#ifndef OS_LIBRARY_H
#define OS_LIBRARY_H

#include "base/err.h"

#include <stddef.h>

/* A function, and where its address goes in a struct of pointers. */
struct library_function {
	const char *name;
	size_t at;
};

/* Stays mapped for as long as the program runs. ERR_NOT_FOUND: it is not installed, or lacks one of
 * them. */
enum err library_load(const char *file, const struct library_function *functions, size_t count,
                      void *ret) MUST_USE;

#endif
