/* SPDX-License-Identifier: Apache-2.0 */
/* The file is sparse where nothing was written, and gone with the process. */
#include "cli/report_spool.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BLOCK = 64 << 10 };

enum err cli_spool_init(struct cli_spool *s, size_t item_size)
{
	*s = (struct cli_spool){ .fd = -1, .size = item_size };
	while (item_size << (s->shift + 1) <= MAX_BLOCK)
		s->shift++;
	s->bytes = calloc((size_t)1 << s->shift, item_size);
	if (!s->bytes)
		return ERR_NO_MEMORY;
	/* Zeros that cost nothing until they are touched; without them the file takes all. */
	s->kept = calloc(1, MAX_SPOOL_KEPT);
	s->kept_count = s->kept ? MAX_SPOOL_KEPT / item_size : 0;
	return ERR_NONE;
}

void cli_spool_clear(struct cli_spool *s)
{
	if (s->bytes && s->fd >= 0)
		(void)close(s->fd);
	free(s->kept);
	free(s->bytes);
	*s = (struct cli_spool){ .fd = -1 };
}

static bool open_file(struct cli_spool *s)
{
	const char *folder = getenv("TMPDIR");
	char path[512];
	int size;

	if (s->fd >= 0)
		return true;
	if (!folder || !folder[0])
		folder = "/tmp";
	s->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (s->fd >= 0)
		return true;
	/* Not every file system knows files without a name. */
	size = snprintf(path, sizeof(path), "%s/ringfence-XXXXXX", folder);
	if (size <= 0 || (size_t)size >= sizeof(path))
		return false;
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd >= 0)
		(void)unlink(path);
	return s->fd >= 0;
}

void cli_spool_open(struct cli_spool *s) { (void)open_file(s); }

static size_t block_size(const struct cli_spool *s) { return s->size << s->shift; }

static off_t offset_of(const struct cli_spool *s) { return (off_t)(s->block * block_size(s)); }

static bool put_block(struct cli_spool *s)
{
	size_t done = 0, len = block_size(s);

	if (!s->is_changed)
		return true;
	if (!open_file(s))
		return false;
	while (done < len) {
		ssize_t put =
			pwrite(s->fd, s->bytes + done, len - done, offset_of(s) + (off_t)done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += (size_t)put;
	}
	s->is_changed = false;
	return true;
}

static bool get_block(struct cli_spool *s)
{
	size_t done = 0, len = block_size(s);

	while (s->fd >= 0 && done < len) {
		ssize_t got = pread(s->fd, s->bytes + done, len - done, offset_of(s) + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	memset(s->bytes + done, 0, len - done);
	return true;
}

static void *item(struct cli_spool *s, uint64_t index, bool is_changing)
{
	uint64_t block = index >> s->shift;

	if (s->err != ERR_NONE)
		return NULL;
	if (index < s->kept_count)
		return s->kept + (size_t)index * s->size;
	if (block != s->block) {
		bool is_put = put_block(s);

		s->block = block;
		if (!is_put || !get_block(s)) {
			s->err = ERR_IO;
			return NULL;
		}
	}
	s->is_changed |= is_changing;
	return s->bytes + (size_t)(index - (block << s->shift)) * s->size;
}

void *cli_spool_at(struct cli_spool *s, uint64_t index)
{
	void *at = item(s, index, true);

	if (at && index >= s->count)
		s->count = index + 1;
	return at;
}

const void *cli_spool_read(struct cli_spool *s, uint64_t index)
{
	return index < s->count ? item(s, index, false) : NULL;
}
