/* SPDX-License-Identifier: Apache-2.0 */
/* fork and exec. Between the two the child only makes system calls. */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A channel or pipe whose end is gone is an error to us, not our end. */
	(void)signal(SIGPIPE, SIG_IGN);
}

static void __attribute__((noreturn)) become(const struct spawn *s, pid_t parent)
{
	static char *const empty[] = { NULL };
	char *const *environment = s->has_environment ? environ : empty;
	const struct rlimit no_core = { 0, 0 };
	const char *arguments[MAX_SPAWN_ARGUMENTS + 2] = { s->program };

	for (size_t i = 0; i < MAX_SPAWN_ARGUMENTS && s->arguments[i]; i++)
		arguments[i + 1] = s->arguments[i];
	default_signals();
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (!s->is_survivor && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(126);
	/* The parent may have died before that took effect. */
	if (getppid() != parent)
		_exit(126);
	/* dup2 onto itself would leave close-on-exec set. */
	if (s->channel == SPAWN_CHANNEL ? fcntl(SPAWN_CHANNEL, F_SETFD, 0) != 0
	                                : dup2(s->channel, SPAWN_CHANNEL) < 0)
		_exit(126);
	/* Closed by the exec, which may need one of them. */
	if (close_range(SPAWN_CHANNEL + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		_exit(126);
	if (s->image > 0)
		(void)execveat(s->image, "", (char *const *)(uintptr_t)arguments, environment,
		               AT_EMPTY_PATH);
	else
		(void)execve(s->program, (char *const *)(uintptr_t)arguments, environment);
	_exit(127);
}

enum err spawn_start(const struct spawn *s, pid_t *ret)
{
	pid_t parent = getpid(), pid;

	if (s->image <= 0 && !spawn_is_program(s->program))
		return ERR_NOT_FOUND;
	pid = fork();
	if (pid < 0)
		return ERR_IO;
	if (pid == 0)
		become(s, parent);
	*ret = pid;
	return ERR_NONE;
}

enum err spawn_kill(pid_t pid, int number)
{
	return pid > 0 && kill(pid, number) == 0 ? ERR_NONE : ERR_NOT_FOUND;
}

enum err spawn_reap(struct spawn_end *ret)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(-1, &status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return ERR_AGAIN;
	if (pid < 0)
		return ERR_NOT_FOUND;
	*ret = (struct spawn_end){ pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		                   WIFSIGNALED(status) ? WTERMSIG(status) : 0 };
	return ERR_NONE;
}

enum err spawn_own(char *ret, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", ret, size);

	if (len < 0)
		return ERR_IO;
	if ((size_t)len == size)
		return ERR_LIMIT;
	ret[len] = '\0';
	return ERR_NONE;
}

enum err spawn_sibling(const char *name, char *ret, size_t size)
{
	char path[4096];
	enum err err = spawn_own(path, sizeof(path));
	char *slash;
	int written;

	if (err != ERR_NONE)
		return err;
	slash = strrchr(path, '/');
	if (!slash)
		return ERR_IO;
	*slash = '\0';
	written = snprintf(ret, size, "%s/%s", path, name);
	return written > 0 && (size_t)written < size ? ERR_NONE : ERR_LIMIT;
}

bool spawn_is_program(const char *path) { return access(path, X_OK) == 0; }

enum err spawn_open_image(const char *path, int *ret_fd)
{
	int low = open(path, O_PATH | O_CLOEXEC), high;

	if (low < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	high = fcntl(low, F_DUPFD_CLOEXEC, SPAWN_CHANNEL + 1);
	(void)close(low);
	if (high < 0)
		return ERR_IO;
	*ret_fd = high;
	return ERR_NONE;
}

void spawn_set_name(const char *name) { (void)prctl(PR_SET_NAME, name); }

bool spawn_is_alone(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

/* True when it has ended, and nobody follows it. */
static bool has_ended(pid_t *pid, int channel, int *ret_status)
{
	pid_t gone, next;
	int status;

	while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
		if (gone != *pid)
			continue;
		if (recv(channel, &next, sizeof(next), MSG_DONTWAIT) == sizeof(next)) {
			*pid = next;
			continue;
		}
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		return true;
	}
	return false;
}

int spawn_follow(pid_t pid, int channel)
{
	sigset_t set;
	int status = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)close_range(SPAWN_CHANNEL, (unsigned)channel - 1, 0);
	(void)close_range((unsigned)channel + 1, ~0U, 0);
	while (!has_ended(&pid, channel, &status)) {
		int number = sigwaitinfo(&set, NULL);

		if (number == SIGTERM || number == SIGINT)
			(void)kill(pid, number);
	}
	return status;
}

void spawn_adopt(void) { (void)prctl(PR_SET_CHILD_SUBREAPER, 1); }

size_t spawn_raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (size_t)limit.rlim_cur : 0;
}

void spawn_shut_memory(void)
{
	const struct rlimit no_core = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)prctl(PR_SET_DUMPABLE, 0);
}
