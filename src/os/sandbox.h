/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox: one function per role, called once after set-up. On return the
 * process has no capabilities (kernel: one), no new privileges, no files (Landlock; the
 * store: its directory), no network but its inherited sockets (empty network
 * namespace where permitted; outreach: its own sockets), no writable code, and only the
 * system calls of its row. Calls that libraries are known to try are answered with EPERM
 * (open, socket, io_uring_setup ...), all others end the process.
 *
 * Built with a sanitizer (RINGFENCE_SANITIZED, set by itself from the
 * compiler's words) the calls that its run-time needs are allowed, unknown
 * ones are answered with EPERM, and writable code is not refused; all acts of
 * tests/unit/os/test_escape.c stay forbidden. */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MAX_SANDBOX_PORTS = 8 };

struct sandbox {
	uid_t uid; /* with root: the user to become; (uid_t)-1 stays */
	gid_t gid;
	const char *directory; /* store: the only files; others NULL */
	int silent;            /* observe: the descriptor by which nothing may leave */
	bool is_survivor;      /* does not die with its parent (see spawn.h) */
	/* outreach: ports to which it may connect over TCP (Landlock from ABI 4 on); others none */
	uint16_t ports[MAX_SANDBOX_PORTS];
	uint8_t port_count;
};

/* Whether this is a build with a sanitizer, which looks for leaks when the process ends: by
 * another process that no sandbox lets it start. */
bool sandbox_is_sanitized(void);

/* What of it could be had: for the log and `doctor`. */
struct sandbox_report {
	int landlock_abi; /* 0: the kernel has none */
	bool has_empty_network;
	bool has_write_xor_execute; /* by the kernel itself, not by the filter alone */
	bool has_changed_user;
};

/* ERR_DENIED where a layer that must stand could not be had (seccomp, no_new_privs,
 * capabilities, the user): the process must end then. */
/* Before that: opens and makes files as the user that the process is to become, so that it
 * can still use them then. Nothing without root, or where no user is named. */
void sandbox_use_files_as(uid_t uid, gid_t gid);

enum err sandbox_enter_signal(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
enum err sandbox_enter_media(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
enum err sandbox_enter_judge(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
enum err sandbox_enter_store(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
enum err sandbox_enter_web(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
/* Keeps one capability, CAP_NET_ADMIN: what it has of a socket to the packet filter would be
 * of no use without. */
enum err sandbox_enter_kernel(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
/* May send by its channel and wake others, but nothing by the tap. */
enum err sandbox_enter_observe(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
/* Keeps the network: the one that may open IP sockets and connect them. No file, nothing bound,
 * no other family, TCP to the ports named alone where the kernel can tell. */
enum err sandbox_enter_outreach(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;
/* Private keys, and nothing beside them: no file, no network, no call that is not everybody's. */
enum err sandbox_enter_keys(const struct sandbox *s, struct sandbox_report *ret) MUST_USE;

#endif
