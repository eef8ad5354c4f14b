/* SPDX-License-Identifier: Apache-2.0 */
/* Searching in texts; simple on purpose. */
#include "sim/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool keep(const char *from, size_t len, char *ret, size_t size)
{
	if (len >= size)
		return false;
	memcpy(ret, from, len);
	ret[len] = 0;
	return true;
}

/* The head's line of that name; the first line has none. */
static const char *header_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strchr(text, '\n'); at; at = strchr(at, '\n')) {
		bool is_line = at > text && at[-1] == '\r';

		at++;
		if (is_line && strncmp(at, name, len) == 0 && at[len] == ':' && at[len + 1] == ' ')
			return at + len + 2;
		if (is_line && at[0] == '\r' && at[1] == '\n')
			return NULL;
	}
	return NULL;
}

bool text_header(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = header_of(text, name);

	*ret = 0;
	return at && keep(at, strcspn(at, "\r\n"), ret, size);
}

bool text_param(const char *text, const char *name, char *ret, size_t size)
{
	const char *at = text;
	size_t len = strlen(name);

	*ret = 0;
	while ((at = strstr(at, name)) && at[len] != '=')
		at++;
	if (!at)
		return false;
	at += len + 1;
	return *at == '"' ? keep(at + 1, strcspn(at + 1, "\""), ret, size)
	                  : keep(at, strcspn(at, "; ,\r\n>"), ret, size);
}

bool text_uri(const char *value, char *ret, size_t size)
{
	const char *at = strchr(value, '<');

	*ret = 0;
	return at && keep(at + 1, strcspn(at + 1, ">"), ret, size);
}

void text_user(const char *uri, char *ret, size_t size)
{
	const char *at = strchr(uri, '@');

	*ret = 0;
	if (at && strncmp(uri, "sip:", 4) == 0)
		(void)keep(uri + 4, (size_t)(at - uri - 4), ret, size);
}

void text_host(const char *uri, char *ret, size_t size)
{
	const char *at = strchr(uri, '@');

	*ret = 0;
	if (!at)
		at = strchr(uri, ':');
	if (at)
		(void)keep(at + 1, strcspn(at + 1, ":;> "), ret, size);
}

unsigned text_status(const char *text)
{
	return strncmp(text, "SIP/2.0 ", 8) == 0 ? (unsigned)strtoul(text + 8, NULL, 10) : 0;
}

void text_method(const char *text, char *ret, size_t size)
{
	*ret = 0;
	if (text_status(text) == 0)
		(void)keep(text, strcspn(text, " \r\n"), ret, size);
}

uint64_t text_hash(const char *a, const char *b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *a; a++)
		h = (h ^ (uint8_t)*a) * UINT64_C(0x100000001b3);
	h = (h ^ 0xff) * UINT64_C(0x100000001b3);
	for (; *b; b++)
		h = (h ^ (uint8_t)*b) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

const char *text_body(const char *text)
{
	const char *at = strstr(text, "\r\n\r\n");

	return at ? at + 4 : "";
}

bool text_vias(const char *text, char *ret, size_t size)
{
	const char *end = strstr(text, "\r\n\r\n"), *at = text;
	size_t used = 0;

	*ret = 0;
	while ((at = strstr(at, "\r\nVia: ")) && (!end || at < end)) {
		size_t len = strcspn(at + 2, "\r\n") + 2;

		at += 2;
		if (used + len >= size)
			return false;
		memcpy(ret + used, at, len);
		used += len;
		ret[used] = 0;
		at += len - 2;
	}
	return used > 0;
}
