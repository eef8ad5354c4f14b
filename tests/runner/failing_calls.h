/* SPDX-License-Identifier: Apache-2.0 */
/* System calls of the C library once more, to stand before its own: for a unit test's executable
 * (fault.c) and for a library that is preloaded (tests/system/fail_calls.c). Each asks the kernel
 * itself, so that no order of loading matters and no sandbox sees more. Who includes it, once,
 * has defined
 *
 *     FAILS(name)          whether this call of `name` fails; errno is set then
 *     LENGTH(name, asked)  of how many bytes it is made, or -1, errno being set
 *
 * and neither _FILE_OFFSET_BITS, under which both forms of a name are one, nor _FORTIFY_SOURCE,
 * under which a function has a body already. */
#ifndef RUNNER_FAILING_CALLS_H
#define RUNNER_FAILING_CALLS_H

#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN                      __attribute__((visibility("default")))

#define UNLESS(name, number, ...) (FAILS(name) ? -1 : syscall(number, __VA_ARGS__))

SEEN int accept4(int fd, struct sockaddr *name, socklen_t *size, int flags)
{
	return (int)UNLESS(accept4, SYS_accept4, fd, name, size, flags);
}
SEEN int bind(int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)UNLESS(bind, SYS_bind, fd, name, size);
}
SEEN int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return (int)UNLESS(setsockopt, SYS_setsockopt, fd, level, name, value, size);
}
SEEN int socket(int family, int type, int protocol)
{
	return (int)UNLESS(socket, SYS_socket, family, type, protocol);
}
SEEN ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	return UNLESS(recvmsg, SYS_recvmsg, fd, m, flags);
}
SEEN ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	return UNLESS(sendmsg, SYS_sendmsg, fd, m, flags);
}

SEEN ssize_t read(int fd, void *at, size_t asked)
{
	ssize_t len = LENGTH(read, asked);

	return len < 0 ? -1 : syscall(SYS_read, fd, at, len);
}
SEEN ssize_t write(int fd, const void *at, size_t asked)
{
	ssize_t len = LENGTH(write, asked);

	return len < 0 ? -1 : syscall(SYS_write, fd, at, len);
}
SEEN ssize_t pread64(int fd, void *at, size_t asked, off64_t from)
{
	ssize_t len = LENGTH(pread, asked);

	return len < 0 ? -1 : syscall(SYS_pread64, fd, at, len, from);
}
SEEN ssize_t pread(int fd, void *at, size_t asked, off_t from)
{
	return pread64(fd, at, asked, from);
}
SEEN ssize_t pwrite64(int fd, const void *at, size_t asked, off64_t from)
{
	ssize_t len = LENGTH(pwrite, asked);

	return len < 0 ? -1 : syscall(SYS_pwrite64, fd, at, len, from);
}
SEEN ssize_t pwrite(int fd, const void *at, size_t asked, off_t from)
{
	return pwrite64(fd, at, asked, from);
}
SEEN int ftruncate64(int fd, off64_t len) { return (int)UNLESS(ftruncate, SYS_ftruncate, fd, len); }
SEEN int ftruncate(int fd, off_t len) { return ftruncate64(fd, len); }

SEEN void *mmap64(void *at, size_t len, int may, int flags, int fd, off64_t from)
{
	/* What the allocator maps has its own ladder. */
	if (fd >= 0 && FAILS(mmap))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, len, may, flags, fd, from);
}
SEEN void *mmap(void *at, size_t len, int may, int flags, int fd, off_t from)
{
	return mmap64(at, len, may, flags, fd, from);
}

static int failing_open(const char *path, int flags, va_list more)
{
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;

	return (int)UNLESS(open, SYS_openat, AT_FDCWD, path, flags, mode);
}
SEEN int open(const char *path, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = failing_open(path, flags, more);
	va_end(more);
	return fd;
}
SEEN int open64(const char *path, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = failing_open(path, flags, more);
	va_end(more);
	return fd;
}

#endif
