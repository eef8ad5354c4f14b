/* SPDX-License-Identifier: Apache-2.0 */
/* A borrowed run of bytes: never owns, never ends in NUL, may be empty.
 * Lives as long as what it looks at. An empty view may have at == NULL. */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const char *at;
	size_t len;
};

/* A view of a string literal or char array initialised with one. */
#define VIEW(literal) ((struct view){ (literal), sizeof(literal) - 1 })
#define VIEW_EMPTY    ((struct view){ NULL, 0 })
/* For printf: printf("%.*s", VIEW_ARG(v)) */
#define VIEW_ARG(v)   (int)(v).len, (v).at ? (v).at : ""

/* Up to the NUL; NULL gives the empty view. The compiler knows how long texts are that it sees. */
static inline struct view view_of(const char *text)
{
	return (struct view){ text, text ? strlen(text) : 0 };
}
static inline struct view view_bytes(const void *at, size_t len)
{
	return (struct view){ at, len };
}

static inline bool view_is_empty(struct view v) { return v.len == 0; }
/* Byte for byte. */
static inline bool view_equal(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}
/* The same for views of one length that begin alike. */
bool view_goes_on_alike(struct view a, struct view b);
/* ASCII letters alike. Mostly the length or the first byte tells already that a name is
 * another one: no call for those. */
static inline bool view_equal_nocase(struct view a, struct view b)
{
	return a.len == b.len &&
	       (a.len == 0 || (((a.at[0] ^ b.at[0]) & ~0x20) == 0 && view_goes_on_alike(a, b)));
}
/* Mostly the first byte tells already. */
static inline bool view_starts(struct view v, struct view prefix)
{
	return v.len >= prefix.len &&
	       (prefix.len == 0 ||
	        (v.at[0] == prefix.at[0] && memcmp(v.at, prefix.at, prefix.len) == 0));
}
bool view_starts_nocase(struct view v, struct view prefix);
bool view_contains(struct view v, struct view part);

/* Position of the first byte c at or after `from`, or v.len if there is none. */
size_t view_find(struct view v, char c, size_t from);

/* From `from` (clamped to the view) to its end. */
static inline struct view view_after(struct view v, size_t from)
{
	return from >= v.len ? VIEW_EMPTY : (struct view){ v.at + from, v.len - from };
}
/* The first `len` bytes (clamped). */
static inline struct view view_first(struct view v, size_t len)
{
	return (struct view){ v.at, len < v.len ? len : v.len };
}
/* Without SP, HTAB, CR and LF at both ends. */
struct view view_trim(struct view v);

/* Whole view as a decimal number of at most `max`; no sign, no blanks,
 * at least one digit. False leaves *ret untouched. */
bool view_decimal(struct view v, uint64_t max, uint64_t *ret);

/* Copies into a char array of `size` bytes, cut where it does not fit, always
 * NUL-terminated. Returns false where it was cut. */
bool view_copy(struct view v, char *ret, size_t size);
#define VIEW_COPY(v, array) view_copy((v), (array), sizeof(array))

#endif
