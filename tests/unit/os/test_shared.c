/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory: fixed size, read-only ends. */
#include "os/shared.h"
#include "runner/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TEST(shared_both, "what one maps for writing another reads")
{
	struct shared_map w, r;
	int fd, readonly;

	TRY(shared_create("test", 5000, &fd));
	TRY(shared_reopen_readonly(fd, &readonly));
	TRY(shared_map(fd, SHARED_WRITE, 5000, &w));
	TRY(shared_map(readonly, SHARED_READ, 5000, &r));
	memcpy((char *)w.at + 4990, "words", 6);
	CHECK(strcmp((char *)r.at + 4990, "words") == 0 && r.size == 8192);
	CHECK(shared_map(readonly, SHARED_WRITE, 1, &r) == ERR_DENIED);
	CHECK(shared_map(fd, SHARED_READ, 8193, &r) == ERR_SHORT);
	shared_unmap(&w);
	shared_unmap(&r);
	shared_unmap(&r);
	(void)close(fd);
	(void)close(readonly);
	return ERR_NONE;
}

TEST(shared_sealed, "sealed bytes can be read and never changed")
{
	struct shared_map m;
	int fd;

	TRY(shared_create_sealed("test", VIEW("settings"), &fd));
	CHECK(shared_map(fd, SHARED_WRITE, 1, &m) == ERR_DENIED);
	TRY(shared_map(fd, SHARED_READ, 1, &m));
	CHECK(m.size == 8 && memcmp(m.at, "settings", 8) == 0);
	CHECK(write(fd, "x", 1) < 0 && ftruncate(fd, 4) != 0);
	shared_unmap(&m);
	(void)close(fd);
	return ERR_NONE;
}

TEST(shared_unsealed, "memory that could shrink under us is refused")
{
	struct shared_map m;
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
	CHECK(shared_map(fd, SHARED_READ, 1, &m) == ERR_DENIED);
	CHECK(shared_map(-1, SHARED_READ, 1, &m) == ERR_IO);
	(void)close(fd);
	CHECK(shared_create("test", 0, &fd) == ERR_LIMIT);
	return ERR_NONE;
}
