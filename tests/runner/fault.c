/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions that stand before the C library's. */

/* Under both the name is the other one's, and a fortified one has a body. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include "runner/fault.h"
#include "runner/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>

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

#define FAILS(name)         fails(FAULT_##name)
#define LENGTH(name, asked) length_of(FAULT_##name, asked)
#include "runner/failing_calls.h"

SEEN int eventfd(unsigned count, int flags)
{
	return (int)UNLESS(eventfd, SYS_eventfd2, count, flags);
}
/* No unit test cuts the power: waiting for the disk would only make them slow. */
SEEN int fdatasync(int fd) { return fd < 0 || FAILS(fdatasync) ? -1 : 0; }
SEEN int fsync(int fd) { return fd < 0 || FAILS(fsync) ? -1 : 0; }
SEEN int listen(int fd, int backlog) { return (int)UNLESS(listen, SYS_listen, fd, backlog); }
SEEN int memfd_create(const char *name, unsigned flags)
{
	return (int)UNLESS(memfd_create, SYS_memfd_create, name, flags);
}
SEEN int socketpair(int family, int type, int protocol, int fds[2])
{
	return (int)UNLESS(socketpair, SYS_socketpair, family, type, protocol, fds);
}

static int controlled(int fd, int command, va_list more)
{
	long argument = va_arg(more, long);

	return (int)UNLESS(fcntl, SYS_fcntl, fd, command, argument);
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
