/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle is its files, one behind the other. */
#include "keys/bundle.h"

#include <string.h>

/* Before each file; bytes as they lie in memory, for one machine. */
struct head {
	uint32_t size;
	uint32_t kind;
	char name[KEYS_NAME_SIZE];
};

enum err keys_bundle_put(struct buffer *b, enum keys_kind kind, struct view name, struct view bytes)
{
	struct head head = { .size = (uint32_t)bytes.len, .kind = kind };

	if (bytes.len > MAX_KEYS_FILE || !VIEW_COPY(name, head.name) ||
	    b->len + sizeof(head) + bytes.len > b->max)
		return ERR_LIMIT;
	buffer_put(b, view_bytes(&head, sizeof(head)));
	buffer_put(b, bytes);
	return b->err;
}

bool keys_bundle_next(const struct keys_bundle *b, size_t *at, struct keys_row *ret)
{
	struct view rest = view_after(b->bytes, *at);
	struct head head;

	if (rest.len < sizeof(head))
		return false;
	memcpy(&head, rest.at, sizeof(head));
	if (head.size > rest.len - sizeof(head) || head.kind >= KEYS_KIND_COUNT ||
	    memchr(head.name, 0, sizeof(head.name)) == NULL)
		return false;
	ret->kind = (uint8_t)head.kind;
	memcpy(ret->name, head.name, sizeof(ret->name));
	ret->bytes = view_bytes(rest.at + sizeof(head), head.size);
	*at += sizeof(head) + head.size;
	return true;
}

enum err keys_bundle_open(struct view bytes, struct keys_bundle *ret)
{
	struct keys_bundle b = { .bytes = bytes };
	struct keys_row row;
	size_t at = 0;

	if (bytes.len > MAX_KEYS_BUNDLE)
		return ERR_LIMIT;
	while (keys_bundle_next(&b, &at, &row))
		if (++b.count > MAX_KEYS_ROWS)
			return ERR_LIMIT;
	if (at != bytes.len)
		return ERR_SYNTAX;
	*ret = b;
	return ERR_NONE;
}

bool keys_bundle_find(const struct keys_bundle *b, enum keys_kind kind, struct view name,
                      struct view *ret)
{
	struct keys_row row;
	size_t at = 0;

	while (keys_bundle_next(b, &at, &row)) {
		if (row.kind == kind && view_equal(view_of(row.name), name)) {
			*ret = row.bytes;
			return true;
		}
	}
	return false;
}
