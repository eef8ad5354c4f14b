/* SPDX-License-Identifier: Apache-2.0 */
/* memfds whose size is sealed: a holder that could shrink one would end every
 * other process with SIGBUS. */
#include "os/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3; older ones answer EINVAL */
#endif

enum { SIZE_SEALS = F_SEAL_SHRINK | F_SEAL_GROW };

static int memfd_open(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

static enum err create(const char *name, struct view bytes, size_t size, int seals, int *ret_fd)
{
	int fd;

	if (size == 0 || size > INT64_MAX / 2)
		return ERR_LIMIT;
	fd = memfd_open(name);
	if (fd < 0)
		return ERR_IO;
	if (ftruncate(fd, (off_t)size) != 0)
		goto out;
	while (bytes.len > 0) {
		ssize_t done = write(fd, bytes.at, bytes.len);

		if (done <= 0)
			goto out;
		bytes = view_after(bytes, (size_t)done);
	}
	if (fcntl(fd, F_ADD_SEALS, seals) != 0)
		goto out;
	*ret_fd = fd;
	return ERR_NONE;
out:
	(void)close(fd);
	return ERR_IO;
}

enum err shared_create(const char *name, size_t size, int *ret_fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (size > SIZE_MAX - page)
		return ERR_LIMIT;
	return create(name, VIEW_EMPTY, (size + page - 1) / page * page, SIZE_SEALS | F_SEAL_SEAL,
	              ret_fd);
}

enum err shared_create_sealed(const char *name, struct view bytes, int *ret_fd)
{
	return create(name, bytes, bytes.len, SIZE_SEALS | F_SEAL_WRITE | F_SEAL_SEAL, ret_fd);
}

enum err shared_reopen_readonly(int fd, int *ret_fd)
{
	char path[64];
	int reopened;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reopened = open(path, O_RDONLY | O_CLOEXEC);
	if (reopened < 0)
		return ERR_IO;
	*ret_fd = reopened;
	return ERR_NONE;
}

enum err shared_map(int fd, enum shared_access access, size_t least, struct shared_map *ret)
{
	int seals = fcntl(fd, F_GET_SEALS);
	off_t size = lseek(fd, 0, SEEK_END);
	int protection = access == SHARED_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
	void *at;

	if (seals < 0 || size < 0)
		return ERR_IO;
	if ((seals & SIZE_SEALS) != SIZE_SEALS)
		return ERR_DENIED;
	if (size == 0 || (size_t)size < least)
		return ERR_SHORT;
	at = mmap(NULL, (size_t)size, protection, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO;
	*ret = (struct shared_map){ at, (size_t)size };
	return ERR_NONE;
}

void shared_unmap(struct shared_map *m)
{
	if (m->at)
		(void)munmap(m->at, m->size);
	*m = (struct shared_map){ NULL, 0 };
}
