/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into the service: system calls of one process fail, as the file beside this library
 * says, which is in the memory of all (tests/system/faults.py writes it). They go through libc,
 * whose functions stand here once more. Nothing else is asked of the kernel on the way, so that
 * no sandbox sees more than without it. */

/* Under both the name is the other one's, and a fortified one has a body. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SHORT = 1000 }; /* in place of an error: half of what was asked for */

/* The number of each in the page is its place in the list of faults.py. */
enum call {
	CALL_recvmmsg,
	CALL_recvfrom,
	CALL_recv,
	CALL_recvmsg,
	CALL_sendmmsg,
	CALL_sendto,
	CALL_send,
	CALL_sendmsg,
	CALL_read,
	CALL_write,
	CALL_writev,
	CALL_pread,
	CALL_pwrite,
	CALL_fsync,
	CALL_fdatasync,
	CALL_ftruncate,
	CALL_open,
	CALL_epoll_wait,
	CALL_epoll_pwait,
	CALL_epoll_ctl,
	CALL_poll,
	CALL_clock_nanosleep,
	CALL_accept4,
	CALL_socket,
	CALL_connect,
	CALL_bind,
	CALL_setsockopt,
	CALL_getsockopt,
	CALL_mmap,
	CALL_getrandom,
	CALL_unlink,
	CALL_COUNT
};

struct page {
	int32_t process; /* whose calls fail; 0: nobody's */
	int32_t call, error;
	uint32_t every; /* one of so many */
	uint32_t failed;
	uint32_t seen[CALL_COUNT]; /* of that process */
};

static struct page *page;
static int32_t self;

__attribute__((constructor)) static void begin(void)
{
	char path[4096];
	Dl_info own;
	long fd, at;

	if (!dladdr((void *)(uintptr_t)begin, &own))
		return;
	(void)snprintf(path, sizeof(path), "%s.page", own.dli_fname);
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	at = syscall(SYS_mmap, NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	             0);
	(void)syscall(SYS_close, fd);
	self = (int32_t)getpid();
	page = at == -1 ? NULL : (struct page *)at;
}

/* The error with which this call is to fail; 0: it is to be made. */
static int error_of(enum call call)
{
	static uint32_t count;

	if (!page || page->process != self)
		return 0;
	page->seen[call]++;
	if (page->call != (int32_t)call || page->error == 0 || ++count % page->every != 0)
		return 0;
	page->failed++;
	return page->error;
}

static int fails(enum call call)
{
	int error = error_of(call);

	if (error == 0 || error == SHORT)
		return 0;
	errno = error;
	return 1;
}

/* -1, or how many bytes the call is to be asked for. */
static ssize_t length_of(enum call call, size_t asked)
{
	int error = error_of(call);

	if (error == SHORT)
		return (ssize_t)(asked + 1) / 2;
	if (error == 0)
		return (ssize_t)asked;
	errno = error;
	return -1;
}

#define FAILS(name)         fails(CALL_##name)
#define LENGTH(name, asked) length_of(CALL_##name, asked)
#include "runner/failing_calls.h"

SEEN int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *wait)
{
	return (int)UNLESS(recvmmsg, SYS_recvmmsg, fd, m, n, flags, wait);
}
SEEN int sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	return (int)UNLESS(sendmmsg, SYS_sendmmsg, fd, m, n, flags);
}
SEEN ssize_t recvfrom(int fd, void *at, size_t len, int flags, struct sockaddr *name,
                      socklen_t *size)
{
	return UNLESS(recvfrom, SYS_recvfrom, fd, at, len, flags, name, size);
}
SEEN ssize_t sendto(int fd, const void *at, size_t len, int flags, const struct sockaddr *name,
                    socklen_t size)
{
	return UNLESS(sendto, SYS_sendto, fd, at, len, flags, name, size);
}
SEEN ssize_t recv(int fd, void *at, size_t asked, int flags)
{
	ssize_t len = length_of(CALL_recv, asked);

	return len < 0 ? -1 : syscall(SYS_recvfrom, fd, at, len, flags, NULL, NULL);
}
SEEN ssize_t send(int fd, const void *at, size_t asked, int flags)
{
	ssize_t len = length_of(CALL_send, asked);

	return len < 0 ? -1 : syscall(SYS_sendto, fd, at, len, flags, NULL, 0);
}
SEEN ssize_t writev(int fd, const struct iovec *parts, int n)
{
	return UNLESS(writev, SYS_writev, fd, parts, n);
}
SEEN int fsync(int fd) { return (int)UNLESS(fsync, SYS_fsync, fd); }
SEEN int fdatasync(int fd) { return (int)UNLESS(fdatasync, SYS_fdatasync, fd); }
SEEN int epoll_wait(int fd, struct epoll_event *events, int n, int wait)
{
	return (int)UNLESS(epoll_wait, SYS_epoll_wait, fd, events, n, wait);
}
SEEN int epoll_pwait(int fd, struct epoll_event *events, int n, int wait, const sigset_t *mask)
{
	return (int)UNLESS(epoll_pwait, SYS_epoll_pwait, fd, events, n, wait, mask, 8);
}
SEEN int epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
	/* What is there already needs no memory. */
	if (what == EPOLL_CTL_ADD && fails(CALL_epoll_ctl))
		return -1;
	return (int)syscall(SYS_epoll_ctl, set, what, fd, event);
}
SEEN int poll(struct pollfd *fds, nfds_t n, int wait)
{
	return (int)UNLESS(poll, SYS_poll, fds, n, wait);
}
/* It returns its error. */
SEEN int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until,
                         struct timespec *left)
{
	return UNLESS(clock_nanosleep, SYS_clock_nanosleep, clock, flags, until, left) == 0 ? 0
	                                                                                    : errno;
}
SEEN int connect(int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)UNLESS(connect, SYS_connect, fd, name, size);
}
SEEN int getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	return (int)UNLESS(getsockopt, SYS_getsockopt, fd, level, name, value, size);
}
SEEN ssize_t getrandom(void *at, size_t len, unsigned flags)
{
	return UNLESS(getrandom, SYS_getrandom, at, len, flags);
}
SEEN int unlink(const char *path) { return (int)UNLESS(unlink, SYS_unlink, path); }
