/* SPDX-License-Identifier: Apache-2.0 */
/* A path vector, from Path to Route. */
#include "border/path.h"

#include "sip/build.h"
#include "sip/name_addr.h"
#include "sip/values.h"

#include <string.h>

/* A strict router would want the Request-URI; RFC 3327 4 knows none. */
static enum err put(struct buffer *b, struct view text)
{
	struct sip_name_addr hop;
	struct view aside;
	enum err err = sip_name_addr_parse(text, &hop);

	if (err != ERR_NONE)
		return err == ERR_SHORT ? ERR_SYNTAX : err;
	if ((hop.uri.scheme != SIP_SCHEME_SIP && hop.uri.scheme != SIP_SCHEME_SIPS) ||
	    !view_is_empty(hop.uri.headers) || !sip_uri_param(&hop.uri, VIEW("lr"), &aside))
		return ERR_SYNTAX;
	if (b->len > 0)
		buffer_text(b, ", ");
	buffer_char(b, '<');
	sip_uri_write(b, &hop.uri);
	buffer_char(b, '>');
	return b->err;
}

enum err path_read(const struct sip_msg *msg, enum sip_header_id id, char ret[PATH_SIZE])
{
	struct sip_values walk = sip_values_of(msg, id);
	char text[PATH_SIZE];
	struct buffer b = buffer_on(text, PATH_SIZE - 1);
	struct view value;
	unsigned count = 0;

	while (sip_values_next(&walk, &value)) {
		enum err err = count++ < MAX_PATH ? put(&b, value) : ERR_LIMIT;

		if (err != ERR_NONE)
			return err;
	}
	if (walk.err != ERR_NONE)
		return walk.err;
	memcpy(ret, text, b.len);
	ret[b.len] = 0;
	return ERR_NONE;
}

bool path_keeps_flow(const char *path)
{
	struct sip_values walk = sip_values_on(view_of(path));
	struct view value, last = VIEW_EMPTY, aside;
	struct sip_name_addr hop;

	while (sip_values_next(&walk, &value))
		last = value;
	return sip_name_addr_parse(last, &hop) == ERR_NONE &&
	       sip_uri_param(&hop.uri, VIEW("ob"), &aside);
}

void path_write(struct buffer *out, enum sip_header_id id, const char *path)
{
	if (path[0])
		sip_build_header(out, id, view_of(path));
}
