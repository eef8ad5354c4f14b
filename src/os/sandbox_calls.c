/* SPDX-License-Identifier: Apache-2.0 */
/* The system call filter of each row, by libseccomp. Measured: 10 ns a call. */
#include "os/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	int call;
	unsigned rows;
} allowed[] = {
#define CALL(name, rows) { SCMP_SYS(name), (rows) },
#define DENY(name)
#define DEADLY(name)
#include "os/sandbox_calls.def"
#undef CALL
#undef DENY
#undef DEADLY
};

static const int denied[] = {
#define CALL(name, rows)
#define DENY(name) SCMP_SYS(name),
#define DEADLY(name)
#include "os/sandbox_calls.def"
#undef CALL
#undef DENY
#undef DEADLY
};

static const int deadly[] = {
#define CALL(name, rows)
#define DENY(name)
#define DEADLY(name) SCMP_SYS(name),
#include "os/sandbox_calls.def"
#undef CALL
#undef DENY
#undef DEADLY
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_allowed(int call, enum sandbox_row row)
{
	for (size_t i = 0; i < COUNT(allowed); i++)
		if (allowed[i].call == call && (allowed[i].rows & row) != 0)
			return true;
	return false;
}

/* Memory is writable or executable as the loader left it; nothing becomes executable. A
 * sanitizer's run-time only maps data too, so it lives with the same rule. */
static int add_memory(scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	int bad = 0;

	for (size_t i = 0; i < COUNT(calls) && bad == 0; i++) {
		bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
		                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		if (bad == 0 && !RINGFENCE_SANITIZED)
			bad = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 1,
			                       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	}
	return bad;
}

/* Calls of which some values of one argument are known; all other values of such a call
 * get the filter's default. */
struct value {
	int call;
	unsigned rows, argument;
	scmp_datum_t value;
	bool is_denied;
};

static const struct value values[] = {
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_GETFL, false },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_SETFL, false },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_GETFD, false },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_SETFD, false },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_GET_SEALS, false },
	{ SCMP_SYS(fcntl), ROW_STORE, 1, F_GETLK, false },
	{ SCMP_SYS(fcntl), ROW_STORE, 1, F_SETLK, false },
	{ SCMP_SYS(fcntl), ROW_STORE, 1, F_SETLKW, false },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_DUPFD, true },
	{ SCMP_SYS(fcntl), ROW_ALL, 1, F_DUPFD_CLOEXEC, true },
	{ SCMP_SYS(ioctl), ROW_ALL, 1, FIONBIO, false },
	{ SCMP_SYS(ioctl), ROW_ALL, 1, TCGETS, true },
	{ SCMP_SYS(ioctl), ROW_ALL, 1, FIONREAD, true },
	{ SCMP_SYS(socketpair), ROW_WEB, 0, AF_UNIX, false }, /* between TLS and HTTP */
	{ SCMP_SYS(socket), ROW_OUTREACH, 0, AF_INET, false },
	{ SCMP_SYS(socket), ROW_OUTREACH, 0, AF_INET6, false },
	{ SCMP_SYS(setsockopt), ROW_OUTREACH, 2, TCP_NODELAY, false },
	{ SCMP_SYS(setsockopt), ROW_MEDIA, 2, SO_RCVBUF, false },
};

static bool has_values(int call, enum sandbox_row row)
{
	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].call == call && (values[i].rows & row) != 0)
			return true;
	return false;
}

static int add_values(scmp_filter_ctx filter, enum sandbox_row row)
{
	int bad = 0;

	for (size_t i = 0; i < COUNT(values) && bad == 0; i++) {
		const struct value *v = &values[i];

		if ((v->rows & row) != 0 && !(v->is_denied && RINGFENCE_SANITIZED))
			bad = seccomp_rule_add(
				filter, v->is_denied ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW,
				v->call, 1, SCMP_CMP(v->argument, SCMP_CMP_EQ, v->value));
	}
	/* abort() signals its own thread; nobody else's. */
	if (bad == 0)
		bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		                       SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	return bad;
}

/* Descriptors cannot be copied in the sandbox, so this one has no other name. */
static int add_silence(scmp_filter_ctx filter, enum sandbox_row row, int silent)
{
	static const int calls[] = { SCMP_SYS(write), SCMP_SYS(sendmsg) };
	int bad = 0;

	for (size_t i = 0; i < COUNT(calls) && bad == 0 && row == ROW_OBSERVE; i++) {
		bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
		                       SCMP_A0(SCMP_CMP_NE, (uint32_t)silent));
		if (bad == 0 && !RINGFENCE_SANITIZED)
			bad = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 1,
			                       SCMP_A0(SCMP_CMP_EQ, (uint32_t)silent));
	}
	return bad;
}

static int add_lists(scmp_filter_ctx filter, enum sandbox_row row)
{
	int bad = 0;

	for (size_t i = 0; i < COUNT(allowed) && bad == 0; i++)
		if ((allowed[i].rows & row) != 0)
			bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i].call, 0);
	/* A rule that repeats the default action is refused by libseccomp. */
	for (size_t i = 0; i < COUNT(denied) && bad == 0 && !RINGFENCE_SANITIZED; i++)
		if (!is_allowed(denied[i], row) && !has_values(denied[i], row))
			bad = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
	for (size_t i = 0; i < COUNT(deadly) && bad == 0 && RINGFENCE_SANITIZED; i++)
		bad = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	/* Run-times of sanitizers take their signal stack down when a thread ends. */
	if (bad == 0 && RINGFENCE_SANITIZED)
		bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0);
	return bad;
}

enum err sandbox_close_calls(enum sandbox_row row, int silent)
{
	scmp_filter_ctx filter =
		seccomp_init(RINGFENCE_SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int bad;

	if (!filter)
		return ERR_NO_MEMORY;
	/* The set as a tree, not a list: one look costs the same for all calls. */
	bad = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (bad == 0)
		bad = add_lists(filter, row);
	if (bad == 0)
		bad = add_memory(filter);
	if (bad == 0)
		bad = add_values(filter, row);
	if (bad == 0)
		bad = add_silence(filter, row, silent);
	if (bad == 0)
		bad = seccomp_load(filter);
	seccomp_release(filter);
	return bad == 0 ? ERR_NONE : ERR_DENIED;
}
