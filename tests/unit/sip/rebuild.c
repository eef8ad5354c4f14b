/* SPDX-License-Identifier: Apache-2.0 */
/* Rebuilding and comparing of whole messages. */
#include "rebuild.h"

#include "sip/build.h"

void rebuild_write(struct buffer *b, const struct sip_msg *m)
{
	if (m->is_request)
		sip_build_request(b, m->method_text, m->uri);
	else
		sip_build_status(b, m->status, m->phrase);
	for (size_t i = 0; i < m->count; i++) {
		const struct sip_header *h = &m->headers[i];

		if (h->id == SIP_HEADER_CONTENT_LENGTH)
			continue;
		if (h->id == SIP_HEADER_OTHER)
			sip_build_named(b, h->name, h->value);
		else
			sip_build_header(b, h->id, h->value);
	}
	sip_build_body(b, m->body);
}

static size_t next_counted(const struct sip_msg *m, size_t at)
{
	while (at < m->count && m->headers[at].id == SIP_HEADER_CONTENT_LENGTH)
		at++;
	return at;
}

static bool same_headers(const struct sip_msg *a, const struct sip_msg *b)
{
	size_t i = next_counted(a, 0), k = next_counted(b, 0);

	while (i < a->count && k < b->count) {
		const struct sip_header *x = &a->headers[i], *y = &b->headers[k];

		if (x->id != y->id || !view_equal(x->value, y->value) ||
		    (x->id == SIP_HEADER_OTHER && !view_equal(x->name, y->name)))
			return false;
		i = next_counted(a, i + 1);
		k = next_counted(b, k + 1);
	}
	return i == a->count && k == b->count;
}

bool rebuild_is_same(const struct sip_msg *m)
{
	static char bytes[1 << 18];
	static struct sip_msg again;
	struct sip_limits limits = sip_limits_default;
	struct buffer b = BUFFER_ON(bytes);

	/* A message at its limits may become longer by blanks and long names. */
	limits.header = limits.headers = limits.message = sizeof(bytes);
	rebuild_write(&b, m);
	if (b.err == ERR_LIMIT)
		return true;
	/* One header more than came where there was no Content-Length. */
	if (m->count == MAX_SIP_HEADERS && m->first[SIP_HEADER_CONTENT_LENGTH] == SIP_HEADER_NONE)
		return true;
	return b.err == ERR_NONE && sip_msg_parse(bytes, b.len, &limits, &again) == ERR_NONE &&
	       again.is_request == m->is_request && again.status == m->status &&
	       again.method == m->method && view_equal(again.uri, m->uri) &&
	       view_equal(again.body, m->body) && again.cseq.number == m->cseq.number &&
	       same_headers(m, &again);
}
