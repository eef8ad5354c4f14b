/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of /proc, read no wider than their lines. */
#include "cli/kernel_text.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct view kernel_text_read(const char *path, char *storage, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	/* These files come in pieces of the kernel's choice. */
	while (fd >= 0 && got > 0 && len < size) {
		got = read(fd, storage + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return view_bytes(storage, len);
}

static struct view take(struct view *rest, char end)
{
	size_t at = view_find(*rest, end, 0);
	struct view part = view_first(*rest, at);

	*rest = view_after(*rest, at + 1);
	return part;
}

static struct view take_word(struct view *rest)
{
	*rest = view_trim(*rest);
	return take(rest, ' ');
}

static bool read_hex(struct view digits, uint32_t *ret)
{
	uint32_t number = 0;

	if (digits.len == 0 || digits.len > 8)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		const char *all = "0123456789ABCDEF", *at = strchr(all, digits.at[i]);

		if (!at || !*at)
			return false;
		number = number << 4 | (uint32_t)(at - all);
	}
	*ret = number;
	return true;
}

/* Words of 32 bits as they lie in memory, ":" and the port: "0100007F:13C4". */
static bool read_local(struct view text, struct addr *ret)
{
	struct view port_text = text, host = take(&port_text, ':');
	struct addr a = { .family = host.len == 8 ? 4 : 6 };
	size_t words = host.len / 8, first = a.family == 4 ? 12 : 0;
	uint32_t number;

	if (host.len != 8 && host.len != 32)
		return false;
	for (size_t i = 0; i < words; i++) {
		if (!read_hex(view_first(view_after(host, 8 * i), 8), &number))
			return false;
		memcpy(a.bytes + first + 4 * i, &number, sizeof(number));
	}
	if (a.family == 4)
		memset(a.bytes + 10, 0xff, 2);
	if (!read_hex(port_text, &number) || number > UINT16_MAX)
		return false;
	a.port = (uint16_t)number;
	*ret = a;
	return true;
}

static bool is_there(const struct addr *bound, const struct addr *local)
{
	return bound->family == local->family && bound->port == local->port &&
	       (addr_same_host(bound, local) || addr_kind(bound) == ADDR_UNSPECIFIED);
}

bool kernel_text_socket(struct view table, const struct addr *local, uint64_t *ret_inode)
{
	enum { STATE_WORD = 3, INODE_WORD = 9 };

	(void)take(&table, '\n');
	while (!view_is_empty(table)) {
		struct view line = take(&table, '\n'), word;
		struct addr bound;

		(void)take_word(&line);
		word = take_word(&line);
		if (!read_local(word, &bound) || !is_there(&bound, local))
			continue;
		for (unsigned i = 2; i <= STATE_WORD; i++)
			word = take_word(&line);
		if (!view_equal(word, VIEW("07")) && !view_equal(word, VIEW("0A")))
			continue;
		for (unsigned i = STATE_WORD + 1; i <= INODE_WORD; i++)
			word = take_word(&line);
		return view_decimal(word, UINT64_MAX, ret_inode);
	}
	return false;
}

bool kernel_text_range(struct view text, uint32_t ret[2])
{
	struct view rest = view_trim(text), first = take(&rest, '\t');
	uint64_t from, to;

	if (!view_decimal(view_trim(first), UINT16_MAX, &from) ||
	    !view_decimal(view_trim(rest), UINT16_MAX, &to))
		return false;
	ret[0] = (uint32_t)from;
	ret[1] = (uint32_t)to;
	return true;
}

/* The kernel writes the list in rising order, neighbours joined. */
bool kernel_text_covers(struct view list, uint32_t first, uint32_t last)
{
	struct view rest = view_trim(list);

	while (!view_is_empty(rest)) {
		struct view part = take(&rest, ','), end = part, begin = take(&end, '-');
		uint64_t from, to;

		if (!view_decimal(begin, UINT16_MAX, &from))
			return false;
		to = from;
		if (!view_is_empty(end) && !view_decimal(end, UINT16_MAX, &to))
			return false;
		if (from <= first && last <= to)
			return true;
	}
	return false;
}
