/* SPDX-License-Identifier: Apache-2.0 */
/* Forbidden acts, tried from inside the sandbox of each role, each in a process
 * of its own. Denied is: an error came back, or the kernel ended the process. The
 * twin without a sandbox must succeed, or the act would prove nothing. */
#include "os/sandbox.h"
#include "runner/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* What the acts work on: made outside, inherited. */
static struct scene {
	char folder[32], file[64], fresh[64], own[64];
	pid_t victim;
	int udp, tcp, unbound_unix;
	struct sockaddr_in loopback;
	char secret[8];
} scene;

static long open_file(void) { return syscall(SYS_open, "/etc/passwd", O_RDONLY); }
static long openat_file(void) { return syscall(SYS_openat, AT_FDCWD, scene.file, O_RDONLY); }
static long openat_write(void) { return syscall(SYS_openat, AT_FDCWD, scene.file, O_WRONLY); }
static long create_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, scene.fresh, O_CREAT | O_WRONLY, 0600);
}
static long open_proc(void) { return syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY); }
static long unlink_file(void) { return syscall(SYS_unlink, scene.file); }
static long rename_file(void) { return syscall(SYS_rename, scene.file, scene.fresh); }
static long make_folder(void) { return syscall(SYS_mkdir, scene.fresh, 0700); }
static long link_file(void) { return syscall(SYS_link, scene.file, scene.fresh); }
static long symlink_file(void) { return syscall(SYS_symlink, scene.file, scene.fresh); }
static long make_pipe(void) { return syscall(SYS_mknod, scene.fresh, S_IFIFO | 0600, 0); }
static long truncate_file(void) { return syscall(SYS_truncate, scene.file, 0); }
static long change_mode(void) { return syscall(SYS_chmod, scene.file, 0777); }

static long socket_udp(void) { return syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0); }
static long socket_tcp(void) { return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
static long socket_v6(void) { return syscall(SYS_socket, AF_INET6, SOCK_DGRAM, 0); }
static long socket_unix(void) { return syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }
static long socket_netlink(void) { return syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }
static long socket_raw(void) { return syscall(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long pair_unix(void)
{
	int two[2];

	return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, two);
}
static long pair_other(void)
{
	int two[2];

	return syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, two);
}
static long connect_udp(void)
{
	return syscall(SYS_connect, scene.udp, &scene.loopback, sizeof(scene.loopback));
}
static long bind_udp(void)
{
	return syscall(SYS_bind, scene.udp, &scene.loopback, sizeof(scene.loopback));
}
static long bind_tcp(void)
{
	return syscall(SYS_bind, scene.tcp, &scene.loopback, sizeof(scene.loopback));
}
static long listen_tcp(void) { return syscall(SYS_listen, scene.tcp, 1); }

static long bind_unix(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene.fresh);
	return syscall(SYS_bind, scene.unbound_unix, &name, sizeof(name));
}

static long execute(void)
{
	char *const arguments[] = { (char *)(uintptr_t) "true", NULL };

	/* Replaces the process by one that ends with 0, which is what a success looks like. */
	return syscall(SYS_execve, "/bin/true", arguments, NULL);
}

static long fork_child(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid;
}

static long signal_other(void) { return syscall(SYS_kill, scene.victim, SIGURG); }
static long signal_everyone(void) { return syscall(SYS_kill, 0, SIGURG); }
static long signal_thread(void) { return syscall(SYS_tgkill, scene.victim, scene.victim, SIGURG); }
static long signal_old(void) { return syscall(SYS_tkill, scene.victim, SIGURG); }
static long open_process(void) { return syscall(SYS_pidfd_open, scene.victim, 0); }
static long trace_other(void) { return syscall(SYS_ptrace, PTRACE_SEIZE, scene.victim, 0, 0); }
static long trace_me(void) { return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }

/* The sixth argument lies on the stack, where an int leaves its upper half as it was. */
static long read_memory(void)
{
	char bytes[8];
	struct iovec here = { bytes, sizeof(bytes) },
		     there = { scene.secret, sizeof(scene.secret) };

	return syscall(SYS_process_vm_readv, scene.victim, &here, 1L, &there, 1L, 0L);
}

static long write_memory(void)
{
	char bytes[8] = "written";
	struct iovec here = { bytes, sizeof(bytes) },
		     there = { scene.secret, sizeof(scene.secret) };

	return syscall(SYS_process_vm_writev, scene.victim, &here, 1L, &there, 1L, 0L);
}

static long open_memory(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)scene.victim);
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
}

static long map_code(void)
{
	return syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
}

static long make_code(void)
{
	long at = syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0L);

	return at < 0 ? 0 : syscall(SYS_mprotect, at, 4096, PROT_READ | PROT_EXEC);
}

static long make_memfd(void) { return syscall(SYS_memfd_create, "x", 0); }
static long new_user(void) { return syscall(SYS_unshare, CLONE_NEWUSER); }
static long become_root(void) { return syscall(SYS_setresuid, 0, 0, 0); }
static long change_root(void) { return syscall(SYS_chroot, scene.folder); }
static long change_name(void) { return syscall(SYS_sethostname, "x", 0); }
static long new_mount(void) { return syscall(SYS_mount, "none", scene.folder, "tmpfs", 0, ""); }
static long keyring(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 1); }
static long fault_memory(void) { return syscall(SYS_userfaultfd, 0); }
static long watch_files(void) { return syscall(SYS_inotify_init1, 0); }
static long lock_memory(void) { return syscall(SYS_mlockall, MCL_CURRENT); }
static long change_limit(void) { return syscall(SYS_setpriority, 0, 0, 1); }
static long join_namespace(void) { return syscall(SYS_setns, -1, 0); }
static long ring_setup(void) { return syscall(SYS_io_uring_setup, 1, NULL); }
static long load_program(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long count_events(void) { return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0); }

enum twin {
	TWIN_SUCCEEDS,  /* without a sandbox, anywhere */
	TWIN_WITH_ROOT, /* without a sandbox, as root of a plain machine */
	TWIN_NONE,      /* the arguments are void on purpose, or some machines deny it anyway */
};

static const struct act {
	const char *name;
	long (*run)(void);
	enum twin twin;
} acts[] = {
	{ "opens a system file", open_file, TWIN_SUCCEEDS },
	{ "opens a file", openat_file, TWIN_SUCCEEDS },
	{ "opens a file for writing", openat_write, TWIN_SUCCEEDS },
	{ "creates a file", create_file, TWIN_SUCCEEDS },
	{ "opens its own status", open_proc, TWIN_SUCCEEDS },
	{ "removes a file", unlink_file, TWIN_SUCCEEDS },
	{ "renames a file", rename_file, TWIN_SUCCEEDS },
	{ "makes a folder", make_folder, TWIN_SUCCEEDS },
	{ "links a file", link_file, TWIN_SUCCEEDS },
	{ "links a file by name", symlink_file, TWIN_SUCCEEDS },
	{ "makes a pipe in a folder", make_pipe, TWIN_SUCCEEDS },
	{ "truncates a file", truncate_file, TWIN_SUCCEEDS },
	{ "changes a file's mode", change_mode, TWIN_SUCCEEDS },
	{ "opens a UDP socket", socket_udp, TWIN_SUCCEEDS },
	{ "opens a TCP socket", socket_tcp, TWIN_SUCCEEDS },
	{ "opens an IPv6 socket", socket_v6, TWIN_WITH_ROOT },
	{ "opens a Unix socket", socket_unix, TWIN_SUCCEEDS },
	{ "opens a netlink socket", socket_netlink, TWIN_SUCCEEDS },
	{ "opens a raw socket", socket_raw, TWIN_WITH_ROOT },
	{ "makes two ends of a stream", pair_unix, TWIN_SUCCEEDS },
	{ "makes two ends of another family", pair_other, TWIN_NONE },
	{ "connects an inherited socket", connect_udp, TWIN_SUCCEEDS },
	{ "binds an inherited UDP socket", bind_udp, TWIN_SUCCEEDS },
	{ "binds an inherited TCP socket", bind_tcp, TWIN_SUCCEEDS },
	{ "binds an inherited Unix socket", bind_unix, TWIN_SUCCEEDS },
	{ "listens", listen_tcp, TWIN_SUCCEEDS },
	{ "executes a program", execute, TWIN_SUCCEEDS },
	{ "forks", fork_child, TWIN_SUCCEEDS },
	{ "signals another process", signal_other, TWIN_SUCCEEDS },
	{ "signals its group", signal_everyone, TWIN_NONE },
	{ "signals another's thread", signal_thread, TWIN_SUCCEEDS },
	{ "signals the old way", signal_old, TWIN_SUCCEEDS },
	{ "opens another process", open_process, TWIN_SUCCEEDS },
	{ "traces another process", trace_other, TWIN_WITH_ROOT },
	{ "lets itself be traced", trace_me, TWIN_SUCCEEDS },
	{ "reads another's memory", read_memory, TWIN_WITH_ROOT },
	{ "writes another's memory", write_memory, TWIN_WITH_ROOT },
	{ "opens another's memory", open_memory, TWIN_WITH_ROOT },
	{ "maps writable code", map_code, TWIN_SUCCEEDS },
	{ "makes data executable", make_code, TWIN_SUCCEEDS },
	{ "makes a memory file", make_memfd, TWIN_SUCCEEDS },
	{ "makes a user namespace", new_user, TWIN_NONE },
	{ "becomes root", become_root, TWIN_WITH_ROOT },
	{ "changes its root", change_root, TWIN_WITH_ROOT },
	{ "renames the machine", change_name, TWIN_NONE },
	{ "mounts", new_mount, TWIN_NONE },
	{ "reads keys", keyring, TWIN_NONE },
	{ "handles faults", fault_memory, TWIN_NONE },
	{ "watches files", watch_files, TWIN_SUCCEEDS },
	{ "locks memory", lock_memory, TWIN_NONE },
	{ "changes its priority", change_limit, TWIN_SUCCEEDS },
	{ "joins a namespace", join_namespace, TWIN_NONE },
	{ "sets up an asynchronous ring", ring_setup, TWIN_NONE },
	{ "loads a kernel program", load_program, TWIN_NONE },
	{ "counts kernel events", count_events, TWIN_NONE },
};

static const struct role {
	const char *name;
	enum err (*enter)(const struct sandbox *s, struct sandbox_report *ret);
} roles[] = {
	{ "signal", sandbox_enter_signal },   { "media", sandbox_enter_media },
	{ "judge", sandbox_enter_judge },     { "store", sandbox_enter_store },
	{ "web", sandbox_enter_web },         { "kernel", sandbox_enter_kernel },
	{ "observe", sandbox_enter_observe }, { "outreach", sandbox_enter_outreach },
	{ "keys", sandbox_enter_keys },
};

enum { DONE = 0, DENIED = 42, NO_SANDBOX = 43, NO_MEMORY = 44 };

static enum err scene_open(void)
{
	char own[64];
	int fd;

	scene.loopback = (struct sockaddr_in){ .sin_family = AF_INET,
		                               .sin_addr = { htonl(INADDR_LOOPBACK) } };
	(void)snprintf(scene.folder, sizeof(scene.folder), "/tmp/ringfence-escape-XXXXXX");
	CHECK(mkdtemp(scene.folder));
	(void)snprintf(scene.file, sizeof(scene.file), "%s/file", scene.folder);
	(void)snprintf(scene.fresh, sizeof(scene.fresh), "%s/fresh", scene.folder);
	(void)snprintf(scene.own, sizeof(scene.own), "%s/own", scene.folder);
	(void)snprintf(own, sizeof(own), "%s", scene.own);
	CHECK(mkdir(own, 0700) == 0);
	fd = open(scene.file, O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	(void)close(fd);
	scene.udp = socket(AF_INET, SOCK_DGRAM, 0);
	scene.tcp = socket(AF_INET, SOCK_STREAM, 0);
	scene.unbound_unix = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(scene.secret, "secret", 7);
	scene.victim = fork();
	if (scene.victim == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	CHECK(scene.victim > 0 && scene.udp >= 0 && scene.tcp >= 0 && scene.unbound_unix >= 0);
	return ERR_NONE;
}

static void scene_close(void)
{
	(void)kill(scene.victim, SIGKILL);
	(void)waitpid(scene.victim, NULL, 0);
	(void)unlink(scene.file);
	(void)unlink(scene.fresh);
	(void)rmdir(scene.fresh);
	(void)rmdir(scene.own);
	(void)rmdir(scene.folder);
	(void)close(scene.udp);
	(void)close(scene.tcp);
	(void)close(scene.unbound_unix);
}

static void __attribute__((noreturn)) perform(const struct role *role, const struct act *act)
{
	struct sandbox s = {
		.uid = (uid_t)-1, .gid = (gid_t)-1, .silent = -1, .is_survivor = true
	};
	struct sandbox_report report;
	long result;

	if (role && strcmp(role->name, "store") == 0)
		s.directory = scene.own;
	if (role && role->enter(&s, &report) != ERR_NONE)
		_exit(NO_SANDBOX);
	result = act->run();
	syscall(SYS_exit_group, result == -1 ? DENIED : DONE);
	__builtin_unreachable();
}

/* Whether the act was denied; NO_SANDBOX counts as not. */
static bool is_denied(const struct role *role, const struct act *act)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		perform(role, act);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
	       (WIFEXITED(status) && WEXITSTATUS(status) == DENIED);
}

/* What outreach is for: IP sockets that ask others; and signal and media, on ports that they were
 * given bound; and what web puts between TLS and HTTP. */
static bool is_allowed(const struct role *role, const struct act *act)
{
	if (strcmp(role->name, "media") == 0 || strcmp(role->name, "signal") == 0)
		return strcmp(act->name, "listens") == 0;
	if (strcmp(role->name, "web") == 0)
		return act->run == pair_unix;
	return strcmp(role->name, "outreach") == 0 &&
	       (act->run == socket_udp || act->run == socket_tcp || act->run == socket_v6 ||
	        act->run == connect_udp);
}

TEST(escape_denied, "each forbidden act is denied to each role")
{
	TRY(scene_open());
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
			char name[128];

			(void)snprintf(name, sizeof(name), "%s %s", roles[r].name, acts[a].name);
			CHECK_CASE(is_denied(&roles[r], &acts[a]) !=
			                   is_allowed(&roles[r], &acts[a]),
			           name);
		}
	}
	scene_close();
	return ERR_NONE;
}

TEST(escape_twin, "the same acts succeed without a sandbox")
{
	bool is_root = geteuid() == 0;

	for (size_t a = 0; a < sizeof(acts) / sizeof(acts[0]); a++) {
		if (acts[a].twin == TWIN_NONE || (acts[a].twin == TWIN_WITH_ROOT && !is_root))
			continue;
		TRY(scene_open());
		CHECK_CASE(!is_denied(NULL, &acts[a]), acts[a].name);
		scene_close();
	}
	return ERR_NONE;
}

/* What a role lives by must go on inside. */
static void __attribute__((noreturn)) live(const struct role *role)
{
	struct sandbox s = {
		.uid = (uid_t)-1, .gid = (gid_t)-1, .silent = -1, .is_survivor = true
	};
	struct sandbox_report report;
	char *memory, byte = 'x', path[80];
	int ends[2], fd;
	bool is_store = strcmp(role->name, "store") == 0;

	s.directory = is_store ? scene.own : NULL;
	if (pipe(ends) != 0)
		_exit(1);
	switch (role->enter(&s, &report)) {
	case ERR_NONE:
		break;
	case ERR_NO_MEMORY:
		_exit(NO_MEMORY);
	default:
		_exit(NO_SANDBOX);
	}
	memory = malloc(4 << 20);
	if (!memory)
		_exit(NO_MEMORY);
	if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
		_exit(2);
	memory[0] = byte;
	free(memory);
	if (is_store) {
		(void)snprintf(path, sizeof(path), "%s/db", scene.own);
		fd = open(path, O_CREAT | O_RDWR, 0600);
		if (fd < 0 || write(fd, &byte, 1) != 1 || fsync(fd) != 0 || ftruncate(fd, 0) != 0 ||
		    unlink(path) != 0)
			_exit(3);
	}
	_exit(DONE);
}

TEST(escape_lives, "what a role lives by goes on inside, the store's folder too")
{
	TRY(scene_open());
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			live(&roles[r]);
		CHECK_CASE(waitpid(pid, &status, 0) == pid && WIFEXITED(status), roles[r].name);
		/* In the ladder it is the child's allocation that fails. */
		CHECK_CASE(WEXITSTATUS(status) == DONE || WEXITSTATUS(status) == NO_MEMORY,
		           roles[r].name);
	}
	scene_close();
	return ERR_NONE;
}

TEST(escape_unknown_call, "a call that no row knows ends the process in a plain build")
{
	static const struct act unknown = { "unknown", lock_memory, TWIN_NONE };
	int status;
	pid_t pid;

	if (IS_SANITIZED)
		SKIP("sanitized builds answer EPERM");
	pid = fork();
	if (pid == 0)
		perform(&roles[0], &unknown);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return ERR_NONE;
}

/* Exit status: bit 0 the tap took a byte, bit 1 the other pipe did not. */
static void __attribute__((noreturn)) speak(bool is_confined)
{
	struct sandbox s = {
		.uid = (uid_t)-1, .gid = (gid_t)-1, .silent = -1, .is_survivor = true
	};
	struct sandbox_report report;
	int tap[2], other[2], status = 0;
	char byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, tap) != 0 || pipe(other) != 0)
		_exit(NO_SANDBOX);
	s.silent = tap[0];
	if (is_confined && sandbox_enter_observe(&s, &report) != ERR_NONE)
		_exit(NO_SANDBOX);
	if (write(tap[0], &byte, 1) == 1 || sendmsg(tap[0], &message, 0) == 1)
		status |= 1;
	if (write(other[1], &byte, 1) != 1 || sendmsg(tap[1], &message, 0) != 1)
		status |= 2;
	_exit(status);
}

TEST(silent_tap, "the observer can send nothing by its tap, and by its other descriptors it can")
{
	static const struct {
		const char *name;
		bool is_confined;
		int want;
	} cases[] = { { "confined", true, 0 }, { "without a sandbox", false, 1 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			speak(cases[i].is_confined);
		CHECK_CASE(pid > 0 && waitpid(pid, &status, 0) == pid, cases[i].name);
		CHECK_CASE(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].want,
		           cases[i].name);
	}
	return ERR_NONE;
}
