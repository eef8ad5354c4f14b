/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions that stand before the C library's. Each asks the kernel itself, so that no
 * order of loading matters. */

/* Under both the name is the other one's, and a fortified one has a body. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include "runner/fault.h"
#include "runner/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

static struct {
	enum fault_call call;
	uint32_t left; /* calls until the fault; 0: none is to come */
	int error;
	bool was_hit;
} armed;

const char *fault_name(enum fault_call call)
{
	static const char *const names[] = {
#define FAULT(name) #name,
#include "runner/fault.def"
#undef FAULT
	};

	return (unsigned)call < FAULT_COUNT ? names[call] : "?";
}

void fault_arm(enum fault_call call, uint32_t nth, int error)
{
	armed.call = call;
	armed.left = nth;
	armed.error = error;
	armed.was_hit = false;
}

bool fault_disarm(void)
{
	armed.left = 0;
	return armed.was_hit;
}

/* Whether this call is the one. */
static bool is_due(enum fault_call call)
{
	if (armed.left == 0 || armed.call != call || --armed.left > 0)
		return false;
	armed.was_hit = true;
	if (armed.error != FAULT_SHORT)
		errno = armed.error;
	return true;
}

static bool fails(enum fault_call call) { return is_due(call) && armed.error != FAULT_SHORT; }

/* -1, or how many bytes the call is to be asked for. */
static ssize_t length_of(enum fault_call call, size_t asked)
{
	if (!is_due(call))
		return (ssize_t)asked;
	return armed.error == FAULT_SHORT ? (ssize_t)(asked + 1) / 2 : -1;
}

#define RETURN_UNLESS(fault, number, ...)                                                          \
	return fails(FAULT_##fault) ? -1 : (int)syscall(number, __VA_ARGS__)

SEEN int accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
	RETURN_UNLESS(accept4, SYS_accept4, fd, name, len, flags);
}
SEEN int bind(int fd, const struct sockaddr *name, socklen_t len)
{
	RETURN_UNLESS(bind, SYS_bind, fd, name, len);
}
SEEN int eventfd(unsigned count, int flags) { RETURN_UNLESS(eventfd, SYS_eventfd2, count, flags); }
/* No unit test cuts the power: waiting for the disk would only make them slow. */
SEEN int fdatasync(int fd) { return fd < 0 || fails(FAULT_fdatasync) ? -1 : 0; }
SEEN int fsync(int fd) { return fd < 0 || fails(FAULT_fsync) ? -1 : 0; }
SEEN int ftruncate(int fd, off_t len) { RETURN_UNLESS(ftruncate, SYS_ftruncate, fd, len); }
SEEN int ftruncate64(int fd, off_t len) { RETURN_UNLESS(ftruncate, SYS_ftruncate, fd, len); }
SEEN int listen(int fd, int backlog) { RETURN_UNLESS(listen, SYS_listen, fd, backlog); }
SEEN int memfd_create(const char *name, unsigned flags)
{
	RETURN_UNLESS(memfd_create, SYS_memfd_create, name, flags);
}
SEEN int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	RETURN_UNLESS(setsockopt, SYS_setsockopt, fd, level, name, value, len);
}
SEEN int socket(int family, int type, int protocol)
{
	RETURN_UNLESS(socket, SYS_socket, family, type, protocol);
}
SEEN int socketpair(int family, int type, int protocol, int fds[2])
{
	RETURN_UNLESS(socketpair, SYS_socketpair, family, type, protocol, fds);
}

SEEN void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	/* What the allocator maps has its own ladder. */
	if (fd >= 0 && fails(FAULT_mmap))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}

SEEN void *mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return mmap(at, len, protection, flags, fd, offset);
}

static int opened(const char *path, int flags, va_list more)
{
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;

	return fails(FAULT_open) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

SEEN int open(const char *path, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = opened(path, flags, more);
	va_end(more);
	return fd;
}
SEEN int open64(const char *path, int flags, ...)
{
	va_list more;
	int fd;

	va_start(more, flags);
	fd = opened(path, flags, more);
	va_end(more);
	return fd;
}

static int controlled(int fd, int command, va_list more)
{
	long argument = va_arg(more, long);

	return fails(FAULT_fcntl) ? -1 : (int)syscall(SYS_fcntl, fd, command, argument);
}

SEEN int fcntl(int fd, int command, ...)
{
	va_list more;
	int got;

	va_start(more, command);
	got = controlled(fd, command, more);
	va_end(more);
	return got;
}
SEEN int fcntl64(int fd, int command, ...)
{
	va_list more;
	int got;

	va_start(more, command);
	got = controlled(fd, command, more);
	va_end(more);
	return got;
}

SEEN ssize_t read(int fd, void *bytes, size_t asked)
{
	ssize_t len = length_of(FAULT_read, asked);

	return len < 0 ? -1 : syscall(SYS_read, fd, bytes, len);
}
SEEN ssize_t write(int fd, const void *bytes, size_t asked)
{
	ssize_t len = length_of(FAULT_write, asked);

	return len < 0 ? -1 : syscall(SYS_write, fd, bytes, len);
}
SEEN ssize_t pread(int fd, void *bytes, size_t asked, off_t at)
{
	ssize_t len = length_of(FAULT_pread, asked);

	return len < 0 ? -1 : syscall(SYS_pread64, fd, bytes, len, at);
}
SEEN ssize_t pread64(int fd, void *bytes, size_t asked, off_t at)
{
	return pread(fd, bytes, asked, at);
}
SEEN ssize_t pwrite(int fd, const void *bytes, size_t asked, off_t at)
{
	ssize_t len = length_of(FAULT_pwrite, asked);

	return len < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}
SEEN ssize_t pwrite64(int fd, const void *bytes, size_t asked, off_t at)
{
	return pwrite(fd, bytes, asked, at);
}
SEEN ssize_t recvmsg(int fd, struct msghdr *head, int flags)
{
	return fails(FAULT_recvmsg) ? -1 : syscall(SYS_recvmsg, fd, head, flags);
}
SEEN ssize_t sendmsg(int fd, const struct msghdr *head, int flags)
{
	return fails(FAULT_sendmsg) ? -1 : syscall(SYS_sendmsg, fd, head, flags);
}

uint32_t fault_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint32_t count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		(void)closedir(folder);
	return count;
}

enum err fault_ladder(enum err (*scene)(void), const struct fault_kind *kinds, size_t count,
                      uint32_t *ret_faults)
{
	enum { MOST_PLACES = 2000 };
	uint32_t before = fault_descriptors(), faults = 0;

	for (size_t i = 0; i < count; i++) {
		bool was_hit = true;

		for (uint32_t nth = 1; was_hit; nth++) {
			char place[64];
			enum err err;

			(void)snprintf(place, sizeof(place), "%s %u, errno %d",
			               fault_name(kinds[i].call), nth, kinds[i].error);
			fault_arm(kinds[i].call, nth, kinds[i].error);
			err = scene();
			was_hit = fault_disarm();
			/* The ladder of allocations runs over this one, too. */
			if (err == ERR_NO_MEMORY)
				return err;
			CHECK_CASE(err != ERR_DENIED || kinds[i].error == EACCES, place);
			CHECK_CASE(was_hit || err == ERR_NONE, place);
			CHECK_CASE(fault_descriptors() == before, place);
			CHECK_CASE(nth < MOST_PLACES, place);
			faults += was_hit;
		}
	}
	*ret_faults = faults;
	return ERR_NONE;
}
