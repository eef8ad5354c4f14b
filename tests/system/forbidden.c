/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a running process perform one act, as an attacker would who has taken
 * it over: stops it with ptrace, lets it make one system call of our choice,
 * and puts it back. What its sandbox says to the call is what an attacker is told.
 *
 *     forbidden PID open|socket|exec|signal|read VICTIM
 *
 * Prints "done", "denied: ERROR" or "denied: ended by SIGNAL". */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void)
{
	(void)fputs("forbidden: knows the registers of x86-64 only\n", stderr);
	return 3;
}
#else

enum { BELOW_STACK = 1024, INSTRUCTION_BYTES = 2 };

static const uint8_t system_call[INSTRUCTION_BYTES] = { 0x0f, 0x05 };

/* What is laid into the process for the call to point at. */
struct scratch {
	char path[64];
	uint64_t arguments[2];
	struct iovec here, there;
	uint8_t bytes[8];
};

static pid_t target;

static void fail(const char *what)
{
	(void)fprintf(stderr, "forbidden: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void say_end(int status)
{
	if (WIFSIGNALED(status))
		printf("denied: ended by %s\n", strsignal(WTERMSIG(status)));
	else
		printf("denied: ended with %d\n", WEXITSTATUS(status));
	exit(0);
}

static void wait_stop(void)
{
	int status;

	if (waitpid(target, &status, __WALL) != target)
		fail("waitpid");
	if (!WIFSTOPPED(status))
		say_end(status);
}

static void write_memory(uint64_t at, const void *bytes, size_t size)
{
	struct iovec here = { (void *)(uintptr_t)bytes, size },
		     there = { (void *)(uintptr_t)at, size };

	if (process_vm_writev(target, &here, 1, &there, 1, 0) != (ssize_t)size)
		fail("writing its memory");
}

static bool is_at_call(const struct user_regs_struct *regs)
{
	uint8_t bytes[INSTRUCTION_BYTES];
	struct iovec here = { bytes, sizeof(bytes) },
		     there = { (void *)(uintptr_t)(regs->rip - INSTRUCTION_BYTES), sizeof(bytes) };

	return process_vm_readv(target, &here, 1, &there, 1, 0) == sizeof(bytes) &&
	       memcmp(bytes, system_call, sizeof(bytes)) == 0;
}

/* Behind a system call instruction, which is then used again for ours. */
static struct user_regs_struct stop_behind_call(void)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_SEIZE, target, 0, PTRACE_O_TRACESYSGOOD) != 0)
		fail("ptrace");
	if (ptrace(PTRACE_INTERRUPT, target, 0, 0) != 0)
		fail("interrupting");
	for (int turn = 0; turn < 100; turn++) {
		wait_stop();
		if (ptrace(PTRACE_GETREGS, target, 0, &regs) != 0)
			fail("reading registers");
		if (is_at_call(&regs) && (int64_t)regs.rax != -ENOSYS)
			return regs;
		if (ptrace(PTRACE_SYSCALL, target, 0, 0) != 0)
			fail("letting it run");
	}
	fail("it makes no system call");
	return regs;
}

static void set_call(struct user_regs_struct *r, const char *act, pid_t victim, uint64_t at)
{
	const uint64_t path = at + offsetof(struct scratch, path);

	if (strcmp(act, "open") == 0) {
		r->rax = SYS_openat;
		r->rdi = (uint64_t)AT_FDCWD;
		r->rsi = path;
		r->rdx = O_RDONLY;
	} else if (strcmp(act, "socket") == 0) {
		r->rax = SYS_socket;
		r->rdi = AF_INET;
		r->rsi = SOCK_DGRAM;
		r->rdx = 0;
	} else if (strcmp(act, "exec") == 0) {
		r->rax = SYS_execve;
		r->rdi = path;
		r->rsi = at + offsetof(struct scratch, arguments);
		r->rdx = 0;
	} else if (strcmp(act, "signal") == 0) {
		r->rax = SYS_kill;
		r->rdi = (uint32_t)victim;
		r->rsi = SIGURG;
	} else if (strcmp(act, "read") == 0) {
		r->rax = SYS_process_vm_readv;
		r->rdi = (uint32_t)victim;
		r->rsi = at + offsetof(struct scratch, here);
		r->rdx = 1;
		r->r10 = at + offsetof(struct scratch, there);
		r->r8 = 1;
		r->r9 = 0;
	} else {
		errno = EINVAL;
		fail(act);
	}
}

/* The start of the victim's stack pointer: memory that surely is there. */
static uint64_t address_in(pid_t victim)
{
	char path[64], text[512];
	unsigned long long stack;
	const char *word = text;
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)victim);
	file = fopen(path, "r");
	if (!file)
		fail(path);
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	/* Field 28, start of the stack, counted from behind the name. */
	word = strrchr(text, ')');
	for (int field = 2; word && field < 28; field++)
		word = strchr(word + 1, ' ');
	stack = word ? strtoull(word, NULL, 10) : 0;
	return stack;
}

int main(int argc, char **argv)
{
	struct scratch s = { .path = "/etc/passwd" };
	struct user_regs_struct saved, regs;
	pid_t victim;
	uint64_t at;

	if (argc != 4) {
		(void)fputs("usage: forbidden PID open|socket|exec|signal|read VICTIM\n", stderr);
		return 2;
	}
	target = (pid_t)strtol(argv[1], NULL, 10);
	victim = (pid_t)strtol(argv[3], NULL, 10);
	if (strcmp(argv[2], "exec") == 0)
		(void)snprintf(s.path, sizeof(s.path), "/bin/true");
	saved = regs = stop_behind_call();
	at = (saved.rsp - BELOW_STACK) & ~UINT64_C(15);
	s.arguments[0] = at + offsetof(struct scratch, path);
	s.here = (struct iovec){ (void *)(uintptr_t)(at + offsetof(struct scratch, bytes)),
		                 sizeof(s.bytes) };
	s.there = (struct iovec){ (void *)(uintptr_t)address_in(victim), sizeof(s.bytes) };
	write_memory(at, &s, sizeof(s));
	set_call(&regs, argv[2], victim, at);
	regs.orig_rax = UINT64_MAX; /* nothing to be made anew */
	regs.rip -= INSTRUCTION_BYTES;
	if (ptrace(PTRACE_SETREGS, target, 0, &regs) != 0 ||
	    ptrace(PTRACE_SINGLESTEP, target, 0, 0) != 0)
		fail("making the call");
	wait_stop();
	if (ptrace(PTRACE_GETREGS, target, 0, &regs) != 0)
		fail("reading what it said");
	if ((int64_t)regs.rax < 0)
		printf("denied: %s\n", strerror((int)-(int64_t)regs.rax));
	else
		printf("done\n");
	/* A program that took its place goes its own way. */
	if (strcmp(argv[2], "exec") != 0 || (int64_t)regs.rax < 0)
		(void)ptrace(PTRACE_SETREGS, target, 0, &saved);
	(void)ptrace(PTRACE_DETACH, target, 0, 0);
	return 0;
}
#endif
