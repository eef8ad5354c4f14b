/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in branches: the target of one pass, and how many passes there were before this one. */
#include "border/spiral.h"

#include "base/cursor.h"
#include "border/border_priv.h"
#include "border/names.h"
#include "sip/parts.h"
#include "sip/values.h"

struct mark {
	uint32_t target;
	uint8_t passes;
};

static bool read_mark(const struct border *b, struct view branch, struct mark *ret)
{
	struct cursor in = cursor_on(view_after(branch, UA_BRANCH_LEN));
	struct mark mark;
	struct ua_name name;

	cursor_expect(&in, '.');
	mark.target = (uint32_t)cursor_decimal(&in, UINT32_MAX);
	cursor_expect(&in, '.');
	mark.passes = (uint8_t)cursor_decimal(&in, UINT8_MAX);
	cursor_end(&in);
	if (in.err != ERR_NONE ||
	    ua_name_read(branch, &b->namer, UA_NAME_BRANCH, &name) != ERR_NONE)
		return false;
	*ret = mark;
	return true;
}

/* A Via that cannot be read is none of ours. */
static bool find_mark(const struct border *b, const struct sip_msg *msg, struct mark *ret)
{
	struct sip_values vias = sip_values_of(msg, SIP_HEADER_VIA);
	struct sip_via via;
	struct view text;

	while (sip_values_next(&vias, &text))
		if (sip_via_parse(text, &via) == ERR_NONE && read_mark(b, via.branch, ret))
			return true;
	return false;
}

/* All that a way is chosen by (border/route.h). Call-ID, tags and CSeq are not: they are others
 * each time that a request goes through here. */
static uint32_t target_of(const struct border *b, const struct inbound *in)
{
	struct addr source = addr_source(&in->flow->remote);
	struct view party =
		in->peer ? view_of(in->peer->name) : view_bytes(source.bytes, sizeof(source.bytes));
	const struct view pieces[] = { in->msg->uri, party,
		                       view_bytes(in->flow->local.bytes,
		                                  sizeof(in->flow->local.bytes)) };

	return names_target(&b->ports.keys[KEY_NAMES], pieces, sizeof(pieces) / sizeof(pieces[0]));
}

bool spiral_is_loop(const struct border *b, const struct inbound *in)
{
	struct mark came;

	return find_mark(b, in->msg, &came) && came.target == target_of(b, in);
}

static void write_mark(const struct mark *mark, struct buffer *branch)
{
	buffer_char(branch, '.');
	buffer_decimal(branch, mark->target);
	buffer_char(branch, '.');
	buffer_decimal(branch, mark->passes);
}

void spiral_mark(const struct border *b, const struct inbound *in, struct buffer *branch)
{
	struct mark mark = { .passes = 0 };
	bool has_come = find_mark(b, in->msg, &mark);

	if (has_come && mark.passes < UINT8_MAX)
		mark.passes++;
	if (!has_come || (mark.passes & (mark.passes - 1)) == 0)
		mark.target = target_of(b, in);
	write_mark(&mark, branch);
}

void spiral_copy(const struct border *b, const struct sip_msg *sent, struct buffer *branch)
{
	struct mark mark;

	if (find_mark(b, sent, &mark))
		write_mark(&mark, branch);
}
