/* SPDX-License-Identifier: Apache-2.0 */
/* The layers that sandbox.c puts together. */
#ifndef OS_SANDBOX_PRIV_H
#define OS_SANDBOX_PRIV_H

#include "base/err.h"
#include "os/sandbox.h"

/* Bits, one a role, as the rows of sandbox_calls.def name them. */
enum sandbox_row {
	ROW_SIGNAL = 1,
	ROW_MEDIA = 2,
	ROW_JUDGE = 4,
	ROW_STORE = 8,
	ROW_WEB = 16,
	ROW_KERNEL = 32,
	ROW_OBSERVE = 64,
	ROW_OUTREACH = 128,
	ROW_KEYS = 256,
	ROW_ALL = 511,
	ROW_SENDS = ROW_ALL - ROW_OBSERVE,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RINGFENCE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
	__has_feature(thread_sanitizer)
#define RINGFENCE_SANITIZED 1
#endif
#endif
#ifndef RINGFENCE_SANITIZED
#define RINGFENCE_SANITIZED 0
#endif

/* No file at all, or the one directory; no TCP but to the ports. Says which ABI the kernel has; 0
 * where it has none. */
enum err sandbox_close_files(const struct sandbox *s, int *ret_abi) MUST_USE;
/* The system call filter: from here on, for ever. Nothing leaves by the descriptor `silent`. */
enum err sandbox_close_calls(enum sandbox_row row, int silent) MUST_USE;

#endif
